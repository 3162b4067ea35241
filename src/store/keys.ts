/**
 * Every row key of the store, built and parsed in this one place. The first byte names the space; the rest orders the
 * rows as S3 lists them: by the UTF-8 bytes of keys, then by age. Values are JSON with a check (`record-rows.ts`) unless
 * said otherwise.
 *
 *     b name                              BucketRecord
 *     o bucket 0 key                      newest version of a key: tag byte, ObjectRecord
 *     o bucket 1 length key ~sequence     older versions, newest first
 *     o bucket 2 length key version       sequence of an older version (6 bytes)
 *     u bucket key 0 0 time upload        UploadRecord (zeros within the key are written 0 ff)
 *     x bucket upload                     time of an upload (6 bytes)
 *     p upload number                     UploadPartRecord
 *     m upload                            PartRecord[] of a completed object
 *     a id 0 name                         AnnotationRecord
 *     d body                              inline: its bytes and a check; file: tags of its blocks; segments: Segment[]
 *     r body                              references, when more than one (4 bytes and a check)
 *     g id                                Garbage: what the collector still has to do
 *     i account 0                         revision of an account's IAM (text)
 *     i account kind name                 a record of IAM, by name in lower case: sealed JSON
 *     I key id | I alias name             who has an access key id or account alias
 *     l id                                LastUse of an access key or role
 *     s name                              a secret of this server, sealed
 */

const space = {
  bucket: 0x62,
  object: 0x6f,
  upload: 0x75,
  uploadIndex: 0x78,
  part: 0x70,
  objectParts: 0x6d,
  annotation: 0x61,
  body: 0x64,
  references: 0x72,
  garbage: 0x67,
  iam: 0x69,
  iamClaim: 0x49,
  iamLastUse: 0x6c,
  secret: 0x73,
} as const

const spaces: ReadonlySet<number> = new Set(Object.values(space))
/** An object's key has up to 1,024 bytes, a name of IAM fewer. */
const maxRowKeyBytes = 4096

/** Whether this can be the key of a row: for reading what is damaged. */
export const isRowKey = (key: Buffer): boolean => spaces.has(key[0] ?? 0) && key.length <= maxRowKeyBytes

const newest = 0
const older = 1
const olderIndex = 2
const maxSequence = 0xffffffffffff

/** All keys k with gte <= k < lt. */
export interface KeyRange {
  gte: Buffer
  lt: Buffer
}

/** The smallest key above every key that begins with `prefix`. */
export function past(prefix: Buffer): Buffer {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) throw new RangeError('no key is past this prefix')
  const out = Buffer.from(prefix.subarray(0, length))
  out[length - 1] = (out[length - 1] ?? 0) + 1
  return out
}

/** The smallest key above `key` itself. */
export function after(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)])
}

/** Every key that begins with `prefix`. */
export function within(prefix: Buffer): KeyRange {
  return { gte: prefix, lt: past(prefix) }
}

function named(first: number, name: string): Buffer {
  const out = Buffer.allocUnsafe(1 + Buffer.byteLength(name))
  out[0] = first
  out.write(name, 1)
  return out
}

export const bucketKey = (name: string): Buffer => named(space.bucket, name)
export const bodyKey = (bodyId: string): Buffer => named(space.body, bodyId)

/** Whether a cache of rows should keep this one: not bodies, whose bytes have a cache of their own (`body-cache.ts`). */
export const isKeptRow = (name: string): boolean => name.charCodeAt(0) !== space.body

export const referencesKey = (bodyId: string): Buffer => named(space.references, bodyId)
export const objectPartsKey = (uploadId: string): Buffer => named(space.objectParts, uploadId)
export const garbageKey = (id: string): Buffer => named(space.garbage, id)
export const garbageRange = (): KeyRange => within(Buffer.of(space.garbage))

/** `first`, the length of the bucket's id, the id; `extra` bytes are left for the caller. */
function inBucket(first: number, bucketId: string, extra: number): Buffer {
  const idLength = Buffer.byteLength(bucketId)
  if (idLength > 255) throw new RangeError('the id of a bucket is longer than 255 bytes')
  const out = Buffer.allocUnsafe(2 + idLength + extra)
  out[0] = first
  out[1] = idLength
  out.write(bucketId, 2)
  return out
}

/** Where the part after the bucket's id begins. */
const afterBucket = (row: Buffer): number => 2 + (row[1] ?? 0)

/** Row of the newest version; also the row prefix of all keys that begin with `key`. */
export function newestKey(bucketId: string, key: string): Buffer {
  const keyLength = Buffer.byteLength(key)
  const out = inBucket(space.object, bucketId, 1 + keyLength)
  const at = out.length - keyLength
  out[at - 1] = newest
  out.write(key, at)
  return out
}

/** The key of an object, out of the row of its newest version. */
export const keyOfNewest = (row: Buffer): string => row.toString('utf8', afterBucket(row) + 1)

/** The key of an object, out of the row of an older version. */
export function keyOfOlder(row: Buffer): string {
  const at = afterBucket(row) + 3
  return row.toString('utf8', at, at + row.readUInt16BE(at - 2))
}

/** Every version of every key: a bucket is empty when this is. */
export const versionsRange = (bucketId: string): KeyRange => within(inBucket(space.object, bucketId, 0))

function olderRow(kind: number, bucketId: string, key: string, extra: number): Buffer {
  const keyLength = Buffer.byteLength(key)
  const out = inBucket(space.object, bucketId, 3 + keyLength + extra)
  const at = out.length - extra - keyLength
  out[at - 3] = kind
  out.writeUInt16BE(keyLength, at - 2)
  out.write(key, at)
  return out
}

/** Prefix of the rows of a key's older versions. */
export const olderPrefix = (bucketId: string, key: string): Buffer => olderRow(older, bucketId, key, 0)

/** Row of an older version. Sequences count up per key, so the greater one comes first. */
export function olderKey(bucketId: string, key: string, sequence: number): Buffer {
  const out = olderRow(older, bucketId, key, 6)
  out.writeUIntBE(maxSequence - sequence, out.length - 6, 6)
  return out
}

/** Where to find an older version by its id. */
export function olderIndexKey(bucketId: string, key: string, versionId: string): Buffer {
  const length = Buffer.byteLength(versionId)
  const out = olderRow(olderIndex, bucketId, key, length)
  out.write(versionId, out.length - length)
  return out
}

/** Six bytes, for sequences and times in milliseconds. */
export function number48(value: number): Buffer {
  const out = Buffer.allocUnsafe(6)
  out.writeUIntBE(value, 0, 6)
  return out
}

export const readNumber48 = (value: Buffer): number => value.readUIntBE(0, 6)

/** Escapes zeros, so that a terminator of two of them sorts before every longer key. */
function escapedKey(key: string): Buffer {
  const bytes = Buffer.from(key)
  if (!bytes.includes(0)) return bytes
  const out: number[] = []
  for (const byte of bytes) byte === 0 ? out.push(0, 0xff) : out.push(byte)
  return Buffer.from(out)
}

/** Prefix of the uploads of all keys that begin with `keyPrefix`. */
export const uploadsPrefix = (bucketId: string, keyPrefix: string): Buffer =>
  Buffer.concat([inBucket(space.upload, bucketId, 0), escapedKey(keyPrefix)])

/** Prefix of the uploads of one key. */
export const uploadsOfKeyPrefix = (bucketId: string, key: string): Buffer =>
  Buffer.concat([uploadsPrefix(bucketId, key), Buffer.of(0, 0)])

export const uploadKey = (bucketId: string, key: string, initiatedMs: number, uploadId: string): Buffer =>
  Buffer.concat([uploadsOfKeyPrefix(bucketId, key), number48(initiatedMs), Buffer.from(uploadId)])

/** Finds an upload by id alone. */
export function uploadIndexKey(bucketId: string, uploadId: string): Buffer {
  return Buffer.concat([inBucket(space.uploadIndex, bucketId, 0), Buffer.from(uploadId)])
}

/** Prefix of the parts of an upload. Ids are of one length or end with the zero. */
export const partsPrefix = (uploadId: string): Buffer =>
  Buffer.concat([Buffer.of(space.part), Buffer.from(uploadId), Buffer.of(0)])

export function partKey(uploadId: string, partNumber: number): Buffer {
  const number = Buffer.allocUnsafe(2)
  number.writeUInt16BE(partNumber)
  return Buffer.concat([partsPrefix(uploadId), number])
}

/** Prefix of the annotations of a version. Ids are of one length. */
export const annotationsPrefix = (annotationsId: string): Buffer =>
  Buffer.concat([Buffer.of(space.annotation), Buffer.from(annotationsId), Buffer.of(0)])

/** Row of an annotation; also the row prefix of all whose names begin so. */
export const annotationKey = (annotationsId: string, name: string): Buffer =>
  Buffer.concat([annotationsPrefix(annotationsId), Buffer.from(name)])

/** Prefix, then up to `limit` names under it: for BucketStore.list. */
export const bucketsRange = (prefix: string, afterName: string | undefined): KeyRange => {
  const range = prefix === '' ? within(Buffer.of(space.bucket)) : within(bucketKey(prefix))
  const start = afterName === undefined ? range.gte : after(bucketKey(afterName))
  return { gte: Buffer.compare(start, range.gte) > 0 ? start : range.gte, lt: range.lt }
}

/** The id of a garbage row. */
export const idOfGarbage = (row: Buffer): string => row.toString('utf8', 1)

/** Whether a row of `versionsRange` holds a version, rather than an entry of the index. */
export const versionHasRecord = (row: Buffer): boolean => row[afterBucket(row)] !== olderIndex

/** Prefix of all rows of an account's IAM. Id of any length up to 255 bytes. */
export const iamAccountRange = (accountId: string): KeyRange => within(inBucket(space.iam, accountId, 0))

/** @param kindNumber from 1; 0 is the revision's. @param name lower case */
export function iamKey(accountId: string, kindNumber: number, name: string): Buffer {
  const nameLength = Buffer.byteLength(name)
  const out = inBucket(space.iam, accountId, 1 + nameLength)
  const at = out.length - nameLength
  out[at - 1] = kindNumber
  out.write(name, at)
  return out
}

export const iamRevisionKey = (accountId: string): Buffer => iamKey(accountId, 0, '')

/** What an IAM row is about. */
export function iamRowOf(row: Buffer): { kindNumber: number; name: string } {
  const at = afterBucket(row)
  return { kindNumber: row[at] ?? 0, name: row.toString('utf8', at + 1) }
}

export const iamClaimKey = (claim: string): Buffer => named(space.iamClaim, claim)
export const iamLastUseKey = (id: string): Buffer => named(space.iamLastUse, id)
export const secretKey = (name: string): Buffer => named(space.secret, name)
/** All rows of all accounts' IAM. */
export const iamRange = (): KeyRange => within(Buffer.of(space.iam))
export const iamClaimsRange = (): KeyRange => within(Buffer.of(space.iamClaim))
export const secretsRange = (): KeyRange => within(Buffer.of(space.secret))
export const iamLastUseRange = (): KeyRange => within(Buffer.of(space.iamLastUse))

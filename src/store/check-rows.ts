/**
 * Reads every row of a store at rest, and says what is wrong with it. Repairing, what cannot be read is set aside, and
 * what follows from other rows is written again; no row that can be read is removed, and no body that such a row names.
 */
import type { SecretSealer } from '../encryption/secret-sealer.ts'
import type { BodyReferences } from './body-references.ts'
import {
  iamClaimKey,
  iamRowOf,
  type KeyRange,
  newestKey,
  number48,
  objectPartsKey,
  olderIndexKey,
  olderKey,
  readNumber48,
  uploadIndexKey,
  within,
  bucketKey,
} from './keys.ts'
import type { Kv, Mutation } from './kv.ts'
import { claimsOf, iamKinds } from './iam-account.ts'
import { decodeJson, decodeObject, encodeJson, encodeObject } from './record-rows.ts'
import type { AnnotationRecord, BucketRecord, ObjectRecord, UploadPartRecord, UploadRecord } from './records.ts'
import { nameRow } from './row-names.ts'
import { decodeReferences, type Garbage } from './transaction.ts'

/** What the check does with what it finds. */
export interface Findings {
  /** Something is lost that no repair brings back. @param who it belongs to */
  lost(who: string, what: string): void
  /** Something is wrong that follows from other rows: these changes put it right. */
  mend(what: string, changes: Mutation[]): Promise<void>
  /** A row cannot be read: it goes aside. */
  setAside(what: string, key: Buffer, value: Buffer): Promise<void>
  /** A row has been looked at. */
  seen(): void
}

interface Parts {
  kv: Kv
  sealer: SecretSealer
  references: BodyReferences
  findings: Findings
}

const hexMD5 = /^[0-9a-f]{32}$/

export class RowCheck {
  readonly #kv: Kv
  readonly #sealer: SecretSealer
  readonly #references: BodyReferences
  readonly #findings: Findings
  /** Names of buckets by id. */
  readonly #buckets = new Map<string, string>()
  /** Buckets whose rows are gone, and whose objects may be on their way to be removed. */
  readonly #going = new Set<string>()
  /** Objects that a listing shows: neither older versions nor delete markers. */
  objects = 0

  constructor({ kv, sealer, references, findings }: Parts) {
    this.#kv = kv
    this.#sealer = sealer
    this.#references = references
    this.#findings = findings
  }

  get buckets(): number {
    return this.#buckets.size
  }

  async run(): Promise<void> {
    for await (const [, bucket] of this.#each<BucketRecord>('b', decodeJson)) this.#buckets.set(bucket.id, bucket.Name)
    for await (const [, garbage] of this.#each<Garbage>('g', decodeJson)) {
      if ('bucketId' in garbage) this.#going.add(garbage.bucketId)
      if ('bodies' in garbage) for (const body of garbage.bodies) await this.#references.add({ body, who: '' })
    }
    await this.#checkObjects()
    await this.#checkUploads()
    for await (const [key, annotation] of this.#each<AnnotationRecord>('a', decodeJson)) {
      await this.#references.add({ body: annotation.body, who: this.#name(key) })
    }
    for await (const [,] of this.#each('m', decodeJson));
    for await (const [,] of this.#each('r', decodeReferences));
    for await (const [,] of this.#each('l', decodeJson));
    await this.#checkIam()
  }

  #name(key: Buffer): string {
    return nameRow(key, (id) => this.#buckets.get(id))
  }

  /** Rows of a space that can be read. */
  async *#each<T>(space: string, decode: (value: Buffer, key: Buffer) => T): AsyncGenerator<[Buffer, T]> {
    for await (const [key, value] of rowsOf(this.#kv, within(Buffer.from(space)))) {
      this.#findings.seen()
      let content: T
      try {
        content = decode(value, key)
      } catch {
        await this.#findings.setAside(this.#name(key), key, value)
        continue
      }
      yield [key, content]
    }
  }

  async #checkObjects(): Promise<void> {
    const orphans = new Map<string, ObjectRecord>()
    const decode = (value: Buffer, key: Buffer) =>
      key[2 + (key[1] ?? 0)] === 2 ? readNumber48(value) : decodeObject(value)
    for await (const [key, content] of this.#each('o', decode)) {
      const bucketId = key.toString('utf8', 2, 2 + (key[1] ?? 0))
      const kind = key[2 + (key[1] ?? 0)]
      if (typeof content === 'number') {
        await this.#checkIndex(key, bucketId, content)
        continue
      }
      if (!this.#buckets.has(bucketId) && !this.#going.has(bucketId)) orphans.set(bucketId, content)
      await this.#references.add(referenceOf(content, this.#nameOf(bucketId, content)))
      await this.#checkParts(content, bucketId)
      if (kind === 0 && content.isDeleteMarker !== true) this.objects++
      if (kind === 1) await this.#checkOlder(key, bucketId, content)
    }
    for (const [bucketId, record] of orphans) await this.#findings.mend(...lostBucket(bucketId, record))
  }

  #nameOf(bucketId: string, { Key, VersionId }: ObjectRecord): string {
    const bucket = this.#buckets.get(bucketId) ?? `(bucket ${bucketId})`
    return VersionId === 'null' ? `${bucket}/${Key}` : `${bucket}/${Key} (version ${VersionId})`
  }

  async #checkParts(record: ObjectRecord, bucketId: string): Promise<void> {
    if (record.partsCount === undefined || (await this.#kv.get(objectPartsKey(record.uploadId ?? ''))) !== undefined)
      return
    this.#findings.lost(this.#nameOf(bucketId, record), 'its list of parts is lost (the object itself can be read)')
  }

  /** An older version is found by its id, and stands behind a newest one. */
  async #checkOlder(key: Buffer, bucketId: string, record: ObjectRecord): Promise<void> {
    const indexKey = olderIndexKey(bucketId, record.Key, record.VersionId)
    const newest = newestKey(bucketId, record.Key)
    const name = this.#nameOf(bucketId, record)
    if ((await this.#kv.get(newest)) === undefined) {
      // Older versions come newest first: this one takes the place of the lost one, those behind it stay.
      const value = encodeObject({ ...record, hasOlder: true })
      await this.#findings.mend(`${name}: the version after it is lost; it becomes the newest`, [
        { kind: 'put', key: newest, value },
        { kind: 'delete', key },
        { kind: 'delete', key: indexKey },
      ])
      return
    }
    if ((await this.#kv.get(indexKey)) !== undefined) return
    const value = number48(record.sequence ?? 0)
    await this.#findings.mend(`${name}: could not be found by its id`, [{ kind: 'put', key: indexKey, value }])
  }

  async #checkIndex(key: Buffer, bucketId: string, sequence: number): Promise<void> {
    const at = 2 + (key[1] ?? 0)
    const objectKey = key.toString('utf8', at + 3, at + 3 + key.readUInt16BE(at + 1))
    if ((await this.#kv.get(olderKey(bucketId, objectKey, sequence))) !== undefined) return
    const versionId = key.toString('utf8', at + 3 + Buffer.byteLength(objectKey))
    const bucket = this.#buckets.get(bucketId) ?? `(bucket ${bucketId})`
    await this.#findings.mend(`${bucket}/${objectKey} (version ${versionId}) is lost`, [{ kind: 'delete', key }])
  }

  async #checkUploads(): Promise<void> {
    for await (const [key, upload] of this.#each<UploadRecord>('u', decodeJson)) {
      const bucketId = key.toString('utf8', 2, 2 + (key[1] ?? 0))
      const indexKey = uploadIndexKey(bucketId, upload.UploadId)
      if ((await this.#kv.get(indexKey)) !== undefined) continue
      const value = number48(upload.initiatedMs)
      await this.#findings.mend(`${this.#name(key)}: could not be found by its id`, [
        { kind: 'put', key: indexKey, value },
      ])
    }
    for await (const [,] of this.#each('x', readNumber48));
    for await (const [key, part] of this.#each<UploadPartRecord>('p', decodeJson)) {
      await this.#references.add({ body: part.body, who: this.#name(key) })
    }
  }

  async #checkIam(): Promise<void> {
    const open = (value: Buffer, key: Buffer): Buffer => {
      const plain = this.#sealer.open(value, key)
      if (plain === undefined) throw new Error('it was sealed with another key, or is damaged')
      return plain
    }
    for await (const [,] of this.#each('s', open));
    for await (const [,] of this.#each('I', decodeJson));
    const decode = (value: Buffer, key: Buffer) =>
      iamRowOf(key).kindNumber === 0 ? undefined : (JSON.parse(open(value, key).toString()) as never)
    for await (const [key, record] of this.#each('i', decode)) {
      const kind = iamKinds[iamRowOf(key).kindNumber - 1]
      if (record === undefined || kind === undefined) continue
      const accountId = key.toString('utf8', 2, 2 + (key[1] ?? 0))
      for (const [claim, by] of claimsOf(kind, record)) {
        const claimKey = iamClaimKey(claim)
        if ((await this.#kv.get(claimKey)) !== undefined) continue
        const value = encodeJson({ accountId, ...by })
        await this.#findings.mend(`the ${claim} of ${this.#name(key)} could not be found`, [
          { kind: 'put', key: claimKey, value },
        ])
      }
    }
  }
}

function referenceOf({ ETag, body, encryption }: ObjectRecord, who: string) {
  const { ServerSideEncryption = 'AES256', SSECustomerAlgorithm } = encryption
  const isMD5 = hexMD5.test(ETag) && ServerSideEncryption === 'AES256' && SSECustomerAlgorithm === undefined
  return isMD5 ? { body, who, md5: ETag } : { body, who }
}

/** A bucket whose row is lost comes back under a new name, with nothing public. */
function lostBucket(id: string, { ownerId, lastModifiedMs, VersionId }: ObjectRecord): [string, Mutation[]] {
  const Name = `recovered-${id.slice(0, 12).toLowerCase()}`
  const bucket: BucketRecord = {
    Name,
    id,
    region: 'us-east-1',
    ownerId,
    createdMs: lastModifiedMs,
    type: 'general',
    ObjectOwnership: 'BucketOwnerEnforced',
    documents: {
      publicAccessBlock: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
    },
  }
  if (VersionId !== 'null') bucket.versioning = 'Enabled'
  const value = encodeJson(bucket)
  return [
    `a bucket whose name and settings are lost: its objects are in the bucket ${Name}`,
    [{ kind: 'put', key: bucketKey(Name), value }],
  ]
}

/** All rows of a range, as they were when it began. */
export async function* rowsOf(kv: Kv, range: KeyRange): AsyncGenerator<[Buffer, Buffer]> {
  const cursor = kv.range(range)
  try {
    for (;;) {
      const rows = await cursor.next(1000)
      yield* rows
      if (rows.length < 1000) return
    }
  } finally {
    await cursor.close()
  }
}

/**
 * ETag and checksum of a copy. AWS writes the bytes again, so a copy of a multipart object has a plain MD5 as its ETag
 * and a full-object checksum (Observed: recorded, test_multipart_copy_object_etag and
 * test_complete_multipart_parts_checksum_composite). Here bodies are shared, and both are found without reading
 * wherever that is possible: kept, taken from a sole part, or combined from the parts' CRCs.
 *
 * What cannot be found that way is computed by reading up to `rereadLimitBytes`, once for each body: the next copy of it
 * reads nothing.
 *
 * Gap: a copy does not depend on the size of the object, so one of more bytes keeps the source's `-N` ETag and composite
 * checksum, which are still true of its bytes. A checksum algorithm that the request names is always computed.
 */
import type { Ctx } from '../../context.ts'
import { digestsOf, md5Hex } from '../../digest/digests.ts'
import type { Sealer } from '../../encryption/sealer.ts'
import type {
  BodyRef,
  Checksum,
  ChecksumAlgorithm,
  EncryptionRecord,
  ObjectRecord,
  PartRecord,
} from '../../store/records.ts'
import type { Store } from '../../store/store.ts'
import type { FoundSource } from './copy-source.ts'
import { combineCrcs, isCombinable } from './crc-combine.ts'
import { isMD5Tagged, opaqueTag } from './encryption.ts'

/** At the speed of MD5, about half a second. */
const rereadLimitBytes = 256 * 1024 ** 2
/** Bodies whose digests are remembered. */
const capacity = 500

export interface Digests {
  ETag: string
  checksum?: Checksum
}

/** What is known of the copy's digests without reading its bytes. */
function knownDigests(
  source: ObjectRecord,
  parts: PartRecord[] | undefined,
  algorithm: ChecksumAlgorithm,
  tagIsMD5: { source: boolean; copy: boolean },
): Partial<Digests> {
  const known: Partial<Digests> = {}
  const sole = parts?.length === 1 ? parts[0] : undefined
  if (!tagIsMD5.copy) known.ETag = opaqueTag()
  else if (tagIsMD5.source) {
    if (!source.ETag.includes('-')) known.ETag = source.ETag
    else if (sole !== undefined) known.ETag = sole.ETag
  }
  const { checksum } = source
  if (checksum?.algorithm === algorithm && checksum.type === 'FULL_OBJECT') known.checksum = checksum
  else if (parts !== undefined) {
    const value = combined(parts, algorithm)
    if (value !== undefined) known.checksum = { algorithm, value, type: 'FULL_OBJECT' }
  }
  return known
}

function combined(parts: readonly PartRecord[], algorithm: ChecksumAlgorithm): string | undefined {
  const values: { value: string; sizeBytes: number }[] = []
  for (const { checksum, Size } of parts) {
    if (checksum?.algorithm !== algorithm) return undefined
    values.push({ value: checksum.value, sizeBytes: Size })
  }
  if (values.length === 1) return values[0]?.value
  return isCombinable(algorithm) ? combineCrcs(algorithm, values) : undefined
}

/**
 * Digests of a copy of `source`. `requested` is the algorithm the request names, if any; `encryption` that of the copy;
 * `sealer` opens the source.
 * Undefined when the source's bytes have gone meanwhile.
 */
export async function copiedDigests(
  ctx: Ctx,
  { bucket, record: source }: FoundSource,
  requested: ChecksumAlgorithm | undefined,
  encryption: EncryptionRecord,
  sealer: Sealer,
): Promise<Digests | undefined> {
  const algorithm = requested ?? source.checksum?.algorithm ?? 'CRC64NVME'
  const parts = source.partsCount === undefined ? undefined : await ctx.store.objects.parts(source)
  const tagIsMD5 = { source: isMD5Tagged(source.encryption, bucket), copy: isMD5Tagged(encryption, ctx.bucket) }
  const known = knownDigests(source, parts, algorithm, tagIsMD5)
  const { ETag, checksum } = known
  if (ETag !== undefined && checksum !== undefined) return { ETag, checksum }
  const isAsked = checksum === undefined && requested !== undefined
  if (!isAsked && source.sizeBytes > rereadLimitBytes) {
    const kept = checksum ?? source.checksum
    return { ETag: ETag ?? source.ETag, ...(kept !== undefined && { checksum: kept }) }
  }
  const wanted = { hasMD5: ETag === undefined, algorithm: checksum === undefined ? algorithm : undefined }
  const read = await remembered(ctx.store, source.body, wanted, sealer)
  if (read === undefined) return undefined
  const value = read.value ?? checksum?.value
  return {
    ETag: read.md5 ?? ETag ?? source.ETag,
    ...(value !== undefined && { checksum: { algorithm, value, type: 'FULL_OBJECT' } }),
  }
}

/** What is to be computed of a body. */
interface Wanted {
  hasMD5: boolean
  algorithm: ChecksumAlgorithm | undefined
}

interface ReadDigests {
  /** Hexadecimal. */
  md5: string | undefined
  /** Base64. */
  value: string | undefined
}

/** Digests by body and what was wanted: bodies are immutable, their ids random. The least recently made is forgotten first. */
const memos = new WeakMap<Store, Map<string, Promise<ReadDigests | undefined>>>()

/** Digests of a body, read at most once; those who ask meanwhile wait for the same reading. */
function remembered(store: Store, body: BodyRef, wanted: Wanted, sealer: Sealer): Promise<ReadDigests | undefined> {
  const memo = memos.get(store) ?? new Map<string, Promise<ReadDigests | undefined>>()
  memos.set(store, memo)
  const name = `${body.id} ${wanted.hasMD5 ? 'MD5' : ''} ${wanted.algorithm ?? ''}`
  const known = memo.get(name)
  if (known !== undefined) return known
  const reading = read(store, body, wanted, sealer)
  memo.set(name, reading)
  if (memo.size > capacity) memo.delete(memo.keys().next().value as string)
  const forget = () => memo.delete(name)
  reading.then((found) => found ?? forget(), forget)
  return reading
}

/** One pass over the bytes; undefined when they have gone meanwhile. */
async function read(
  store: Store,
  body: BodyRef,
  { hasMD5, algorithm }: Wanted,
  sealer: Sealer,
): Promise<ReadDigests | undefined> {
  const bytes = await store.bodies.read(body, 0, body.sizeBytes, sealer)
  if (bytes === undefined) return undefined
  const values = await digestsOf(bytes, [hasMD5 ? 'MD5' : undefined, algorithm], body.sizeBytes)
  return { md5: hasMD5 ? md5Hex(values) : undefined, value: algorithm && values.get(algorithm) }
}

/**
 * ETag and checksum of a copy. AWS writes the bytes again, so a copy of a multipart object has a plain MD5 as its ETag
 * and a full-object checksum (Observed: recorded, test_multipart_copy_object_etag and
 * test_complete_multipart_parts_checksum_composite). Here bodies are shared, and both are found without reading
 * wherever that is possible: kept, taken from a sole part, or combined from the parts' CRCs.
 *
 * Gap: what cannot be found that way is computed by reading up to `rehashLimitBytes`, so that a copy does not depend on
 * the size of the object; beyond it the copy keeps the source's `-N` ETag and composite checksum, which are still true of
 * its bytes. A checksum algorithm that the request names is always computed.
 */
import { createHash } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import type { Sealer } from '../../encryption/sealer.ts'
import type { Checksum, ChecksumAlgorithm, EncryptionRecord, ObjectRecord, PartRecord } from '../../store/records.ts'
import { createHasher } from './checksum.ts'
import { combineCrcs, isCombinable } from './crc-combine.ts'
import { hasMD5Tag, opaqueTag } from './encryption.ts'

const rehashLimitBytes = 256 * 1024 ** 2

export interface Digests {
  ETag: string
  checksum?: Checksum
}

/** What is known of the copy's digests without reading its bytes. */
function knownDigests(
  source: ObjectRecord,
  parts: PartRecord[] | undefined,
  algorithm: ChecksumAlgorithm,
  encryption: EncryptionRecord,
): Partial<Digests> {
  const known: Partial<Digests> = {}
  const sole = parts?.length === 1 ? parts[0] : undefined
  if (!hasMD5Tag(encryption)) known.ETag = opaqueTag()
  else if (hasMD5Tag(source.encryption)) {
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
  source: ObjectRecord,
  requested: ChecksumAlgorithm | undefined,
  encryption: EncryptionRecord,
  sealer: Sealer,
): Promise<Digests | undefined> {
  const algorithm = requested ?? source.checksum?.algorithm ?? 'CRC64NVME'
  const parts = source.partsCount === undefined ? undefined : await ctx.store.objects.parts(source)
  const known = knownDigests(source, parts, algorithm, encryption)
  const { ETag, checksum } = known
  if (ETag !== undefined && checksum !== undefined) return { ETag, checksum }
  const isAsked = checksum === undefined && requested !== undefined
  if (!isAsked && source.sizeBytes > rehashLimitBytes) {
    const kept = checksum ?? source.checksum
    return { ETag: ETag ?? source.ETag, ...(kept === undefined ? undefined : { checksum: kept }) }
  }
  return rehash(ctx, source, algorithm, known, sealer)
}

/** One pass over the bytes for whatever is not known. */
async function rehash(
  ctx: Ctx,
  source: ObjectRecord,
  algorithm: ChecksumAlgorithm,
  known: Partial<Digests>,
  sealer: Sealer,
): Promise<Digests | undefined> {
  const bytes = await ctx.store.bodies.read(source.body, 0, source.sizeBytes, sealer)
  if (bytes === undefined) return undefined
  const md5 = known.ETag === undefined ? createHash('md5') : undefined
  const hasher = known.checksum === undefined ? await createHasher(algorithm) : undefined
  const update = (chunk: Uint8Array) => {
    md5?.update(chunk)
    hasher?.update(chunk)
  }
  if (bytes instanceof Uint8Array) update(bytes)
  else for await (const chunk of bytes) update(chunk as Buffer)
  const checksum: Checksum | undefined =
    hasher === undefined
      ? known.checksum
      : { algorithm, value: hasher.digest().toString('base64'), type: 'FULL_OBJECT' }
  return {
    ETag: md5?.digest('hex') ?? known.ETag ?? source.ETag,
    ...(checksum === undefined ? undefined : { checksum }),
  }
}

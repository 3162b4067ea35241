/**
 * One pass over an uploaded body: stored, hashed and verified chunk by chunk, never held. Whatever goes wrong, nothing
 * of it stays.
 */
import { createHash } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { Sealer } from '../../encryption/sealer.ts'
import type { Checksum } from '../../store/records.ts'
import type { StagedBody } from '../../store/store.ts'
import {
  algorithms,
  createHasher,
  type DeclaredChecksum,
  defaultAlgorithm,
  isBase64Of,
  isChecksumValue,
  mismatch,
} from './checksum.ts'
import { opaqueTag } from './encryption.ts'

/** Of a single PUT, a part, and the source of a copy: 5 GiB. */
export const maxUploadBytes = 5 * 1024 ** 3

export interface ReceiveOptions {
  ContentMD5?: string | undefined
  /** What the request declares; CRC64NVME is computed when it declares nothing. */
  declared: DeclaredChecksum | undefined
  /** How BadDigest shows the expected MD5. Observed: PutObject hex, UploadPart Base64 (recorded, test_s3_invalid_content_md5). */
  expectedDigestAs: 'hex' | 'base64'
  encryption: BodyEncryption
}

export interface BodyEncryption {
  /** Undefined: stored in plain (parts of uploads that an older version began). */
  sealer: Sealer | undefined
  /** Whether the entity tag is the MD5 of the content (`hasMD5Tag`). */
  hasMD5Tag: boolean
}

export interface ReceivedBody {
  /** The caller hands it to one commit or discards it. */
  staged: StagedBody
  sizeBytes: number
  /** Unquoted. */
  ETag: string
  checksum: Checksum
}

const tooLarge = (sizeBytes: number) =>
  error('EntityTooLarge', { ProposedSize: sizeBytes, MaxSizeAllowed: maxUploadBytes })

/**
 * Receives `ctx.body` into a staged body.
 * @throws AwsError InvalidDigest, EntityTooLarge (before the body when its size is known), BadDigest, InvalidRequest,
 *   MalformedTrailerError, and whatever the body itself throws
 */
export async function receiveBody(ctx: Pick<Ctx, 'store' | 'body'>, options: ReceiveOptions): Promise<ReceivedBody> {
  const { body } = ctx
  const { ContentMD5, declared, encryption } = options
  if (ContentMD5 !== undefined && !isBase64Of(ContentMD5, 16)) {
    throw error('InvalidDigest', { 'Content-MD5': ContentMD5 })
  }
  if (body.sizeBytes !== undefined && body.sizeBytes > maxUploadBytes) throw tooLarge(body.sizeBytes)
  const algorithm = declared?.algorithm ?? defaultAlgorithm
  // An opaque tag needs no MD5, unless the client wants it verified.
  const needsMD5 = encryption.hasMD5Tag || ContentMD5 !== undefined || algorithm === 'MD5'
  const md5 = needsMD5 ? createHash('md5') : undefined
  const hasher = algorithm === 'MD5' ? undefined : await createHasher(algorithm)
  const writer = ctx.store.bodies.writer(encryption.sealer)
  let sizeBytes = 0
  try {
    const sink = (chunk: Buffer): void | Promise<void> => {
      sizeBytes += chunk.length
      if (sizeBytes > maxUploadBytes) throw tooLarge(sizeBytes)
      // The write is under way while this thread hashes.
      const written = writer.write(chunk)
      md5?.update(chunk)
      hasher?.update(chunk)
      return written
    }
    await body.forEach(sink)
    const md5Bytes = md5?.digest() ?? Buffer.alloc(0)
    if (ContentMD5 !== undefined) checkMD5(ContentMD5, md5Bytes, options.expectedDigestAs)
    const value = (hasher?.digest() ?? md5Bytes).toString('base64')
    if (declared !== undefined) checkDeclared(declared, value, body.trailers)
    return {
      staged: await writer.finish(),
      sizeBytes,
      ETag: encryption.hasMD5Tag ? md5Bytes.toString('hex') : opaqueTag(),
      checksum: { algorithm, value, type: 'FULL_OBJECT' },
    }
  } catch (cause) {
    await writer.abort()
    throw cause
  }
}

function checkMD5(expected: string, actual: Buffer, expectedDigestAs: 'hex' | 'base64'): void {
  const calculated = actual.toString('base64')
  if (expected === calculated) return
  throw error('BadDigest', {
    ExpectedDigest: expectedDigestAs === 'base64' ? expected : Buffer.from(expected, 'base64').toString('hex'),
    CalculatedDigest: calculated,
  })
}

function checkDeclared(declared: DeclaredChecksum, actual: string, trailers: ReadonlyMap<string, string>): void {
  const { algorithm } = declared
  const { header } = algorithms[algorithm]
  const expected = declared.value ?? trailers.get(header)
  // Announced, then not sent.
  if (expected === undefined) throw error('MalformedTrailerError')
  if (expected === actual) return
  if (!isChecksumValue(algorithm, expected)) {
    throw error('InvalidRequest', {}, { message: `Value for ${header} trailing header is invalid.` })
  }
  throw mismatch(algorithm)
}

/**
 * One pass over an uploaded body: stored, hashed and verified chunk by chunk; only a small one is held. Whatever goes
 * wrong, nothing of it stays.
 */
import { createHash, hash } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { Sealer } from '../../encryption/sealer.ts'
import type { RequestBody } from '../../http/request-body.ts'
import type { Checksum, ChecksumAlgorithm } from '../../store/records.ts'
import type { BodyWriter, StagedBody } from '../../store/store.ts'
import {
  algorithms,
  checksumOf,
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

/** Bodies of a known size up to this one are taken whole: the store holds as much of one in memory in any case. */
const wholeBytes = 32 * 1024

const tooLarge = (sizeBytes: number) =>
  error('EntityTooLarge', { ProposedSize: sizeBytes, MaxSizeAllowed: maxUploadBytes })

/** What was computed of a body on its way. */
interface Digests {
  sizeBytes: number
  /** Hex; undefined when nobody needs it. */
  md5: string | undefined
  /** Base64. */
  checksum: string
}

/** Passes a body on to the writer and computes its digests. */
type Receive = (
  body: RequestBody,
  writer: BodyWriter,
  algorithm: ChecksumAlgorithm,
  needsMD5: boolean,
) => Promise<Digests>

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
  const receive: Receive = body.sizeBytes !== undefined && body.sizeBytes <= wholeBytes ? receiveWhole : receiveStream
  const writer = ctx.store.bodies.writer(encryption.sealer)
  try {
    const { sizeBytes, md5, checksum: value } = await receive(body, writer, algorithm, needsMD5)
    if (ContentMD5 !== undefined) checkMD5(ContentMD5, md5 ?? '', options.expectedDigestAs)
    if (declared !== undefined) checkDeclared(declared, value, body.trailers)
    return {
      staged: await writer.finish(),
      sizeBytes,
      ETag: encryption.hasMD5Tag && md5 !== undefined ? md5 : opaqueTag(),
      checksum: { algorithm, value, type: 'FULL_OBJECT' },
    }
  } catch (cause) {
    await writer.abort()
    throw cause
  }
}

const receiveWhole: Receive = async (body, writer, algorithm, needsMD5) => {
  const chunks: Buffer[] = []
  await body.forEach((chunk) => {
    chunks.push(chunk)
  })
  const [only] = chunks
  const bytes = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)
  await writer.write(bytes)
  const md5 = needsMD5 ? hash('md5', bytes, 'hex') : undefined
  const value = checksumOf(algorithm, bytes)
  return { sizeBytes: bytes.length, md5, checksum: typeof value === 'string' ? value : await value }
}

const receiveStream: Receive = async (body, writer, algorithm, needsMD5) => {
  const md5 = needsMD5 ? createHash('md5') : undefined
  const hasher = algorithm === 'MD5' ? undefined : await createHasher(algorithm)
  let sizeBytes = 0
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
  const md5Bytes = md5?.digest()
  const checksum = (hasher?.digest() ?? md5Bytes)?.toString('base64') ?? ''
  return { sizeBytes, md5: md5Bytes?.toString('hex'), checksum }
}

/** @param actual hex */
function checkMD5(expected: string, actual: string, expectedDigestAs: 'hex' | 'base64'): void {
  const calculated = Buffer.from(actual, 'hex').toString('base64')
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

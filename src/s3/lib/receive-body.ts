/**
 * One pass over an uploaded body: stored, hashed and verified chunk by chunk; only a small one is held. Whatever goes
 * wrong, nothing of it stays.
 */
import { hash } from 'node:crypto'
import type { Ctx } from '../../context.ts'
import { md5Hex, openDigests } from '../../digest/digests.ts'
import { checksumOf } from '../../digest/hasher.ts'
import { error } from '../../errors.ts'
import type { Sealer } from '../../encryption/sealer.ts'
import type { RequestBody } from '../../http/request-body.ts'
import type { MaybePromise } from '../../lib/maybe-promise.ts'
import { whenReady } from '../../lib/when-ready.ts'
import type { Checksum, ChecksumAlgorithm } from '../../store/records.ts'
import type { BodyWriter, StagedBody } from '../../store/store.ts'
import {
  algorithms,
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
  /** Another that is to be computed. */
  alsoNeeded?: ChecksumAlgorithm
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
  /** Of `alsoNeeded`. */
  also?: Checksum
}

/** Bodies of a known size up to this one are taken whole: the store holds as much of one in memory in any case. */
const wholeBytes = 32 * 1024

const tooLarge = (sizeBytes: number) =>
  error('EntityTooLarge', { ProposedSize: sizeBytes, MaxSizeAllowed: maxUploadBytes })

/** What was computed of a body. */
interface Digests {
  sizeBytes: number
  /** Hex; undefined when nobody needs it. */
  md5: string | undefined
  /** Base64. */
  checksum: string
  /** Base64, of `alsoNeeded`. */
  also: string
}

type Source = Pick<Ctx, 'store' | 'body'>

/**
 * Receives `ctx.body` into a staged body. Small ones that have arrived already are done at once.
 * @throws AwsError InvalidDigest, EntityTooLarge (before the body when its size is known), BadDigest, InvalidRequest,
 *   MalformedTrailerError, and whatever the body itself throws
 */
export function receiveBody(ctx: Source, options: ReceiveOptions): MaybePromise<ReceivedBody> {
  const { body } = ctx
  const { ContentMD5 } = options
  if (ContentMD5 !== undefined && !isBase64Of(ContentMD5, 16)) {
    throw error('InvalidDigest', { 'Content-MD5': ContentMD5 })
  }
  if (body.sizeBytes === undefined || body.sizeBytes > wholeBytes) {
    if (body.sizeBytes !== undefined && body.sizeBytes > maxUploadBytes) throw tooLarge(body.sizeBytes)
    return receiveStream(ctx, options)
  }
  return whenReady(body.atOnce?.() ?? collect(body), (bytes) => receiveWhole(ctx, bytes, options))
}

async function collect(body: RequestBody): Promise<Buffer> {
  const chunks: Buffer[] = []
  await body.forEach((chunk) => {
    chunks.push(chunk)
  })
  const [only] = chunks
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)
}

const algorithmOf = ({ declared }: ReceiveOptions): ChecksumAlgorithm => declared?.algorithm ?? defaultAlgorithm

/** An opaque tag needs no MD5, unless the client wants it verified. */
const needsMD5 = (options: ReceiveOptions): boolean =>
  options.encryption.hasMD5Tag || options.ContentMD5 !== undefined || algorithmOf(options) === 'MD5'

function receiveWhole({ store, body }: Source, bytes: Buffer, options: ReceiveOptions): MaybePromise<ReceivedBody> {
  const { alsoNeeded } = options
  const md5 = needsMD5(options) ? hash('md5', bytes, 'hex') : undefined
  return whenReady(checksumOf(algorithmOf(options), bytes), (checksum) =>
    whenReady(alsoNeeded === undefined ? '' : checksumOf(alsoNeeded, bytes), (also) => {
      const digests = { sizeBytes: bytes.length, md5, checksum, also }
      verify(digests, body, options)
      return received(store.bodies.stage(bytes, options.encryption.sealer), digests, options)
    }),
  )
}

async function receiveStream({ store, body }: Source, options: ReceiveOptions): Promise<ReceivedBody> {
  const writer = store.bodies.writer(options.encryption.sealer)
  try {
    const digests = await pass(body, writer, options)
    verify(digests, body, options)
    return received(await writer.finish(), digests, options)
  } catch (cause) {
    await writer.abort()
    throw cause
  }
}

/** Passes a body on to the writer and computes its digests. */
async function pass(body: RequestBody, writer: BodyWriter, options: ReceiveOptions): Promise<Digests> {
  const { alsoNeeded } = options
  const algorithm = algorithmOf(options)
  const md5 = needsMD5(options) ? 'MD5' : undefined
  const digests = await openDigests([algorithm, md5, alsoNeeded], body.sizeBytes)
  let sizeBytes = 0
  const sink = (chunk: Buffer): void | Promise<void> => {
    sizeBytes += chunk.length
    if (sizeBytes > maxUploadBytes) throw tooLarge(sizeBytes)
    // The write is under way while this thread hashes.
    return both(writer.write(chunk), digests.update(chunk))
  }
  try {
    await body.forEach(sink)
    const values = await digests.digest()
    return {
      sizeBytes,
      md5: md5Hex(values),
      checksum: values.get(algorithm) ?? '',
      also: (alsoNeeded && values.get(alsoNeeded)) ?? '',
    }
  } catch (cause) {
    digests.abandon()
    throw cause
  }
}

async function bothOf(a: Promise<void>, b: Promise<void>): Promise<void> {
  await Promise.all([a, b])
}

/** Resolves when both have. */
const both = (a: void | Promise<void>, b: void | Promise<void>): void | Promise<void> =>
  a !== undefined && b !== undefined ? bothOf(a, b) : (a ?? b)

/** Are the bytes those that the request declares? @throws AwsError BadDigest, InvalidRequest, MalformedTrailerError */
function verify({ md5, checksum }: Digests, { trailers }: RequestBody, options: ReceiveOptions): void {
  const { ContentMD5, declared, expectedDigestAs } = options
  if (ContentMD5 !== undefined) checkMD5(ContentMD5, md5 ?? '', expectedDigestAs)
  if (declared !== undefined) checkDeclared(declared, checksum, trailers)
}

function received(staged: StagedBody, digests: Digests, options: ReceiveOptions): ReceivedBody {
  const { sizeBytes, md5, checksum, also } = digests
  const { alsoNeeded } = options
  return {
    staged,
    sizeBytes,
    ETag: options.encryption.hasMD5Tag && md5 !== undefined ? md5 : opaqueTag(),
    checksum: { algorithm: algorithmOf(options), value: checksum, type: 'FULL_OBJECT' },
    ...(alsoNeeded !== undefined && { also: { algorithm: alsoNeeded, value: also, type: 'FULL_OBJECT' } }),
  }
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

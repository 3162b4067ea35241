/**
 * What the checksum algorithms of S3 are called, and the rules by which a request declares one. Values are Base64 of the
 * big-endian digest.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
import { error } from '../../errors.ts'
import type { Checksum, ChecksumAlgorithm } from '../../store/records.ts'

export type ChecksumMember = `Checksum${ChecksumAlgorithm}`
/** The `ChecksumX` members that inputs, outputs and parts share. */
export type ChecksumValues = { [M in ChecksumMember]?: string | undefined }

interface Algorithm {
  member: ChecksumMember
  header: string
  sizeBytes: number
  /** Lower case, as AWS writes it in some messages. */
  lower: string
}

const row = (name: ChecksumAlgorithm, sizeBytes: number): Algorithm => {
  const lower = name.toLowerCase()
  return { member: `Checksum${name}`, header: `x-amz-checksum-${lower}`, sizeBytes, lower }
}

/** What each algorithm is called and how long its digest is. */
export const algorithms: Readonly<Record<ChecksumAlgorithm, Algorithm>> = {
  CRC32: row('CRC32', 4),
  CRC32C: row('CRC32C', 4),
  CRC64NVME: row('CRC64NVME', 8),
  SHA1: row('SHA1', 20),
  SHA256: row('SHA256', 32),
  SHA512: row('SHA512', 64),
  MD5: row('MD5', 16),
  XXHASH64: row('XXHASH64', 8),
  XXHASH3: row('XXHASH3', 8),
  XXHASH128: row('XXHASH128', 16),
}
export const algorithmNames = Object.keys(algorithms) as ChecksumAlgorithm[]
const byMember = new Map<string, ChecksumAlgorithm>(algorithmNames.map((name) => [algorithms[name].member, name]))
const byHeader = new Map(algorithmNames.map((name) => [algorithms[name].header, name]))

/** The algorithm S3 computes for an object whose client declares none. */
export const defaultAlgorithm: ChecksumAlgorithm = 'CRC64NVME'

/** The algorithm of a name in any case, or undefined: `crc32` and `CRC32` are the same to AWS. */
export function algorithmOf(name: string): ChecksumAlgorithm | undefined {
  const upper = name.toUpperCase()
  return Object.hasOwn(algorithms, upper) ? (upper as ChecksumAlgorithm) : undefined
}

/** The checksum a request announces: its value is in a header, or comes in a trailer. */
export interface DeclaredChecksum {
  algorithm: ChecksumAlgorithm
  /** Base64; undefined when the trailer of that name will bring it. */
  value: string | undefined
}

/** Whether a text is the Base64 of a digest of the algorithm's length. */
export function isChecksumValue(algorithm: ChecksumAlgorithm, value: string): boolean {
  return isBase64Of(value, algorithms[algorithm].sizeBytes)
}

/** Whether a text is canonical Base64 of exactly so many bytes. */
export function isBase64Of(text: string, sizeBytes: number): boolean {
  if (text.length !== Math.ceil(sizeBytes / 3) * 4) return false
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === sizeBytes && bytes.toString('base64') === text
}

/**
 * The one checksum a request declares by its `ChecksumX` members or its announced trailer, checked for form.
 * `ChecksumAlgorithm` is the member bound to x-amz-sdk-checksum-algorithm.
 * @throws AwsError InvalidRequest with AWS's text for a bad value, two values, or an algorithm without or beside its value
 */
export function declaredChecksum(
  input: ChecksumValues & { ChecksumAlgorithm?: string | undefined },
  trailerNames: readonly string[] | undefined,
): DeclaredChecksum | undefined {
  let declared: DeclaredChecksum | undefined
  // An input has a handful of members.
  for (const member in input) {
    const algorithm = byMember.get(member)
    const value = algorithm && input[algorithms[algorithm].member]
    if (algorithm === undefined || value === undefined) continue
    if (declared !== undefined) throw moreThanOne()
    declared = { algorithm, value }
  }
  if (trailerNames !== undefined) {
    for (const name of trailerNames) {
      const algorithm = byHeader.get(name)
      if (algorithm === undefined) throw unknownTrailer()
      if (declared !== undefined) throw moreThanOne()
      declared = { algorithm, value: undefined }
    }
  }
  checkSdkAlgorithm(input.ChecksumAlgorithm, declared)
  if (declared?.value !== undefined && !isChecksumValue(declared.algorithm, declared.value)) {
    throw invalidValue(declared.algorithm)
  }
  return declared
}

/** Observed: only checksums may be trailers (versity/versitygw's suite, run against AWS; scality/cloudserver likewise). */
function unknownTrailer() {
  return error('InvalidRequest', {}, { message: 'The value specified in the x-amz-trailer header is not supported' })
}

function checkSdkAlgorithm(named: string | undefined, declared: DeclaredChecksum | undefined): void {
  if (named === undefined) return
  // Observed: both texts (answers of S3 quoted in versity/versitygw issues 1593 and 1659, 2025).
  const algorithm = algorithmOf(named)
  if (declared === undefined) {
    if (algorithm === undefined) throw invalidSdkAlgorithm()
    throw error(
      'InvalidRequest',
      {},
      {
        message:
          'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
      },
    )
  }
  if (algorithm !== declared.algorithm) throw invalidSdkAlgorithm()
}

const invalidSdkAlgorithm = () =>
  error('InvalidRequest', {}, { message: 'Value for x-amz-sdk-checksum-algorithm header is invalid.' })

/**
 * The algorithm that x-amz-checksum-algorithm names (CreateMultipartUpload, CopyObject).
 * @throws AwsError InvalidRequest. Observed: text with five names (recorded, test_multipart_parts_checksum_exceptions_composite)
 */
export function requestedAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  if (name === undefined) return undefined
  const algorithm = algorithmOf(name)
  if (algorithm !== undefined) return algorithm
  throw error(
    'InvalidRequest',
    {},
    {
      message:
        'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    },
  )
}

const moreThanOne = () =>
  error(
    'InvalidRequest',
    {},
    { message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.' },
  )

/** The error of a value that is not the Base64 of a digest. Observed: recorded for header values; used for trailers too. */
export const invalidValue = (algorithm: ChecksumAlgorithm) =>
  error('InvalidRequest', {}, { message: `Value for ${algorithms[algorithm].header} header is invalid.` })

/** The error of a value that does not fit the bytes. */
export const mismatch = (algorithm: ChecksumAlgorithm) =>
  error('BadDigest', {}, { message: `The ${algorithm} you specified did not match the calculated checksum.` })

/** The members of an output that show a checksum; empty when there is none. */
export function checksumOutput(checksum: Checksum | undefined): ChecksumValues & { ChecksumType?: string } {
  if (checksum === undefined) return {}
  return { [algorithms[checksum.algorithm].member]: checksum.value, ChecksumType: checksum.type }
}

/** Only the value member: parts are shown without a type. */
export function checksumValueOutput(checksum: Checksum | undefined): ChecksumValues {
  return checksum === undefined ? {} : { [algorithms[checksum.algorithm].member]: checksum.value }
}

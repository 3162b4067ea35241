/**
 * The list of parts that completes an upload: checked against what was uploaded. Pure functions.
 * Observed: codes, fields and texts (recorded, TestS3MultipartUploadChecksum and the multipart tests of TestS3).
 */
import { type AwsError, error } from '../../errors.ts'
import type { CompletedPart, CompleteMultipartUploadRequest } from '../../model/s3.types.gen.ts'
import type { UploadPartRecord, UploadRecord } from '../../store/records.ts'
import { algorithmNames, algorithms } from './checksum.ts'
import { unquoteETag } from './etag.ts'
import { shownAlgorithm } from './uploads.ts'

/** A part as the client lists it beside the part as it was uploaded. */
export interface MatchedPart {
  given: CompletedPart
  stored: UploadPartRecord
}

/**
 * The list itself: not empty, ascending.
 * @throws InvalidRequest (no document), MalformedXML, InvalidArgument, InvalidPartOrder
 */
export function listedParts(input: CompleteMultipartUploadRequest): CompletedPart[] {
  if (input.MultipartUpload === undefined) {
    throw error('InvalidRequest', {}, { message: 'You must specify at least one part' })
  }
  const parts = input.MultipartUpload.Parts ?? []
  if (parts.length === 0) throw error('MalformedXML')
  let previous = 0
  for (const { PartNumber } of parts) {
    // Observed: text as reported in versitygw#1072.
    if (PartNumber < 1) {
      throw error(
        'InvalidArgument',
        { ArgumentName: 'PartNumber', ArgumentValue: PartNumber },
        { message: 'PartNumber must be >= 1' },
      )
    }
    if (PartNumber <= previous) throw error('InvalidPartOrder', { UploadId: input.UploadId })
    previous = PartNumber
  }
  return parts
}

/**
 * "When an additional checksum is applied to each part, the PartNumber must start at 1 and the part numbers must be
 * consecutive"; in directory buckets always. Assumed: there with the same code.
 * @throws InvalidPartOrder
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompletedPart.html
 */
export function requireConsecutive(listed: readonly CompletedPart[], UploadId: string): void {
  if (listed.some(({ PartNumber }, at) => PartNumber !== at + 1)) throw error('InvalidPartOrder', { UploadId })
}

function invalidPart(upload: UploadRecord, part: CompletedPart): AwsError {
  const { PartNumber } = part
  return error('InvalidPart', { UploadId: upload.UploadId, PartNumber, ETag: unquoteETag(part.ETag) })
}

/** The checksum members of a listed part against the upload's. @throws BadDigest, InvalidPart */
function checkChecksums(upload: UploadRecord, part: CompletedPart, stored: UploadPartRecord): void {
  for (const name of algorithmNames) {
    const value = part[algorithms[name].member]
    if (value === undefined) continue
    // An upload without an algorithm has no parts with checksums, even right ones.
    if (upload.ChecksumAlgorithm === undefined) throw invalidPart(upload, part)
    if (name !== upload.ChecksumAlgorithm) {
      const message = `The ${algorithms[name].lower} you specified for part ${part.PartNumber} did not match what we received.`
      throw error('BadDigest', {}, { message })
    }
    if (value !== stored.checksum?.value) throw invalidPart(upload, part)
  }
}

/**
 * Finds each listed part among the uploaded ones.
 * @throws InvalidPart, BadDigest
 */
export function matchParts(upload: UploadRecord, listed: CompletedPart[], uploaded: UploadPartRecord[]): MatchedPart[] {
  const byNumber = new Map(uploaded.map((part) => [part.PartNumber, part]))
  return listed.map((given) => {
    const stored = byNumber.get(given.PartNumber)
    if (stored === undefined || stored.ETag !== unquoteETag(given.ETag)) throw invalidPart(upload, given)
    checkChecksums(upload, given, stored)
    return { given, stored }
  })
}

/** All parts but the last have the least size. @throws EntityTooSmall */
export function checkPartSizes(parts: MatchedPart[], minPartSizeBytes: number): void {
  for (const { stored } of parts.slice(0, -1)) {
    if (stored.Size >= minPartSizeBytes) continue
    throw error('EntityTooSmall', {
      ProposedSize: stored.Size,
      MinSizeAllowed: minPartSizeBytes,
      PartNumber: stored.PartNumber,
      ETag: stored.ETag,
    })
  }
}

/** @throws InvalidRequest when x-amz-mp-object-size is another size */
export function checkObjectSize(parts: MatchedPart[], claimed: number | undefined): void {
  if (claimed === undefined) return
  const actual = parts.reduce((sum, { stored }) => sum + stored.Size, 0)
  if (claimed === actual) return
  const message = `The provided 'x-amz-mp-object-size' header value ${claimed} does not match what was computed: ${actual}`
  throw error('InvalidRequest', {}, { message })
}

/** Each part of a composite upload must be listed with its checksum. @throws InvalidRequest */
export function requirePartChecksums(upload: UploadRecord, parts: MatchedPart[]): void {
  const algorithm = upload.ChecksumAlgorithm
  if (algorithm === undefined || upload.ChecksumType !== 'COMPOSITE') return
  for (const { given, stored } of parts) {
    if (given[algorithms[algorithm].member] !== undefined) continue
    const message = `The upload was created using a ${shownAlgorithm(algorithm)} checksum. The complete request must include the checksum for each part. It was missing for part ${stored.PartNumber} in the request.`
    throw error('InvalidRequest', {}, { message })
  }
}

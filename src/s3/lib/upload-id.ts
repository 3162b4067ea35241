/**
 * Upload ids: random, with a tag that ties them to their bucket and key, so that a marker in a listing can be told from
 * a made-up one even after its upload has ended.
 */
import { createHash } from 'node:crypto'

const tagLength = 12

function tagOf(bucketId: string, key: string, random: string): string {
  const hash = createHash('sha256').update(`${bucketId}\0${random}\0${key}`)
  return hash.digest('base64url').slice(0, tagLength)
}

/** The id of a new upload. */
export function uploadIdOf(bucketId: string, key: string, random: string): string {
  return `${random}${tagOf(bucketId, key, random)}`
}

/** Whether the id was made for an upload of this key in this bucket, going on or not. */
export function isUploadIdOf(bucketId: string, key: string, uploadId: string): boolean {
  const random = uploadId.slice(0, -tagLength)
  return random !== '' && uploadId === uploadIdOf(bucketId, key, random)
}

/**
 * GetObjectTorrent. S3 gave up BitTorrent on 29 April 2022; the operation is still in the model.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTorrent.html
 */
import { error } from '../errors.ts'
import type { GetObjectTorrentOutput, S3Handlers } from '../model/s3.types.gen.ts'

export const torrent = {
  /** Assumed: 404 for every key, because s3-tests (test_get_object_torrent) takes it for the answer where torrents are not made. */
  GetObjectTorrent({ Key }): GetObjectTorrentOutput {
    throw error('NoSuchKey', { Key })
  },
} satisfies Partial<S3Handlers>

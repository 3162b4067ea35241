/**
 * GetObjectTorrent. S3 gave up BitTorrent on 29 April 2022; the operation is still in the model.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTorrent.html
 */
import { error } from '../errors.ts'
import type { GetObjectTorrentOutput, S3Handlers } from '../model/s3.types.gen.ts'
import { findObject } from './lib/find-object.ts'

export const torrent = {
  /** Assumed: 405 for an object that is there, because AWS says only that the protocol is no longer supported. */
  async GetObjectTorrent(input, ctx): Promise<GetObjectTorrentOutput> {
    await findObject(ctx, { Key: input.Key })
    throw error('MethodNotAllowed', { Method: 'GET', ResourceType: 'TORRENT' })
  },
} satisfies Partial<S3Handlers>

/** Uploads in one line each, for the tests of multipart operations. */
import { createHash } from 'node:crypto'
import type {
  CompletedPart,
  CompleteMultipartUploadRequest,
  CreateMultipartUploadRequest,
  UploadPartRequest,
} from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { bodyOf, type World, withWorld } from './support.ts'

export const Bucket = 'bucket'
export const Key = 'key'
export const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** An upload under way in `bucket`, and what can be done with it. */
export class Upload {
  readonly world: World
  readonly id: string
  readonly parts: CompletedPart[] = []

  constructor(world: World, id: string) {
    this.world = world
    this.id = id
  }

  static async begin(world: World, more: Partial<CreateMultipartUploadRequest> = {}): Promise<Upload> {
    const { UploadId } = await world.call('CreateMultipartUpload', { Bucket, Key, ...more })
    return new Upload(world, UploadId as string)
  }

  /** Uploads a part and remembers it for `complete`, with the checksum members answered. */
  async part(PartNumber: number, bytes: string, more: Partial<UploadPartRequest> = {}) {
    const input = { Bucket, Key, UploadId: this.id, PartNumber, ...more }
    const output = await this.world.call('UploadPart', input, { body: bodyOf(bytes) })
    const { ServerSideEncryption: _, ETag = '', ...checksum } = output
    this.parts.push({ PartNumber, ETag, ...checksum })
    return output
  }

  complete(more: Partial<CompleteMultipartUploadRequest> = {}) {
    const input = { Bucket, Key, UploadId: this.id, MultipartUpload: { Parts: this.parts }, ...more }
    return this.world.call('CompleteMultipartUpload', input)
  }

  abort() {
    return this.world.call('AbortMultipartUpload', { Bucket, Key, UploadId: this.id })
  }

  list(more: object = {}) {
    return this.world.call('ListParts', { Bucket, Key, UploadId: this.id, ...more })
  }
}

/** A world with the bucket. Parts may be small unless `minPartSizeBytes` says otherwise. */
export function withUploads(run: (world: World) => Promise<void>, minPartSizeBytes = 0): Promise<void> {
  return withWorld(
    handlers,
    async (world) => {
      await world.bucket()
      await run(world)
    },
    { minPartSizeBytes },
  )
}

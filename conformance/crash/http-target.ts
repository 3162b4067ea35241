/** A server as the target of a workload, with the AWS SDK and the built-in root keys. */
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { type Piece, bytesOf } from './content.ts'
import { bucketName } from './store-target.ts'
import type { Target } from './workload.ts'

export async function httpTarget(url: string): Promise<{ target: Target; close(): void }> {
  const client = new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'sandbucket', secretAccessKey: 'sandbucket' },
  })
  const Bucket = bucketName
  await client.send(new CreateBucketCommand({ Bucket })).catch((error: unknown) => {
    if (!(error instanceof Error) || !error.name.startsWith('BucketAlready')) throw error
  })
  const begin = async (Key: string) => {
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
    return { Bucket, Key, UploadId }
  }
  const putPart = async (upload: Awaited<ReturnType<typeof begin>>, PartNumber: number, piece: Piece) => {
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body: bytesOf([piece]) }))
    return { PartNumber, ETag }
  }
  const target: Target = {
    async put(Key, pieces) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: bytesOf(pieces) }))
    },
    async remove(Key) {
      await client.send(new DeleteObjectCommand({ Bucket, Key }))
    },
    async copy(from, Key) {
      await client.send(
        new CopyObjectCommand({
          Bucket,
          Key,
          CopySource: `${Bucket}/${from}`,
          MetadataDirective: 'REPLACE',
        }),
      )
    },
    async multipart(key, parts) {
      const upload = await begin(key)
      const Parts = await Promise.all(parts.map((piece, i) => putPart(upload, i + 1, piece)))
      await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
    },
    async abandon(key, part) {
      await putPart(await begin(key), 1, part)
    },
  }
  return { target, close: () => client.destroy() }
}

/** The store's own interface as the target of a workload. */
import type { BucketRecord, UploadRecord } from '../../src/store/records.ts'
import type { ObjectDraft, StagedBody, Store } from '../../src/store/store.ts'
import { type Piece, bytesOf } from './content.ts'
import type { Target } from './workload.ts'

export const bucketName = 'crash'

/** The bucket of the run, made when it is missing. */
export async function openBucket(store: Store): Promise<BucketRecord> {
  await store.buckets.create({
    Name: bucketName,
    id: '',
    region: 'us-east-1',
    ownerId: 'owner',
    createdMs: Date.now(),
    type: 'general',
    documents: {},
  })
  const bucket = await store.buckets.get(bucketName)
  if (bucket === undefined) throw new Error('the bucket was not made')
  return bucket
}

export function storeTarget(store: Store, bucket: BucketRecord): Target {
  let uploads = 0
  const begin = async (key: string): Promise<UploadRecord> => {
    const upload = uploadOf(key, `${process.pid}-${Date.now()}-${uploads++}`)
    await store.uploads.create(bucket, upload)
    return upload
  }
  const putPart = async (upload: UploadRecord, PartNumber: number, piece: Piece) => {
    const part = { PartNumber, Size: piece[1], ETag: String(piece[0]), lastModifiedMs: Date.now() }
    return written(await store.uploads.putPart(bucket, upload, await stage(store, [piece]), part))
  }
  return {
    async put(key, pieces) {
      const staged = await stage(store, pieces)
      written(await store.objects.put(bucket, key, staged, () => draftOf(staged.ref)))
    },
    async remove(key) {
      await store.objects.delete(bucket, key, Date.now())
    },
    async copy(from, to) {
      const source = await store.objects.latest(bucket, from)
      if (source === undefined) throw new Error(`${from} is missing`)
      const record = { ...source, bucket }
      const whole = store.bodies.slice(source.body, 0, source.sizeBytes)
      written(await store.objects.put(bucket, to, whole, () => draftOf(source.body), record))
    },
    async multipart(key, parts) {
      const upload = await begin(key)
      const stored = await Promise.all(parts.map((piece, i) => putPart(upload, i + 1, piece)))
      written(
        await store.uploads.complete(bucket, upload, stored, () => draftOf({ id: '', kind: 'empty', sizeBytes: 0 })),
      )
    },
    async abandon(key, part) {
      await putPart(await begin(key), 1, part)
    },
  }
}

function written<T>(result: T): Exclude<T, string> {
  if (typeof result === 'string') throw new Error(result)
  return result as Exclude<T, string>
}

async function stage(store: Store, pieces: Piece[]): Promise<StagedBody> {
  const writer = store.bodies.writer()
  const bytes = bytesOf(pieces)
  for (let at = 0; at < bytes.length; at += 65_536) await writer.write(bytes.subarray(at, at + 65_536))
  return writer.finish()
}

function draftOf(body: StagedBody['ref']): ObjectDraft {
  return {
    Key: '',
    lastModifiedMs: Date.now(),
    ETag: body.id,
    sizeBytes: body.sizeBytes,
    content: {},
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: {},
    ownerId: 'owner',
  }
}

function uploadOf(Key: string, UploadId: string): UploadRecord {
  return {
    Key,
    UploadId,
    initiatedMs: Date.now(),
    ownerId: 'owner',
    initiatorArn: '',
    content: {},
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: {},
  }
}

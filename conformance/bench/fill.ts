/** Fills a data directory with empty objects through the store, as a process of its own: `fill.js DIR BUCKET COUNT`. */
import { openStore } from '../../src/store/open.ts'
import type { BucketRecord } from '../../src/store/records.ts'

/** Ten prefixes, keys spread evenly: `p3/0000042`. */
export function keyOf(index: number): string {
  return `p${index % 10}/${String(index).padStart(8, '0')}`
}

async function fill(dataDir: string, name: string, count: number): Promise<void> {
  const store = await openStore({ dataDir, durable: false })
  const bucket: BucketRecord = {
    Name: name,
    id: name,
    region: 'us-east-1',
    ownerId: '000000000000',
    createdMs: Date.now(),
    type: 'general',
    documents: {},
  }
  await store.buckets.create(bucket)
  const draft = {
    lastModifiedMs: Date.now(),
    ETag: 'd41d8cd98f00b204e9800998ecf8427e',
    sizeBytes: 0,
    content: { ContentType: 'binary/octet-stream' },
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: { ServerSideEncryption: 'AES256' as const },
    ownerId: '000000000000',
    checksum: { algorithm: 'CRC64NVME' as const, value: 'AAAAAAAAAAA=', type: 'FULL_OBJECT' as const },
  }
  const writers = Array.from({ length: 64 }, async (_, lane) => {
    for (let index = lane; index < count; index += 64) {
      const Key = keyOf(index)
      const body = await store.bodies.writer().finish()
      await store.objects.put(bucket, Key, body, () => ({ ...draft, Key, body: body.ref }))
    }
  })
  await Promise.all(writers)
  await store.close()
}

const [dataDir, name, count] = process.argv.slice(2)
if (dataDir !== undefined && name !== undefined) await fill(dataDir, name, Number(count))

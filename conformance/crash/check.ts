/** Opens what a crash left, and looks at all of it. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { openWithParts } from '../../src/store/open.ts'
import type { BodyRef } from '../../src/store/records.ts'
import type { Store } from '../../src/store/store.ts'
import { verifyStore } from '../../src/store/verify.ts'
import type { Ledger } from './ledger.ts'
import { openBucket } from './store-target.ts'

/** @returns what is wrong: lost or torn objects, rows and files that nothing refers to. */
export async function checkAfterCrash(dataDir: string, ledger: Ledger): Promise<string[]> {
  const problems: string[] = []
  const error = (fields: object, message: string) => problems.push(`${message}: ${JSON.stringify(fields)}`)
  const log = { error, warn: () => {} }
  const { store, kv, collector, swept } = await openWithParts({ dataDir, log })
  try {
    problems.push(...ledger.settle(await readAll(store)))
    await swept
    await abortAll(store)
    await collector.idle()
    problems.push(...(await verifyStore(kv, await blobIds(dataDir))))
    for (const name of await readdir(join(dataDir, 'tmp'))) problems.push(`a temporary file is left: ${name}`)
    return problems
  } finally {
    await store.close()
  }
}

async function readAll(store: Store): Promise<Map<string, Buffer>> {
  const stored = new Map<string, Buffer>()
  const page = await store.objects.list(await openBucket(store), { limit: 1000 })
  if (page.isTruncated) throw new Error('more keys than the workload has')
  for (const entry of page.entries) {
    if ('record' in entry) stored.set(entry.record.Key, await readBody(store, entry.record.body))
  }
  return stored
}

async function readBody(store: Store, body: BodyRef): Promise<Buffer> {
  // A server encrypts what it stores; what the store's own writers put is plain, and needs no key.
  const content = await store.bodies.read(body, 0, body.sizeBytes, store.keys.s3)
  if (content === undefined) throw new Error(`the body ${body.id} has gone`)
  if (content instanceof Uint8Array) return Buffer.from(content)
  const pieces: Buffer[] = []
  const stream: Readable = content
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Uploads in progress are not lost by a crash; here they would only pile up. */
async function abortAll(store: Store): Promise<void> {
  const bucket = await openBucket(store)
  for (;;) {
    const page = await store.uploads.list(bucket, { limit: 1000 })
    for (const entry of page.entries) {
      if ('record' in entry) await store.uploads.abort(bucket, entry.record.Key, entry.record.UploadId)
    }
    if (!page.isTruncated) return
  }
}

async function blobIds(dataDir: string): Promise<string[]> {
  const ids: string[] = []
  for (const folder of await readdir(join(dataDir, 'blobs'))) {
    ids.push(...(await readdir(join(dataDir, 'blobs', folder))))
  }
  return ids
}

/**
 * Checks a store at rest: every row is reachable, every reference is counted, every file has its row. Tests and the
 * crash run use it; it reads everything.
 */
import {
  annotationsPrefix,
  bodyKey,
  type KeyRange,
  objectPartsKey,
  referencesKey,
  uploadIndexKey,
  within,
} from './keys.ts'
import type { Kv } from './kv.ts'
import { decodeJson, decodeObject } from './record-rows.ts'
import type {
  AnnotationRecord,
  BodyRef,
  BucketRecord,
  ObjectRecord,
  UploadPartRecord,
  UploadRecord,
} from './records.ts'
import { decodeSegments } from './segments.ts'
import { decodeReferences, type Garbage } from './transaction.ts'

interface Counts {
  references: Map<string, number>
  kinds: Map<string, string>
  problems: string[]
}

/**
 * Everything that is wrong, in words; empty when all is well.
 * @param blobIds the names of all blobs that exist.
 */
export async function verifyStore(kv: Kv, blobIds: Iterable<string>): Promise<string[]> {
  const counts: Counts = { references: new Map(), kinds: new Map(), problems: [] }
  const buckets = new Set<string>()
  for await (const [, value] of rowsOf(kv, 'b')) buckets.add(decodeJson<BucketRecord>(value).id)
  const expectedParts = await verifyObjects(kv, buckets, counts)
  await verifyUploads(kv, buckets, counts)
  for await (const [, value] of rowsOf(kv, 'g')) {
    const garbage = decodeJson<Garbage>(value)
    if ('bodies' in garbage) for (const body of garbage.bodies) refer(body, counts)
    else counts.problems.push(`unfinished garbage: ${value.toString()}`)
  }
  await verifyBodies(kv, new Set(blobIds), counts)
  for await (const [key] of rowsOf(kv, 'm')) {
    if (!expectedParts.delete(key.toString('latin1'))) counts.problems.push(`parts without an object: ${key}`)
  }
  for (const key of expectedParts) counts.problems.push(`an object without its parts: ${key}`)
  return counts.problems
}

function refer(body: BodyRef, counts: Counts): void {
  if (body.kind === 'empty' || body.kind === 'embedded') return
  counts.references.set(body.id, (counts.references.get(body.id) ?? 0) + 1)
  counts.kinds.set(body.id, body.kind)
}

async function verifyObjects(kv: Kv, buckets: Set<string>, counts: Counts): Promise<Set<string>> {
  const parts = new Set<string>()
  let index = 0
  let older = 0
  for await (const [key, value] of rowsOf(kv, 'o')) {
    const idLength = key[1] ?? 0
    const kind = key[2 + idLength]
    if (!buckets.has(key.toString('utf8', 2, 2 + idLength))) counts.problems.push(`a version without a bucket: ${key}`)
    if (kind === 2) index++
    if (kind === 1) older++
    if (kind === 2) continue
    const record = decodeObject(value)
    refer(record.body, counts)
    if (record.annotationsId !== undefined) await verifyAnnotations(kv, record, counts)
    if (record.partsCount !== undefined) parts.add(objectPartsKey(record.uploadId ?? '').toString('latin1'))
  }
  if (index !== older) counts.problems.push(`${older} older versions have ${index} entries in the index`)
  return parts
}

/** Each is counted; those of versions that are gone show as bodies that nothing refers to. */
async function verifyAnnotations(kv: Kv, record: ObjectRecord, counts: Counts): Promise<void> {
  let found = 0
  for await (const [, value] of rowsIn(kv, within(annotationsPrefix(record.annotationsId ?? '')))) {
    refer(decodeJson<AnnotationRecord>(value).body, counts)
    found++
  }
  if (found !== record.annotationCount) {
    counts.problems.push(`${record.Key} has ${found} annotations and a count of ${record.annotationCount}`)
  }
}

async function verifyUploads(kv: Kv, buckets: Set<string>, counts: Counts): Promise<void> {
  const uploads = new Set<string>()
  for await (const [key, value] of rowsOf(kv, 'u')) {
    const bucketId = key.toString('utf8', 2, 2 + (key[1] ?? 0))
    const { UploadId } = decodeJson<UploadRecord>(value)
    if (!buckets.has(bucketId)) counts.problems.push(`an upload without a bucket: ${UploadId}`)
    if ((await kv.get(uploadIndexKey(bucketId, UploadId))) === undefined) {
      counts.problems.push(`an upload that cannot be found by id: ${UploadId}`)
    }
    uploads.add(UploadId)
  }
  for await (const [key, value] of rowsOf(kv, 'p')) {
    const uploadId = key.toString('utf8', 1, key.length - 3)
    if (!uploads.has(uploadId)) counts.problems.push(`a part without an upload: ${uploadId}`)
    refer(decodeJson<UploadPartRecord>(value).body, counts)
  }
}

async function verifyBodies(kv: Kv, blobs: Set<string>, counts: Counts): Promise<void> {
  const { problems, references, kinds } = counts
  const rows = new Map<string, Buffer>()
  for await (const [key, value] of rowsOf(kv, 'd')) rows.set(key.toString('utf8', 1), value)
  // Lists may name lists: each is opened once, when the first reference to it is seen.
  const queue = [...kinds].filter(([, kind]) => kind === 'segments').map(([id]) => id)
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const row = rows.get(id)
    for (const { body } of row === undefined ? [] : decodeSegments(row)) {
      if (body.kind === 'segments' && !kinds.has(body.id)) queue.push(body.id)
      refer(body, counts)
    }
  }
  for (const [id, count] of references) {
    if (!rows.has(id)) problems.push(`a body without a row: ${id}`)
    const counted = decodeReferences(await kv.get(referencesKey(id)))
    if (counted !== count) problems.push(`body ${id} has ${count} references and a count of ${counted}`)
    if (kinds.get(id) === 'file' && !blobs.delete(id)) problems.push(`a body without a file: ${id}`)
  }
  for (const id of rows.keys()) if (!references.has(id)) problems.push(`a body that nothing refers to: ${bodyKey(id)}`)
  for await (const [key] of rowsOf(kv, 'r')) {
    if (!references.has(key.toString('utf8', 1))) problems.push(`a count without a body: ${key}`)
  }
  for (const id of blobs) problems.push(`a blob without a row: ${id}`)
}

const rowsOf = (kv: Kv, space: string) => rowsIn(kv, within(Buffer.from(space)))

async function* rowsIn(kv: Kv, range: KeyRange): AsyncGenerator<[Buffer, Buffer]> {
  const cursor = kv.range(range)
  try {
    for (;;) {
      const rows = await cursor.next(1000)
      yield* rows
      if (rows.length < 1000) return
    }
  } finally {
    await cursor.close()
  }
}

/** Objects: every write is one commit over the stack of versions of its key, with the body it brings and those it frees. */
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Sealer } from '../encryption/sealer.ts'
import { attachAnnotations } from './annotations.ts'
import { appendBody } from './appending.ts'
import type { Bodies } from './bodies.ts'
import type { Buckets } from './buckets.ts'
import { newestKey, objectPartsKey } from './keys.ts'
import type { Kv } from './kv.ts'
import { whenReady } from '../lib/when-ready.ts'
import { listObjects, listVersions } from './object-lists.ts'
import { randomVersionId } from './random.ts'
import { decodeJson, encodeObject, recordOf } from './record-rows.ts'
import type { BodyRef, BucketRecord, ObjectRecord, PartRecord } from './records.ts'
import { asStaged, type Staged } from './staged-body.ts'
import type { CopiedAnnotation, ListOptions, ListPage, ObjectDraft, ObjectStore, StagedBody } from './store.ts'
import { attempt, type Engine, type Transaction, transact } from './transaction.ts'
import type { Turns } from './turns.ts'
import { VersionStack } from './versions.ts'

export type SourceRecord = ObjectRecord & { bucket: BucketRecord }

export interface ObjectParts {
  engine: Engine
  buckets: Buckets
  bodies: Bodies
  turns: Turns
}

export class Objects implements ObjectStore {
  readonly #engine: Engine
  readonly #kv: Kv
  readonly #buckets: Buckets
  readonly #bodies: Bodies
  readonly #turns: Turns

  constructor({ engine, buckets, bodies, turns }: ObjectParts) {
    this.#engine = engine
    this.#kv = engine.kv
    this.#buckets = buckets
    this.#bodies = bodies
    this.#turns = turns
  }

  latest(bucket: BucketRecord, key: string): MaybePromise<ObjectRecord | undefined> {
    return whenReady(this.#kv.get(newestKey(bucket.id, key)), (row) => row && recordOf(row))
  }

  async version(bucket: BucketRecord, key: string, versionId: string): Promise<ObjectRecord | undefined> {
    const stack = await VersionStack.read(this.#kv, bucket.id, key)
    return (await stack.find(versionId))?.record
  }

  parts(record: ObjectRecord): MaybePromise<PartRecord[] | undefined> {
    if (record.partsCount === undefined || record.uploadId === undefined) return undefined
    return whenReady(this.#kv.get(objectPartsKey(record.uploadId)), (row) => row && decodeJson<PartRecord[]>(row))
  }

  put(
    bucket: BucketRecord,
    key: string,
    body: StagedBody,
    decide: (latest: ObjectRecord | undefined) => ObjectDraft,
    source?: SourceRecord,
    annotations: readonly CopiedAnnotation[] = [],
  ): Promise<ObjectRecord | 'bucketGone' | 'sourceGone'> {
    const staged = asStaged(body)
    const putting = this.#change<ObjectRecord | 'bucketGone' | 'sourceGone'>(
      bucket,
      key,
      'bucketGone',
      (stack, current, transaction) => {
        const draft = decide(stack.newest?.record)
        const isThere = source === undefined || expectSource(this.#kv, source, transaction)
        return whenReady(isThere, (is) => {
          const placed = is ? staged.place(transaction) : undefined
          const attached = placed && attachAnnotations(annotations, transaction)
          if (placed === undefined || attached === undefined) return 'sourceGone'
          const filled = { Key: key, VersionId: nextVersionId(current), body: placed }
          const record: ObjectRecord = Object.assign(withoutParts(draft), attached, filled)
          return whenReady(stack.push(record, transaction), (pushed) => pushed.record)
        })
      },
    )
    if (staged.isInMemory && annotations.length === 0) return putting
    return putting.finally(async () => {
      await staged.discard()
      for (const { body: copied } of annotations) await copied.discard()
    })
  }

  async append(
    bucket: BucketRecord,
    key: string,
    body: StagedBody,
    sealerOf: (record: ObjectRecord) => Sealer | undefined,
    decide: (latest: ObjectRecord | undefined) => ObjectDraft,
  ): Promise<ObjectRecord | 'bucketGone'> {
    const staged = asStaged(body)
    try {
      return await this.#change<ObjectRecord | 'bucketGone'>(
        bucket,
        key,
        'bucketGone',
        async (stack, current, transaction) => {
          const newest = stack.newest?.record
          const draft = decide(newest)
          const record = { ...draft, Key: key, VersionId: nextVersionId(current) }
          const joined =
            newest === undefined || newest.sizeBytes === 0 || staged.ref.sizeBytes === 0
              ? attachAlone(newest, staged, transaction)
              : await this.#joined(newest, staged, sealerOf(newest), transaction)
          if (joined === undefined) throw new Error('a staged body has gone')
          return (await stack.push({ ...record, body: joined, sizeBytes: joined.sizeBytes }, transaction)).record
        },
      )
    } finally {
      await staged.discard()
    }
  }

  #joined(
    { body }: ObjectRecord,
    added: Staged,
    sealer: Sealer | undefined,
    transaction: Transaction,
  ): Promise<BodyRef | undefined> {
    const before = body.kind === 'embedded' ? this.#bodies.standAlone(body, sealer) : body
    return appendBody(this.#kv, before, added, sealer, transaction)
  }

  rename(
    bucket: BucketRecord,
    from: string,
    to: string,
    decide: (source: ObjectRecord | undefined, target: ObjectRecord | undefined) => ObjectRecord | undefined,
  ): Promise<ObjectRecord | 'bucketGone' | undefined> {
    if (from === to) throw new RangeError('an object cannot be moved onto itself')
    const [first, second] = [`${bucket.id}/${from}`, `${bucket.id}/${to}`].sort()
    // In one order whoever asks, so that two renames never wait for each other.
    return this.#turns.take(first as string, () =>
      this.#turns.take(second as string, () =>
        transact(this.#engine, async (transaction) => {
          const current = await this.#buckets.expectCurrent(bucket, transaction)
          if (current === undefined) return 'bucketGone'
          const source = await VersionStack.read(this.#kv, current.id, from)
          const target = await VersionStack.read(this.#kv, current.id, to)
          source.expectUnchanged(transaction)
          target.expectUnchanged(transaction)
          const renamed = decide(source.newest?.record, target.newest?.record)
          if (renamed === undefined || source.newest === undefined) return undefined
          return target.moveHere({ ...renamed, Key: to }, source, transaction)
        }),
      ),
    )
  }

  update(
    bucket: BucketRecord,
    key: string,
    versionId: string | undefined,
    change: (record: ObjectRecord) => ObjectRecord,
  ): Promise<ObjectRecord | undefined> {
    return this.#change(bucket, key, undefined, async (stack, _current, transaction) => {
      const wanted = versionId ?? stack.newest?.record.VersionId
      const found = wanted === undefined ? undefined : await stack.find(wanted)
      if (found === undefined) return undefined
      const changed = keepIdentity(found.record, change({ ...found.record }))
      transaction.expect(found.key, found.row)
      transaction.put(found.key, encodeObject(changed))
      return changed
    })
  }

  delete(
    bucket: BucketRecord,
    key: string,
    lastModifiedMs: number,
    decide?: (latest: ObjectRecord | undefined) => void,
  ): Promise<{ marker?: ObjectRecord; removed?: ObjectRecord }> {
    return this.#change(bucket, key, {}, async (stack, current, transaction) => {
      const newest = stack.newest?.record
      decide?.(newest)
      if (current.versioning === undefined) {
        const removed = newest && (await stack.remove(newest.VersionId, transaction))
        return removed === undefined ? {} : { removed }
      }
      const pushed = await stack.push(deleteMarker(current, key, lastModifiedMs), transaction)
      return pushed.removed === undefined
        ? { marker: pushed.record }
        : { marker: pushed.record, removed: pushed.removed }
    })
  }

  deleteVersion(
    bucket: BucketRecord,
    key: string,
    versionId: string,
    decide?: (record: ObjectRecord) => void,
  ): Promise<ObjectRecord | undefined> {
    return this.#change(bucket, key, undefined, async (stack, _current, transaction) => {
      const found = await stack.find(versionId)
      if (found === undefined) return undefined
      decide?.(found.record)
      return stack.remove(versionId, transaction)
    })
  }

  list(bucket: BucketRecord, options: ListOptions): Promise<ListPage<ObjectRecord>> {
    return listObjects(this.#kv, bucket, options)
  }

  listVersions(
    bucket: BucketRecord,
    options: ListOptions & { afterVersionId?: string },
  ): Promise<ListPage<ObjectRecord & { isLatest: boolean }>> {
    return listVersions(this.#kv, bucket, options)
  }

  /** Runs one change of a key's versions until its commit holds; once it has lost against another, in its turn. */
  #change<T>(
    bucket: BucketRecord,
    key: string,
    whenBucketGone: T,
    build: (stack: VersionStack, current: BucketRecord, transaction: Transaction) => MaybePromise<T>,
  ): Promise<T> {
    const change = (transaction: Transaction): MaybePromise<T> =>
      whenReady(this.#buckets.expectCurrent(bucket, transaction), (current) => {
        if (current === undefined) return whenBucketGone
        return whenReady(VersionStack.read(this.#kv, current.id, key), (stack) => build(stack, current, transaction))
      })
    const name = `${bucket.id}/${key}`
    const inTurn = () => this.#turns.take(name, () => transact(this.#engine, change))
    return this.#turns.isTaken(name) ? inTurn() : attempt(this.#engine, change, inTurn)
  }
}

/** What a copy takes over from a multipart object does not include its parts. */
function withoutParts(draft: ObjectDraft): ObjectDraft {
  if (draft.uploadId === undefined && draft.partsCount === undefined) return draft
  const { uploadId: _, partsCount: __, ...rest } = draft
  return rest
}

/** Nothing to join: the body is the staged one, or, when that has no bytes, the one that is there. */
function attachAlone(newest: ObjectRecord | undefined, staged: Staged, transaction: Transaction): BodyRef | undefined {
  if (newest !== undefined && staged.ref.sizeBytes === 0) {
    transaction.retain(newest.body)
    return newest.body
  }
  return staged.place(transaction)
}

/** The source of a copy must still be there, with the same body, when the copy is committed. */
export async function expectSource(kv: Kv, source: SourceRecord, transaction: Transaction): Promise<boolean> {
  const stack = await VersionStack.read(kv, source.bucket.id, source.Key)
  const found = await stack.find(source.VersionId)
  if (found === undefined) return false
  const { record } = found
  const isSame =
    record.body.id === source.body.id &&
    record.lastModifiedMs === source.lastModifiedMs &&
    record.ETag === source.ETag &&
    record.isDeleteMarker === source.isDeleteMarker
  if (isSame) transaction.expect(found.key, found.row)
  return isSame
}

/** What the bucket's versioning state gives the next version of a key. */
export function nextVersionId(bucket: BucketRecord): string {
  return bucket.versioning === 'Enabled' ? randomVersionId() : 'null'
}

function deleteMarker(bucket: BucketRecord, key: string, lastModifiedMs: number): ObjectRecord {
  return {
    Key: key,
    VersionId: nextVersionId(bucket),
    isDeleteMarker: true,
    lastModifiedMs,
    ETag: '',
    sizeBytes: 0,
    body: { id: '', kind: 'empty', sizeBytes: 0 },
    content: {},
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: {},
    ownerId: bucket.ownerId,
  }
}

/** What only the store changes. */
const ownNames = [
  'isDeleteMarker',
  'hasOlder',
  'sequence',
  'uploadId',
  'partsCount',
  'annotationsId',
  'annotationCount',
] as const

/** A change of a version's own fields leaves alone what the store keeps in it. */
function keepIdentity(before: ObjectRecord, changed: ObjectRecord): ObjectRecord {
  const kept: ObjectRecord = { ...changed }
  const { Key, VersionId, body, sizeBytes } = before
  Object.assign(kept, { Key, VersionId, body, sizeBytes })
  // The same bytes under another key.
  const { sealedKey, bytes } = changed.body
  if (changed.body !== body && body.sealedKey !== undefined && sealedKey !== undefined) {
    kept.body = bytes === undefined ? { ...body, sealedKey } : { ...body, sealedKey, bytes }
  }
  for (const name of ownNames) {
    delete kept[name]
    if (before[name] !== undefined) Object.assign(kept, { [name]: before[name] })
  }
  return kept
}

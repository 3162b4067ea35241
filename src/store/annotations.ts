/**
 * Annotations of versions: named payloads, rows of their own with bodies of their own. They hang on an id that a version
 * gets with its first one, so they stay with it when it becomes an older version, and are cleared away behind it.
 */
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Buckets } from './buckets.ts'
import { after, annotationKey, within } from './keys.ts'
import type { Kv } from './kv.ts'
import { whenReady } from '../lib/when-ready.ts'
import { randomId } from './random.ts'
import { decodeJson, encodeJson, encodeObject } from './record-rows.ts'
import type { AnnotationRecord, BucketRecord, ObjectRecord } from './records.ts'
import { asStaged } from './staged-body.ts'
import type { AnnotationStore, CopiedAnnotation, StagedBody, VersionAddress } from './store.ts'
import { type Engine, type Transaction, transact } from './transaction.ts'
import type { Turns } from './turns.ts'
import { type Found, VersionStack } from './versions.ts'

export class Annotations implements AnnotationStore {
  readonly #engine: Engine
  readonly #kv: Kv
  readonly #buckets: Buckets
  readonly #turns: Turns

  constructor({ engine, buckets, turns }: { engine: Engine; buckets: Buckets; turns: Turns }) {
    this.#engine = engine
    this.#kv = engine.kv
    this.#buckets = buckets
    this.#turns = turns
  }

  get({ annotationsId }: ObjectRecord, name: string): MaybePromise<AnnotationRecord | undefined> {
    if (annotationsId === undefined) return undefined
    return whenReady(
      this.#kv.get(annotationKey(annotationsId, name)),
      (row) => row && decodeJson<AnnotationRecord>(row),
    )
  }

  async list(
    { annotationsId }: ObjectRecord,
    options: { prefix?: string; after?: string; limit: number },
  ): Promise<AnnotationRecord[]> {
    if (annotationsId === undefined) return []
    const range = within(annotationKey(annotationsId, options.prefix ?? ''))
    const start = options.after === undefined ? range.gte : after(annotationKey(annotationsId, options.after))
    if (Buffer.compare(start, range.lt) >= 0) return []
    const cursor = this.#kv.range({ gte: Buffer.compare(start, range.gte) > 0 ? start : range.gte, lt: range.lt })
    try {
      return (await cursor.next(options.limit)).map(([, row]) => decodeJson<AnnotationRecord>(row))
    } finally {
      await cursor.close()
    }
  }

  async put(
    bucket: BucketRecord,
    address: VersionAddress,
    name: string,
    body: StagedBody,
    decide: (record: ObjectRecord, isNew: boolean) => Omit<AnnotationRecord, 'Name' | 'body'>,
  ): Promise<{ record: ObjectRecord; annotation: AnnotationRecord } | undefined> {
    const staged = asStaged(body)
    try {
      return await this.#change(bucket, address, async (found, transaction) => {
        const annotationsId = found.record.annotationsId ?? randomId()
        const key = annotationKey(annotationsId, name)
        const before = await this.#kv.get(key)
        const annotation = { Name: name, ...decide(found.record, before === undefined), body: staged.ref }
        if (!staged.attach(transaction)) return undefined
        transaction.expect(key, before)
        transaction.put(key, encodeJson(annotation))
        if (before !== undefined) {
          transaction.release(decodeJson<AnnotationRecord>(before).body)
          return { record: found.record, annotation }
        }
        const annotationCount = (found.record.annotationCount ?? 0) + 1
        const record = { ...found.record, annotationsId, annotationCount }
        transaction.expect(found.key, found.row)
        transaction.put(found.key, encodeObject(record))
        return { record, annotation }
      })
    } finally {
      await staged.discard()
    }
  }

  delete(
    bucket: BucketRecord,
    address: VersionAddress,
    name: string,
    decide: (record: ObjectRecord) => void,
  ): Promise<{ record: ObjectRecord } | undefined> {
    return this.#change(bucket, address, async (found, transaction) => {
      decide(found.record)
      const { annotationsId, annotationCount = 0 } = found.record
      const key = annotationsId === undefined ? undefined : annotationKey(annotationsId, name)
      const before = key && (await this.#kv.get(key))
      if (key === undefined || before === undefined) return { record: found.record }
      transaction.expect(key, before)
      transaction.delete(key)
      transaction.release(decodeJson<AnnotationRecord>(before).body)
      const record = { ...found.record, annotationCount: annotationCount - 1 }
      transaction.expect(found.key, found.row)
      transaction.put(found.key, encodeObject(record))
      return { record }
    })
  }

  /** Runs one change of a version's annotations, in the turn of its key. Undefined when the version is not there. */
  #change<T>(
    bucket: BucketRecord,
    { key, versionId }: VersionAddress,
    build: (found: Found & { key: Buffer }, transaction: Transaction) => Promise<T>,
  ): Promise<T | undefined> {
    return this.#turns.take(`${bucket.id}/${key}`, () =>
      transact(this.#engine, async (transaction) => {
        const current = await this.#buckets.expectCurrent(bucket, transaction)
        if (current === undefined) return undefined
        const stack = await VersionStack.read(this.#kv, current.id, key)
        const wanted = versionId ?? stack.newest?.record.VersionId
        const found = wanted === undefined ? undefined : await stack.find(wanted)
        if (found === undefined) return undefined
        stack.expectUnchanged(transaction)
        return build(found, transaction)
      }),
    )
  }
}

/** Adds copied annotations to the commit of a new version. Undefined when a body they share has gone. */
export function attachAnnotations(
  copied: readonly CopiedAnnotation[],
  transaction: Transaction,
): Pick<ObjectRecord, 'annotationsId' | 'annotationCount'> | undefined {
  if (copied.length === 0) return {}
  const annotationsId = randomId()
  for (const { annotation, body } of copied) {
    const staged = asStaged(body)
    if (!staged.attach(transaction)) return undefined
    transaction.put(annotationKey(annotationsId, annotation.Name), encodeJson({ ...annotation, body: staged.ref }))
  }
  return { annotationsId, annotationCount: copied.length }
}

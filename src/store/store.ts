/**
 * The store as handlers see it: typed records over a `Kv` and a blob directory. It knows versioning and references,
 * never an AWS error code: what is missing is `undefined`, and the callbacks (`decide`) throw what the handler chooses.
 *
 * Every write is one commit. `decide` callbacks see the row as it is at that commit: they run again when another
 * writer came between, so conditional requests are atomic; they must be pure.
 */
import type { Readable } from 'node:stream'
import type { KeyRing } from '../encryption/key-ring.ts'
import type { Sealer } from '../encryption/sealer.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { IamStore } from './iam.ts'
import type {
  AnnotationRecord,
  BodyRef,
  BucketRecord,
  ObjectRecord,
  PartRecord,
  UploadPartRecord,
  UploadRecord,
} from './records.ts'

export interface Store {
  readonly buckets: BucketStore
  readonly objects: ObjectStore
  readonly uploads: UploadStore
  readonly annotations: AnnotationStore
  readonly bodies: BodyStore
  readonly iam: IamStore
  /** What bodies are encrypted with. */
  readonly keys: KeyRing
  /** Removes every bucket, object and upload, and all of IAM. */
  reset(): Promise<void>
  /** Lets the background deletions in progress finish (the others are taken up at the next start), then closes files and the lock. */
  close(): Promise<void>
}

export interface BucketStore {
  get(name: string): MaybePromise<BucketRecord | undefined>
  /** False when the name is taken. An empty `id` is replaced by a random one. */
  create(bucket: BucketRecord): Promise<boolean>
  /** Reads, changes, writes back atomically; undefined when there is no such bucket. */
  update(name: string, change: (bucket: BucketRecord) => BucketRecord): Promise<BucketRecord | undefined>
  /** Removes an empty bucket (no versions, no delete markers; uploads in progress are discarded with it). */
  delete(name: string): Promise<'deleted' | 'missing' | 'notEmpty'>
  /** In name order, from the first name after `after`. */
  list(options: { prefix?: string; after?: string; limit: number }): Promise<BucketRecord[]>
}

/**
 * A body written but not yet referenced by a record. `discard` it, or hand it to exactly one commit: a call that takes
 * one owns it, and discards it itself when it fails or throws. `discard` after that does nothing.
 */
export interface StagedBody {
  readonly ref: BodyRef
  discard(): MaybePromise<void>
}

export interface BodyWriter {
  /** Accepts the next bytes; a promise asks the caller to wait (back-pressure). The buffer is kept: it must not be written to any more. @throws StoreError NO_SPACE, IO (also from the promise) */
  write(chunk: Buffer): void | Promise<void>
  /** All bytes are there: (durable mode: and on disk). */
  finish(): Promise<StagedBody>
  /** Throws away what was written. Safe to call after an error and more than once. */
  abort(): Promise<void>
}

/** Bytes to send: at hand (not to be changed), or a stream that keeps the body alive until it ends or is destroyed. */
export type BodyContent = Uint8Array | Readable

/**
 * A body is encrypted with a data key of its own, which its reference holds sealed (`sealedKey`). Who reads it brings
 * the sealer that opens that key; without one, only a body in plain can be read.
 */
export interface BodyStore {
  /** Begins a body. Small ones (<= the inline limit) stay in memory until commit, others go to a temporary file. `sealer` seals its data key; undefined: the body is in plain. */
  writer(sealer?: Sealer): BodyWriter
  /** A small body (<= the inline limit) that is all there. The buffer is kept, as by a writer. @throws StoreError NO_SPACE */
  stage(plain: Buffer, sealer?: Sealer): StagedBody
  /** Bytes [start, end) of a body. The result is safe against a concurrent overwrite or delete of its object. Undefined when the body has gone since its record was read. */
  read(ref: BodyRef, start: number, end: number, sealer?: Sealer): MaybePromise<BodyContent | undefined>
  /**
   * A new body that is a range of an existing one, without copying bytes (but those of an embedded one, which are few). The caller passes the result to one commit,
   * which then adds the reference, unless the source has gone. An encrypted source needs `from`, which opens its key,
   * and `to`, under which the new body is sealed. A source in plain stays so.
   */
  slice(ref: BodyRef, start: number, end: number, from?: Sealer, to?: Sealer): StagedBody
  /** The same body under another key. One in plain stays so. */
  reseal(ref: BodyRef, from: Sealer, to: Sealer): BodyRef
}

/**
 * Outcome of a `decide`: a new object, which becomes the record to write. The store fills in `Key`, `VersionId` (by the
 * bucket's versioning state at the commit), `hasOlder`, `sequence` and `body`.
 */
export type ObjectDraft = Omit<ObjectRecord, 'VersionId' | 'hasOlder' | 'sequence' | 'body'>

export interface ListOptions {
  prefix?: string
  delimiter?: string
  /** Start after this key or common prefix, exclusive. A common prefix given here is skipped whole. */
  after?: string
  /** How many keys and common prefixes together; 0 is allowed. */
  limit: number
}

/** A page in byte order of keys and prefixes, as S3 merges them. */
export interface ListPage<T> {
  entries: ({ record: T } | { prefix: string })[]
  isTruncated: boolean
}

export interface ObjectStore {
  /** The newest version of a key, a delete marker included. */
  latest(bucket: BucketRecord, key: string): MaybePromise<ObjectRecord | undefined>
  /** A version by id ('null' for the null version), the newest one included. */
  version(bucket: BucketRecord, key: string, versionId: string): MaybePromise<ObjectRecord | undefined>
  /** The parts of a multipart object, in order; undefined for any other. */
  parts(record: ObjectRecord): MaybePromise<PartRecord[] | undefined>
  /**
   * Writes a new version as the bucket's versioning state asks: unversioned replaces, Enabled adds with a new id,
   * Suspended replaces the null version. `decide` gets the newest version (or undefined) and throws to refuse.
   * `source`, when given, is a record whose body is shared (copy): the commit holds only if that record still exists
   * unchanged; otherwise 'sourceGone'. `annotations` come with the new version; their bodies are owned like `body`.
   * Returns undefined when the bucket has gone meanwhile.
   */
  put(
    bucket: BucketRecord,
    key: string,
    body: StagedBody,
    decide: (latest: ObjectRecord | undefined) => ObjectDraft,
    source?: ObjectRecord & { bucket: BucketRecord },
    annotations?: readonly CopiedAnnotation[],
  ): Promise<ObjectRecord | 'bucketGone' | 'sourceGone'>
  /**
   * Adds bytes behind the newest version's, or begins an object with them. `sealerOf` gives what opens that version's
   * body and the one given. `decide` returns the record, whose body and size are filled in. For unversioned buckets.
   */
  append(
    bucket: BucketRecord,
    key: string,
    body: StagedBody,
    sealerOf: (record: ObjectRecord) => Sealer | undefined,
    decide: (latest: ObjectRecord | undefined) => ObjectDraft,
  ): Promise<ObjectRecord | 'bucketGone'>
  /**
   * Moves an object to another key, in place of what is there. `decide` returns the record to be there, or undefined to
   * leave everything as it is. For unversioned buckets.
   */
  rename(
    bucket: BucketRecord,
    from: string,
    to: string,
    decide: (source: ObjectRecord | undefined, target: ObjectRecord | undefined) => ObjectRecord | undefined,
  ): Promise<ObjectRecord | 'bucketGone' | undefined>
  /** Changes a version's own fields (tags, ACL, lock, storage class), never its body, but for how its data key is sealed. Undefined when it is missing. */
  update(
    bucket: BucketRecord,
    key: string,
    versionId: string | undefined,
    change: (record: ObjectRecord) => ObjectRecord,
  ): Promise<ObjectRecord | undefined>
  /**
   * DeleteObject without version id: unversioned removes, Enabled adds a delete marker, Suspended replaces the null
   * version by a null delete marker. `decide` sees the newest version and throws to refuse.
   * `marker` is the delete marker made; `removed` what was permanently removed.
   */
  delete(
    bucket: BucketRecord,
    key: string,
    lastModifiedMs: number,
    decide?: (latest: ObjectRecord | undefined) => void,
  ): Promise<{ marker?: ObjectRecord; removed?: ObjectRecord }>
  /** Permanently removes one version; the next older becomes the newest. Undefined when there is none. */
  deleteVersion(
    bucket: BucketRecord,
    key: string,
    versionId: string,
    decide?: (record: ObjectRecord) => void,
  ): Promise<ObjectRecord | undefined>
  /** Newest versions that are not delete markers. */
  list(bucket: BucketRecord, options: ListOptions): Promise<ListPage<ObjectRecord>>
  /** All versions, newest first within a key. `afterVersionId` continues inside key `after`. */
  listVersions(
    bucket: BucketRecord,
    options: ListOptions & { afterVersionId?: string },
  ): Promise<ListPage<ObjectRecord & { isLatest: boolean }>>
}

/** A version: the newest one without an id. */
export interface VersionAddress {
  key: string
  versionId: string | undefined
}

/** An annotation on its way to another version. */
export interface CopiedAnnotation {
  annotation: Omit<AnnotationRecord, 'body'>
  body: StagedBody
}

export interface AnnotationStore {
  get(record: ObjectRecord, name: string): MaybePromise<AnnotationRecord | undefined>
  /** In byte order of names, from the first after `after`. */
  list(record: ObjectRecord, options: { prefix?: string; after?: string; limit: number }): Promise<AnnotationRecord[]>
  /** Adds one, or replaces that of the same name. `decide` sees the version and throws to refuse. Undefined when it is not there. */
  put(
    bucket: BucketRecord,
    address: VersionAddress,
    name: string,
    body: StagedBody,
    decide: (record: ObjectRecord, isNew: boolean) => Omit<AnnotationRecord, 'Name' | 'body'>,
  ): Promise<{ record: ObjectRecord; annotation: AnnotationRecord } | undefined>
  /** Removes one, if it is there. Undefined when the version is not. */
  delete(
    bucket: BucketRecord,
    address: VersionAddress,
    name: string,
    decide: (record: ObjectRecord) => void,
  ): Promise<{ record: ObjectRecord } | undefined>
}

export interface UploadStore {
  get(bucket: BucketRecord, key: string, uploadId: string): MaybePromise<UploadRecord | undefined>
  /** False when the bucket has gone. */
  create(bucket: BucketRecord, upload: UploadRecord): Promise<boolean>
  /** Stores or replaces a part (the replaced body is freed). `source` as in ObjectStore.put. */
  putPart(
    bucket: BucketRecord,
    upload: UploadRecord,
    body: StagedBody,
    part: Omit<UploadPartRecord, 'body'>,
    source?: ObjectRecord & { bucket: BucketRecord },
  ): Promise<UploadPartRecord | 'uploadGone' | 'sourceGone'>
  /** Parts with a number above `after`, in order. */
  parts(upload: UploadRecord, options: { after?: number; limit: number }): Promise<UploadPartRecord[]>
  /**
   * Makes the object out of the given parts in O(parts) and ends the upload, in one commit; parts not named are freed.
   * `decide` gets the newest version and returns the draft without body and size.
   * 'uploadGone' when it was aborted or completed meanwhile, 'partChanged' when a part is no longer the one given.
   */
  complete(
    bucket: BucketRecord,
    upload: UploadRecord,
    parts: UploadPartRecord[],
    decide: (latest: ObjectRecord | undefined) => Omit<ObjectDraft, 'sizeBytes' | 'partsCount' | 'uploadId'>,
  ): Promise<ObjectRecord | 'bucketGone' | 'uploadGone' | 'partChanged'>
  /** False when there is none. */
  abort(bucket: BucketRecord, key: string, uploadId: string): Promise<boolean>
  /** Ordered by key, then by time of initiation, then by id. `after` with `afterUploadId` continues inside that key. */
  list(bucket: BucketRecord, options: ListOptions & { afterUploadId?: string }): Promise<ListPage<UploadRecord>>
}

/**
 * The ordered key-value store under everything: get, ordered range with seek, commit(preconditions, mutations). It is
 * shaped like a transaction and assumes neither one process nor synchronous reads, so that memory, LevelDB and later
 * PostgreSQL can stand behind it; `test/store/kv-contract.ts` says what each must do.
 */
import type { MaybePromise } from '../lib/maybe-promise.ts'

/** What must hold at the instant of a commit. */
export type Precondition =
  | { kind: 'present'; key: Buffer }
  | { kind: 'absent'; key: Buffer }
  /** The stored bytes are exactly these: nobody has written the row since it was read. */
  | { kind: 'equals'; key: Buffer; value: Buffer }
  /** No row in [gte, lt). */
  | { kind: 'empty'; gte: Buffer; lt: Buffer }

export type Mutation = { kind: 'put'; key: Buffer; value: Buffer } | { kind: 'delete'; key: Buffer }

/** Rows in byte order of their keys. */
export interface KvCursor {
  /** Up to `limit` further rows; fewer (or none) only at the end of the range. */
  next(limit: number): Promise<[key: Buffer, value: Buffer][]>
  /** Moves to the first row at or after `key` (before it, when reversed). Cost does not depend on what is skipped. */
  seek(key: Buffer): void
  close(): Promise<void>
}

export interface Range {
  gte: Buffer
  lt: Buffer
  reverse?: boolean
}

export interface Kv {
  get(key: Buffer): MaybePromise<Buffer | undefined>
  /** A cursor over a consistent snapshot. The caller closes it. */
  range(range: Range): KvCursor
  /**
   * Applies all mutations or none: false when a precondition does not hold. After it resolves with true the change
   * survives `kill -9` (and, in durable mode, loss of power). Commits that touch a common key (in a precondition or a
   * mutation) happen one after the other; a precondition is a shared claim, a mutation an exclusive one.
   */
  commit(preconditions: Precondition[], mutations: Mutation[]): Promise<boolean>
  /** A hint for caches: nobody can have written this row, because its key is made of a new random name. */
  neverWritten?(key: Buffer): void
  close(): Promise<void>
}

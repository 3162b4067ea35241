/** What can go wrong below the store that is not a caller's mistake: the directory, the disk, the database. */
import { isError } from '../lib/is-error.ts'

/**
 * LOCKED: another process has the data directory. FORMAT: it was written by another version. PERMISSION: it cannot be
 * written. NO_SPACE: the disk is full. CORRUPT: what is stored contradicts itself. CLOSED: used after `close`.
 * CONTENTION: a commit lost its race too often. IO: anything else that the operating system refused.
 */
export type StoreErrorCode =
  | 'LOCKED'
  | 'FORMAT'
  | 'PERMISSION'
  | 'NO_SPACE'
  | 'CORRUPT'
  | 'CLOSED'
  | 'CONTENTION'
  | 'IO'

/** An error of storage, with a message for the person who runs the server. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.code = code
  }
}

/** The `code` of an error of node:fs or of the database; its cause's when it has none of its own. Undefined otherwise. */
export function errorCode(error: unknown): string | undefined {
  if (!isError(error)) return undefined
  const cause = isError(error.cause) ? error.cause : undefined
  const code = cause !== undefined && 'code' in cause ? cause.code : 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Gives an error of node:fs or LevelDB its place among our codes; `doing` says what was tried ("write /data/tmp/x"). */
export function asStoreError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error
  const code = errorCode(error)
  // What LevelDB says of an open that failed is in the cause.
  const innermost = isError(error) && isError(error.cause) ? error.cause : error
  const text = isError(innermost) ? innermost.message : String(innermost)
  if (code === 'ENOSPC' || code === 'EDQUOT' || text.includes('No space left on device')) {
    return new StoreError('NO_SPACE', `Cannot ${doing}: the disk is full.`, error)
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new StoreError('PERMISSION', `Cannot ${doing}: ${text}`, error)
  }
  if (code === 'LEVEL_CORRUPTION') return new StoreError('CORRUPT', `Cannot ${doing}: ${text}`, error)
  if (code === 'LEVEL_DATABASE_NOT_OPEN')
    return new StoreError('CLOSED', `Cannot ${doing}: the store is closed.`, error)
  return new StoreError('IO', `Cannot ${doing}: ${text}`, error)
}

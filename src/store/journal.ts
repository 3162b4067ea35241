/**
 * A log of commits that the database does not have yet. A commit is acknowledged when it is in the log, which is one
 * write of the system and no thread to wake; what the log holds survives `kill -9`, and is given to the database at the
 * next start. Files are numbered; one is removed when the database has all that is in it, on the disk.
 *
 * The last file may end within a record: it was being written when the process died, and nobody was told that it was.
 * Everything else that cannot be read is damage, which is told, and whose file is kept (`journal-records.ts`).
 */
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { folderMode } from './folder-modes.ts'
import {
  encodeFileHead,
  encodeRecord,
  fileHeadBytes,
  type JournalFile,
  markOf,
  readJournalFile,
  recordSize,
} from './journal-records.ts'
import type { Mutation } from './kv.ts'
import { asStoreError, StoreError } from './store-error.ts'

/** Instead of a file descriptor. */
const closed = -1
const nameOf = (number: number): string => `${String(number).padStart(10, '0')}.log`
const fileName = /^\d{10}\.log$/

export class Journal {
  readonly #folder: string
  #number: number
  /** Files that are still there, oldest first. */
  readonly #formerNumbers: number[] = []
  #file: number
  #mark: Buffer
  /** Records of this run so far, in all files. */
  #records = 0
  #sizeBytes = fileHeadBytes
  #formerBytes = 0
  /** Records being put together. */
  #scratch = Buffer.allocUnsafe(64 * 1024)

  /** Begins a new file. @param number of that file, above those of all that are there @throws the system's error */
  constructor(folder: string, number: number) {
    this.#folder = folder
    this.#number = number
    const { file, mark } = this.#begin(number)
    this.#file = file
    this.#mark = mark
  }

  /** Of the current file. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Of all files. */
  get totalBytes(): number {
    return this.#formerBytes + this.#sizeBytes
  }

  /** All of these or, when it throws, none. @throws StoreError NO_SPACE, IO, CLOSED */
  append(groups: readonly (readonly Mutation[])[]): void {
    if (this.#file === closed) throw new StoreError('CLOSED', 'Cannot write to the journal: the store is closed.')
    const end = this.#encode(groups)
    try {
      // At a fixed place: what a write that failed has left behind is written over.
      for (let at = 0; at < end; ) at += writeSync(this.#file, this.#scratch, at, end - at, this.#sizeBytes + at)
    } catch (error) {
      this.#cut()
      throw asStoreError(error, 'write to the journal')
    }
    this.#sizeBytes += end
    this.#records += groups.length
  }

  /** Goes on in a new file. @throws the system's error: then it goes on in the old one */
  rotate(): void {
    const { file, mark } = this.#begin(this.#number + 1)
    closeSync(this.#file)
    this.#file = file
    this.#mark = mark
    this.#formerNumbers.push(this.#number++)
    this.#formerBytes += this.#sizeBytes
    this.#sizeBytes = fileHeadBytes
  }

  /**
   * The database has all that is in former files. The oldest goes first: one that stayed behind alone would bring old rows
   * back at the next start, where all that stay are read in order.
   */
  removeFormer(): void {
    for (let oldest = this.#formerNumbers[0]; oldest !== undefined; oldest = this.#formerNumbers[0]) {
      rmSync(join(this.#folder, nameOf(oldest)), { force: true })
      this.#formerNumbers.shift()
    }
    this.#formerBytes = 0
  }

  /** Nothing is appended any more. */
  close(): void {
    closeSync(this.#file)
    // The system gives the number to another file.
    this.#file = closed
  }

  /** Of a closed journal: the database has it all. */
  remove(): void {
    this.#formerNumbers.push(this.#number)
    this.removeFormer()
  }

  /** Makes a file with its head, or leaves nothing behind. */
  #begin(number: number): { file: number; mark: Buffer } {
    const path = join(this.#folder, nameOf(number))
    const file = openSync(path, 'wx', 0o600)
    try {
      const head = encodeFileHead(this.#records)
      for (let at = 0; at < head.length; ) at += writeSync(file, head, at, head.length - at, at)
      return { file, mark: markOf(head) }
    } catch (error) {
      closeSync(file)
      rmSync(path, { force: true })
      throw error
    }
  }

  #cut(): void {
    try {
      ftruncateSync(this.#file, this.#sizeBytes)
    } catch {
      // The next record is written over it, and the checksum tells what is left of it from a record.
    }
  }

  #encode(groups: readonly (readonly Mutation[])[]): number {
    let size = 0
    for (const mutations of groups) size += recordSize(mutations)
    if (size > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(2 * size)
    let at = 0
    for (const mutations of groups) at = encodeRecord(this.#scratch, at, this.#mark, mutations)
    return at
  }
}

/** What former runs left in their journals. */
export interface Leftovers {
  /** The last change of each row. */
  mutations: Mutation[]
  /** What cannot be read, in words. */
  damage: string[]
  /** The database has them all, on the disk: the files may go; damaged ones are kept in `damagedDir`. */
  remove(damagedDir: string): void
  /** Of a new file. */
  nextNumber: number
}

/** Reads all journals of a folder, in order. @throws the system's error */
export function readJournals(folder: string): Leftovers {
  const names = readdirSync(folder)
    .filter((name) => fileName.test(name))
    .sort()
  const last = new Map<string, Mutation>()
  const files = names.map((name) =>
    readJournalFile(readFileSync(join(folder, name)), (row) => last.set(row.key.toString('latin1'), row)),
  )
  const damaged = names.map((name, at) => ({ name, what: whatIsDamaged(files, at) }))
  return {
    mutations: [...last.values()],
    damage: damaged.flatMap(({ name, what }) => what.map((text) => `journal/${name}: ${text}`)),
    remove: (damagedDir) => {
      for (const { name, what } of damaged) {
        const path = join(folder, name)
        if (what.length === 0) rmSync(path, { force: true })
        else {
          mkdirSync(damagedDir, { recursive: true, mode: folderMode })
          renameSync(path, join(damagedDir, `journal-${Date.now()}-${name}`))
        }
      }
    },
    nextNumber: 1 + Number.parseInt(names.at(-1) ?? '0', 10),
  }
}

/** In words. Only the last file may end within a record, and records are numbered from file to file. */
function whatIsDamaged(files: readonly JournalFile[], at: number): string[] {
  const file = files[at] as JournalFile
  const next = files[at + 1]
  const texts = file.damage.map(({ start, end }) => `bytes ${start} to ${end} cannot be read: changes are lost`)
  // A process that dies while it begins a file leaves one without a head.
  const isUnborn =
    next?.isTorn === true && next.records === 0 && next.firstRecord === undefined && at + 2 === files.length
  if (next === undefined || isUnborn || texts.length > 0) return texts
  const isComplete = file.firstRecord === undefined || next.firstRecord === file.firstRecord + file.records
  return file.isTorn || !isComplete ? ['its end is missing: changes are lost'] : []
}

/**
 * A log of commits that the database does not have yet. A commit is acknowledged when it is in the log, which is one
 * write of the system and no thread to wake; what the log holds survives `kill -9`, and is given to the database at the
 * next start. Files are numbered; one is removed when the database has all that is in it, on the disk.
 *
 *     record   payload length (4 bytes), CRC-32 of the payload (4), payload
 *     payload  rows: key length (4), value length (4; all ones: a deletion), key, value
 *
 * A record is one or more whole commits. A file ends at the first record that is not whole: it was being written when
 * the process died, and nobody was told that it was.
 */
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Mutation } from './kv.ts'
import { asStoreError, StoreError } from './store-error.ts'

const headBytes = 8
const rowHeadBytes = 8
const deletion = 0xffffffff
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
  #sizeBytes = 0
  /** A record being put together. */
  #scratch = Buffer.allocUnsafe(64 * 1024)

  /** Begins a new file. @param number of that file, above those of all that are there @throws the system's error */
  constructor(folder: string, number: number) {
    this.#folder = folder
    this.#number = number
    this.#file = openSync(join(folder, nameOf(number)), 'wx', 0o600)
  }

  /** Of the current file. */
  get sizeBytes(): number {
    return this.#sizeBytes
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
  }

  /** Goes on in a new file. @throws the system's error: then it goes on in the old one */
  rotate(): void {
    const file = openSync(join(this.#folder, nameOf(this.#number + 1)), 'wx', 0o600)
    closeSync(this.#file)
    this.#file = file
    this.#formerNumbers.push(this.#number++)
    this.#sizeBytes = 0
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

  #cut(): void {
    try {
      ftruncateSync(this.#file, this.#sizeBytes)
    } catch {
      // The next record is written over it, and the checksum tells what is left of it from a record.
    }
  }

  #encode(groups: readonly (readonly Mutation[])[]): number {
    let size = headBytes
    for (const mutations of groups) {
      for (const one of mutations) {
        size += rowHeadBytes + one.key.length + (one.kind === 'put' ? one.value.length : 0)
      }
    }
    if (size > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(2 * size)
    const out = this.#scratch
    let at = headBytes
    for (const mutations of groups) {
      for (const one of mutations) {
        out.writeUInt32LE(one.key.length, at)
        out.writeUInt32LE(one.kind === 'put' ? one.value.length : deletion, at + 4)
        at += rowHeadBytes
        out.set(one.key, at)
        at += one.key.length
        if (one.kind === 'delete') continue
        out.set(one.value, at)
        at += one.value.length
      }
    }
    out.writeUInt32LE(size - headBytes, 0)
    out.writeUInt32LE(crc32(out.subarray(headBytes, size)), 4)
    return size
  }
}

/** What former runs left in their journals. */
export interface Leftovers {
  /** The last change of each row. */
  mutations: Mutation[]
  /** The database has them all, on the disk: the files may go. */
  remove(): void
  /** Of a new file. */
  nextNumber: number
}

/** Reads all journals of a folder, in order. @throws the system's error */
export function readJournals(folder: string): Leftovers {
  const names = readdirSync(folder)
    .filter((name) => fileName.test(name))
    .sort()
  const last = new Map<string, Mutation>()
  for (const name of names) readRecords(readFileSync(join(folder, name)), last)
  return {
    mutations: [...last.values()],
    remove: () => {
      for (const name of names) rmSync(join(folder, name), { force: true })
    },
    nextNumber: 1 + Number.parseInt(names.at(-1) ?? '0', 10),
  }
}

function readRecords(bytes: Buffer, last: Map<string, Mutation>): void {
  for (let at = 0; at + headBytes <= bytes.length; ) {
    const end = at + headBytes + bytes.readUInt32LE(at)
    if (end > bytes.length) return
    const payload = bytes.subarray(at + headBytes, end)
    if (crc32(payload) !== bytes.readUInt32LE(at + 4)) return
    readRows(payload, last)
    at = end
  }
}

function readRows(payload: Buffer, last: Map<string, Mutation>): void {
  for (let at = 0; at < payload.length; ) {
    const keyLength = payload.readUInt32LE(at)
    const valueLength = payload.readUInt32LE(at + 4)
    at += rowHeadBytes
    const key = payload.subarray(at, at + keyLength)
    at += keyLength
    if (valueLength === deletion) last.set(key.toString('latin1'), { kind: 'delete', key })
    else {
      last.set(key.toString('latin1'), { kind: 'put', key, value: payload.subarray(at, at + valueLength) })
      at += valueLength
    }
  }
}

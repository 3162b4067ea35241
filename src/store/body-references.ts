/**
 * Who refers to which body, for a check: kept in a database of its own, ordered by body, so that memory does not grow with
 * the number of objects.
 */
import { rm } from 'node:fs/promises'
import type { DiskDatabase } from './disk-database.ts'
import { openDiskDatabase } from './disk-database.ts'
import type { BodyRef } from './records.ts'

/** One reference. */
export interface Reference {
  body: BodyRef
  /** In the words of who uses the server. */
  who: string
  /** Hex MD5 of the body in plain, where it is known and nothing but the key ring's own key is needed. */
  md5?: string
}

const rowsPerBatch = 1000
const ends = { gte: Buffer.of(0), lt: Buffer.of(0xff) }

export class BodyReferences {
  readonly #folder: string
  readonly #database: DiskDatabase
  #batch: ReturnType<DiskDatabase['batch']>
  #count = 0

  private constructor(folder: string, database: DiskDatabase) {
    this.#folder = folder
    this.#database = database
    this.#batch = database.batch()
  }

  static async open(folder: string): Promise<BodyReferences> {
    await rm(folder, { recursive: true, force: true })
    return new BodyReferences(folder, await openDiskDatabase(folder))
  }

  async add(reference: Reference): Promise<void> {
    const { body } = reference
    if (body.kind === 'empty' || body.kind === 'embedded') return
    const key = Buffer.from(`${body.id}\0${String(this.#count++).padStart(12, '0')}`)
    this.#batch.put(key, Buffer.from(JSON.stringify(reference)))
    if (this.#count % rowsPerBatch === 0) await this.#write()
  }

  /** By body, in order of their ids. What is added meanwhile is not among them. */
  async *byBody(): AsyncGenerator<{ id: string; references: Reference[] }> {
    await this.#write()
    let id: string | undefined
    let references: Reference[] = []
    const rows = this.#database.iterator({ ...ends, reverse: false, highWaterMarkBytes: 1024 * 1024 })
    try {
      for (let page = await rows.nextv(rowsPerBatch); page.length > 0; page = await rows.nextv(rowsPerBatch)) {
        for (const [, value] of page) {
          const reference = JSON.parse(value.toString()) as Reference
          if (id !== undefined && reference.body.id !== id) {
            yield { id, references }
            references = []
          }
          id = reference.body.id
          references.push(reference)
        }
      }
      if (id !== undefined) yield { id, references }
    } finally {
      await rows.close()
    }
  }

  async close(): Promise<void> {
    await this.#database.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #write(): Promise<void> {
    const batch = this.#batch
    this.#batch = this.#database.batch()
    await batch.write({ sync: false })
  }
}

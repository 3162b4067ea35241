/**
 * Reads every body that a row names: its row, its file, its blocks; and counts who refers to it. What nothing names is
 * left over; repairing, it goes aside.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeyRing } from '../encryption/key-ring.ts'
import { BlockTags, blockBytes } from './block-tags.ts'
import type { BodyReferences, Reference } from './body-references.ts'
import { type Findings, rowsOf } from './check-rows.ts'
import type { DataDir } from './data-dir.ts'
import { folderMode } from './folder-modes.ts'
import { bodyKey, referencesKey, within } from './keys.ts'
import type { Kv } from './kv.ts'
import type { BodyRef } from './records.ts'
import { decodeSegments, inlineBytes } from './segments.ts'
import { errorCode } from './store-error.ts'
import type { BodyStore } from './store.ts'
import { decodeReferences, encodeReferences } from './transaction.ts'

interface Parts {
  kv: Kv
  keys: KeyRing
  bodies: BodyStore
  dirs: DataDir
  references: BodyReferences
  findings: Findings
  isRepairing: boolean
  /** So many bytes of files have been verified. */
  onBytes(sizeBytes: number): void
}

export class BodyCheck {
  readonly #parts: Parts
  /** Bodies of earlier versions under keys that only requests bring: of these, no more than the size is known. */
  unverified = 0
  leftOver = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async run(): Promise<void> {
    await this.#openLists()
    await this.#checkReferred()
    await this.#checkLeftOver()
  }

  /** Lists of segments refer to bodies, some of which are lists. */
  async #openLists(): Promise<void> {
    const { kv, references, findings } = this.#parts
    const opened = new Set<string>()
    for (let before = -1; before < opened.size; ) {
      before = opened.size
      for await (const { id, references: named } of references.byBody()) {
        const [first] = named
        if (first?.body.kind !== 'segments' || opened.has(id)) continue
        opened.add(id)
        const row = await kv.get(bodyKey(id))
        if (row === undefined) continue
        try {
          for (const { body } of decodeSegments(row)) await references.add({ body, who: first.who })
        } catch {
          await findings.setAside(`the list of pieces of ${whoOf(named)}`, bodyKey(id), row)
        }
      }
    }
  }

  async #checkReferred(): Promise<void> {
    const { kv, findings } = this.#parts
    for await (const { id, references } of this.#parts.references.byBody()) {
      findings.seen()
      const row = await kv.get(bodyKey(id))
      const [{ body, md5 }] = references as [Reference]
      const wrong =
        row === undefined ? await this.#bringBack(body, references) : await this.#whatIsWrong(body, row, md5)
      // What is being deleted is nobody's loss.
      const whose = new Set(references.map(({ who }) => who).filter((who) => who !== ''))
      if (wrong !== undefined) for (const who of whose) findings.lost(who, wrong)
      await this.#checkCount(id, references)
    }
  }

  /** The row of a body is lost: of one in a file it says nothing that cannot be done without. */
  async #bringBack(body: BodyRef, references: readonly Reference[]): Promise<string | undefined> {
    const { dirs, findings } = this.#parts
    const size = body.kind === 'file' ? await sizeOf(join(dirs.blobsDir, body.id.slice(0, 2), body.id)) : undefined
    if (size !== body.sizeBytes) return 'its bytes are lost'
    const value = Buffer.alloc(0)
    await findings.mend(`${whoOf(references)}: the row of its file was lost`, [
      { kind: 'put', key: bodyKey(body.id), value },
    ])
    return undefined
  }

  async #checkCount(id: string, references: readonly Reference[]): Promise<void> {
    const { kv, findings } = this.#parts
    const key = referencesKey(id)
    let counted: number | undefined
    try {
      counted = decodeReferences(await kv.get(key))
    } catch {
      // Set aside by now, or about to be written again.
    }
    const count = references.length
    if (counted === count) return
    const what = `${whoOf(references)}: ${count} references to its bytes were counted as ${counted ?? 'nothing'}`
    await findings.mend(what, [
      count > 1 ? { kind: 'put', key, value: encodeReferences(count) } : { kind: 'delete', key },
    ])
  }

  async #whatIsWrong(body: BodyRef, row: Buffer, md5: string | undefined): Promise<string | undefined> {
    if (body.kind === 'segments') return undefined
    if (body.kind === 'inline') {
      try {
        inlineBytes(row, body)
        return row.length === body.sizeBytes ? await this.#compareDigest(body, md5) : undefined
      } catch {
        return 'its bytes are damaged'
      }
    }
    const path = join(this.#parts.dirs.blobsDir, body.id.slice(0, 2), body.id)
    const size = await sizeOf(path)
    if (size === undefined) return 'its file is missing'
    if (size !== body.sizeBytes) return `its file has ${size} bytes instead of ${body.sizeBytes}`
    const tags = BlockTags.of(this.#parts.keys.tagKey, body, row)
    if (tags === undefined) {
      this.#parts.onBytes(size)
      return row.length > 0 ? 'the tags of its blocks are damaged' : await this.#compareDigest(body, md5)
    }
    return this.#compareTags(path, size, tags)
  }

  async #compareTags(path: string, size: number, tags: BlockTags): Promise<string | undefined> {
    const file = await open(path)
    const wrong: number[] = []
    try {
      const buffer = Buffer.allocUnsafeSlow(Math.min(blockBytes, size))
      for (let at = 0; at < size; at += blockBytes) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(blockBytes, size - at), at)
        if (!tags.areRight(buffer.subarray(0, bytesRead), at)) wrong.push(at)
        this.#parts.onBytes(bytesRead)
      }
    } finally {
      await file.close()
    }
    const [first] = wrong
    if (first === undefined) return undefined
    const blocks = Math.ceil(size / blockBytes)
    if (wrong.length === 1) return `1 of ${blocks} blocks is damaged, at byte ${first}`
    return `${wrong.length} of ${blocks} blocks are damaged, the first one at byte ${first}`
  }

  /** Of a body that an earlier version wrote. */
  async #compareDigest(body: BodyRef, md5: string | undefined): Promise<string | undefined> {
    const { bodies, keys } = this.#parts
    if (md5 === undefined) {
      this.unverified++
      return undefined
    }
    try {
      const content = await bodies.read(body, 0, body.sizeBytes, keys.s3)
      const hash = createHash('md5')
      if (content instanceof Uint8Array) hash.update(content)
      else for await (const chunk of content ?? []) hash.update(chunk as Buffer)
      return hash.digest('hex') === md5 ? undefined : 'its bytes are not those of its ETag'
    } catch {
      return 'its bytes cannot be read'
    }
  }

  /** Rows and files that nothing names: of a crash, mostly. */
  async #checkLeftOver(): Promise<void> {
    const { kv, dirs, references } = this.#parts
    const named = references.byBody()
    let next = await named.next()
    for await (const [key] of rowsOf(kv, within(Buffer.from('d')))) {
      const id = key.toString('utf8', 1)
      while (!next.done && next.value.id < id) next = await named.next()
      if (!next.done && next.value.id === id) continue
      this.leftOver++
      if (!this.#parts.isRepairing) continue
      await this.#moveAside(id)
      await kv.commit(
        [],
        [
          { kind: 'delete', key },
          { kind: 'delete', key: referencesKey(id) },
        ],
      )
    }
    await named.return(undefined)
    for (const folder of await readdir(dirs.blobsDir)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue
      for (const id of await readdir(join(dirs.blobsDir, folder))) {
        if (!/^[0-9a-f]{32}$/.test(id) || (await kv.get(bodyKey(id))) !== undefined) continue
        this.leftOver++
        if (this.#parts.isRepairing) await this.#moveAside(id)
      }
    }
  }

  async #moveAside(id: string): Promise<void> {
    const { blobsDir, damagedDir } = this.#parts.dirs
    const aside = join(damagedDir, 'bodies')
    await mkdir(aside, { recursive: true, mode: folderMode })
    await rename(join(blobsDir, id.slice(0, 2), id), join(aside, id)).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error
    })
  }
}

const whoOf = (references: readonly Reference[]): string =>
  references.find(({ who }) => who !== '')?.who ?? 'what is being deleted'

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

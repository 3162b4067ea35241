/** What may be found after a crash: the last acknowledged content of each key, or one that was under way. */
import { type Content, bytesOf } from './content.ts'
import { type Journal, sharedPrefix } from './workload.ts'

interface Entry {
  acknowledged: Content
  underWay: Content[]
}

export class Ledger implements Journal {
  readonly #entries = new Map<string, Entry>()
  /** Changes acknowledged in all. */
  acknowledgedCount = 0

  begin(key: string, content: Content): void {
    const entry = this.#entries.get(key) ?? { acknowledged: null, underWay: [] }
    entry.underWay.push(content)
    this.#entries.set(key, entry)
  }

  acknowledge(key: string, content: Content): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) throw new Error(`${key} was acknowledged before it was begun`)
    this.acknowledgedCount++
    entry.acknowledged = content
    // Of a shared key, an earlier change of another writer may still be under way, or win by coming last.
    if (!key.startsWith(sharedPrefix)) entry.underWay = []
  }

  /** Compares with what is stored, and goes on from there. @returns what is wrong */
  settle(stored: ReadonlyMap<string, Buffer>): string[] {
    const problems: string[] = []
    for (const [key, entry] of this.#entries) {
      const bytes = stored.get(key)
      const found = [entry.acknowledged, ...entry.underWay].find((content) => isSame(content, bytes))
      if (found === undefined) {
        problems.push(
          `${key}: found ${bytes === undefined ? 'nothing' : `${bytes.length} bytes`}, acknowledged was ${JSON.stringify(entry.acknowledged)}, under way ${JSON.stringify(entry.underWay)}`,
        )
      }
      this.#entries.set(key, { acknowledged: found ?? null, underWay: [] })
    }
    for (const key of stored.keys()) if (!this.#entries.has(key)) problems.push(`${key}: nobody wrote it`)
    return problems
  }
}

function isSame(content: Content, bytes: Buffer | undefined): boolean {
  if (content === null || bytes === undefined) return content === null && bytes === undefined
  return bytesOf(content).equals(bytes)
}

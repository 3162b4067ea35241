/**
 * Concurrent writers that announce each change before they make it and report it once it is acknowledged. Every key has
 * one writer, except the shared ones, which all of them overwrite.
 */
import { type Content, type Piece, randomNumbers } from './content.ts'

/** What is written to: the store itself, or a server. Each call resolves when the change is acknowledged. */
export interface Target {
  put(key: string, pieces: Piece[]): Promise<void>
  remove(key: string): Promise<void>
  /** The source exists. */
  copy(from: string, to: string): Promise<void>
  multipart(key: string, parts: Piece[]): Promise<void>
  /** Uploads a part and leaves it. */
  abandon(key: string, part: Piece): Promise<void>
}

export interface Journal {
  /** About to make `key` contain this. */
  begin(key: string, content: Content): void
  /** It has been acknowledged. */
  acknowledge(key: string, content: Content): void
}

export interface WorkloadOptions {
  seed: number
  writers: number
  /** Changes per writer: the bound, when nobody kills the process. */
  changes: number
  /** The smallest part that the target accepts before the last. */
  minPartSizeBytes: number
}

/** Keys that every writer overwrites begin with this. */
export const sharedPrefix = 'shared/'

/** Sizes of all kinds of bodies: rows, small files, files of several writes. */
const sizes = [0, 7, 700, 20_000, 32_768, 32_769, 90_000, 300_000, 1_500_000]

export async function runWorkload(target: Target, journal: Journal, options: WorkloadOptions): Promise<void> {
  await Promise.all(Array.from({ length: options.writers }, (_, writer) => write(target, journal, options, writer)))
}

async function write(target: Target, journal: Journal, options: WorkloadOptions, writer: number): Promise<void> {
  const random = randomNumbers(options.seed * 1000 + writer)
  /** What this writer's keys contain. */
  const own = new Map<string, Piece[]>()
  const piece = (least = 0): Piece => [random(1_000_000_000), Math.max(least, sizes[random(sizes.length)] ?? 0)]
  for (let i = 0; i < options.changes; i++) {
    const key = `w${writer}/k${random(12)}`
    const kind = random(10)
    const source = [...own.keys()][random(own.size)]
    if (kind === 0) {
      await change(journal, key, null, () => target.remove(key))
      own.delete(key)
    } else if (kind === 1 && source !== undefined) {
      const content = own.get(source) ?? []
      await change(journal, key, content, () => target.copy(source, key))
      own.set(key, content)
    } else if (kind === 2) {
      const parts = [piece(options.minPartSizeBytes), piece(options.minPartSizeBytes), piece(1)]
      await change(journal, key, parts, () => target.multipart(key, parts))
      own.set(key, parts)
    } else if (kind === 3) {
      await target.abandon(key, piece(1))
    } else if (kind === 4) {
      const shared = `${sharedPrefix}${random(3)}`
      const pieces = [piece()]
      await change(journal, shared, pieces, () => target.put(shared, pieces))
    } else {
      const pieces = [piece()]
      await change(journal, key, pieces, () => target.put(key, pieces))
      own.set(key, pieces)
    }
  }
}

async function change(journal: Journal, key: string, content: Content, make: () => Promise<void>): Promise<void> {
  journal.begin(key, content)
  await make()
  journal.acknowledge(key, content)
}

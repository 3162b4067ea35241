/** What objects of the crash run contain: bytes that follow from a few numbers, so that any reader can tell them apart. */
import { createHash } from 'node:crypto'

/** A run of bytes that follow from a seed. */
export type Piece = [seed: number, sizeBytes: number]

/** The content of an object; null: there is none. */
export type Content = Piece[] | null

export function bytesOf(pieces: Piece[]): Buffer {
  return Buffer.concat(
    pieces.map(([seed, sizeBytes]) => {
      const block = createHash('sha512').update(String(seed)).digest()
      return Buffer.alloc(sizeBytes, block)
    }),
  )
}

/** A small repeatable generator of numbers in [0, limit). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x100000000) * limit)
  }
}

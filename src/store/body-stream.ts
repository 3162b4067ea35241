/**
 * Sends ranges of blobs one after the other as one stream: opened when their turn comes, read in large pieces, deciphered,
 * closed when done or when the stream is destroyed. Whatever goes wrong is an error of the stream.
 */
import { Readable } from 'node:stream'
import type { BodyCipher } from '../encryption/body-cipher.ts'
import type { BlobHandle } from './blobs.ts'
import { type BlockTags, blockBytes } from './block-tags.ts'
import { StoreError } from './store-error.ts'
import { isError } from '../lib/is-error.ts'

/** Bytes [start, end) of an open blob, to be read in order. */
export interface BlobLeaf {
  start: number
  end: number
  handle: BlobHandle
  /** Undefined when they are in plain. */
  decipher: BodyCipher | undefined
  /** Undefined: its file has none. */
  tags: BlockTags | undefined
}

/**
 * Reads stored bytes, and verifies what is a whole block.
 * @param scratch where they may be put @throws StoreError CORRUPT
 */
export async function readStored(
  { start, end, handle, tags }: BlobLeaf,
  scratch?: (length: number) => Buffer | undefined,
): Promise<Buffer> {
  const length = Math.min(readBytes, tags?.lengthFrom(start, end) ?? end - start)
  const bytes = await handle.read(start, length, scratch?.(length))
  if (bytes.length < length) throw new StoreError('CORRUPT', 'A stored body is shorter than its record says.')
  if (tags?.areRight(bytes, start) === false) {
    throw new StoreError('CORRUPT', 'A stored body is damaged. Stop the server and run: sandbucket check')
  }
  return bytes
}

/** A piece of a body; or its bytes at hand, in plain. */
export type Leaf = Uint8Array | BlobLeaf

/** The leaves of a body in order; undefined at the end. */
export type LeafSource = () => Promise<Leaf | undefined>

/** How much is read at once. */
export const readBytes = blockBytes
/** Bytes at hand are sent together up to this: thousands of small parts would cost more to send than to read. */
const gatherBytes = 64 * 1024

/**
 * @param first the first leaf; the stream closes it, also when it is never read.
 * @param onClose runs exactly once, when the stream has ended, failed or been destroyed.
 */
export function bodyStream(first: Leaf, nextLeaf: LeafSource, onClose: () => void): Readable {
  let begun: Uint8Array | undefined = first instanceof Uint8Array ? first : undefined
  let current = first instanceof Uint8Array ? undefined : first
  let scratch: Buffer | undefined
  /** A read in progress: destroying waits for it, because its file must not be closed under it. */
  let reading: Promise<void> | undefined

  /** What is deciphered is copied by that: one buffer serves all reads. */
  function scratchOf(length: number): Buffer {
    if (scratch === undefined || scratch.length < length) scratch = Buffer.allocUnsafeSlow(length)
    return scratch.subarray(0, length)
  }

  /** Bytes at hand, with those that follow, up to a leaf that must be read. */
  async function atHand(piece: Uint8Array): Promise<Uint8Array> {
    const pieces = [piece]
    let size = piece.length
    while (size < gatherBytes) {
      const leaf = await nextLeaf()
      if (leaf === undefined) break
      if (!(leaf instanceof Uint8Array)) {
        current = leaf
        break
      }
      pieces.push(leaf)
      size += leaf.length
    }
    return pieces.length === 1 ? piece : Buffer.concat(pieces, size)
  }

  async function nextPiece(): Promise<Uint8Array | null> {
    for (;;) {
      if (current === undefined) {
        const leaf = begun ?? (await nextLeaf())
        begun = undefined
        if (leaf === undefined) return null
        if (leaf instanceof Uint8Array) {
          if (leaf.length > 0) return atHand(leaf)
          continue
        }
        current = leaf
      }
      const { start, end, handle, decipher } = current
      if (start === end) {
        current = undefined
        await handle.close()
        continue
      }
      const piece = await readStored(current, decipher && scratchOf)
      current.start += piece.length
      return decipher === undefined ? piece : decipher(piece)
    }
  }

  return new Readable({
    highWaterMark: readBytes,
    read() {
      reading = nextPiece().then(
        (piece) => {
          reading = undefined
          this.push(piece)
        },
        (error: unknown) => {
          reading = undefined
          this.destroy(isError(error) ? error : new Error(String(error)))
        },
      )
    },
    async destroy(error, done) {
      await reading
      const open = current
      current = undefined
      await open?.handle.close().catch(() => {})
      onClose()
      done(error)
    },
  })
}

/** Large bodies in memory, in blocks of their own: chunks as they come would pin the network's larger buffers. */
import type { BlobHandle, BlobSink, Blobs } from './blobs.ts'

const blockBytes = 1024 * 1024

export class MemoryBlobs implements Blobs {
  readonly #blobs = new Map<string, MemoryBlob>()

  create(id: string): BlobSink {
    const blob = new MemoryBlob()
    return {
      write: (chunk) => blob.append(chunk),
      finish: async () => {
        blob.trim()
        this.#blobs.set(id, blob)
      },
      abort: async () => {
        this.#blobs.delete(id)
      },
    }
  }

  adopted(): void {}

  async open(id: string): Promise<BlobHandle | undefined> {
    return this.#blobs.get(id)
  }

  async remove(id: string): Promise<void> {
    this.#blobs.delete(id)
  }

  async sweep(): Promise<boolean> {
    return true
  }

  /** Names of all blobs, for checks. */
  ids(): string[] {
    return [...this.#blobs.keys()]
  }
}

class MemoryBlob implements BlobHandle {
  /** All but the last are full. */
  readonly #blocks: Buffer[] = []
  #lastBytes = blockBytes

  append(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#lastBytes === blockBytes) {
        this.#blocks.push(Buffer.allocUnsafeSlow(blockBytes))
        this.#lastBytes = 0
      }
      const copied = chunk.copy(this.#blocks.at(-1) ?? chunk, this.#lastBytes, at)
      this.#lastBytes += copied
      at += copied
    }
  }

  /** Gives back what the last block does not need. */
  trim(): void {
    const last = this.#blocks.pop()
    if (last === undefined) return
    if (this.#lastBytes === blockBytes) this.#blocks.push(last)
    else {
      const exact = Buffer.allocUnsafeSlow(this.#lastBytes)
      last.copy(exact, 0, 0, this.#lastBytes)
      this.#blocks.push(exact)
    }
  }

  async read(position: number, length: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for (let at = position; at < position + length; ) {
      const block = this.#blocks[Math.floor(at / blockBytes)]
      const start = at % blockBytes
      if (block === undefined || start >= block.length) break
      const piece = block.subarray(start, Math.min(block.length, start + position + length - at))
      parts.push(piece)
      at += piece.length
    }
    const [only] = parts
    return only !== undefined && parts.length === 1 ? only : Buffer.concat(parts)
  }

  async close(): Promise<void> {}
}

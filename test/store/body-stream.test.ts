/** Bodies of many leaves as one stream. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BlobHandle } from '../../src/store/blobs.ts'
import { bodyStream, type Leaf, type LeafSource } from '../../src/store/body-stream.ts'

/** A blob whose closing is counted. */
function blob(text: string, closed: string[]): Leaf {
  const bytes = Buffer.from(text)
  const handle: BlobHandle = {
    read: async (position, length) => bytes.subarray(position, position + length),
    close: async () => {
      closed.push(text)
    },
  }
  return { start: 0, end: bytes.length, handle, decipher: undefined, tags: undefined }
}

const sourceOf = (leaves: (Leaf | Error)[]): LeafSource => {
  let next = 0
  return async () => {
    const leaf = leaves[next++]
    if (leaf instanceof Error) throw leaf
    return leaf
  }
}

async function piecesOf(leaves: (Leaf | Error)[]): Promise<string[]> {
  const [first, ...rest] = leaves
  const pieces: string[] = []
  for await (const piece of bodyStream(first as Leaf, sourceOf(rest), () => {})) pieces.push(String(piece))
  return pieces
}

describe('the stream of a body', () => {
  it('sends small leaves that are at hand together, and blobs in their place', async () => {
    const closed: string[] = []
    const leaves = ['a', 'b', '', 'c'].map((text) => Buffer.from(text))
    const pieces = await piecesOf([...leaves, blob('blob', closed), Buffer.from('d'), blob('last', closed)])
    assert.deepEqual(pieces, ['abc', 'blob', 'd', 'last'])
    assert.deepEqual(closed, ['blob', 'last'])
  })

  it('sends 64 KiB at hand at once, not more', async () => {
    const pieces = await piecesOf(Array.from({ length: 200 }, () => Buffer.alloc(1024, 'x')))
    assert.deepEqual(
      pieces.map((piece) => piece.length / 1024),
      [64, 64, 64, 8],
    )
  })

  it('fails where a leaf cannot be had, and closes once', async () => {
    let closes = 0
    const source = sourceOf([Buffer.from('b'), new Error('the row is gone')])
    const stream = bodyStream(Buffer.from('a'), source, () => closes++)
    await assert.rejects(async () => {
      for await (const piece of stream) assert.fail(`${piece} came`)
    }, /the row is gone/)
    assert.equal(closes, 1)
  })

  it('closes the blob that it holds when it is destroyed', async () => {
    const closed: string[] = []
    const stream = bodyStream(Buffer.from('a'), sourceOf([blob('held', closed)]), () => {})
    for await (const piece of stream) {
      assert.equal(String(piece), 'a')
      break
    }
    assert.deepEqual(closed, ['held'])
  })
})

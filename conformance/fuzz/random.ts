/** Random choices that are the same for the same seed. */

export class Random {
  #state: number

  /** @param seed a whole number; `index` tells apart the requests of one run */
  constructor(seed: number, index: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0 || 1
    // The first numbers of close seeds are close to each other.
    for (let round = 0; round < 8; round++) this.#next()
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.#next() / 2 ** 32) * limit)
  }

  /** True once in `times`, on the average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  /** Up to `most` of what `make` makes. */
  several<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make)
  }

  /** Bytes of any value. */
  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }

  /** Changes a few bytes: replaced, removed, repeated, cut off. */
  mutated(bytes: Buffer, most = 4): Buffer {
    let result = bytes
    for (let change = 0; change <= this.below(most); change++) {
      const at = this.below(result.length + 1)
      const length = this.oneIn(4) ? this.below(64) : 1
      const [head, tail] = [result.subarray(0, at), result.subarray(at)]
      const kind = this.below(6)
      if (kind === 0) result = Buffer.concat([head, this.bytes(length), tail.subarray(length)])
      else if (kind === 1) result = Buffer.concat([head, tail.subarray(length)])
      else if (kind === 2) result = Buffer.concat([head, tail.subarray(0, length), tail])
      else if (kind === 3) result = Buffer.concat([head, Buffer.from(this.pick(delimiters), 'latin1'), tail])
      else if (kind === 4 && this.oneIn(4)) result = head
      else result = Buffer.concat([head, Buffer.from(this.pick(delimiters), 'latin1'), tail.subarray(1)])
    }
    return result
  }

  /** xorshift32 */
  #next(): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x >>> 0
    return this.#state
  }
}

const delimiters = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  ':',
  ';',
  ',',
  '=',
  '"',
  '&',
  '?',
  '/',
  '%',
  '<',
  '>',
  '{',
  '}',
  '[',
  '\xff',
  '--',
]

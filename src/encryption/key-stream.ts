/**
 * Many small bodies under one data key: each takes the next stretch of its key stream, so none needs a cipher of its own,
 * whose making costs more than all the rest. The stretch is named in what is stored: `SEALED@OFFSET`. No stretch is ever
 * used twice: the key is made anew with each run, and after some GiB.
 */
import { type BodyCipher, bodyCipher } from './body-cipher.ts'
import type { DataKey } from './sealer.ts'

/** Far below what a counter mode bears. */
const defaultBytesPerKey = 2 ** 32

/** What makes and opens the keys. */
interface Keys {
  generate(): DataKey
  open(sealed: string): Buffer
}

export class KeyStream {
  readonly #keys: Keys
  #sealed = ''
  #encipher: BodyCipher = (bytes) => bytes as Buffer
  readonly #bytesPerKey: number
  /** Of the stream of the key in use; no key has been made yet. */
  #used = Number.POSITIVE_INFINITY

  constructor(keys: Keys, bytesPerKey = defaultBytesPerKey) {
    this.#keys = keys
    this.#bytesPerKey = bytesPerKey
  }

  encipher(plain: Uint8Array): { stored: Buffer; sealed: string } {
    if (this.#used + plain.length > this.#bytesPerKey) {
      const { key, sealed } = this.#keys.generate()
      this.#sealed = sealed
      this.#encipher = bodyCipher(key)
      this.#used = 0
    }
    const sealed = `${this.#sealed}@${this.#used}`
    this.#used += plain.length
    return { stored: this.#encipher(plain), sealed }
  }

  /** Whether a body is under a stretch of such a key, or has a key of its own. */
  isOurs(sealed: string): boolean {
    return sealed.includes('@')
  }

  /** Deciphers a body from its beginning. @throws Error when its key was sealed by another sealer */
  cipher(sealed: string): BodyCipher {
    const at = sealed.indexOf('@')
    return bodyCipher(this.#keys.open(sealed.slice(0, at)), Number(sealed.slice(at + 1)))
  }
}

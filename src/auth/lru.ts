/** A map that forgets what was used longest ago. Every cache whose keys a client chooses is one of these. */
export class Lru<V> {
  readonly #entries = new Map<string, V>()
  readonly #capacity: number
  #newest: string | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key)
    // Moving an entry to the end costs two hash operations; the usual request repeats the key of the one before.
    if (value !== undefined && key !== this.#newest) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
      this.#newest = key
    }
    return value
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    this.#newest = key
    if (this.#entries.size > this.#capacity) {
      const oldest = this.#entries.keys().next()
      if (!oldest.done) this.#entries.delete(oldest.value)
    }
  }

  /** Oldest first. */
  keys(): Iterable<string> {
    return this.#entries.keys()
  }

  get size(): number {
    return this.#entries.size
  }
}

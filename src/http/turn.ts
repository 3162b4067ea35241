/**
 * Work that waits for the end of the current turn of the event loop. Requests that arrive in one turn are then read one
 * after the other, worked on one after the other, and answered one after the other: the processor keeps the code of each
 * step at hand, which on small machines is worth more than any other saving. It also lets a small body arrive behind its head.
 */

/** More are left for the next turn, so that the first of many are not answered last of all. */
const mostAtOnce = 64

export class Turn<T> {
  readonly #begin: (item: T) => void
  #waiting: T[] = []

  /** @param begin must not throw */
  constructor(begin: (item: T) => void) {
    this.#begin = begin
  }

  add(item: T): void {
    if (this.#waiting.push(item) === 1) setImmediate(this.#run)
  }

  readonly #run = (): void => {
    const items = this.#waiting
    this.#waiting = items.length > mostAtOnce ? items.splice(mostAtOnce) : []
    if (this.#waiting.length > 0) setImmediate(this.#run)
    for (const item of items) this.#begin(item)
  }
}

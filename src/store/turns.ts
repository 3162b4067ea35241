/**
 * One writer of a key after the other, in order of arrival. It only saves lost attempts: that two writers of one key
 * never overwrite each other unseen is ensured by the preconditions of their commits.
 */

export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` when all earlier work under the same name is done. */
  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name)
    let done: () => void = () => {}
    const turn = new Promise<void>((resolve) => {
      done = resolve
    })
    this.#last.set(name, turn)
    if (before !== undefined) await before
    try {
      return await work()
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name)
      done()
    }
  }
}

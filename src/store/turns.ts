/**
 * One writer of a key after the other, in order of arrival. It only saves lost attempts: that two writers of one key
 * never overwrite each other unseen is ensured by the preconditions of their commits. So who finds nobody waiting may
 * try without a turn.
 */

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Whether somebody has the turn, or waits for it. */
  isTaken(name: string): boolean {
    return this.#last.size > 0 && this.#last.has(name)
  }

  /** Runs `work` when all earlier work under the same name is done, however it went. */
  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name)
    const turn = before === undefined ? work() : before.then(work, work)
    this.#last.set(name, turn)
    const end = (): void => {
      if (this.#last.get(name) === turn) this.#last.delete(name)
    }
    turn.then(end, end)
    return turn
  }
}

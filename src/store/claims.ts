/**
 * Shared and exclusive claims on row keys, within this process: what makes commits that touch a common key happen one
 * after the other. All claims of a commit are queued in one step, so two commits can never wait for each other.
 */

interface Ticket {
  /** Queues in which it is not yet granted. */
  missing: number
  granted: () => void
}

interface Queue {
  holders: number
  exclusive: boolean
  /** Made when somebody has to wait, which is rare. */
  waiting: { ticket: Ticket; exclusive: boolean }[] | undefined
}

/** What a commit claims: key (as Latin-1 text of its bytes) -> whether exclusively. */
export type ClaimSet = ReadonlyMap<string, boolean>

export class Claims {
  readonly #queues = new Map<string, Queue>()

  /** Takes all claims, in order of arrival per key. A promise only when one of them is held by another. */
  acquire(claims: ClaimSet): Promise<void> | undefined {
    let ticket: Ticket | undefined
    let resolve: () => void = () => {}
    let waiting: Promise<void> | undefined
    for (const [key, exclusive] of claims) {
      const queue = this.#queues.get(key)
      if (queue === undefined) {
        this.#queues.set(key, { holders: 1, exclusive, waiting: undefined })
      } else if (!exclusive && !queue.exclusive && (queue.waiting?.length ?? 0) === 0) {
        queue.holders++
      } else {
        waiting ??= new Promise((done) => {
          resolve = done
        })
        ticket ??= { missing: 0, granted: resolve }
        ticket.missing++
        queue.waiting ??= []
        queue.waiting.push({ ticket, exclusive })
      }
    }
    return waiting
  }

  release(claims: ClaimSet): void {
    for (const key of claims.keys()) {
      const queue = this.#queues.get(key)
      if (queue === undefined) continue
      queue.holders--
      if (queue.holders === 0) this.#grantNext(key, queue)
    }
  }

  #grantNext(key: string, queue: Queue): void {
    for (let next = queue.waiting?.[0]; next !== undefined; next = queue.waiting?.[0]) {
      if (queue.holders > 0 && (queue.exclusive || next.exclusive)) return
      queue.waiting?.shift()
      queue.holders++
      queue.exclusive = next.exclusive
      next.ticket.missing--
      if (next.ticket.missing === 0) next.ticket.granted()
    }
    if (queue.holders === 0) this.#queues.delete(key)
  }
}

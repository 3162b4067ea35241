/**
 * What requests are counted by: service, operation and class of status, with a histogram of durations. Bounded by the
 * operations of the models; nothing of a request's own text becomes a name. Counting is a few additions.
 */

/** Upper bounds of the histogram, in seconds; one more bucket has the rest. */
export const durationBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
const boundsUs = durationBounds.map((seconds) => seconds * 1e6)

/** Of one operation. */
export interface OperationCounts {
  readonly service: string
  /** Empty for requests that were answered before their operation was known. */
  readonly operation: string
  /** Answers by the first digit of their status. */
  readonly byClass: number[]
  /** How many took no longer than the bound of the same place, and longer than the one before; the last: the rest. */
  readonly buckets: number[]
  sumUs: number
}

/** Counts requests since the start of a server. */
export class RequestMetrics {
  /** Service -> operation -> counts. */
  readonly #services = new Map<string, Map<string, OperationCounts>>()
  /** Requests whose answers have not begun. */
  inFlight = 0

  begin(): void {
    this.inFlight++
  }

  /** @param us from the arrival of the request's head to the beginning of its answer, in microseconds */
  end(service: string, operation: string, status: number, us: number): void {
    this.inFlight--
    const counts = this.#services.get(service)?.get(operation) ?? this.#add(service, operation)
    const statusClass = Math.trunc(status / 100)
    counts.byClass[statusClass] = (counts.byClass[statusClass] ?? 0) + 1
    let at = 0
    while (at < boundsUs.length && us > (boundsUs[at] as number)) at++
    counts.buckets[at] = (counts.buckets[at] as number) + 1
    counts.sumUs += us
  }

  /** All that were asked for so far, by service and name. */
  *operations(): Generator<OperationCounts> {
    for (const operations of this.#services.values()) yield* operations.values()
  }

  #add(service: string, operation: string): OperationCounts {
    let operations = this.#services.get(service)
    if (operations === undefined) {
      operations = new Map()
      this.#services.set(service, operations)
    }
    const buckets = [...boundsUs.map(() => 0), 0]
    const counts = { service, operation, byClass: [0, 0, 0, 0, 0, 0], buckets, sumUs: 0 }
    operations.set(operation, counts)
    return counts
  }
}

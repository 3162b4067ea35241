/**
 * Which bodies are being read or shared right now, in this process. A pinned body is not collected; one that is being
 * collected (condemned) cannot be pinned any more.
 */

export class Pins {
  readonly #counts = new Map<string, number>()
  readonly #condemned = new Set<string>()
  readonly #onFree = new Map<string, () => void>()

  /** Keeps a body alive until `unpin`. False when it is too late. */
  pin(bodyId: string): boolean {
    if (this.#condemned.has(bodyId)) return false
    this.#counts.set(bodyId, (this.#counts.get(bodyId) ?? 0) + 1)
    return true
  }

  unpin(bodyId: string): void {
    const count = this.#counts.get(bodyId) ?? 0
    if (count > 1) {
      this.#counts.set(bodyId, count - 1)
      return
    }
    this.#counts.delete(bodyId)
    const onFree = this.#onFree.get(bodyId)
    this.#onFree.delete(bodyId)
    onFree?.()
  }

  /** Claims a body for collection. False when it is pinned: `onFree` is then called once it no longer is. */
  condemn(bodyId: string, onFree: () => void): boolean {
    if (this.#counts.has(bodyId)) {
      this.#onFree.set(bodyId, onFree)
      return false
    }
    this.#condemned.add(bodyId)
    return true
  }

  /** The condemned body is gone, or is spared after all. */
  absolve(bodyId: string): void {
    this.#condemned.delete(bodyId)
  }
}

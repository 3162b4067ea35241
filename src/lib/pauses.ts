/** Long work in one piece would hold up everybody else: it pauses now and then, for a turn of the event loop. */
import { setImmediate } from 'node:timers/promises'
import type { MaybePromise } from './maybe-promise.ts'

/** How long work may go on in one piece, in ms. */
const longestMs = 10

/** Pauses for one piece of work, which calls the result between its steps and waits for what comes back. */
export function pauses(): () => MaybePromise<void> {
  let sinceMs = performance.now()
  return () => {
    if (performance.now() - sinceMs < longestMs) return undefined
    return setImmediate().then(() => {
      sinceMs = performance.now()
    })
  }
}

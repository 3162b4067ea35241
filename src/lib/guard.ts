/**
 * Guards for code that runs outside of every try/catch: listeners of events, callbacks, timers. What such code throws
 * would end the process (`uncaughtException`), whoever sent the bytes that led to it.
 */

/**
 * The listener, with its failure handed to `onFailure` instead of thrown.
 * @param onFailure must not throw
 */
export function guarded<Args extends unknown[]>(
  listener: (...args: Args) => void,
  onFailure: (cause: unknown) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      listener(...args)
    } catch (cause) {
      onFailure(cause)
    }
  }
}

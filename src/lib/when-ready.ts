/** Continues with a value that may be there at once, without making a promise when it is. */
import type { MaybePromise } from './maybe-promise.ts'

/** Applies `next` now or when the promise resolves. */
export function whenReady<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

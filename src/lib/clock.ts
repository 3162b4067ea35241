/** The one source of time. Handlers never call Date.now(), so that a test (and later the admin API) can set the clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() }

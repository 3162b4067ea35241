/**
 * Loaded into the server under test (`node --import`): measures its event loop and its live heap, and tells when asked
 * over the channel of the parent process. The product has no part in it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'

/** What the fuzzer is told. */
export interface Measurement {
  kind: 'measurement'
  /** Bytes alive behind a full collection. */
  heapBytes: number
  /** The longest stall of the event loop since the last measurement, ms, as far as the process was at work meanwhile. */
  stallMs: number
}

const sampleMs = 100
const histogram = monitorEventLoopDelay({ resolution: 10 })
histogram.enable()
let stallMs = 0
let cpu = process.cpuUsage()

/** A stall counts as far as this process was computing: a busy machine is no fault of the server. */
function sample(): void {
  const { user, system } = process.cpuUsage(cpu)
  cpu = process.cpuUsage()
  const delayMs = histogram.max / 1e6
  histogram.reset()
  stallMs = Math.max(stallMs, Math.min(delayMs, (user + system) / 1000))
}
setInterval(sample, sampleMs).unref()

async function measure(): Promise<Measurement> {
  sample()
  const stalled = stallMs
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.()
    await delay(20)
  }
  const heapBytes = process.memoryUsage().heapUsed
  histogram.reset()
  cpu = process.cpuUsage()
  stallMs = 0
  return { kind: 'measurement', heapBytes, stallMs: stalled }
}

process.on('message', (message) => {
  if (message === 'measure') void measure().then((measurement) => process.send?.(measurement))
})

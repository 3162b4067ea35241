/**
 * A load generator that costs less than what it measures: raw sockets, requests prepared as bytes, answers recognised
 * by Content-Length only. The server is the busy side, so requests per second are its own.
 */
import { connect } from 'node:net'

export interface LoadResult {
  requests: number
  seconds: number
  perSecond: number
  errors: number
}

/** Sends the prepared requests round robin over `connections` keep-alive sockets for `seconds`. */
export async function load(
  port: number,
  requests: readonly Buffer[],
  seconds: number,
  connections = 16,
): Promise<LoadResult> {
  const until = Date.now() + seconds * 1000
  let next = 0
  return run(port, connections, () => (Date.now() < until ? requests[next++ % requests.length] : undefined))
}

/** Sends each request once, over as many sockets. @throws Error when one fails */
export async function sendAll(port: number, requests: readonly Buffer[], connections = 16): Promise<LoadResult> {
  let next = 0
  const result = await run(port, connections, () => requests[next++])
  if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} requests failed`)
  return result
}

/** A socket that gets `undefined` is done. */
type Source = () => Buffer | undefined

async function run(port: number, connections: number, source: Source): Promise<LoadResult> {
  const counter = { done: 0, errors: 0 }
  const started = process.hrtime.bigint()
  const rest = stayAwake()
  try {
    await Promise.all(Array.from({ length: connections }, () => drive(port, source, counter)))
  } finally {
    rest()
  }
  const elapsed = Number(process.hrtime.bigint() - started) / 1e9
  return { requests: counter.done, seconds: elapsed, perSecond: counter.done / elapsed, errors: counter.errors }
}

/**
 * Keeps this process from sleeping: waking it would cost the server up to 10 us of system time per answer, and only a
 * server that is slower than this generator. @returns ends it
 */
function stayAwake(): () => void {
  let next: NodeJS.Immediate
  const turn = (): void => {
    next = setImmediate(turn)
  }
  turn()
  return () => clearImmediate(next)
}

function drive(port: number, source: Source, counter: { done: number; errors: number }) {
  return new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    /** Bytes of the current answer still to come; -1 while its head is incomplete. */
    let missing = -1
    let head = ''
    const send = () => {
      const request = source()
      if (request === undefined) return socket.destroy()
      missing = -1
      head = ''
      socket.write(request)
    }
    socket.on('connect', send)
    socket.on('data', (chunk: Buffer) => {
      if (missing < 0) {
        head += chunk.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end < 0) return
        const at = head.indexOf('Content-Length: ')
        const length = at < 0 || at > end ? 0 : Number.parseInt(head.slice(at + 16, at + 30), 10)
        if (head.charCodeAt(9) !== 50) counter.errors++
        missing = end + 4 + length - head.length
      } else missing -= chunk.length
      if (missing <= 0) {
        counter.done++
        send()
      }
    })
    socket.on('error', reject)
    socket.on('close', () => resolve())
  })
}

/** Median of several numbers. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/**
 * The requests of one connection, one at a time. A client may send a request before the answer to the last has come
 * (pipelining). Node parses what has arrived and hands over every request of it at once; here each waits until the
 * answer before it is done, and nothing more is read from the connection meanwhile. So a connection never holds more
 * than one open body, and never more requests than one read of its socket has brought.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** A request and the response that Node has made for it. */
export interface Pair {
  readonly req: IncomingMessage
  readonly res: ServerResponse
}

/** What a connection has to do. */
interface Line {
  /** The request being worked on. */
  current: Pair | undefined
  readonly waiting: Pair[]
  /** What comes when all answers are done, instead of another request. */
  last: (() => void) | undefined
  /** The listener that keeps a held connection from being read is there. */
  canHold: boolean
}

export class OneAtATime {
  /** Of open connections. */
  readonly #lines = new Map<Duplex, Line>()
  readonly #begin: (pair: Pair) => void

  /** @param begin starts the work on a request; must not throw. The work ends when the response closes. */
  constructor(begin: (pair: Pair) => void) {
    this.#begin = begin
  }

  /**
   * All requests that are being worked on or answered. No set of them is kept: V8 keeps the former tables of a set alive
   * until its next large collection, and with them the requests in them (0.9 -> 4.6 ms for each small collection).
   */
  underWay(): Pair[] {
    return Array.from(this.#lines.values(), ({ current }) => current).filter((pair) => pair !== undefined)
  }

  /** A request has come: it begins now, or after those before it. */
  add(pair: Pair): void {
    const { socket } = pair.req
    // Our side has ended: the client has been told that no answer follows.
    if (!socket.writable) return
    let line = this.#lines.get(socket)
    if (line === undefined) {
      line = { current: undefined, waiting: [], last: undefined, canHold: false }
      this.#lines.set(socket, line)
      socket.once('close', () => this.#lines.delete(socket))
    }
    if (line.current === undefined) this.#start(pair, line)
    else {
      line.waiting.push(pair)
      hold(socket, line)
    }
  }

  /** The request of a connection that is being worked on. */
  current(socket: Duplex): Pair | undefined {
    return this.#lines.get(socket)?.current
  }

  /**
   * No request will follow: what came next cannot be read. `then` runs when the answers to all whole requests are done;
   * a waiting request that has not arrived whole is forgotten. Of several calls the first counts.
   * @returns whether any whole request is being worked on or waits; otherwise `then` is not called
   */
  endAfterAnswers(socket: Duplex, then: () => void): boolean {
    const line = this.#lines.get(socket)
    if (line?.current === undefined) return false
    if (line.waiting.at(-1)?.req.complete === false) line.waiting.pop()
    if (line.waiting.length === 0 && !line.current.req.complete) return false
    line.last ??= then
    return true
  }

  #start(pair: Pair, line: Line): void {
    line.current = pair
    pair.res.on('close', () => this.#next(pair.req.socket, line))
    this.#begin(pair)
  }

  #next(socket: Duplex, line: Line): void {
    line.current = undefined
    // The answer was the connection's last, or the client has gone.
    if (!socket.writable) line.waiting.length = 0
    const pair = line.waiting.shift()
    if (pair === undefined) {
      const { last } = line
      line.last = undefined
      last?.()
      return
    }
    // The rest of the last request's body may be still to come.
    if (line.waiting.length === 0) socket.resume()
    this.#start(pair, line)
  }
}

/** Keeps a connection from being read while requests wait. */
function hold(socket: Duplex, line: Line): void {
  if (!line.canHold) {
    line.canHold = true
    // Node resumes the socket at the end of every message and whenever a body is read, though all of it has arrived. It
    // stops reading at the event, which `pause` leaves out for a socket that counts as paused when `resume` is told.
    socket.on('resume', () => {
      if (line.waiting.length === 0) return
      socket.pause()
      socket.emit('pause')
    })
  }
  socket.pause()
}

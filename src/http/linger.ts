/** Answers that leave before the request's body was read: skipping what follows, and closing without a reset. */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { type HttpLimits, skipBytes } from './limits.ts'

/** What becomes of the connection: nothing is left to read, a little is, or it must be closed gently. */
export type Rest = 'read' | 'skip' | 'linger'

/**
 * @param isAwaitingContinue the client waits for `100 Continue` and may or may not send its body after the answer
 * @param isLast the answer ends the connection anyway
 */
export function restOfBody(req: IncomingMessage, isAwaitingContinue: boolean, isLast: boolean): Rest {
  const length = req.headers['content-length']
  if (length === undefined ? req.headers['transfer-encoding'] === undefined : length === '0') return 'read'
  if (req.complete) return 'read'
  if (isLast || isAwaitingContinue) return 'linger'
  return length !== undefined && Number(length) <= skipBytes ? 'skip' : 'linger'
}

/** Lets the rest of a body flow to nowhere. A reader that gave up half way may have left it paused. */
function skipRest(req: IncomingMessage): void {
  req.removeAllListeners('data')
  req.removeAllListeners('readable')
  req.resume()
}

/**
 * Skips the rest of a body whose answer has gone, so that the connection can stay. It is cut when the rest does not come in
 * `limitMs`.
 * @param skipping holds the connection meanwhile
 */
export function skipRestWithin(req: IncomingMessage, limitMs: number, skipping: Set<Socket>): void {
  const { socket } = req
  const timer = setTimeout(() => socket.destroy(), limitMs).unref()
  const stop = (): void => {
    clearTimeout(timer)
    skipping.delete(socket)
  }
  skipping.add(socket)
  req.once('end', stop)
  req.once('close', stop)
  skipRest(req)
}

/**
 * Makes the end of the answer close the connection in two steps: our side at once, all of it when the client has sent
 * its body, closed, or used up a limit. Call before the answer ends.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function closeGently(req: IncomingMessage, limits: HttpLimits): void {
  const { socket } = req
  // Node calls destroySoon when an answer with `Connection: close` has been written.
  socket.destroySoon = () => {
    if (req.complete) socket.end(() => socket.destroy())
    else {
      req.once('end', () => socket.destroy())
      skipRest(req)
      endGently(socket, limits)
    }
  }
}

/** Half-closes a socket and destroys it once the peer has closed or a limit is used up. */
export function endGently(socket: Socket, limits: Pick<HttpLimits, 'lingerBytes' | 'lingerMs'>): void {
  socket.end()
  const bytesBefore = socket.bytesRead
  let waitedMs = 0
  // Short: a gigabyte a second comes in over loopback.
  const stepMs = Math.min(20, limits.lingerMs)
  const timer = setInterval(() => {
    waitedMs += stepMs
    if (waitedMs >= limits.lingerMs || socket.bytesRead - bytesBefore > limits.lingerBytes) socket.destroy()
  }, stepMs)
  socket.once('close', () => clearInterval(timer))
  socket.once('end', () => socket.destroy())
}

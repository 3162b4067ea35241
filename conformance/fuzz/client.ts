/** Plays a case against the server, and tells what is wrong with how the server took it. */
import { connect as connectPlain, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { Case } from './case.ts'

/** Without a byte for so long, a client that has sent all ends its side: it may have sent half a request. */
const quietMs = 60
/** The server must have ended the connection so long after the client's end. */
const endMs = 15_000
/** Kept of what is received. */
const keptBytes = 256 * 1024

/** @returns what is wrong, if anything */
export async function play(port: number, one: Case): Promise<string | undefined> {
  const socket = one.isTls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, servername: 'localhost' })
    : connectPlain({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const client = new Client(socket)
  if (!(await client.connected(one.isTls === true))) return 'a connection was refused, or its handshake failed'
  for (const step of one.steps) {
    if (step.kind === 'send') client.send(step.bytes)
    else if (step.kind === 'wait') await delay(step.ms)
    else if (step.kind === 'read') await client.change(quietMs)
    else if (step.kind === 'end') socket.end()
    else if (step.kind === 'destroy') socket.destroy()
    else if (one.isTls) socket.destroy()
    else socket.resetAndDestroy()
  }
  while (await client.change(quietMs)) {
    // More has come.
  }
  socket.end()
  const isEnded = await client.ended(endMs)
  socket.destroy()
  return (
    client.fault() ??
    (isEnded ? undefined : `the connection was still open ${endMs / 1000} s after its client had ended it`)
  )
}

class Client {
  readonly #socket: Socket
  #received: Buffer[] = []
  #receivedBytes = 0
  #isOver = false
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      if (this.#receivedBytes < keptBytes) this.#received.push(chunk)
      this.#receivedBytes += chunk.length
      this.#wake()
    })
    // A reset is an end like any other here.
    socket.on('error', () => {})
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#isOver = true
        this.#wake()
      })
    }
  }

  /** @returns whether the connection has come about */
  connected(isTls: boolean): Promise<boolean> {
    return new Promise((resolve) => {
      this.#socket.once(isTls ? 'secureConnect' : 'connect', () => resolve(true))
      this.#socket.once('close', () => resolve(false))
    })
  }

  send(bytes: Buffer): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(bytes)
  }

  /** Waits for bytes or the end. @returns whether bytes came in time, and more may follow */
  change(limitMs: number): Promise<boolean> {
    if (this.#isOver) return Promise.resolve(false)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#wake = () => {}
        resolve(false)
      }, limitMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve(!this.#isOver)
      }
    })
  }

  /** @returns whether the server has ended the connection in time */
  async ended(limitMs: number): Promise<boolean> {
    const deadline = performance.now() + limitMs
    while (!this.#isOver && performance.now() < deadline) await this.change(deadline - performance.now())
    return this.#isOver
  }

  /** An answer that no input may bring about: any from 500 but 501, which says that something is not there. */
  fault(): string | undefined {
    const text = Buffer.concat(this.#received).toString('latin1')
    const found = /HTTP\/1\.1 5(?!01)\d\d .*|<Code>InternalError<\/Code>/.exec(text)
    return found === null
      ? undefined
      : `the server answered ${text.slice(Math.max(0, found.index - 200), found.index + 800)}`
  }
}

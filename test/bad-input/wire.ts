/** A connection that sends bytes as they are and reads answers one after the other, each with a deadline. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One answer. Header names are in lower case; repeats are joined by `, `. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
  /** Status codes of the interim answers before it. */
  interim: number[]
}

/** Longer than any answer takes on a busy machine; shorter than anybody waits. */
const deadlineMs = 15_000

/** A client's end of one connection. Half-open, so that the test decides when its side ends. */
export class Connection {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #interim: number[] = []
  #hasEnded = false
  #wake: () => void = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    // A reset is an end like any other here: what was received before it counts.
    socket.on('error', () => {})
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#hasEnded = true
        this.#wake()
      })
    }
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const connection = new Connection(socket)
    await once(socket, 'connect')
    return connection
  }

  /** Sends bytes; resolves when the kernel has taken them or the connection is gone. */
  send(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve()
      else this.socket.write(bytes, () => resolve())
    })
  }

  /** Bytes received and not yet taken as an answer. */
  get receivedBytes(): number {
    return this.#received.length
  }

  /** The next answer. @throws Error when it does not come, or is cut off */
  async answer(isHead = false): Promise<Answer> {
    let answer = this.#take(isHead)
    while (answer === undefined) {
      if (this.#hasEnded) throw new Error(`no whole answer, but ${JSON.stringify(this.#received.toString('latin1'))}`)
      await this.#change('an answer')
      answer = this.#take(isHead)
    }
    return answer
  }

  /** Waits for the first bytes of whatever comes. */
  async anything(): Promise<void> {
    while (this.#received.length === 0 && !this.#hasEnded) await this.#change('a byte')
  }

  /** Waits for an interim answer such as 100. False when the connection ends or a final answer comes instead. */
  async hasContinue(): Promise<boolean> {
    for (;;) {
      if (this.#received.includes('\r\n\r\n')) return this.#received.toString('latin1', 0, 12) === 'HTTP/1.1 100'
      if (this.#hasEnded) return false
      await this.#change('100 Continue')
    }
  }

  /** Waits for the server's end of the connection. */
  async closed(): Promise<void> {
    while (!this.#hasEnded) await this.#change('the end of the connection')
  }

  /** Cuts the connection and waits until it is gone. */
  async destroy(): Promise<void> {
    const gone = this.socket.closed ? undefined : once(this.socket, 'close')
    this.socket.destroy()
    await gone
  }

  #change(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited ${deadlineMs} ms for ${what}`)), deadlineMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = () => {}
        resolve()
      }
    })
  }

  #take(isHead: boolean): Answer | undefined {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end < 0) return undefined
      const [first = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n')
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1])
      if (status < 200) {
        this.#interim.push(status)
        this.#received = this.#received.subarray(end + 4)
        continue
      }
      const headers = readHeaders(lines)
      const body = this.#body(end + 4, status, headers, isHead)
      if (body === undefined) return undefined
      this.#received = this.#received.subarray(body.end)
      const interim = this.#interim
      this.#interim = []
      return { status, headers, body: body.text, interim }
    }
  }

  #body(from: number, status: number, headers: Record<string, string>, isHead: boolean) {
    if (isHead || status === 204 || status === 304) return { text: '', end: from }
    if (headers['transfer-encoding'] === 'chunked') return readChunked(this.#received, from)
    const length = headers['content-length']
    const to = length === undefined ? (this.#hasEnded ? this.#received.length : -1) : from + Number(length)
    return to < 0 || this.#received.length < to
      ? undefined
      : { text: this.#received.toString('utf8', from, to), end: to }
  }
}

function readHeaders(lines: string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}

function readChunked(bytes: Buffer, from: number): { text: string; end: number } | undefined {
  const parts: Buffer[] = []
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const to = lineEnd + 2 + size
    if (bytes.length < to + 2) return undefined
    parts.push(bytes.subarray(lineEnd + 2, to))
    at = to + 2
    if (size === 0) return { text: Buffer.concat(parts).toString('utf8'), end: at }
  }
}

/** Sends one request and takes its answer. */
export async function exchange(port: number, bytes: string | Buffer, isHead = false): Promise<Answer> {
  const connection = await Connection.open(port)
  try {
    // Not awaited: an answer may come, and the connection end, before all is sent.
    void connection.send(bytes)
    return await connection.answer(isHead)
  } finally {
    await connection.destroy()
  }
}

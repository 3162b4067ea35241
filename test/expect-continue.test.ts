/**
 * A client that asks for `100 Continue` must hear of the end of a connection: Node closes one on which the final answer
 * came without it, and botocore takes its next request on such a connection for answered, though it never arrived.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { it } from 'node:test'
import aws4 from 'aws4'
import { type Sandbucket, startSandbucket } from '../src/index.ts'

function head(server: Sandbucket, method: string, path: string, body: string, expect: boolean): string {
  const host = `127.0.0.1:${server.port}`
  const { headers } = aws4.sign(
    {
      method,
      path,
      host,
      service: 's3',
      region: 'us-east-1',
      headers: {
        Host: host,
        'X-Amz-Content-Sha256': createHash('sha256').update(body).digest('hex'),
        ...(method === 'PUT' && { 'Content-Length': String(body.length) }),
        ...(expect && { Expect: '100-continue' }),
      },
    },
    server.credentials,
  )
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

class Connection {
  readonly #socket
  #text = ''
  isClosed = false

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (chunk: string) => {
      this.#text += chunk
    })
    this.#socket.on('close', () => {
      this.isClosed = true
    })
  }
  write(text: string): void {
    this.#socket.write(text, 'latin1')
  }
  /** The next head, in lower case after its status line. */
  async head(): Promise<string> {
    const until = Date.now() + 5000
    for (;;) {
      const end = this.#text.indexOf('\r\n\r\n')
      if (end >= 0) {
        const text = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 4)
        return text
      }
      assert.ok(Date.now() < until && !this.isClosed, `no answer, only "${this.#text}"`)
      await new Promise((done) => setTimeout(done, 5))
    }
  }
  async end(): Promise<void> {
    if (!this.isClosed) this.#socket.destroy()
    if (!this.isClosed) await once(this.#socket, 'close')
  }
}

it('an empty upload that asks gets 100 Continue, and its connection serves the next request', async () => {
  await using server = await startSandbucket({ buckets: ['bucket'] })
  const connection = new Connection(server.port)
  connection.write(head(server, 'PUT', '/bucket/empty', '', true))
  assert.match(await connection.head(), /^HTTP\/1\.1 100 /)
  const answer = await connection.head()
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.doesNotMatch(answer, /connection: close/i)
  connection.write(head(server, 'PUT', '/bucket/next', 'x', true))
  assert.match(await connection.head(), /^HTTP\/1\.1 100 /)
  connection.write('x')
  assert.match(await connection.head(), /^HTTP\/1\.1 200 /)
  await connection.end()
})

it('an answer without 100 Continue to a client that asked says that the connection ends', async () => {
  await using server = await startSandbucket({ buckets: ['bucket'] })
  const connection = new Connection(server.port)
  connection.write(head(server, 'GET', '/bucket?location=', '', true))
  const answer = await connection.head()
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.match(answer, /connection: close/i)
  await connection.end()
})

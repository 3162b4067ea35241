/** Bytes that are no request: answered with 400 or closed, never more. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { largeBytes } from './arena.ts'
import { type Row, runTable, useArena } from './table.ts'
import { bytesOf } from './requests.ts'

const badRequest = {
  status: 400,
  code: 'BadRequest',
  message: 'An error occurred when parsing the HTTP request.',
  headers: { connection: 'close' },
} as const
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const host = 'Host: h\r\n\r\n'

const garbage: Row[] = (
  [
    ['random text', 'hello\r\n\r\n'],
    ['random bytes', Buffer.from(Array.from({ length: 512 }, (_, at) => (at * 137 + 41) % 256))],
    ['NULs', Buffer.alloc(100)],
    ['a TLS ClientHello', Buffer.from('16030100c8010000c40303', 'hex')],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a SOCKS greeting', Buffer.from('050100', 'hex')],
    ['an SSH banner', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a request line without a version', 'GET /bucket\r\n\r\n'],
    ['HTTP/3.0', `GET / HTTP/3.0\r\n${host}`],
    ['HTTP/1.11', `GET / HTTP/1.11\r\n${host}`],
    ['another protocol', `GET / FTP/1.1\r\n${host}`],
    ['no target', `GET HTTP/1.1\r\n${host}`],
    ['a target with a space', `GET /a b HTTP/1.1\r\n${host}`],
    ['a target with a tab', `GET /a\tb HTTP/1.1\r\n${host}`],
    ['a target with a NUL', `GET /a\0b HTTP/1.1\r\n${host}`],
    ['a header without a colon', `GET / HTTP/1.1\r\nHost h\r\n\r\n`],
    ['a header without a name', `GET / HTTP/1.1\r\n: h\r\n\r\n`],
    ['a header name with a space', `GET / HTTP/1.1\r\nHost : h\r\n\r\n`],
    ['a header name with a slash', `GET / HTTP/1.1\r\nHo/st: h\r\n\r\n`],
    ['a header name with a control character', `GET / HTTP/1.1\r\nHo\x01st: h\r\n\r\n`],
    ['a header value with a NUL', `GET / HTTP/1.1\r\nX-A: a\0b\r\n${host}`],
    ['a header value with a control character', `GET / HTTP/1.1\r\nX-A: a\x01b\r\n${host}`],
    ['a header value with CR alone', `GET / HTTP/1.1\r\nX-A: a\rb\r\n${host}`],
    ['a header folded over two lines', `GET / HTTP/1.1\r\nX-A: a\r\n b\r\n${host}`],
    ['a header line that begins with a space', `GET / HTTP/1.1\r\n X-A: a\r\n${host}`],
    ['line ends of CR alone', 'GET / HTTP/1.1\rHost: h\r\r'],
    ['an upgrade to HTTP/2 with garbage behind it', `\x01\x02GET / HTTP/1.1\r\n${host}`],
  ] as [string, string | Buffer][]
).map(([name, bytes]): Row => ({ name, request: typeof bytes === 'string' ? latin1(bytes) : bytes, ...badRequest }))

const tooLarge = {
  status: 400,
  code: 'RequestHeaderSectionTooLarge',
  message: 'Your request header section exceeds the maximum allowed size.',
} as const
const large: Row[] = [
  { name: 'a header of 100 KB', request: `GET / HTTP/1.1\r\nX-A: ${'a'.repeat(100_000)}\r\n${host}`, ...tooLarge },
  { name: 'a header name of 100 KB', request: `GET / HTTP/1.1\r\n${'a'.repeat(100_000)}: a\r\n${host}`, ...tooLarge },
  { name: '20,000 headers', request: `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(20_000)}${host}`, ...tooLarge },
  { name: 'a target of 100 KB', request: `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n${host}`, ...tooLarge },
  { name: '100,000 query parameters', request: `GET /bucket?${'a&'.repeat(100_000)} HTTP/1.1\r\n${host}`, ...tooLarge },
  { name: 'a method of 100 KB', request: 'A'.repeat(100_000), ...badRequest },
  { name: 'a header of 20 MB', request: `GET / HTTP/1.1\r\nX-A: ${'a'.repeat(20_000_000)}\r\n${host}`, ...tooLarge },
]

runTable('bytes that are no request', garbage)
runTable('heads that are too large', large)

describe('connections', () => {
  const arena = useArena({ hasLarge: true })
  const good = (): Buffer => bytesOf({ target: '/bucket/hello.txt' })

  it('an upgrade that nobody offers is a plain request', async () => {
    const answer = await arena().send(
      bytesOf({ target: '/bucket/hello.txt', headers: { Connection: 'Upgrade', Upgrade: 'websocket' } }),
    )
    assert.equal(answer.status, 200)
  })

  it('1,000 requests at once on one connection are answered one after the other', async () => {
    const connection = await arena().connect()
    const one = good()
    void connection.send(Buffer.concat(Array.from({ length: 1000 }, () => one)))
    for (let count = 0; count < 1000; count++) assert.equal((await connection.answer()).status, 200)
    await connection.destroy()
  })

  it('a good request followed by garbage is answered, then the garbage', async () => {
    const connection = await arena().connect()
    await connection.send(Buffer.concat([good(), latin1('garbage\r\n\r\n')]))
    assert.equal((await connection.answer()).status, 200)
    assert.equal((await connection.answer()).status, 400)
    await connection.closed()
    await connection.destroy()
  })

  it('garbage behind a large read does not cut its answer', async () => {
    const connection = await arena().connect()
    await connection.send(Buffer.concat([bytesOf({ target: '/bucket/large' }), latin1('garbage\r\n\r\n')]))
    const answer = await connection.answer()
    assert.equal(answer.status, 200)
    assert.equal(answer.body.length, largeBytes)
    assert.equal((await connection.answer()).status, 400)
    await connection.destroy()
  })

  it('a client that ends its side after its request gets its answer', async () => {
    for (const target of ['/bucket/hello.txt', '/bucket/large']) {
      const connection = await arena().connect()
      connection.socket.end(bytesOf({ target }))
      assert.equal((await connection.answer()).status, 200)
      await connection.closed()
      await connection.destroy()
    }
  })

  it('a client that ends its side after its upload gets its answer', async () => {
    const connection = await arena().connect()
    connection.socket.end(bytesOf({ method: 'PUT', target: '/bucket/short', body: Buffer.alloc(100_000) }))
    assert.equal((await connection.answer()).status, 200)
    await connection.destroy()
    await arena().expect(204, { method: 'DELETE', target: '/bucket/short' })
  })

  it('bytes after the announced length are not part of the upload', async () => {
    const connection = await arena().connect()
    await connection.send(
      Buffer.concat([bytesOf({ method: 'PUT', target: '/bucket/short', body: 'hello' }), latin1('world')]),
    )
    assert.equal((await connection.answer()).status, 200)
    await connection.destroy()
    assert.equal((await arena().expect(200, { target: '/bucket/short' })).body, 'hello')
    await arena().expect(204, { method: 'DELETE', target: '/bucket/short' })
  })

  it('a smuggled request is not carried out', async () => {
    const inner = bytesOf({ method: 'DELETE', target: '/bucket/hello.txt' })
    const connection = await arena().connect()
    const head = 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    await connection.send(Buffer.concat([latin1(head), inner]))
    assert.equal((await connection.answer()).status, 400)
    await connection.closed()
    await connection.destroy()
    await arena().expect(200, { target: '/bucket/hello.txt' })
  })

  it('one byte at a time makes a request too', async () => {
    const connection = await arena().connect()
    for (const byte of good()) await connection.send(Buffer.from([byte]))
    assert.equal((await connection.answer()).status, 200)
    await connection.destroy()
  })

  it('300 connections that say nothing, or half a head, are no trouble', async () => {
    const connections = await Promise.all(Array.from({ length: 300 }, () => arena().connect()))
    for (const [at, connection] of connections.entries())
      if (at % 2 === 0) await connection.send(good().subarray(0, at))
    await arena().checkAlive()
    await Promise.all(connections.map((connection) => connection.destroy()))
  })

  it('the server is unharmed', () => arena().checkUnharmed())
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { Readable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import type { HttpDeps } from '../../src/http/app.ts'
import { handshakeFailure } from '../../src/http/tls-failure.ts'
import type { HttpLimits } from '../../src/http/limits.ts'
import type { WireRequest, WireResponse } from '../../src/http/wire.ts'
import { closing, exchange, type RawClient, raw, readAll, type Running, start } from './raw-client.ts'
import { ca, identity, secure } from './tls-client.ts'

const get = 'GET /b HTTP/1.1\r\nHost: h\r\n\r\n'
const getAndClose = 'GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
const hello = async (): Promise<WireResponse> => ({ status: 200, headers: {}, body: 'hello' })
const refuse = async (): Promise<WireResponse> => ({ status: 403, headers: {}, body: '<Error/>' })
const echo = async (request: WireRequest): Promise<WireResponse> => ({
  status: 200,
  headers: {},
  body: await readAll(request),
})

type Handle = (request: WireRequest) => Promise<WireResponse>
const startTls = (t: TestContext, handle: Handle, more: Partial<HttpDeps> = {}): Promise<Running> =>
  start(t, handle, { tls: identity(), ...more })

/** Everything below holds for both schemes on one port. */
const schemes: [string, (port: number) => Promise<RawClient>][] = [
  ['HTTPS', (port) => secure(port)],
  ['HTTP beside it', (port) => raw(port)],
]

for (const [scheme, open] of schemes) {
  describe(scheme, () => {
    it('tells the request path which it is, and who called', async (t) => {
      let seen: WireRequest | undefined
      const { port } = await startTls(t, (request) => {
        seen = request
        return hello()
      })
      const client = await open(port)
      client.send(getAndClose)
      assert.match(await client.closed(), /^HTTP\/1\.1 200 OK\r\n.*hello$/s)
      assert.equal(seen?.isTls, scheme === 'HTTPS')
      assert.equal(seen?.remoteAddress, '127.0.0.1')
      client.socket.destroy()
    })

    it('keeps the connection, for requests one by one and all at once', async (t) => {
      const { port } = await startTls(t, hello)
      const client = await open(port)
      client.send(get)
      await client.until((text) => text.endsWith('hello'))
      client.send(get + get)
      await client.until((text) => text.split('hello').length === 4)
      client.socket.destroy()
    })

    it('asks for a body that waits, and refuses one before it is sent', async (t) => {
      const { port } = await startTls(t, async (request) => (request.rawPath === '/b/k' ? echo(request) : refuse()))
      const head = 'Host: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n'
      const client = await open(port)
      client.send(`PUT /b/k HTTP/1.1\r\n${head}`)
      assert.equal(await client.until((text) => text.length > 0), 'HTTP/1.1 100 Continue\r\n\r\n')
      client.send('12345')
      await client.until((text) => text.endsWith('12345'))
      client.send(`PUT /b/refused HTTP/1.1\r\n${head}`)
      assert.match(await client.closed(), /12345HTTP\/1\.1 403 Forbidden\r\n.*<Error\/>\r\n0\r\n\r\n$/s)
      client.socket.destroy()
    })

    it('carries a large body in and a large one out, byte for byte', async (t) => {
      const body = Buffer.alloc(12_000_000, 'every byte counts. ')
      let received: Buffer | undefined
      const { port } = await startTls(t, async (request) => {
        received = await readAll(request)
        const chunks = Array.from({ length: 120 }, (_, at) => body.subarray(at * 100_000, (at + 1) * 100_000))
        return { status: 200, headers: { 'Content-Length': String(body.length) }, body: Readable.from(chunks) }
      })
      const client = await open(port)
      client.send(`PUT /b/k HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`)
      client.send(body)
      const text = await client.closed()
      assert.ok(received?.equals(body))
      assert.ok(text.slice(text.indexOf('\r\n\r\n') + 4) === body.toString('latin1'))
      client.socket.destroy()
    })

    it('answers a client that sends all of a large body before it reads the refusal', async (t) => {
      const { port } = await startTls(t, refuse)
      const client = await open(port)
      client.socket.pause()
      client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 12000000\r\n\r\n')
      for (let at = 0; at < 12; at++) {
        client.send(Buffer.alloc(1_000_000, 'x'))
        await delay(1)
      }
      client.socket.resume()
      assert.match(await client.closed(), /^HTTP\/1\.1 403 Forbidden.*<Error\/>\r\n0\r\n\r\n$/s)
      assert.equal(client.error(), undefined)
      client.socket.destroy()
    })

    it('says IncompleteBody to a body that ends early', async (t) => {
      const { port } = await startTls(t, echo)
      const client = await open(port)
      client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc')
      await delay(50)
      client.socket.end()
      assert.match(await client.closed(), /^HTTP\/1\.1 400 .*<Code>IncompleteBody<\/Code>/s)
    })

    it('says RequestTimeout to a body that stalls and to a head that never ends', async (t) => {
      const cases: [string, Partial<HttpLimits>][] = [
        ['PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc', { idleMs: 150 }],
        ['GET /b HTTP/1.1\r\nHost:', { headersMs: 300 }],
      ]
      for (const [bytes, limits] of cases) {
        const { port } = await startTls(t, echo, { limits })
        const client = await open(port)
        client.send(bytes)
        assert.match(await client.closed(), /^HTTP\/1\.1 400 .*<Code>RequestTimeout<\/Code>/s)
        client.socket.destroy()
      }
    })

    it('says BadRequest to what is no request', async (t) => {
      const { port } = await startTls(t, hello)
      const client = await open(port)
      client.send('hello\r\n\r\n')
      assert.match(await client.closed(), /^HTTP\/1\.1 400 .*<Code>BadRequest<\/Code>/s)
      client.socket.destroy()
    })

    it('finishes what is in flight when the server closes, and ends what is idle at once', async (t) => {
      const { port, server } = await startTls(t, echo)
      const idle = await open(port)
      idle.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok')
      await idle.until((text) => text.endsWith('ok'))
      const busy = await open(port)
      busy.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n123')
      await delay(50)
      const closed = server.close(10_000)
      await idle.closed()
      busy.send('45')
      assert.match(await busy.closed(), /\r\nConnection: close\r\n.*12345$/s)
      busy.socket.end()
      idle.socket.end()
      await closed
    })

    it('is cut in the middle of a request at the deadline', async (t) => {
      const { port, server } = await startTls(t, echo)
      const client = await open(port)
      client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n123')
      await delay(50)
      await server.close(50)
      await client.closed()
    })
  })
}

describe('a TLS handshake', () => {
  it('chooses http/1.1, and TLS 1.3 or 1.2', async (t) => {
    const { port } = await startTls(t, hello)
    for (const [maxVersion, ALPNProtocols] of [
      ['TLSv1.3', ['h2', 'http/1.1']],
      ['TLSv1.2', ['http/1.1']],
    ] as const) {
      const { socket } = await secure(port, { maxVersion, ALPNProtocols: [...ALPNProtocols] })
      assert.equal(socket.getProtocol(), maxVersion)
      assert.equal(socket.alpnProtocol, 'http/1.1')
      socket.destroy()
    }
    const { socket } = await secure(port)
    assert.equal(socket.alpnProtocol, false)
    socket.destroy()
  })

  it('fails for HTTP/2 alone and for TLS 1.1', async (t) => {
    const { port, logged } = await startTls(t, hello)
    await assert.rejects(secure(port, { ALPNProtocols: ['h2'] }))
    await assert.rejects(secure(port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }))
    assert.deepEqual(
      logged.filter((line) => line.startsWith('a TLS')),
      [
        'a TLS handshake failed: the client speaks HTTP/2 only, this server HTTP/1.1',
        'a TLS handshake failed: the client does not speak TLS 1.2 or 1.3',
      ],
    )
  })

  it('of a client that does not trust the CA fails with a line that says so', async (t) => {
    const { port, logged } = await startTls(t, hello)
    await assert.rejects(secure(port, { ca: [] }))
    while (logged.length === 0) await delay(10)
    assert.match(logged[0] ?? '', /^a TLS handshake failed: the client left; perhaps it does not trust the CA of /)
  })

  // As Node 20 (OpenSSL 3.0) and Node 24 (OpenSSL 3.5) have them, seen with curl, Python and openssl s_client.
  const failures: [code: string, message: string, expected: RegExp][] = [
    [
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
      '80:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:rec_layer_s3.c:1601:SSL alert number 48\n',
      /^the client does not trust the CA of this server's certificate; give it the one at \/_sandbucket\/ca\.pem$/,
    ],
    [
      'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN',
      '80:error:0A000416:SSL routines:ssl3_read_bytes:ssl/tls alert certificate unknown:rec_layer_s3.c:916:SSL alert number 46\n',
      /^the client does not trust the CA/,
    ],
    ['ERR_SSL_X', 'x:SSL alert number 45\n', /expired; compare the clocks$/],
    ['ERR_SSL_X', 'x:SSL alert number 255\n', /^the client ended it with TLS alert 255$/],
    ['ERR_SSL_NO_SHARED_CIPHER', 'x:no shared cipher:x', /no cipher in common$/],
    ['ERR_TLS_HANDSHAKE_TIMEOUT', 'TLS handshake timeout', /in time$/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'x:wrong version number:x', /no TLS that can be read$/],
  ]
  for (const [code, message, expected] of failures) {
    it(`that ends with ${code}, ${message.trim().slice(-16)}, is told in words`, () => {
      const told = handshakeFailure(Object.assign(new Error(message), { code }))
      assert.match(told, expected)
      assert.doesNotMatch(told, /SSL routines|\.c:/)
    })
  }

  it('may come byte by byte', async (t) => {
    const { port } = await startTls(t, hello)
    const listener = connectPlain({ port, host: '127.0.0.1', noDelay: true })
    await once(listener, 'connect')
    // A relay that sends each byte of the client on its own.
    const { Duplex } = await import('node:stream')
    const relay = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        ;(async () => {
          for (let at = 0; at < chunk.length; at++) {
            listener.write(chunk.subarray(at, at + 1))
            if (at < 20) await delay(1)
          }
          done()
        })()
      },
    })
    listener.on('data', (chunk) => relay.push(chunk))
    const socket = connect({ socket: relay, ca: ca.cert, servername: 'localhost' })
    await once(socket, 'secureConnect')
    socket.write(get)
    const [answer] = await once(socket, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 200/)
    listener.destroy()
    socket.destroy()
  })

  it('shows the certificate of the host that is asked for, or the one for all', async (t) => {
    const other = identity({ dns: ['b.localhost'], ip: [] })
    const asked: string[] = []
    const certFor = (name: string): typeof other | undefined => {
      asked.push(name)
      return name === 'b.localhost' ? other : undefined
    }
    const { port } = await start(t, hello, { tls: { ...identity(), certFor } })
    for (let at = 0; at < 2; at++) {
      const { socket } = await secure(port, { servername: 'b.localhost' })
      assert.equal(socket.getPeerCertificate().subjectaltname, 'DNS:b.localhost')
      socket.destroy()
    }
    const { socket } = await secure(port)
    assert.equal(socket.getPeerCertificate().subjectaltname, 'DNS:localhost, IP Address:127.0.0.1')
    socket.destroy()
    // The second time from memory.
    assert.deepEqual(asked, ['b.localhost', 'localhost'])
    await assert.rejects(secure(port, { servername: 'elsewhere.test' }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  it('whose certificate cannot be made fails alone', async (t) => {
    const certFor = (name: string): { cert: string; key: string } => {
      if (name === 'a.localhost') throw new Error('no certificate today')
      return { cert: 'not', key: 'pem' }
    }
    const { port } = await start(t, hello, { tls: { ...identity(), certFor } })
    await assert.rejects(secure(port, { servername: 'a.localhost' }))
    await assert.rejects(secure(port, { servername: 'b.localhost' }))
    assert.match(await exchange(port, getAndClose), /^HTTP\/1\.1 200/)
  })

  it('of garbage ends the connection and nothing else', async (t) => {
    const { port } = await startTls(t, hello)
    const hellos = [
      Buffer.of(22),
      Buffer.from('160301', 'hex'),
      Buffer.concat([Buffer.from('1603010005', 'hex'), Buffer.from('junk!')]),
      Buffer.concat([Buffer.from('1603030200', 'hex'), Buffer.alloc(512, 1)]),
      Buffer.alloc(100_000, 22),
      Buffer.from('16 GET / HTTP/1.1\r\n\r\n'.replace('16', '\x16')),
    ]
    for (const bytes of hellos) {
      const client = await raw(port)
      client.send(bytes)
      client.socket.end()
      await client.closed()
      client.socket.destroy()
    }
    assert.match(await exchange(port, getAndClose), /^HTTP\/1\.1 200/)
  })

  it('that is left in the middle by 200 clients leaves nothing behind', async (t) => {
    const { port, server } = await startTls(t, hello)
    const recorded = await recordHello(port)
    for (let at = 0; at < 200; at++) {
      const client = await raw(port)
      client.send(recorded.subarray(0, 1 + Math.floor((at * recorded.length) / 199)))
      if (at % 3 === 0) await delay(1)
      if (at % 2 === 0) client.socket.resetAndDestroy()
      else client.socket.destroy()
    }
    const client = await secure(port)
    client.send(getAndClose)
    assert.match(await client.closed(), /^HTTP\/1\.1 200/)
    client.socket.destroy()
    const startedMs = performance.now()
    await server.close(10_000)
    assert.ok(performance.now() - startedMs < 2000)
  })

  it('that never ends is ended, and so is a connection that says nothing', async (t) => {
    const { port } = await startTls(t, hello, { limits: { headersMs: 100 } })
    const silent = await raw(port)
    const slow = await raw(port)
    slow.send(Buffer.from('16030100', 'hex'))
    assert.equal(await silent.closed(), '')
    await slow.closed()
    await closing(slow.socket.end())
  })

  it('that is under way does not hold up a close past its deadline; silence does not hold it up at all', async (t) => {
    const { port, server } = await startTls(t, hello)
    const silent = await raw(port)
    await delay(20)
    await server.close(10_000)
    await silent.closed()
    const again = await startTls(t, hello)
    const slow = await raw(again.port)
    slow.send(Buffer.from('16030100', 'hex'))
    await delay(20)
    await again.server.close(50)
    await slow.closed()
  })
})

describe('without TLS', () => {
  it('a ClientHello is a bad request, and the log names the option', async (t) => {
    const { port, logged } = await start(t, hello)
    await assert.rejects(secure(port))
    assert.deepEqual(logged, ['a client speaks TLS; --tls answers that too'])
    assert.match(await exchange(port, getAndClose), /^HTTP\/1\.1 200/)
  })
})

/** The first flight of a TLS client. */
async function recordHello(port: number): Promise<Buffer> {
  const { createServer } = await import('node:net')
  const recorder = createServer().listen(0, '127.0.0.1')
  await once(recorder, 'listening')
  const at = recorder.address()
  const socket = connect({ port: typeof at === 'object' && at !== null ? at.port : port, host: '127.0.0.1' })
  socket.on('error', () => {})
  const [peer] = await once(recorder, 'connection')
  const [bytes] = await once(peer, 'data')
  peer.destroy()
  socket.destroy()
  recorder.close()
  return bytes as Buffer
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { WireRequest, WireResponse } from '../../src/http/wire.ts'
import { closing, exchange, raw, readAll, start } from './raw-client.ts'

const close = 'Host: h\r\nConnection: close\r\n\r\n'
const refuse = async (): Promise<WireResponse> => ({ status: 403, headers: {}, body: '<Error/>' })
const hello = async (): Promise<WireResponse> => ({ status: 200, headers: {}, body: 'hello' })

describe('the request as it arrived', () => {
  const cases: [string, string, string, string][] = [
    ['keeps the target byte for byte', '/b/../a%2Fb//+%20~?x=%zz&y', '/b/../a%2Fb//+%20~', 'x=%zz&y'],
    ['splits at the first question mark only', '/b/k?a?b', '/b/k', 'a?b'],
    ['reduces an absolute target', 'http://s3.amazonaws.com/b/k?acl', '/b/k', 'acl'],
    ['reduces an absolute target without a path', 'http://h', '/', ''],
    ['reduces an absolute target with a query only', 'http://h?acl', '/', 'acl'],
  ]
  for (const [name, target, rawPath, rawQuery] of cases) {
    it(name, async (t) => {
      let seen: WireRequest | undefined
      const { port } = await start(t, (request) => {
        seen = request
        return hello()
      })
      await exchange(port, Buffer.from(`GET ${target} HTTP/1.1\r\n${close}`, 'latin1'))
      assert.equal(seen?.rawPath, rawPath)
      assert.equal(seen?.rawQuery, rawQuery)
    })
  }

  it('has headers raw and joined, as Latin-1, and the peer as IPv4', async (t) => {
    let seen: WireRequest | undefined
    const { port } = await start(t, (request) => {
      seen = request
      return hello()
    })
    await exchange(port, Buffer.from(`PUT /b HTTP/1.1\r\nX-Amz-Meta-A: é\r\nx-amz-meta-a:  2 \r\n${close}`, 'latin1'))
    assert.equal(seen?.method, 'PUT')
    assert.deepEqual(seen?.rawHeaders.slice(0, 4), ['X-Amz-Meta-A', 'é', 'x-amz-meta-a', '2'])
    assert.equal(seen?.headers['x-amz-meta-a'], 'é, 2')
    assert.equal(seen?.remoteAddress, '127.0.0.1')
    assert.equal(seen?.isTls, false)
  })

  it('may be of HTTP/1.0 without a Host', async (t) => {
    const { port } = await start(t, hello)
    assert.match(await exchange(port, 'GET /b HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 .*\r\n\r\nhello$/s)
  })

  it('of HTTP/1.1 without a Host is bad (RFC 9112, 3.2)', async (t) => {
    const { port } = await start(t, hello)
    assert.match(await exchange(port, 'GET /b HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 .*<Code>BadRequest<\/Code>/s)
  })
})

// Observed: AWS's answer to a header of 9,000 bytes (versity/versitygw#2180).
describe('the headers of a request', () => {
  const sized = (bytes: number, target = '/b'): string => {
    const rest = 'Host: h\r\nConnection: close\r\n'
    return `GET ${target} HTTP/1.1\r\n${rest}x-a: ${'a'.repeat(bytes - rest.length - 'x-a: \r\n'.length)}\r\n\r\n`
  }

  it('may have 8 KiB, however long the target is', async (t) => {
    const { port } = await start(t, hello)
    assert.match(await exchange(port, sized(8192)), /^HTTP\/1\.1 200 /)
    assert.match(await exchange(port, sized(8192, `/b?X-Amz-Security-Token=${'t'.repeat(12_000)}`)), /^HTTP\/1\.1 200 /)
  })

  it('of more are refused before anything else is looked at', async (t) => {
    let begun = 0
    const { port } = await start(t, () => {
      begun++
      return hello()
    })
    const many = `GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${'x-amz-meta-a: b\r\n'.repeat(600)}\r\n`
    for (const request of [sized(8193), many]) {
      const text = await exchange(port, request)
      assert.match(text, /^HTTP\/1\.1 400 .*<Code>RequestHeaderSectionTooLarge<\/Code>/s)
      assert.match(
        text,
        /<Message>Your request header section exceeds the maximum allowed size\.<\/Message><MaxSizeAllowed>8192</,
      )
    }
    assert.equal(begun, 0)
  })
})

describe('the response', () => {
  it('a string gets its length in bytes', async (t) => {
    const { port } = await start(t, async () => ({ status: 200, headers: { ETag: '"e"' }, body: 'é' }))
    const text = await exchange(port, `GET /b HTTP/1.1\r\n${close}`)
    assert.match(text, /\r\nETag: "e"\r\n/)
    assert.match(text, /\r\nContent-Length: 2\r\n/)
  })

  // Recorded: the headers of test_cors_match_origins, 403 and 400.
  it('of an error comes in chunks, and a 400 ends the connection, read or not', async (t) => {
    const { port } = await start(t, refuse)
    const text = await exchange(port, `GET /b HTTP/1.1\r\n${close}`)
    assert.match(text, /\r\nTransfer-Encoding: chunked\r\n/)
    assert.doesNotMatch(text, /Content-Length/)
    const last = { status: 400, headers: { Connection: 'close' }, body: '<Error/>' }
    const other = await start(t, async () => ({ ...last, headers: { ...last.headers } }))
    const client = await raw(other.port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc')
    assert.match(await client.closed(), /\r\nConnection: close\r\n/)
    client.socket.destroy()
  })

  it('without a body has length 0, and none for 204', async (t) => {
    const { port } = await start(t, async ({ rawPath }) => ({ status: rawPath === '/b' ? 200 : 204, headers: {} }))
    assert.match(await exchange(port, `GET /b HTTP/1.1\r\n${close}`), /\r\nContent-Length: 0\r\n/)
    assert.doesNotMatch(await exchange(port, `DELETE /b/k HTTP/1.1\r\n${close}`), /Content-Length|Transfer-Encoding/)
  })

  // Recorded: the headers of test_cors_match_origins and test_get_object_content_length_with_virtual_host.
  it('does not speak of a connection that stays, only of one that ends', async (t) => {
    const { port } = await start(t, hello)
    const client = await raw(port)
    client.send('GET /b HTTP/1.1\r\nHost: h\r\n\r\n')
    const text = await client.until((received) => received.endsWith('hello'))
    assert.doesNotMatch(text, /Connection|Keep-Alive/i)
    client.send(`GET /b HTTP/1.1\r\n${close}`)
    assert.match(await client.closed(), /\r\nConnection: close\r\n/)
  })

  it('a Content-Disposition in Latin-1 goes out as it is', async (t) => {
    const headers = () => ({ 'Content-Length': '5', 'Content-Disposition': 'filename="é Ã©"' })
    const { port } = await start(t, async () => ({ status: 200, headers: headers(), body: Buffer.from('hello') }))
    const text = await exchange(port, `GET /b HTTP/1.1\r\n${close}`)
    assert.match(text, /\r\nContent-Disposition: filename="é Ã©"\r\n/)
    assert.match(text, /\r\nContent-Length: 5\r\n/)
  })

  it('to HEAD has the length of the body, but no body, and a stream is destroyed unread', async (t) => {
    const body = Readable.from(['never'])
    const { port } = await start(t, async ({ rawPath }) =>
      rawPath === '/b'
        ? { status: 200, headers: {}, body: 'hello' }
        : { status: 200, headers: { 'Content-Length': '77' }, body },
    )
    assert.match(await exchange(port, `HEAD /b HTTP/1.1\r\n${close}`), /\r\nContent-Length: 5\r\n.*\r\n\r\n$/s)
    assert.match(await exchange(port, `HEAD /b/k HTTP/1.1\r\n${close}`), /\r\nContent-Length: 77\r\n.*\r\n\r\n$/s)
    assert.equal(body.destroyed, true)
  })

  it('streams a Readable', async (t) => {
    const chunk = Buffer.alloc(100_000, 'x')
    const { port } = await start(t, async () => ({
      status: 200,
      headers: { 'Content-Length': '1000000' },
      body: Readable.from(Array.from({ length: 10 }, () => chunk)),
    }))
    assert.equal((await exchange(port, `GET /b HTTP/1.1\r\n${close}`)).split('\r\n\r\n')[1]?.length, 1_000_000)
  })

  it('is cut when its stream fails', async (t) => {
    const { port } = await start(t, async () => ({
      status: 200,
      headers: { 'Content-Length': '100' },
      body: Readable.from(
        (async function* () {
          yield 'short'
          throw new Error('disk')
        })(),
      ),
    }))
    const client = await raw(port)
    client.send(`GET /b HTTP/1.1\r\nHost: h\r\n\r\n`)
    assert.match(await client.closed(), /\r\n\r\nshort$/)
  })

  it('destroys its stream when the client goes', async (t) => {
    const body = new Readable({
      read() {
        this.push(Buffer.alloc(65_536))
      },
    })
    const { port } = await start(t, async () => ({ status: 200, headers: {}, body }))
    const client = await raw(port)
    client.send('GET /b HTTP/1.1\r\nHost: h\r\n\r\n')
    await client.until((text) => text.length > 1000)
    client.socket.destroy()
    await closing(body)
  })

  it('destroys its stream when the client has gone before', async (t) => {
    const body = new Readable({ read() {} })
    const { port } = await start(t, async (request) => {
      await closing(request.stream)
      return { status: 200, headers: {}, body }
    })
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc')
    await delay(20)
    client.socket.resetAndDestroy()
    await closing(body)
  })

  it('with a header that HTTP cannot carry becomes InternalError', async (t) => {
    const { port, logged } = await start(t, async () => ({
      status: 200,
      headers: { 'x-amz-meta-a': '\u20ac' },
      body: 'x',
    }))
    assert.match(await exchange(port, `GET /b HTTP/1.1\r\n${close}`), /^HTTP\/1\.1 500 .*<Code>InternalError<\/Code>/s)
    assert.deepEqual(logged, ['a response could not be written'])
  })

  it('of a request path that throws becomes InternalError', async (t) => {
    const { port } = await start(t, async () => {
      throw new Error('bug')
    })
    assert.match(await exchange(port, `GET /b HTTP/1.1\r\n${close}`), /^HTTP\/1\.1 500 .*<Code>InternalError<\/Code>/s)
  })

  it('leaves the connection open for the next request', async (t) => {
    const { port } = await start(t, hello)
    const client = await raw(port)
    client.send('GET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n')
    await client.until((text) => text.split('hello').length === 3)
    client.socket.destroy()
  })
})

describe('Expect: 100-continue', () => {
  const head = 'PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n'

  it('the body is asked for once the operation wants it', async (t) => {
    const { port } = await start(t, async (request) => ({ status: 200, headers: {}, body: await readAll(request) }))
    const client = await raw(port)
    client.send(head)
    assert.equal(await client.until((text) => text.length > 0), 'HTTP/1.1 100 Continue\r\n\r\n')
    client.send('12345')
    assert.match(await client.until((text) => text.endsWith('12345')), /HTTP\/1\.1 200 OK/)
    assert.doesNotMatch(client.received(), /Connection: close/)
    client.socket.destroy()
  })

  it('a refused upload is refused before its body is read', async (t) => {
    const { port } = await start(t, refuse)
    const client = await raw(port)
    client.send(head)
    const text = await client.closed()
    assert.match(text, /^HTTP\/1\.1 403 Forbidden\r\n/)
    assert.match(text, /\r\nConnection: close\r\n/)
    client.socket.end()
    await closing(client.socket)
    assert.equal(client.error(), undefined)
  })

  // ceph/s3-tests: test_object_create_bad_expect_mismatch expects success.
  it('any other expectation is ignored', async (t) => {
    const { port } = await start(t, async (request) => ({ status: 200, headers: {}, body: await readAll(request) }))
    assert.match(
      await exchange(
        port,
        'PUT /b/k HTTP/1.1\r\nHost: h\r\nExpect: 200\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
      ),
      /^HTTP\/1\.1 200 OK.*ok$/s,
    )
  })
})

describe('an answer before the body was read', () => {
  it('to a small body keeps the connection', async (t) => {
    const { port } = await start(t, refuse)
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n')
    await client.until((text) => text.includes('<Error/>'))
    client.send('12345GET /b HTTP/1.1\r\nHost: h\r\n\r\n')
    await client.until((text) => text.split('<Error/>').length === 3)
    assert.doesNotMatch(client.received(), /Connection: close/)
    client.socket.destroy()
  })

  it('after a reader gave up half way keeps the connection as well', async (t) => {
    const { port } = await start(t, async (request) => {
      request.stream.on('data', () => request.stream.pause())
      await once(request.stream, 'data')
      return refuse()
    })
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n12345')
    await client.until((text) => text.includes('<Error/>'))
    client.send(`${'x'.repeat(99_995)}GET /b HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx`)
    await client.until((text) => text.split('<Error/>').length === 3)
    client.socket.destroy()
  })

  for (const [name, head] of [
    ['a large body', 'Content-Length: 20000000'],
    ['a chunked body', 'Transfer-Encoding: chunked'],
  ] as const) {
    it(`to ${name} reaches a client that sends everything before it reads`, async (t) => {
      const { port } = await start(t, refuse)
      const client = await raw(port)
      client.socket.pause()
      client.send(`PUT /b/k HTTP/1.1\r\nHost: h\r\n${head}\r\n\r\n`)
      const chunk = Buffer.alloc(1_000_000, 'x')
      for (let at = 0; at < 20; at++) {
        if (name === 'a chunked body') client.socket.write('f4240\r\n')
        client.socket.write(chunk)
        if (name === 'a chunked body') client.socket.write('\r\n')
        await delay(1)
      }
      if (name === 'a chunked body') client.socket.write('0\r\n\r\n')
      client.socket.resume()
      assert.match(await client.closed(), /^HTTP\/1\.1 403 Forbidden.*<Error\/>\r\n0\r\n\r\n$/s)
      assert.equal(client.error(), undefined)
      client.socket.destroy()
    })
  }

  it('ends the connection of a client that never stops sending', async (t) => {
    const { port } = await start(t, refuse, { limits: { lingerBytes: 1_000_000 } })
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999\r\n\r\n')
    const chunk = Buffer.alloc(500_000)
    const pump = setInterval(() => client.socket.write(chunk), 5)
    await closing(client.socket)
    clearInterval(pump)
  })

  it('ends the connection of a client that stops sending', async (t) => {
    const { port } = await start(t, refuse, { limits: { lingerMs: 100 } })
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999\r\n\r\nabc')
    assert.match(await client.closed(), /^HTTP\/1\.1 403/)
    await delay(200)
    const pump = setInterval(() => client.send('x'), 10)
    await closing(client.socket)
    clearInterval(pump)
  })
})

describe('what is no request', () => {
  const cases: [string, string, number, string][] = [
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'BadRequest'],
    ['a method that does not exist', `FROB /b HTTP/1.1\r\n${close}`, 400, 'BadRequest'],
    ['a bad version', `GET /b HTTP/9.9\r\n${close}`, 400, 'BadRequest'],
    ['a bad header line', 'GET /b HTTP/1.1\r\nno colon\r\n\r\n', 400, 'BadRequest'],
    ['a space before the colon', 'GET /b HTTP/1.1\r\nHost : h\r\n\r\n', 400, 'BadRequest'],
    ['a control character in a header', 'GET /b HTTP/1.1\r\nHost: h\r\nx-amz-meta-a: \0\r\n\r\n', 400, 'BadRequest'],
    ['a length that is no number', `PUT /b/k HTTP/1.1\r\nContent-Length: x\r\n${close}`, 400, 'BadRequest'],
    ['a negative length', `PUT /b/k HTTP/1.1\r\nContent-Length: -1\r\n${close}`, 400, 'BadRequest'],
    ['two lengths', `PUT /b/k HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${close}`, 400, 'BadRequest'],
    [
      'a length and chunks',
      `PUT /b/k HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${close}`,
      400,
      'BadRequest',
    ],
    [
      'headers too large',
      `GET /b HTTP/1.1\r\nx-amz-meta-a: ${'x'.repeat(40_000)}\r\n${close}`,
      400,
      'RequestHeaderSectionTooLarge',
    ],
    ['a target too large', `GET /${'x'.repeat(40_000)} HTTP/1.1\r\n${close}`, 400, 'RequestHeaderSectionTooLarge'],
    ['CONNECT', 'CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n', 405, 'MethodNotAllowed'],
  ]
  for (const [name, bytes, status, code] of cases) {
    it(`${name} is ${status} ${code}, in XML, with a request id, and the connection ends`, async (t) => {
      const { port } = await start(t, hello)
      const text = await exchange(port, bytes)
      assert.ok(text.startsWith(`HTTP/1.1 ${status} `), text)
      assert.match(text, new RegExp(`<Code>${code}</Code><Message>[^<]+</Message>.*<RequestId>REQUEST1</RequestId>`))
      assert.match(text, /\r\nx-amz-request-id: REQUEST1\r\n/)
      assert.match(text, /\r\nConnection: close\r\n/)
      const [head = '', body = ''] = text.split('\r\n\r\n')
      assert.match(head, new RegExp(`Content-Length: ${body.length}$`, 'm'))
    })
  }

  it('a bad chunk in a body ends the request', async (t) => {
    let failure: unknown
    const { port } = await start(t, async (request) => {
      await readAll(request).catch((cause) => {
        failure = cause
      })
      return refuse()
    })
    assert.match(
      await exchange(port, 'PUT /b/k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      /^HTTP\/1\.1 400 .*<Code>BadRequest<\/Code>/s,
    )
    await delay(50)
    assert.ok(failure instanceof Error)
  })

  it('a body that ends early is IncompleteBody', async (t) => {
    const { port } = await start(t, async (request) => {
      await readAll(request)
      return hello()
    })
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc')
    await delay(20)
    client.socket.end()
    assert.match(await client.closed(), /^HTTP\/1\.1 400 .*<Code>IncompleteBody<\/Code>/s)
  })

  it('a connection that says nothing is closed silently', async (t) => {
    const { port } = await start(t, hello, { limits: { headersMs: 100 } })
    assert.equal(await (await raw(port)).closed(), '')
  })

  it('headers that never end are RequestTimeout', async (t) => {
    const { port } = await start(t, hello, { limits: { headersMs: 100 } })
    assert.match(await exchange(port, 'GET /b HTTP/1.1\r\nHost:'), /^HTTP\/1\.1 400 .*<Code>RequestTimeout<\/Code>/s)
  })

  it('a body that stalls is RequestTimeout, and its reader is told', async (t) => {
    let failure: unknown
    const { port } = await start(
      t,
      async (request) => {
        await readAll(request).catch((cause) => {
          failure = cause
        })
        return hello()
      },
      { limits: { idleMs: 100 } },
    )
    assert.match(
      await exchange(port, 'PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc'),
      /^HTTP\/1\.1 400 .*<Code>RequestTimeout<\/Code>/s,
    )
    assert.ok(failure instanceof Error)
  })

  it('survives 200 clients that go in the middle of everything', async (t) => {
    const { port } = await start(t, async (request) => ({
      status: 200,
      headers: {},
      body: await readAll(request).catch(() => 'x'),
    }))
    const bytes =
      'PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n1234567890GET /b HTTP/1.1\r\n\r\n'
    for (let at = 0; at < 200; at++) {
      const client = await raw(port)
      client.send(bytes.slice(0, (at % bytes.length) + 1))
      if (at % 3 === 0) await delay(1)
      if (at % 2 === 0) client.socket.resetAndDestroy()
      else client.socket.destroy()
    }
    assert.match(await exchange(port, `GET /b HTTP/1.1\r\n${close}`), /^HTTP\/1\.1 200/)
  })
})

describe('closing', () => {
  it('ends idle connections at once', async (t) => {
    const { port, server } = await start(t, hello)
    const client = await raw(port)
    client.send('GET /b HTTP/1.1\r\nHost: h\r\n\r\n')
    await client.until((text) => text.includes('hello'))
    const startedMs = performance.now()
    await server.close(10_000)
    await client.closed()
    assert.ok(performance.now() - startedMs < 1000)
  })

  it('finishes what is in flight and then ends the connection', async (t) => {
    const { port, server } = await start(t, async (request) => ({
      status: 200,
      headers: {},
      body: await readAll(request),
    }))
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n123')
    await delay(20)
    const closed = server.close(10_000)
    await delay(20)
    client.send('45')
    const text = await client.closed()
    assert.match(text, /\r\nConnection: close\r\n/)
    assert.match(text, /12345$/)
    client.socket.end()
    await closed
  })

  it('cuts what is still in flight at the deadline', async (t) => {
    const { port, server } = await start(t, async (request) => ({
      status: 200,
      headers: {},
      body: await readAll(request),
    }))
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n123')
    await delay(20)
    await server.close(50)
    await client.closed()
  })

  it('accepts nothing new', async (t) => {
    const { port, server } = await start(t, hello)
    await server.close(0)
    const request = httpRequest({ port, host: '127.0.0.1' })
    request.end()
    const [failure] = await once(request, 'error')
    assert.equal((failure as NodeJS.ErrnoException).code, 'ECONNREFUSED')
  })
})

describe('listening', () => {
  it('on 127.0.0.1 answers on ::1 too', async (t) => {
    const { port } = await start(t, hello)
    const client = await raw(port, '::1').catch((cause) => {
      if ((cause as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') return undefined
      throw cause
    })
    if (client === undefined) return t.skip('this machine has no IPv6')
    client.send(`GET /b HTTP/1.1\r\n${close}`)
    assert.match(await client.closed(), /hello$/)
  })

  it('on a port in use says EADDRINUSE', async (t) => {
    const first = await start(t, hello)
    await assert.rejects(start(t, hello, { at: first.port }), { code: 'EADDRINUSE' })
  })
})

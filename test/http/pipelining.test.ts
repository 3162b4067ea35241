/** Requests that come before the answer to the last: one is worked on at a time, and none holds what it does not need. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { WireRequest, WireResponse } from '../../src/http/wire.ts'
import { closing, raw, readAll, start } from './raw-client.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`
const put = (path: string, body: string): string =>
  `PUT ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const ok = (body: WireResponse['body']): WireResponse => ({ status: 200, headers: {}, body })

describe('pipelined requests', () => {
  it('are begun one after the other and answered in their order', async (t) => {
    let atWork = 0
    let most = 0
    const { port } = await start(t, async (request) => {
      most = Math.max(most, ++atWork)
      const body = await readAll(request)
      await delay(request.rawPath === '/b/0' ? 20 : 1)
      atWork--
      return ok(`<${request.rawPath}:${body}>`)
    })
    const client = await raw(port)
    const requests = Array.from({ length: 200 }, (_, at) =>
      at % 2 === 0 ? get(`/b/${at}`) : put(`/b/${at}`, `v${at}`),
    )
    client.send(requests.join(''))
    const text = await client.until((received) => received.includes('</b/199:v199>'))
    const expected = requests.map((_, at) => `</b/${at}:${at % 2 === 0 ? '' : `v${at}`}>`)
    assert.deepEqual(text.match(/<[^>]+>/g), expected)
    assert.equal(most, 1)
    client.socket.destroy()
  })

  it('have one open body at a time, which is closed when the client goes', async (t) => {
    const bodies: Readable[] = []
    const { port } = await start(t, async () => {
      const body = new Readable({
        read() {
          this.push(Buffer.alloc(65_536))
        },
      })
      bodies.push(body)
      return ok(body)
    })
    const client = await raw(port)
    client.socket.pause()
    client.send(get('/b/k').repeat(50))
    await delay(100)
    assert.equal(bodies.length, 1)
    client.socket.destroy()
    await closing(bodies[0] as Readable)
    await delay(50)
    assert.equal(bodies.length, 1)
  })

  it('are not read from the connection while others wait, whatever reads a body', async (t) => {
    const received: number[] = []
    let begun = 0
    const release = new Readable({ read() {} })
    const { port } = await start(t, async (request: WireRequest) => {
      if (++begun === 1) await once(release, 'data')
      received.push((request.stream as unknown as { socket: { bytesRead: number } }).socket.bytesRead)
      await readAll(request)
      return ok('x')
    })
    const client = await raw(port)
    const count = 1000
    client.send(put('/b/k', 'v'.repeat(250)).repeat(count))
    await delay(50)
    release.push('go')
    await client.until(() => received.length === count)
    // What one read of the socket brings is taken; the next read waits for the last of it.
    const [first = 0] = received
    assert.ok(first <= 128 * 1024, `${first} bytes were read at once`)
    client.socket.destroy()
  })

  it('behind an answer that ends the connection are not worked on', async (t) => {
    const seen: string[] = []
    const { port } = await start(t, async ({ rawPath }) => {
      seen.push(rawPath)
      return { status: 400, headers: { Connection: 'close' }, body: '<Error/>' }
    })
    const client = await raw(port)
    client.send(get('/b/1') + put('/b/2', 'v') + get('/b/3'))
    assert.match(await client.closed(), /^HTTP\/1\.1 400 .*<Error\/>\r\n0\r\n\r\n$/s)
    client.socket.destroy()
    await delay(20)
    assert.deepEqual(seen, ['/b/1'])
  })

  it('are all answered before what cannot be read behind them', async (t) => {
    const { port } = await start(t, async ({ rawPath }) => {
      await delay(5)
      return ok(`<${rawPath}>`)
    })
    for (const garbage of ['garbage\r\n\r\n', 'PUT /b/4 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz']) {
      const client = await raw(port)
      client.send(get('/b/1') + get('/b/2') + get('/b/3') + garbage)
      const text = await client.closed()
      assert.match(text, /<\/b\/1>.*<\/b\/2>.*<\/b\/3>.*HTTP\/1\.1 400 .*<Code>BadRequest<\/Code>/s)
      assert.doesNotMatch(text, /<\/b\/4>/)
      client.socket.destroy()
    }
  })

  it('are answered when the client has ended its side', async (t) => {
    const { port } = await start(t, async ({ rawPath }) => {
      await delay(5)
      return ok(`<${rawPath}>`)
    })
    const client = await raw(port)
    client.socket.end(get('/b/1') + get('/b/2') + get('/b/3'))
    assert.match(await client.closed(), /<\/b\/1>.*<\/b\/2>.*<\/b\/3>/s)
    client.socket.destroy()
  })

  it('to the administration wait as well', async (t) => {
    const { port, state } = await start(t, async ({ rawPath }) => {
      await delay(20)
      return ok(`<${rawPath}:${state.resets}>`)
    })
    const client = await raw(port)
    client.send(`${get('/b/1')}POST /_sandbucket/reset HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${get('/b/2')}`)
    assert.match(await client.until((text) => text.includes('</b/2:1>')), /<\/b\/1:0>/)
    client.socket.destroy()
  })
})

describe('the rest of a body whose answer has gone', () => {
  it('is waited for a bounded time', async (t) => {
    const refuse = async (): Promise<WireResponse> => ({ status: 403, headers: {}, body: '<Error/>' })
    const { port } = await start(t, refuse, { limits: { bodyIdleMs: 200 } })
    for (const sent of ['', 'abc']) {
      const client = await raw(port)
      client.send(`PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n${sent}`)
      const startedMs = Date.now()
      // Dripping does not help.
      const drip = setInterval(() => client.send('x'), 50)
      await closing(client.socket)
      clearInterval(drip)
      assert.match(client.received(), /^HTTP\/1\.1 403 /)
      assert.ok(Date.now() - startedMs < 3000)
    }
  })

  it('is waited for a bounded time by the administration too', async (t) => {
    const { port } = await start(t, async () => ok('x'), { limits: { bodyIdleMs: 200 } })
    for (const path of ['health/live', 'reset', 'nothing']) {
      const client = await raw(port)
      client.send(`POST /_sandbucket/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000000\r\n\r\nabc`)
      const drip = setInterval(() => client.send('x'), 50)
      await closing(client.socket)
      clearInterval(drip)
      assert.match(client.received(), /^HTTP\/1\.1 (200|404|405) /)
    }
  })

  it('does not end a connection whose client has sent it', async (t) => {
    const refuse = async (): Promise<WireResponse> => ({ status: 403, headers: {}, body: '<Error/>' })
    const { port } = await start(t, refuse, { limits: { bodyIdleMs: 100 } })
    const client = await raw(port)
    client.send('PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n')
    await client.until((text) => text.includes('<Error/>'))
    client.send('12345')
    await delay(250)
    client.send(get('/b/k'))
    await client.until((text) => text.split('<Error/>').length === 3)
    client.socket.destroy()
  })
})

describe('CONNECT', () => {
  it('and a reset leave the server alone', async (t) => {
    const { port } = await start(t, async () => ok('hello'))
    for (let round = 0; round < 60; round++) {
      const client = await raw(port)
      client.send('CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n')
      if (round % 2 === 0) await client.until((text) => text.length > 0)
      client.socket.resetAndDestroy()
    }
    await delay(20)
    const client = await raw(port)
    client.send(get('/b/k'))
    await client.until((text) => text.endsWith('hello'))
    client.socket.destroy()
  })

  it('that nobody closes is closed by the server', async (t) => {
    const { port } = await start(t, async () => ok('hello'))
    const client = await raw(port)
    client.send('CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n')
    assert.match(await client.closed(), /^HTTP\/1\.1 405 /)
    const drip = setInterval(() => client.send('x'), 20)
    await closing(client.socket)
    clearInterval(drip)
  })

  it('behind a request whose answer is not done ends the connection', async (t) => {
    const body = new Readable({ read() {} })
    const { port } = await start(t, async () => ok(body))
    const client = await raw(port)
    client.send(`${get('/b/k')}CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n`)
    await client.closed()
    await closing(body)
    client.socket.destroy()
  })

  it('as an upgrade is a request like any other', async (t) => {
    const { port } = await start(t, async () => ok('hello'))
    const client = await raw(port)
    client.send('GET /b HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await client.until((text) => text.endsWith('hello'))
    client.socket.resetAndDestroy()
  })
})

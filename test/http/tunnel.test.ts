/** CONNECT, as programs with HTTPS_PROXY use it: a tunnel that ends in this server, for AWS's names. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { startSandbucket } from '../../src/index.ts'
import type { WireResponse } from '../../src/http/wire.ts'
import { type RawClient, raw, type Running, start, watch } from './raw-client.ts'
import { ca, identity, secure } from './tls-client.ts'

const name = 'photos.s3.eu-west-1.amazonaws.com'
const connect = (target: string): string => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`
const get = (more = ''): string => `GET /k HTTP/1.1\r\nHost: ${name}\r\n${more}\r\n`
const established = 'HTTP/1.1 200 Connection established\r\n\r\n'

const startTls = (t: TestContext): Promise<Running> =>
  start(
    t,
    async ({ headers, isTls, remoteAddress }): Promise<WireResponse> => ({
      status: 200,
      headers: {},
      body: `<${headers.host} ${isTls} ${remoteAddress}>`,
    }),
    { tls: identity({ dns: [name], ip: [] }) },
  )

/** A TLS client at the far end of a tunnel. */
async function inside(tunnel: RawClient): Promise<RawClient> {
  tunnel.socket.removeAllListeners('data')
  const socket = connectTls({ socket: tunnel.socket, ca: ca.cert, servername: name })
  const client = watch(socket)
  await once(socket, 'secureConnect')
  return client
}

describe('CONNECT with TLS', () => {
  it('to a name of AWS leads to this server', async (t) => {
    const { port } = await startTls(t)
    for (const target of [`${name}:443`, 'STS.amazonaws.com:443', 's3.cn-north-1.amazonaws.com.cn:8443']) {
      const tunnel = await raw(port)
      tunnel.send(connect(target))
      assert.equal(await tunnel.until((text) => text.length > 0), established)
      const client = await inside(tunnel)
      client.send(get())
      await client.until((text) => text.includes(`<${name} true 127.0.0.1>`))
      client.send(get('Connection: close\r\n'))
      assert.match(await client.closed(), /<.* true .*>.*<.* true .*>$/s)
    }
  })

  it('may be followed at once, and by HTTP without TLS', async (t) => {
    const { port } = await startTls(t)
    const tunnel = await raw(port)
    tunnel.send(connect(`${name}:80`) + get() + get('Connection: close\r\n'))
    const text = await tunnel.closed()
    assert.ok(text.startsWith(`${established}HTTP/1.1 200 OK\r\n`), text)
    assert.equal(text.split(`<${name} false 127.0.0.1>`).length, 3)
    tunnel.socket.destroy()
  })

  it('to any other target is refused, in words that programs show', async (t) => {
    const { port } = await startTls(t)
    const targets = [
      'example.com:443',
      'amazonaws.com.evil.example:443',
      'xamazonaws.com:443',
      'localhost:443',
      '127.0.0.1:443',
    ]
    for (const target of [...targets, '[::1]:443', `${name}`, `${name}:x`, `user@${name}:443`, '*']) {
      const client = await raw(port)
      client.send(connect(target))
      const text = await client.closed()
      assert.match(text, /^HTTP\/1\.1 (403 This server is no proxy: .*<Code>AccessDenied<\/Code>|400 )/s, target)
      client.socket.destroy()
    }
  })

  it('from within a tunnel, or by TLS, is refused', async (t) => {
    const { port } = await startTls(t)
    const plain = await raw(port)
    plain.send(connect(`${name}:443`) + connect(`${name}:443`))
    assert.match(await plain.closed(), /^HTTP\/1\.1 200 .*HTTP\/1\.1 403 A tunnel does not lead into another/s)
    plain.socket.destroy()
    const encrypted = await secure(port, { servername: name })
    encrypted.send(connect(`${name}:443`))
    assert.match(await encrypted.closed(), /^HTTP\/1\.1 403 A tunnel does not lead into another/)
    encrypted.socket.destroy()
  })

  it('and a reset at any moment leave the server alone', async (t) => {
    const { port } = await startTls(t)
    for (let round = 0; round < 40; round++) {
      const client = await raw(port)
      client.send(connect(`${round % 2 === 0 ? name : 'x'}:443`))
      if (round % 4 < 2) await client.until((text) => text.length > 0)
      if (round % 3 === 0) client.send(Buffer.from('16030100a5', 'hex'))
      client.socket.resetAndDestroy()
    }
    await delay(20)
    const client = await raw(port)
    client.send(get())
    await client.until((text) => text.endsWith('>'))
    client.socket.destroy()
  })

  it('does not keep the server from closing', async (t) => {
    const { port, server } = await startTls(t)
    const silent = await raw(port)
    silent.send(connect(`${name}:443`))
    await silent.until((text) => text.length > 0)
    const opened = await raw(port)
    opened.send(connect(`${name}:443`))
    await opened.until((text) => text.length > 0)
    const client = await inside(opened)
    await server.close(100)
    await silent.closed()
    await client.closed()
    silent.socket.destroy()
    opened.socket.destroy()
  })
})

describe('a tunnel to a server with its own CA', () => {
  for (const host of [
    's3.amazonaws.com',
    'a.b.s3.eu-west-1.amazonaws.com',
    'sts.us-east-1.amazonaws.com',
    'iam.amazonaws.com',
  ]) {
    it(`shows a certificate for ${host}`, async () => {
      const server = await startSandbucket({ tls: true })
      const tunnel = await raw(server.port)
      tunnel.send(connect(`${host}:443`))
      await tunnel.until((text) => text.length > 0)
      tunnel.socket.removeAllListeners('data')
      const socket = connectTls({ socket: tunnel.socket, ca: server.ca as string, servername: host })
      const client = watch(socket)
      await once(socket, 'secureConnect')
      client.send(`GET /k HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      assert.match(await client.closed(), /^HTTP\/1\.1 \d{3} .*x-amz-request-id: /s)
      await server.close({ graceMs: 0 })
    })
  }
})

describe('CONNECT without TLS', () => {
  it('is refused, and the answer names the option', async (t) => {
    const { port } = await start(t, async () => ({ status: 200, headers: {} }))
    const client = await raw(port)
    client.send(connect(`${name}:443`))
    assert.match(await client.closed(), /^HTTP\/1\.1 405 CONNECT needs --tls on this server\.\r\n/)
    client.socket.destroy()
  })
})

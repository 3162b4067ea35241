/** Request bodies: lengths, hashes, back-pressure, and clients that stop, stall or go away. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openBody } from '../../src/auth/open-body.ts'
import type { PayloadMode } from '../../src/auth/payload.ts'
import type { AwsError } from '../../src/errors.ts'
import { type BodyOptions, collectBody, openRawBody } from '../../src/http/body.ts'
import type { RequestBody } from '../../src/http/request-body.ts'
import type { WireRequest } from '../../src/http/wire.ts'
import { byteStream, checkRefusal, makeRequest, type Refusal } from '../auth/support.ts'

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

function body(pieces: (string | Buffer)[], headers: Record<string, string>, options: BodyOptions = {}): RequestBody {
  return openRawBody(makeRequest({ headers, body: byteStream(pieces.map((piece) => Buffer.from(piece))) }), options)
}

const read = (from: RequestBody): Promise<Buffer> => collectBody(from, 1e9, 'MaxMessageLengthExceeded')

async function rejects(promise: Promise<unknown>, expected: Refusal): Promise<AwsError> {
  return promise.then(
    () => assert.fail(`expected ${expected.code}`),
    (cause) => checkRefusal(cause, expected),
  )
}

describe('a plain body', () => {
  it('is handed over in order, in its pieces', async () => {
    const seen: string[] = []
    const from = body(['ab', 'cd', 'e'], { 'content-length': '5' })
    assert.equal(from.sizeBytes, 5)
    await from.forEach((chunk) => void seen.push(chunk.toString()))
    assert.deepEqual(seen, ['ab', 'cd', 'e'])
    assert.equal(from.trailers.size, 0)
  })
  it('has no known size with a transfer coding, and none without either header', async () => {
    const chunked = body(['abc'], { 'transfer-encoding': 'chunked' })
    assert.equal(chunked.sizeBytes, undefined)
    assert.equal((await read(chunked)).toString(), 'abc')
    const none = body(['never read'], {})
    assert.equal(none.sizeBytes, 0)
    assert.equal((await read(none)).length, 0)
  })
  it('waits for the sink, one piece at a time', async () => {
    let atWork = 0
    let most = 0
    const pieces = Array.from({ length: 20 }, () => 'x')
    await body(pieces, { 'content-length': '20' }).forEach(async () => {
      most = Math.max(most, ++atWork)
      await delay(1)
      atWork--
    })
    assert.equal(most, 1)
    assert.equal(atWork, 0)
  })
  it('asks for the body only when it is read, and for an empty one too: who waits must be told', async () => {
    let asked = 0
    const request = (length: string): WireRequest => ({
      ...makeRequest({ headers: { 'content-length': length }, body: byteStream([Buffer.from('ab')]) }),
      sendContinue: () => void asked++,
    })
    const from = openRawBody(request('2'))
    assert.equal(asked, 0)
    await read(from)
    assert.equal(asked, 1)
    await read(openRawBody(request('0')))
    assert.equal(asked, 2)
  })
  it('is there at once when it has come, verified; when it has not, nothing has happened', async () => {
    const late = body(['late'], { 'content-length': '4' })
    assert.equal(late.atOnce?.(), undefined)
    assert.equal((await read(late)).toString(), 'late')
    const arrived = (text: string, sha256Hex: string) => {
      const stream = new Readable({ read() {} })
      stream.push(text)
      stream.push(null)
      return openRawBody(makeRequest({ headers: { 'content-length': '4' }, body: stream }), { sha256Hex })
    }
    const good = arrived('data', sha256('data'))
    assert.equal(good.atOnce?.()?.toString(), 'data')
    assert.throws(() => good.atOnce?.(), /once/)
    await assert.rejects(read(good), /once/)
    assert.throws(() => arrived('date', sha256('data')).atOnce?.(), { code: 'XAmzContentSHA256Mismatch' })
    // Fewer bytes than announced may still come.
    assert.equal(arrived('dat', sha256('dat')).atOnce?.(), undefined)
  })
  it('is read once', async () => {
    const from = body(['a'], { 'content-length': '1' })
    await read(from)
    await assert.rejects(read(from), /once/)
  })
  it('a sink that throws or rejects ends it with that error', async () => {
    const boom = new Error('boom')
    const pieces = ['a', 'b', 'c']
    const sinks = [
      () => {
        throw boom
      },
      async () => {
        await delay(1)
        throw boom
      },
    ]
    for (const sink of sinks) await assert.rejects(body(pieces, { 'content-length': '3' }).forEach(sink), boom)
  })
})

describe('what was promised about a body', () => {
  const hash = { sha256Hex: sha256('abcd') }
  it('the hash, in one piece or many', async () => {
    for (const pieces of [['abcd'], ['ab', 'cd']]) await read(body(pieces, { 'content-length': '4' }, hash))
    await read(body([], { 'content-length': '0' }, { sha256Hex: sha256('') }))
    await read(body(['abcd'], { 'transfer-encoding': 'chunked' }, hash))
  })
  it('another hash', async () => {
    for (const pieces of [['abce'], ['ab', 'ce']]) {
      await rejects(read(body(pieces, { 'content-length': '4' }, hash)), {
        code: 'XAmzContentSHA256Mismatch',
        status: 400,
        message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
        fields: { ClientComputedContentSHA256: hash.sha256Hex, S3ComputedContentSHA256: sha256('abce') },
      })
    }
    await rejects(read(body([], {}, hash)), { code: 'XAmzContentSHA256Mismatch' })
  })
  it('fewer and more bytes than Content-Length', async () => {
    for (const length of ['5', '3']) {
      await rejects(read(body(['ab', 'cd'], { 'content-length': length })), { code: 'IncompleteBody', status: 400 })
    }
  })
})

describe('small bodies', () => {
  it('a body too long by its header is not read at all', async () => {
    const from = body(['abcd'], { 'content-length': '4' })
    await rejects(collectBody(from, 3, 'MaxMessageLengthExceeded'), { code: 'MaxMessageLengthExceeded' })
    assert.equal((await read(from)).length, 4)
  })
  it('a body that turns out too long', async () => {
    const from = body(['ab', 'cd'], { 'transfer-encoding': 'chunked' })
    await rejects(collectBody(from, 3, 'EntityTooLarge'), { code: 'EntityTooLarge' })
  })
  it('a single piece is not copied', async () => {
    const piece = Buffer.from('abcd')
    const request = makeRequest({ headers: { 'content-length': '4' }, body: byteStream([piece]) })
    assert.equal((await collectBody(openRawBody(request), 4, 'EntityTooLarge')).buffer, piece.buffer)
  })
})

describe('streams that do not end well', () => {
  const quick = { idleTimeoutMs: 30 }
  const stuck = (first?: string): Readable => {
    const stream = new Readable({ read() {} })
    if (first !== undefined) stream.push(first)
    return stream
  }
  const over = (stream: Readable, options: BodyOptions = {}) =>
    openRawBody(makeRequest({ headers: { 'content-length': '10' }, body: stream }), options)

  it('silence is RequestTimeout, and closes the connection', async () => {
    for (const stream of [stuck(), stuck('abc')]) {
      const caught = await rejects(read(over(stream, quick)), {
        code: 'RequestTimeout',
        status: 400,
        message: 'Your socket connection to the server was not read from or written to within the timeout period.',
      })
      assert.equal(caught.headers.Connection, 'close')
    }
  })
  it('a slow sink is no silence of the client', async () => {
    const from = openRawBody(
      makeRequest({ headers: { 'content-length': '2' }, body: byteStream([Buffer.from('a'), Buffer.from('b')]) }),
      quick,
    )
    await from.forEach(async () => {
      await delay(70)
    })
  })
  it('an error, a close, an abort before and while reading', async () => {
    for (const end of [
      (s: Readable) => s.destroy(),
      (s: Readable) => s.destroy(new Error('reset')),
      (s: Readable) => s.emit('aborted'),
    ]) {
      const stream = stuck('abc')
      const reading = rejects(read(over(stream)), { code: 'IncompleteBody' })
      setImmediate(() => end(stream))
      await reading
    }
    const gone = stuck('abc')
    gone.on('error', () => {})
    gone.destroy()
    await rejects(read(over(gone)), { code: 'IncompleteBody' })
  })
  it('a client that goes away while the sink works: the sink is waited for', async () => {
    const stream = stuck('abc')
    let finished = false
    const reading = over(stream).forEach(async () => {
      stream.destroy()
      await delay(20)
      finished = true
    })
    await rejects(reading, { code: 'IncompleteBody' })
    assert.ok(finished)
  })
  it('an error after the failure is nobody’s uncaught exception', async () => {
    const stream = stuck('abc')
    await rejects(read(over(stream, quick)), { code: 'RequestTimeout' })
    stream.destroy(new Error('late'))
    await delay(5)
  })
})

describe('openBody', () => {
  const upload = { lengthRequired: true }
  const unverified: PayloadMode = { kind: 'unverified' }
  const chunked: PayloadMode = { kind: 'aws-chunked', hasTrailers: true, seed: undefined }
  const wire = Buffer.from('4\r\nlast\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n')
  const open = (headers: Record<string, string>, payload: PayloadMode, options = upload, data: Buffer = wire) =>
    openBody(makeRequest({ headers, body: byteStream([data]) }), { payload }, options)
  const refusesToOpen = (action: () => unknown, expected: Refusal) => {
    try {
      action()
    } catch (cause) {
      return checkRefusal(cause, expected)
    }
    return assert.fail(`expected ${expected.code}`)
  }

  it('uploads need a length or a transfer coding, other operations do not', async () => {
    refusesToOpen(() => open({}, unverified), {
      code: 'MissingContentLength',
      status: 411,
      message: 'You must provide the Content-Length HTTP header.',
    })
    assert.equal(open({ 'transfer-encoding': 'chunked' }, unverified).sizeBytes, undefined)
    assert.equal(open({}, unverified, { lengthRequired: false }).sizeBytes, 0)
  })
  it('framing needs the decoded length, and no Content-Length', async () => {
    for (const headers of [
      { 'content-length': '9' },
      { 'x-amz-decoded-content-length': 'test' },
      { 'x-amz-decoded-content-length': '' },
    ]) {
      refusesToOpen(() => open(headers as Record<string, string>, chunked), {
        code: 'MissingContentLength',
        status: 411,
      })
    }
    const headers = {
      'transfer-encoding': 'chunked',
      'x-amz-decoded-content-length': '4',
      'x-amz-trailer': 'X-Amz-Checksum-CRC32',
    }
    const from = open(headers, chunked)
    assert.equal(from.sizeBytes, 4)
    assert.equal((await read(from)).toString(), 'last')
    assert.equal(from.trailers.get('x-amz-checksum-crc32'), 'abc=')
  })
  it('framing is for uploads', () => {
    refusesToOpen(() => open({ 'x-amz-decoded-content-length': '4' }, chunked, { lengthRequired: false }), {
      code: 'InvalidRequest',
      status: 400,
    })
  })
  it('framing that ends early', async () => {
    const headers = { 'content-length': '8', 'x-amz-decoded-content-length': '4' }
    await rejects(read(open(headers, chunked, upload, wire.subarray(0, 8))), { code: 'IncompleteBody' })
  })
})

/** Serves one handler on a free port for the time of a test. */
async function serve(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  use: (port: number) => Promise<void>,
) {
  const server = createServer(handler)
  server.on('checkContinue', handler)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use((server.address() as AddressInfo).port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function toWire(request: IncomingMessage, response: ServerResponse): WireRequest {
  return {
    ...makeRequest(),
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    stream: request,
    sendContinue: () => {
      if (request.headers.expect !== undefined) response.writeContinue()
    },
  }
}

describe('over a socket', () => {
  it('a keep-alive connection goes on after bodies of every size', async () => {
    const handler = async (request: IncomingMessage, response: ServerResponse) => {
      const data = await read(openRawBody(toWire(request, response)))
      response.end(sha256(data))
    }
    await serve(handler, async (port) => {
      for (const size of [0, 1, 1000, 65_536, 1_000_000]) {
        const data = Buffer.alloc(size, 'x')
        const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'PUT', body: data })
        assert.equal(await response.text(), sha256(data))
      }
    })
  })
  it('Expect: 100-continue is answered when the body is wanted', async () => {
    const handler = async (request: IncomingMessage, response: ServerResponse) => {
      response.end((await read(openRawBody(toWire(request, response)))).toString())
    }
    await serve(handler, async (port) => {
      const socket = connect(port, '127.0.0.1')
      socket.write(
        'PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n',
      )
      const [first] = (await once(socket, 'data')) as [Buffer]
      assert.match(first.toString(), /^HTTP\/1.1 100 /)
      socket.write('ok')
      let answer = ''
      for await (const chunk of socket) answer += chunk
      assert.match(answer, /^HTTP\/1.1 200 [\s\S]*ok/)
    })
  })
  it('a client that closes or resets in the middle', async () => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const { promise, resolve } = withResolvers<unknown>()
      const handler = (request: IncomingMessage, response: ServerResponse) => {
        read(openRawBody(toWire(request, response))).then(resolve, resolve)
      }
      await serve(handler, async (port) => {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => {})
        socket.write('PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nsome')
        await delay(20)
        socket[leave]()
        checkRefusal(await promise, { code: 'IncompleteBody' })
        socket.destroy()
      })
    }
  })
})

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

describe('a body that has arrived whole', () => {
  it('is read at once, in however many pieces its framing has it', async () => {
    const stream = new Readable({ read() {} })
    stream.push(Buffer.from('one;two;three'))
    const decoder = {
      trailers: new Map<string, string>(),
      push: (bytes: Buffer, out: Buffer[]) =>
        out.push(
          ...bytes
            .toString()
            .split(';')
            .map((text) => Buffer.from(text)),
        ),
      end() {},
    }
    const request = { ...makeRequest({ headers: { 'content-length': '13' } }), stream }
    const options = { sizeBytes: 11, decoder, sha256Hex: sha256('onetwothree') }
    assert.equal(openRawBody(request, options).atOnce?.()?.toString(), 'onetwothree')
  })
})

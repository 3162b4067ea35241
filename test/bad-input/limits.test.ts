/** Time and memory are bounded: slow and silent clients, and bodies without end. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { largeBytes } from './arena.ts'
import type { Connection } from './wire.ts'
import { bytesOf, chunkedBytes, document, headOf, key, type RequestShape, sign, unsignedStreaming } from './requests.ts'
import { checkAnswer, useArena } from './table.ts'

const timeout = {
  status: 400,
  code: 'RequestTimeout',
  message: 'Your socket connection to the server was not read from or written to within the timeout period.',
}
const target = '/bucket/key'
const field = (name: string, value: string) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}`

describe('slow clients', () => {
  const arena = useArena({
    hasLarge: true,
    limits: { headersMs: 300, idleMs: 2000, bodyIdleMs: 300, stalledDownloadMs: 300, keepAliveMs: 300, lingerMs: 200 },
  })
  const upload = (more: Partial<RequestShape> = {}): RequestShape => ({
    method: 'PUT',
    target,
    ...more,
    headers: { 'Content-Length': '100', 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', ...more.headers },
  })
  /** The fields of a form and a part of the rest, where more is announced. */
  async function browserForm(rest: string): Promise<Connection> {
    const conditions = [{ bucket: 'bucket' }, ['starts-with', '$key', '']]
    const policy = Buffer.from(JSON.stringify({ expiration: '2099-01-01T00:00:00Z', conditions })).toString('base64')
    const signature = createHmac('sha1', key.secretAccessKey).update(policy).digest('base64')
    const fields = { key: 'posted', AWSAccessKeyId: key.accessKeyId, policy, signature }
    const headers = { 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': '5000' }
    const connection = await arena().begin({ method: 'POST', target: '/bucket', sign: 'none', headers })
    await connection.send(
      Object.entries(fields)
        .map((pair) => `${field(...pair)}\r\n`)
        .join('') + rest,
    )
    return connection
  }
  /** Sends a byte now and then until the connection ends, and tells how long that took. */
  async function drip(connection: Connection, everyMs: number, byte: string): Promise<number> {
    const startedMs = Date.now()
    let isOpen = true
    const closed = connection.closed().then(() => {
      isOpen = false
    })
    while (isOpen) {
      await connection.send(byte)
      await Promise.race([closed, delay(everyMs)])
    }
    return Date.now() - startedMs
  }

  // They wait most of the time, so they wait together.
  describe('at once', { concurrency: true }, () => {
    it('one that never says anything is closed', async () => {
      const connection = await arena().connect()
      await connection.closed()
      await connection.destroy()
    })

    it('one that sends a head a byte at a time is told, and closed', async () => {
      const connection = await arena().connect()
      await connection.send('GET / HTTP/1.1\r\nX-A: ')
      assert.ok((await drip(connection, 50, 'a')) < 5000)
      checkAnswer(await connection.answer(), timeout)
      await connection.destroy()
    })

    const bodies: [string, () => Promise<Connection>][] = [
      ['an upload without its body', () => arena().begin(upload())],
      [
        'half an upload',
        async () => {
          const connection = await arena().begin(upload())
          await connection.send('half')
          return connection
        },
      ],
      ['an upload it was asked for', () => arena().begin(upload({ headers: { Expect: '100-continue' } }))],
      [
        'a part',
        () => arena().begin(upload({ target: `/bucket/upload.bin?partNumber=2&uploadId=${arena().uploadId}` })),
      ],
      ['a document', () => arena().begin(document('/bucket?versioning', '<a/>'))],
      [
        'a form',
        () => {
          const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
          return arena().begin(upload({ method: 'POST', target: '/', service: 'sts', headers }))
        },
      ],
      ['the fields of a browser form', () => browserForm('')],
      ['the file of a browser form', () => browserForm(`${field('file"; filename="f', 'half of it')}`)],
      [
        'half a framed upload',
        async () => {
          const connection = await arena().connect()
          const bytes = chunkedBytes({ target, mode: unsignedStreaming, chunks: ['a'.repeat(10_000)] })
          await connection.send(bytes.subarray(0, -5000))
          return connection
        },
      ],
    ]
    for (const [name, begin] of bodies) {
      it(`one that falls silent in the middle of ${name} is told, and closed`, async () => {
        const connection = await begin()
        checkAnswer(await connection.answer(), timeout)
        await connection.closed()
        await connection.destroy()
      })
    }

    it('one that sends nothing after its answer is closed', async () => {
      const connection = await arena().connect()
      await connection.send(bytesOf({ target: '/bucket/hello.txt' }))
      assert.equal((await connection.answer()).status, 200)
      await connection.closed()
      await connection.destroy()
    })

    it('one that does not read its answer is cut off', async () => {
      const connection = await arena().connect()
      connection.socket.pause()
      await connection.send(bytesOf({ target: '/bucket/large' }))
      // Eight MiB do not fit into the buffers of a loopback connection that nobody reads.
      await delay(1500)
      connection.socket.resume()
      await connection.closed()
      assert.ok(connection.receivedBytes < largeBytes, `${connection.receivedBytes} bytes`)
      await connection.destroy()
    })

    it('one that sends slowly, but goes on, is served', async () => {
      const connection = await arena().begin(upload({ headers: { 'Content-Length': '10' } }))
      for (let count = 0; count < 10; count++) {
        await connection.send('a')
        await delay(100)
      }
      assert.equal((await connection.answer()).status, 200)
      await connection.destroy()
      await arena().expect(204, { method: 'DELETE', target })
    })
  })

  it('the server is unharmed', () => arena().checkUnharmed())
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The most bytes that were in use above what is in use now, looked at while `work` runs. */
async function peakBytes(work: () => Promise<unknown>): Promise<number> {
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  collectGarbage()
  const before = used()
  let peak = 0
  const timer = setInterval(() => {
    // Only what is held counts; looking costs far more than what is looked at.
    if (used() - before < peak) return
    collectGarbage()
    peak = Math.max(peak, used() - before)
  }, 150)
  // The server must hold no timer; this one does not count.
  timer.unref()
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return peak
}

const mebibyte = 2 ** 20

describe('bodies without end', () => {
  // Room enough to read the answer on a busy machine, and to be cut off long before the flood is over: a client that is
  // cut off before it has read loses the answer.
  const arena = useArena({ limits: { lingerMs: 10_000, lingerBytes: 32 * mebibyte } })

  /** Sends a piece again and again until `times` or the end of the connection; tells how many were taken. */
  async function flood(connection: Connection, piece: Buffer, times: number): Promise<number> {
    let count = 0
    while (count < times && connection.socket.writable) {
      await connection.send(piece)
      count++
    }
    return count
  }

  const zeros = Buffer.alloc(mebibyte)
  const httpChunk = Buffer.concat([Buffer.from('100000\r\n'), zeros, Buffer.from('\r\n')])
  const chunkedHead = (shape: RequestShape): Buffer => {
    const headers = { 'Transfer-Encoding': 'chunked', 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD', ...shape.headers }
    return headOf(sign({ ...shape, raw: '', headers }))
  }
  const framed = { 'X-Amz-Content-Sha256': unsignedStreaming, 'X-Amz-Decoded-Content-Length': '5' }
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const floods: [string, () => Buffer, Buffer][] = [
    [
      'a document in chunks',
      () => chunkedHead({ method: 'PUT', target: '/bucket?versioning', headers: { 'Content-MD5': 'x' } }),
      httpChunk,
    ],
    ['a list of keys to delete in chunks', () => chunkedHead({ method: 'POST', target: '/bucket?delete' }), httpChunk],
    ['a form in chunks', () => chunkedHead({ method: 'POST', target: '/', service: 'sts', headers: form }), httpChunk],
    ['an upload without framing', () => chunkedHead({ method: 'PUT', target }), httpChunk],
    [
      'an upload that nobody signed',
      () => chunkedHead({ method: 'PUT', target, sign: 'none', headers: framed }),
      httpChunk,
    ],
    ['a head', () => Buffer.from('GET / HTTP/1.1\r\nX-A: '), Buffer.alloc(mebibyte, 'a')],
    [
      'a framed upload with a chunk header',
      () =>
        chunkedHead({
          method: 'PUT',
          target,
          headers: framed,
        }),
      Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(mebibyte, '0'), Buffer.from('\r\n')]),
    ],
  ]
  for (const [name, head, piece] of floods) {
    it(`${name} of 100 MB is refused early and kept nowhere`, async () => {
      const peak = await peakBytes(async () => {
        const connection = await arena().connect()
        try {
          await connection.send(head())
          const [answer, sent] = await Promise.all([connection.answer(), flood(connection, piece, 100)])
          assert.ok((answer.status >= 400 && answer.status < 500) || answer.status === 501, `${answer.status}`)
          assert.ok(sent < 100, `${sent} MiB were taken`)
        } finally {
          await connection.destroy()
        }
      })
      assert.ok(peak < 32 * mebibyte, `${peak} bytes`)
    })
  }

  it('an upload of 200 MiB that breaks off takes no memory but its own, and gives it back', async () => {
    const peak = await peakBytes(async () => {
      for (let round = 0; round < 10; round++) {
        const headers = { 'Content-Length': String(200 * mebibyte), 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }
        const connection = await arena().begin({ method: 'PUT', target, headers })
        await flood(connection, zeros, 16)
        await connection.destroy()
        await arena().checkIdle()
      }
    })
    // Ten times 16 MiB came; buffers that nobody holds may be freed a little later than they are found.
    assert.ok(peak < 96 * mebibyte, `${peak} bytes`)
  })

  it('the server is unharmed', () => arena().checkUnharmed())
})

/** Clients that go away: in the middle of an upload, of a download, before an answer. Nothing stays behind. */
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Arena } from './arena.ts'
import { bytesOf, chunkedBytes, document, unsignedStreaming } from './requests.ts'
import { checkAnswer, useArena } from './table.ts'
import type { Connection } from './wire.ts'

const mebibyte = 2 ** 20
const target = '/bucket/aborted'
const partTarget = ({ uploadId }: Arena): string => `/bucket/upload.bin?partNumber=9&uploadId=${uploadId}`

/** How a connection can end: orderly, with a reset, or with the process that held it. */
const endings: [string, (connection: Connection) => Promise<void>][] = [
  [
    'ends its side',
    async (connection) => {
      connection.socket.end()
      await connection.closed()
      await connection.destroy()
    },
  ],
  ['goes away', (connection) => connection.destroy()],
  [
    'resets',
    async (connection) => {
      connection.socket.resetAndDestroy()
      await connection.destroy()
    },
  ],
]

interface Case {
  name: string
  /** The request, of which only a part is sent. */
  bytes: (arena: Arena) => Buffer
  /** How many bytes behind the head are sent. */
  sent: number
  /** Whether a file must be there while the upload goes on (directory store). */
  isStaged?: boolean
}

const large = Buffer.alloc(4 * mebibyte, 'a')
const put = (path: string): Buffer => bytesOf({ method: 'PUT', target: path, body: large })
const uploads: Case[] = [
  { name: 'a plain upload', bytes: () => put(target), sent: mebibyte, isStaged: true },
  { name: 'a plain upload at its first byte', bytes: () => put(target), sent: 1 },
  { name: 'a plain upload before its first byte', bytes: () => put(target), sent: 0 },
  { name: 'a plain upload one byte before its end', bytes: () => put(target), sent: large.length - 1, isStaged: true },
  { name: 'a small upload', bytes: () => bytesOf({ method: 'PUT', target, body: 'hello, world' }), sent: 5 },
  {
    name: 'an upload over an object that is there',
    bytes: () => put('/bucket/hello.txt'),
    sent: mebibyte,
    isStaged: true,
  },
  {
    name: 'an upload to a bucket with versions',
    bytes: () => put('/versioned/aborted'),
    sent: mebibyte,
    isStaged: true,
  },
  { name: 'a part', bytes: (arena) => put(partTarget(arena)), sent: mebibyte, isStaged: true },
  {
    name: 'a part that is there',
    bytes: ({ uploadId }) => put(`/bucket/upload.bin?partNumber=1&uploadId=${uploadId}`),
    sent: mebibyte,
    isStaged: true,
  },
  {
    name: 'an upload in signed chunks',
    bytes: () => chunkedBytes({ target, chunks: [large, large] }),
    sent: 5 * mebibyte,
    isStaged: true,
  },
  {
    name: 'an upload in signed chunks, within a chunk header',
    bytes: () => chunkedBytes({ target, chunks: [large] }),
    sent: 20,
  },
  {
    name: 'an upload in unsigned chunks',
    bytes: () => chunkedBytes({ target, mode: unsignedStreaming, chunks: [large] }),
    sent: mebibyte,
    isStaged: true,
  },
  {
    name: 'an upload in unsigned chunks, before its trailers',
    bytes: () => chunkedBytes({ target, mode: unsignedStreaming, chunks: [large] }),
    sent: large.length + 10,
    isStaged: true,
  },
  {
    name: 'a framed upload in chunks of HTTP',
    bytes: () => {
      const headers = {
        'Content-Encoding': 'aws-chunked',
        'Transfer-Encoding': 'chunked',
        'X-Amz-Content-Sha256': unsignedStreaming,
        'X-Amz-Decoded-Content-Length': String(large.length),
      }
      const frame = Buffer.concat([Buffer.from(`${large.length.toString(16)}\r\n`), large])
      const raw = Buffer.concat([Buffer.from(`${(frame.length + 10).toString(16)}\r\n`), frame])
      return bytesOf({ method: 'PUT', target, headers, raw })
    },
    sent: mebibyte,
    isStaged: true,
  },
  { name: 'a document', bytes: () => bytesOf(document('/bucket?versioning', '<VersioningConfiguration/>')), sent: 10 },
  { name: 'a head', bytes: () => Buffer.concat([put(target).subarray(0, 100), Buffer.from('\r\n\r\n')]), sent: -4 },
]

async function eventually(isDone: () => Promise<boolean> | boolean, what: string): Promise<void> {
  for (let waitedMs = 0; !(await isDone()); waitedMs += 10) {
    assert.ok(waitedMs < 5000, `waited 5 s for ${what}`)
    await delay(10)
  }
}

/** Open files of this process, where the system shows them. */
async function openFiles(): Promise<number> {
  try {
    return (await readdir('/proc/self/fd')).length
  } catch {
    return 0
  }
}

for (const mode of ['memory', 'directory'] as const) {
  describe(`a client goes away, ${mode} store`, () => {
    const arena = useArena({ mode, hasLarge: true })

    for (const { name, bytes, sent, isStaged = false } of uploads) {
      for (const [ending, end] of endings) {
        it(`in the middle of ${name}: it ${ending}`, async () => {
          const all = bytes(arena())
          const head = all.indexOf('\r\n\r\n') + 4
          const connection = await arena().connect()
          await connection.send(all.subarray(0, head + sent))
          if (isStaged && mode === 'directory') {
            await eventually(async () => (await arena().temporaryFiles()).length === 1, 'a temporary file')
          }
          await end(connection)
          await eventually(async () => (await arena().temporaryFiles()).length === 0, 'no temporary file')
          await arena().checkIdle()
        })
      }
    }

    it('is told that its upload is incomplete when it ends only its side', async () => {
      const connection = await arena().connect()
      const all = put(target)
      await connection.send(all.subarray(0, -1))
      connection.socket.end()
      checkAnswer(await connection.answer(), { status: 400, code: 'IncompleteBody' })
      await connection.destroy()
    })

    for (const [ending, end] of endings.slice(1)) {
      it(`in the middle of a download: it ${ending}`, async () => {
        const before = await openFiles()
        for (let round = 0; round < 20; round++) {
          const connection = await arena().connect()
          await connection.send(bytesOf({ target: '/bucket/large' }))
          await connection.anything()
          await end(connection)
        }
        await arena().checkIdle()
        await eventually(async () => (await openFiles()) <= before, 'the files to be closed')
      })

      it(`before its answer: it ${ending}`, async () => {
        const requests = [
          bytesOf({ target: '/bucket/large' }),
          bytesOf({ target: '/bucket?list-type=2' }),
          bytesOf({ target: '/bucket/missing' }),
          bytesOf({ method: 'HEAD', target: '/bucket/hello.txt' }),
          bytesOf({ method: 'PATCH', target: '/bucket' }),
        ]
        for (const request of requests) {
          const connection = await arena().connect()
          await connection.send(request)
          await end(connection)
        }
        await arena().checkIdle()
      })

      it(`while it waits for 100 Continue: it ${ending}`, async () => {
        const headers = { Expect: '100-continue', 'Content-Length': '100', 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }
        const connection = await arena().begin({ method: 'PUT', target, headers })
        assert.ok(await connection.hasContinue())
        await end(connection)
        await arena().checkIdle()
      })

      it(`after a refusal, in the middle of what it still sends: it ${ending}`, async () => {
        const headers = { 'Content-Length': String(100 * mebibyte) }
        const connection = await arena().begin({ method: 'PUT', target, headers, sign: 'none' })
        await connection.send(large)
        assert.equal((await connection.answer()).status, 403)
        await end(connection)
        await arena().checkIdle()
      })
    }

    it('50 times at once', async () => {
      const all = put(target)
      const connections = await Promise.all(Array.from({ length: 50 }, () => arena().connect()))
      await Promise.all(connections.map((one, at) => one.send(all.subarray(0, 1000 + at * 20_000))))
      await Promise.all(connections.map((one) => one.destroy()))
      await arena().checkIdle()
      await eventually(async () => (await arena().temporaryFiles()).length === 0, 'no temporary file')
    })

    it('and the server is unharmed', () => arena().checkUnharmed())

    it('and the server closes while uploads go on, leaving nothing', async () => {
      const connections = await Promise.all(Array.from({ length: 5 }, () => arena().connect()))
      await Promise.all(connections.map((one) => one.send(put(target).subarray(0, mebibyte))))
      if (mode === 'directory') {
        await eventually(async () => (await arena().temporaryFiles()).length === 5, 'temporary files')
      }
      await arena().stop()
      assert.deepEqual(await arena().temporaryFiles(), [])
      await Promise.all(connections.map((one) => one.destroy()))
    })
  })
}

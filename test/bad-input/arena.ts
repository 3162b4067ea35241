/** A server to be ill-treated, and what must be true of it afterwards. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../../src/config/config.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import type { Log } from '../../src/context.ts'
import type { HttpLimits } from '../../src/http/limits.ts'
import { createServer, type RunningServer } from '../../src/server.ts'
import { type OpenedStore, openWithParts } from '../../src/store/open.ts'
import { verifyStore } from '../../src/store/verify.ts'
import { blobIds } from '../store/support.ts'
import { bytesOf, document, key, type RequestShape, sign, headOf, strangerKey } from './requests.ts'
import { type Answer, Connection, exchange } from './wire.ts'

/** Size of `large`: more than the buffers of a loopback connection hold. */
export const largeBytes = 8 * 2 ** 20
export const ownerId = '111111111111'
export const strangerId = '222222222222'

const { config } = resolveOptions({
  port: 0,
  inMemory: true,
  regionStrict: true,
  domains: ['s3.test'],
  openCors: false,
  accounts: [
    { id: ownerId, keys: [key] },
    { id: strangerId, keys: [strangerKey] },
  ],
})

export interface ArenaOptions {
  mode?: 'memory' | 'directory'
  /** Whether `bucket` has an object `large`. */
  hasLarge?: boolean
  limits?: Partial<HttpLimits>
  config?: Partial<Config>
}

/**
 * A server with fixtures: bucket `bucket` with `hello.txt` and perhaps `large`, an upload in progress of `upload.bin` with one
 * part, `versioned` (versioning on), `locked` (Object Lock), and the stranger's `foreign`.
 */
export class Arena {
  readonly server: RunningServer
  readonly opened: OpenedStore
  readonly port: number
  uploadId = ''
  partETag = ''
  #isClosed = false
  readonly #dataDir: string | undefined
  /** What the server logged as a warning or an error: nothing should. */
  readonly complaints: unknown[]
  /** Keys of all rows as the fixtures left them. */
  #rows: string[] = []

  private constructor(server: RunningServer, opened: OpenedStore, dataDir: string | undefined, complaints: unknown[]) {
    this.server = server
    this.opened = opened
    this.port = server.port
    this.#dataDir = dataDir
    this.complaints = complaints
  }

  static async start(options: ArenaOptions = {}): Promise<Arena> {
    const dataDir = options.mode === 'directory' ? await mkdtemp(join(tmpdir(), 'sandbucket-')) : undefined
    const complaints: unknown[] = []
    const complain: Log['error'] = (fields, message) => void complaints.push({ message, ...fields })
    const log: Log = { debug() {}, info() {}, warn: complain, error: complain }
    const opened = await openWithParts({ dataDir, log })
    await opened.swept
    const server = await createServer({ ...config, ...options.config }, log, {
      store: opened.store,
      ...(options.limits && { limits: options.limits }),
    })
    const arena = new Arena(server, opened, dataDir, complaints)
    try {
      await arena.#furnish(options.hasLarge === true)
      arena.#rows = await arena.#rowKeys()
    } catch (cause) {
      await arena.close()
      throw cause
    }
    return arena
  }

  async #furnish(hasLarge: boolean): Promise<void> {
    for (const name of ['bucket', 'versioned', 'empty']) await this.expect(200, { method: 'PUT', target: `/${name}` })
    await this.expect(200, {
      method: 'PUT',
      target: '/locked',
      headers: { 'X-Amz-Bucket-Object-Lock-Enabled': 'true' },
    })
    await this.expect(200, { method: 'PUT', target: '/foreign', key: strangerKey })
    const versioning = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
    await this.expect(200, document('/versioned?versioning', versioning))
    await this.expect(200, {
      method: 'PUT',
      target: '/bucket/hello.txt',
      headers: { 'Content-Type': 'text/plain' },
      body: 'hello, world',
    })
    if (hasLarge) {
      await this.expect(200, { method: 'PUT', target: '/bucket/large', body: Buffer.alloc(largeBytes, 'L') })
    }
    const created = await this.expect(200, { method: 'POST', target: '/bucket/upload.bin?uploads' })
    this.uploadId = /<UploadId>(.*)<\/UploadId>/.exec(created.body)?.[1] as string
    const part = await this.expect(200, {
      method: 'PUT',
      target: `/bucket/upload.bin?partNumber=1&uploadId=${this.uploadId}`,
      body: 'the first part',
    })
    this.partETag = part.headers.etag as string
  }

  /** Sends a request and takes its answer. */
  send(request: RequestShape | string | Buffer): Promise<Answer> {
    if (typeof request === 'string' || Buffer.isBuffer(request)) return exchange(this.port, request)
    return exchange(this.port, bytesOf(request), request.method === 'HEAD')
  }

  async expect(status: number, request: RequestShape): Promise<Answer> {
    const answer = await this.send(request)
    assert.equal(answer.status, status, answer.body)
    return answer
  }

  connect(): Promise<Connection> {
    return Connection.open(this.port)
  }

  /** Opens a connection and sends the head of a request, but not its body. */
  async begin(shape: RequestShape): Promise<Connection> {
    const connection = await this.connect()
    await connection.send(headOf(sign(shape)))
    return connection
  }

  /** A good request is still answered well. */
  async checkAlive(): Promise<void> {
    const target = '/bucket/alive'
    await this.expect(200, { method: 'PUT', target, body: 'alive' })
    assert.equal((await this.expect(200, { target })).body, 'alive')
    await this.expect(204, { method: 'DELETE', target })
  }

  /**
   * The server answers, complained about nothing, holds no connection or timer, and its store is sound and has the rows
   * that the fixtures made, no other.
   */
  async checkUnharmed(): Promise<void> {
    await this.checkAlive()
    await this.checkIdle()
    assert.deepEqual(this.complaints, [])
    await this.checkStore()
    assert.deepEqual(await this.#rowKeys(), this.#rows)
  }

  /** Every reference of the store is counted, and nothing is staged. */
  async checkStore(): Promise<void> {
    await this.opened.collector.idle()
    assert.deepEqual(await verifyStore(this.opened.kv, await this.blobs()), [])
    assert.deepEqual(await this.temporaryFiles(), [])
  }

  /** Waits until no connection is open and no timer runs; what still is after a while is a leak. */
  async checkIdle(): Promise<void> {
    const held = (): string[] =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'Timeout')
    for (let waitedMs = 0; held().length > 0 && waitedMs < 5000; waitedMs += 10) await delay(10)
    assert.deepEqual(held(), [], 'connections or timers are left')
  }

  blobs(): Promise<string[]> {
    return blobIds(this.opened, this.#dataDir)
  }

  async temporaryFiles(): Promise<string[]> {
    return this.#dataDir === undefined ? [] : readdir(join(this.#dataDir, 'tmp'))
  }

  async #rowKeys(): Promise<string[]> {
    await this.opened.collector.idle()
    const cursor = this.opened.kv.range({ gte: Buffer.alloc(0), lt: Buffer.from([0xff]) })
    const rows = await cursor.next(100_000)
    await cursor.close()
    return rows.map(([rowKey]) => rowKey.toString('latin1'))
  }

  async stop(): Promise<void> {
    this.#isClosed = true
    await this.server.close({ graceMs: 0 })
  }

  /** Stops the server, unless a test has, and removes its directory. */
  async close(): Promise<void> {
    if (!this.#isClosed) await this.stop()
    if (this.#dataDir !== undefined) await rm(this.#dataDir, { recursive: true, force: true })
  }
}

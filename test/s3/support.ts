/**
 * Handlers without a server: `call` runs one operation against a memory store with a clock that stands still until it is
 * moved.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Config } from '../../src/config/config.ts'
import type { Account, Ctx, Principal } from '../../src/context.ts'
import { AwsError } from '../../src/errors.ts'
import type { RequestBody } from '../../src/http/request-body.ts'
import type { S3Handlers } from '../../src/model/s3.types.gen.ts'
import { openStore } from '../../src/store/open.ts'
import type { BucketRecord } from '../../src/store/records.ts'
import type { BodyContent, Store } from '../../src/store/store.ts'

export const owner: Account = {
  id: '111111111111',
  canonicalId: 'a'.repeat(64),
  displayName: 'owner',
  email: 'owner@example.com',
}
export const stranger: Account = {
  id: '222222222222',
  canonicalId: 'b'.repeat(64),
  displayName: 'stranger',
  email: 'stranger@example.com',
}

/** 2026-01-02 03:04:05.678 UTC */
export const startMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

export function rootOf(account: Account): Principal {
  return {
    kind: 'root',
    accountId: account.id,
    arn: `arn:aws:iam::${account.id}:root`,
    userId: account.id,
    canonicalId: account.canonicalId,
    displayName: account.displayName,
    accessKeyId: `AKIA${account.id}`,
  }
}

export const anonymous: Principal = {
  kind: 'anonymous',
  accountId: '',
  arn: '',
  userId: 'anonymous',
  canonicalId: '65a011a29cdf8ec533ec3d1ccaae921c',
  displayName: '',
  accessKeyId: undefined,
}

export interface BodyOptions {
  /** How the bytes arrive; default: in one chunk. */
  chunks?: Buffer[]
  trailers?: Record<string, string>
  /** Thrown after the chunks, as when a client goes away. */
  failure?: Error
  /** False: the size is not known beforehand. */
  sized?: boolean
}

/** A request body out of bytes at hand. */
export function bodyOf(bytes: string | Uint8Array, options: BodyOptions = {}): RequestBody {
  const whole = Buffer.from(bytes as Uint8Array)
  const chunks = options.chunks ?? (whole.length === 0 ? [] : [whole])
  const trailers = new Map(Object.entries(options.trailers ?? {}))
  const sizeBytes = options.sized === false ? undefined : chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  return {
    sizeBytes,
    trailerNames: [...trailers.keys()],
    trailers,
    async forEach(sink) {
      for (const chunk of chunks) await sink(chunk)
      if (options.failure !== undefined) throw options.failure
    },
  }
}

export interface CallOptions {
  body?: RequestBody
  principal?: Principal
  auth?: Ctx['auth']
  baseUrl?: string
  /** Records, and may refuse by throwing, further permission checks. */
  authorize?: (action: string, resource: string) => void
}

type Name = keyof S3Handlers
type Input<N extends Name> = Parameters<S3Handlers[N]>[0]
type Output<N extends Name> = Awaited<ReturnType<S3Handlers[N]>>

/** A world for one test: a store, a clock, buckets, and `call`. */
export class World {
  readonly store: Store
  readonly clock = { nowMs: startMs, now: () => this.clock.nowMs }
  readonly #handlers: Partial<S3Handlers>
  readonly #config: Partial<Config>
  #uploads = 0
  /** What handlers logged as a warning. */
  readonly warnings: string[] = []

  constructor(store: Store, handlers: Partial<S3Handlers>, config: Partial<Config>) {
    this.store = store
    this.#handlers = handlers
    this.#config = config
  }

  /** Makes a bucket as AWS does since 2023; `changes` sets versioning, ownership, documents, ... */
  async bucket(Name = 'bucket', changes: Partial<BucketRecord> = {}): Promise<BucketRecord> {
    const bucket: BucketRecord = {
      Name,
      id: randomBytes(8).toString('hex'),
      region: 'us-east-1',
      ownerId: owner.id,
      createdMs: this.clock.nowMs,
      type: 'general',
      ObjectOwnership: 'BucketOwnerEnforced',
      documents: {},
      ...changes,
    }
    assert.equal(await this.store.buckets.create(bucket), true)
    return bucket
  }

  /** Changes a bucket's record, as PutBucketVersioning and its like do. */
  async change(Name: string, changes: Partial<BucketRecord>): Promise<void> {
    await this.store.buckets.update(Name, (bucket) => ({ ...bucket, ...changes }))
  }

  /** Runs an operation as the bucket owner's root, unless told otherwise. */
  async call<N extends Name>(name: N, input: Input<N>, options: CallOptions = {}): Promise<Output<N>> {
    const handler = this.#handlers[name]
    assert.ok(handler, `${name} has no handler`)
    const bucketName = (input as { Bucket?: string } | undefined)?.Bucket
    const bucket = bucketName === undefined ? undefined : await this.store.buckets.get(bucketName)
    return (await (handler as (input: Input<N>, ctx: Ctx) => unknown)(input, this.#ctx(bucket, options))) as Output<N>
  }

  /** PutObject of a text or bytes. */
  put(
    Key: string,
    bytes: string | Uint8Array = '',
    more: Partial<Input<'PutObject'>> = {},
    options: CallOptions = {},
  ): Promise<Output<'PutObject'>> {
    return this.call('PutObject', { Bucket: 'bucket', Key, ...more }, { body: bodyOf(bytes), ...options })
  }

  /** The bytes of an object, by GetObject. */
  async get(Key: string, more: Partial<Input<'GetObject'>> = {}): Promise<string> {
    const output = await this.call('GetObject', { Bucket: 'bucket', Key, ...more })
    return (await bytesOf(output.Body)).toString('latin1')
  }

  #ctx(bucket: BucketRecord | undefined, options: CallOptions): Ctx {
    const ignore = () => {}
    const base = {
      config: {
        region: 'us-east-1',
        minPartSizeBytes: 5 * 1024 ** 2,
        bucketDefaults: 'aws',
        ...this.#config,
      } as Config,
      store: this.store,
      clock: this.clock,
      ids: {
        requestId: () => 'REQUESTID0000000',
        hostId: () => 'host',
        uploadId: () => `upload-${++this.#uploads}`,
      },
      log: { debug: ignore, info: ignore, warn: (_: object, text: string) => this.warnings.push(text), error: ignore },
      requestId: 'REQUESTID0000000',
      principal: options.principal ?? rootOf(owner),
      auth: options.auth ?? ({ authType: 'REST-HEADER', signatureVersion: 'AWS4-HMAC-SHA256' } as Ctx['auth']),
      body: options.body ?? bodyOf(''),
      baseUrl: options.baseUrl ?? 'http://localhost:9000',
      account: (id: string) => [owner, stranger].find((account) => account.id === id || account.canonicalId === id),
      authorize: (action: string, resource: string) => options.authorize?.(action, resource),
      may: () => true,
      access: {
        publicAccessBlock: (of: BucketRecord) => of.documents.publicAccessBlock ?? {},
        resolvePrincipal: () => undefined,
        uniqueIdOf: () => undefined,
      },
    }
    return Object.defineProperty(base as unknown as Ctx, 'bucket', {
      get() {
        assert.ok(bucket, 'the operation addresses no bucket')
        return bucket
      },
    })
  }
}

/** Runs a test body in a fresh world. Handlers are those under test. */
export async function withWorld(
  handlers: Partial<S3Handlers>,
  run: (world: World) => Promise<void>,
  config: Partial<Config> = {},
): Promise<void> {
  const store = await openStore({ kmsKeys: config.kmsKeys ?? [] })
  try {
    await run(new World(store, handlers, config))
  } finally {
    await store.close()
  }
}

/** All bytes of a body, streamed or not. */
export async function bytesOf(body: BodyContent | undefined): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0)
  if (body instanceof Uint8Array) return Buffer.from(body)
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** What an AwsError must look like; only what is given is compared. */
export interface Refusal {
  status?: number
  message?: string | RegExp
  fields?: Record<string, string | number | undefined>
  headers?: Record<string, string>
}

/** Expects an operation to be refused with a code. Fields are compared without the undefined ones. */
export async function refused(running: Promise<unknown>, code: string, expected: Refusal = {}): Promise<void> {
  const outcome = await running.then(
    () => 'nothing',
    (cause: unknown) => cause,
  )
  if (!(outcome instanceof AwsError))
    throw outcome instanceof Error ? outcome : new Error(`expected ${code}, got ${outcome}`)
  const { status, message, fields, headers } = outcome
  assert.equal(outcome.code, code)
  if (expected.status !== undefined) assert.equal(status, expected.status)
  if (expected.message instanceof RegExp) assert.match(message, expected.message)
  else if (expected.message !== undefined) assert.equal(message, expected.message)
  if (expected.fields !== undefined) {
    assert.deepEqual(
      Object.entries(fields).filter(([, value]) => value !== undefined),
      Object.entries(expected.fields).filter(([, value]) => value !== undefined),
    )
  }
  if (expected.headers !== undefined) {
    for (const name in expected.headers) assert.equal(headers[name], expected.headers[name], name)
  }
}

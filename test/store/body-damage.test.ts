/** Damaged bodies are never answered as if they were whole: wherever they stand, and however they are read. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { resolveOptions } from '../../src/config/resolve.ts'
import { startSandbucket } from '../../src/index.ts'
import { createServer } from '../../src/server.ts'
import { BlockTagger, BlockTags, blockBytes } from '../../src/store/block-tags.ts'
import { openDiskDatabase } from '../../src/store/disk-database.ts'
import { decodeJson, decodeObject, encodeJson, encodeObject } from '../../src/store/record-rows.ts'
import type { ObjectRecord } from '../../src/store/records.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { decodeReferences, encodeReferences } from '../../src/store/transaction.ts'
import { pattern } from './support.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'body-damage-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function open(t: TestContext, data: string) {
  const server = await startSandbucket({ data, buckets: ['bucket'], minPartSize: 1, allowSseCOverHttp: true })
  t.after(() => server.close())
  return { server, s3: new S3Client({ ...server.clientConfig(), maxAttempts: 1 }) }
}

/** Files of bodies, largest first. */
const filesOf = (data: string): string[] =>
  readdirSync(join(data, 'blobs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /[0-9a-f]{32}$/.test(name))
    .map((name) => join(data, 'blobs', name))
    .sort((a, b) => readFileSync(b).length - readFileSync(a).length)

function flip(file: string, at: number): void {
  const bytes = readFileSync(file)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at)
  writeFileSync(file, bytes)
}

/** The bytes that arrive, and whether the answer came to a clean end. */
async function fetched(s3: S3Client, input: { Key: string; Range?: string; PartNumber?: number } & object) {
  const got: Buffer[] = []
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bucket', ...input }))
    for await (const chunk of Body as AsyncIterable<Buffer>) got.push(chunk)
    return { bytes: Buffer.concat(got), isClean: true }
  } catch (cause) {
    return { bytes: Buffer.concat(got), isClean: false, cause: cause as Error }
  }
}

const customerKey = randomBytes(32)
const sseC = {
  SSECustomerAlgorithm: 'AES256',
  SSECustomerKey: customerKey.toString('base64'),
  SSECustomerKeyMD5: createHash('md5').update(customerKey).digest('base64'),
}

describe('a file with a wrong bit', () => {
  for (const [kind, encryption] of [
    ['SSE-S3', {}],
    ['SSE-C', sseC],
    ['KMS', { ServerSideEncryption: 'aws:kms' as const }],
  ] as const) {
    it(`is sent up to the block before it, and cut off (${kind})`, async (t) => {
      const data = folder(t)
      const { s3 } = await open(t, data)
      const read = kind === 'SSE-C' ? sseC : {}
      const bytes = pattern(3 * blockBytes + 1234)
      await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: bytes, ...encryption }))
      assert.ok((await fetched(s3, { Key: 'k', ...read })).bytes.equals(bytes))
      const [file] = filesOf(data) as [string]
      for (const at of [0, blockBytes - 1, blockBytes, 2 * blockBytes + 7, 3 * blockBytes, bytes.length - 1]) {
        flip(file, at)
        const { bytes: got, isClean } = await fetched(s3, { Key: 'k', ...read })
        assert.equal(isClean, false, `byte ${at}`)
        // Never a wrong byte.
        assert.ok(got.length <= blockBytes * Math.floor(at / blockBytes))
        assert.ok(got.equals(bytes.subarray(0, got.length)))
        flip(file, at)
      }
      assert.ok((await fetched(s3, { Key: 'k', ...read })).bytes.equals(bytes))
      // What a range has of whole blocks is verified as well.
      flip(file, blockBytes + 5)
      const range = await fetched(s3, { Key: 'k', Range: `bytes=100-${2 * blockBytes + 50}`, ...read })
      assert.equal(range.isClean, false)
      assert.equal((await fetched(s3, { Key: 'k', Range: 'bytes=0-99', ...read })).isClean, true)
    })
  }

  it('that is answered at once is an error instead', async (t) => {
    const data = folder(t)
    const { s3 } = await open(t, data)
    await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: pattern(100_000) }))
    const [file] = filesOf(data) as [string]
    flip(file, 50_000)
    const { cause } = await fetched(s3, { Key: 'k' })
    assert.equal(cause?.name, 'InternalError')
    flip(file, 50_000)
    assert.equal((await fetched(s3, { Key: 'k' })).isClean, true)
    truncateSync(file, 99_999)
    assert.equal((await fetched(s3, { Key: 'k' })).isClean, false)
  })

  it('is noticed in copies, in parts, and when it is read to be copied', async (t) => {
    const data = folder(t)
    const { s3 } = await open(t, data)
    const parts = [pattern(blockBytes + 9, 2), pattern(700_000, 3)]
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'bucket', Key: 'parts' }))
    const Parts = []
    for (const [at, Body] of parts.entries()) {
      const sent = new UploadPartCommand({ Bucket: 'bucket', Key: 'parts', UploadId, PartNumber: at + 1, Body })
      Parts.push({ PartNumber: at + 1, ETag: (await s3.send(sent)).ETag })
    }
    const whole = { Bucket: 'bucket', Key: 'parts', UploadId, MultipartUpload: { Parts } }
    await s3.send(new CompleteMultipartUploadCommand(whole))
    await s3.send(new CopyObjectCommand({ Bucket: 'bucket', Key: 'copy', CopySource: 'bucket/parts' }))
    assert.ok((await fetched(s3, { Key: 'copy' })).bytes.equals(Buffer.concat(parts)))
    const files = filesOf(data)
    // The last byte of the second part.
    flip(files.find((file) => readFileSync(file).length === 700_000) as string, 699_999)
    for (const Key of ['parts', 'copy']) {
      const { bytes, isClean } = await fetched(s3, { Key })
      assert.equal(isClean, false)
      assert.ok(bytes.equals(Buffer.concat(parts).subarray(0, bytes.length)))
    }
    assert.equal((await fetched(s3, { Key: 'parts', PartNumber: 1 })).isClean, true)
    assert.equal((await fetched(s3, { Key: 'parts', PartNumber: 2 })).isClean, false)
    const begun = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'bucket', Key: 'again' }))
    const copied = new UploadPartCopyCommand({
      Bucket: 'bucket',
      Key: 'again',
      UploadId: begun.UploadId,
      PartNumber: 1,
      CopySource: 'bucket/parts',
    })
    await assert.rejects(s3.send(copied), /InternalError/)
  })
})

describe('what is told of damage', () => {
  it('is one line of the log for each request, and the request counts as failed', async (t) => {
    const data = folder(t)
    const { config } = resolveOptions({ data, port: 0, buckets: ['bucket'] })
    const lines: [fields: { id?: string; err?: unknown }, message: string][] = []
    const quiet = () => {}
    const error = (fields: object, message: string) => void lines.push([fields, message])
    const server = await createServer(config, { debug: quiet, info: quiet, warn: quiet, error })
    t.after(() => server.close())
    const s3 = new S3Client({
      endpoint: server.url,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId: 'sandbucket', secretAccessKey: 'sandbucket' },
    })
    const last = async () => {
      const told = await fetch(`${server.url}/_sandbucket/explain?count=1&errors`)
      const [summary] = ((await told.json()) as { requests: { requestId: string }[] }).requests
      if (summary === undefined) return undefined
      const response = await fetch(`${server.url}/_sandbucket/explain/${summary.requestId}`)
      return (await response.json()) as {
        requestId: string
        outcome: string
        status: number
        operation: string
        advice: string
        answer: { message: string }
        decisions: unknown[]
      }
    }
    for (const [Key, size] of [
      ['left', 16 * blockBytes],
      ['big\n', 3 * blockBytes],
      ['small', 100_000],
    ] as const)
      await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: pattern(size) }))
    const [, big, small] = filesOf(data) as [string, string, string]
    flip(big, 2 * blockBytes)
    flip(small, 7)
    // A client that leaves is no failure.
    const left = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'left' }))
    ;(left.Body as unknown as { destroy(): void }).destroy()
    assert.equal(await last(), undefined)
    assert.equal((await fetched(s3, { Key: 'big\n' })).isClean, false)
    const cut = await last()
    assert.ok(cut)
    assert.deepEqual([cut.outcome, cut.status, cut.operation], ['failed', 200, 'GetObject'])
    assert.equal(cut.answer.message, 'bucket/big? is damaged: the download was cut off.')
    assert.equal(cut.advice, 'What is stored is damaged. Stop the server and run: sandbucket check')
    assert.equal(cut.decisions.length, 1)
    assert.deepEqual(lines, [
      [
        { id: cut.requestId },
        'bucket/big? is damaged: the download was cut off. Stop the server and run: sandbucket check',
      ],
    ])
    // What is answered with an error at once.
    assert.equal((await fetched(s3, { Key: 'small' })).isClean, false)
    const refused = await last()
    assert.deepEqual([refused?.outcome, refused?.status, refused?.advice], ['failed', 500, cut.advice])
    assert.equal(lines.length, 2)
    assert.equal(lines[1]?.[0].id, refused?.requestId)
    assert.equal(lines[1]?.[0].err, undefined)
    assert.match(lines[1]?.[1] ?? '', /damaged\. Stop the server and run: sandbucket check/)
  })
})

describe('a row with a wrong bit', () => {
  const record = (size: number): ObjectRecord => ({
    Key: 'k',
    VersionId: 'null',
    lastModifiedMs: 1,
    ETag: 'e',
    sizeBytes: size,
    body: { id: '', kind: 'empty', sizeBytes: 0 },
    content: {},
    metadata: {},
    StorageClass: 'STANDARD',
    encryption: {},
    ownerId: 'o',
  })

  it('is not decoded, whichever bit it is', () => {
    const rows: [Buffer, (row: Buffer) => unknown][] = [
      [encodeObject(record(3)), decodeObject],
      [encodeObject({ ...record(0), isDeleteMarker: true }), decodeObject],
      [encodeJson({ Name: 'b\u00fccket', documents: {} }), decodeJson],
      [encodeReferences(7), decodeReferences],
    ]
    for (const [row, decode] of rows) {
      decode(row)
      for (let bit = 0; bit < 8 * row.length; bit++) {
        const damaged = Buffer.from(row)
        damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        assert.throws(() => decode(damaged), StoreError, `bit ${bit} of ${row.toString('latin1')}`)
      }
    }
  })

  it('of formats 1 to 3 has no check, and is decoded', () => {
    const json = JSON.stringify(record(3))
    assert.equal(decodeObject(Buffer.from(`o${json}`)).sizeBytes, 3)
    assert.equal(decodeObject(Buffer.from(`m${json}`)).sizeBytes, 3)
    const head = Buffer.alloc(5, 'e')
    head.writeUInt32BE(json.length, 1)
    const embedded = decodeObject(Buffer.concat([head, Buffer.from(json), Buffer.from('abc')]))
    assert.equal(embedded.body.bytes?.stored.toString(), 'abc')
    assert.deepEqual(decodeJson(Buffer.from('{"a":1}')), { a: 1 })
    assert.equal(decodeReferences(Buffer.from([0, 0, 0, 9])), 9)
    assert.throws(() => decodeObject(Buffer.from('o{')), StoreError)
    assert.throws(() => decodeJson(Buffer.from('{')), StoreError)
  })

  it('is an error of a small object, after a restart, in the record or beside it', async (t) => {
    for (const size of [500, 20_000]) {
      const data = folder(t)
      const first = await open(t, data)
      const bytes = pattern(size)
      await first.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: bytes }))
      await first.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'other', Body: 'other' }))
      await first.server.close()
      const database = await openDiskDatabase(join(data, 'db'))
      const rows = database.iterator({ gte: Buffer.of(0), lt: Buffer.of(255), reverse: false, highWaterMarkBytes: 1e6 })
      for (const [key, value] of await rows.nextv(1000)) {
        if (value.length < size) continue
        value.writeUInt8(value.readUInt8(value.length - 100) ^ 1, value.length - 100)
        const batch = database.batch()
        batch.put(key, value)
        await batch.write({ sync: true })
      }
      await rows.close()
      await database.close()
      rmSync(join(data, 'state.json'))
      const second = await open(t, data)
      const { cause } = await fetched(second.s3, { Key: 'k' })
      assert.equal(cause?.name, 'InternalError', `${size} bytes`)
      assert.equal((await fetched(second.s3, { Key: 'other' })).isClean, true)
      await second.server.close()
    }
  })
})

describe('tags of blocks', () => {
  it('are the same however the bytes come, and tell any change of a whole block', () => {
    const key = randomBytes(16)
    const id = 'ab'.repeat(16)
    for (const size of [1, blockBytes - 1, blockBytes, blockBytes + 1, 2 * blockBytes]) {
      const bytes = randomBytes(size)
      const atOnce = new BlockTagger(key, id)
      atOnce.update(bytes)
      const tags = atOnce.finish()
      const inPieces = new BlockTagger(key, id)
      for (let at = 0; at < size; at += 100_003) inPieces.update(bytes.subarray(at, at + 100_003))
      assert.deepEqual(inPieces.finish(), tags)
      assert.equal(tags.length, 8 * Math.ceil(size / blockBytes))
      const read = BlockTags.of(key, { id, sizeBytes: size }, tags)
      assert.ok(read)
      for (let start = 0; start < size; start += blockBytes) {
        const block = Buffer.from(bytes.subarray(start, start + blockBytes))
        assert.ok(read.areRight(block, start))
        block.writeUInt8(block.readUInt8(0) ^ 128, 0)
        assert.ok(!read.areRight(block, start))
      }
      for (const other of [randomBytes(16), key]) {
        const foreign = BlockTags.of(other, { id: other === key ? 'cd'.repeat(16) : id, sizeBytes: size }, tags)
        assert.ok(!foreign?.areRight(bytes.subarray(0, blockBytes), 0))
      }
    }
    // Older versions made none.
    assert.equal(BlockTags.of(key, { id, sizeBytes: 5 }, Buffer.alloc(0)), undefined)
  })
})

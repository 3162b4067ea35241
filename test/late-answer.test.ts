/**
 * Answers that begin before their work is done. AWS: "Amazon S3 periodically sends white space characters to keep the
 * connection from timing out. A request could fail after the initial 200 OK response has been sent."
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { resolveOptions } from '../src/config/resolve.ts'
import { error } from '../src/errors.ts'
import type { WireResponse } from '../src/http/wire.ts'
import { answerInTime, mayAnswerLate } from '../src/late-answer.ts'
import { createServer } from '../src/server.ts'
import { openStore } from '../src/store/open.ts'
import type { Store } from '../src/store/store.ts'
import { raw, start } from './http/raw-client.ts'

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
const close = 'Host: h\r\nConnection: close\r\n\r\n'
const pace = { silentMs: 5, spaceMs: 5 }
const document = (body: string): WireResponse => ({ status: 200, headers: {}, body: declaration + body })
const neverFails = (): WireResponse => assert.fail('it did not fail')

/** Something that a test lets happen. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('an answer in time', () => {
  it('keeps its status and headers', async () => {
    const response = { status: 200, headers: { 'x-amz-version-id': '1' }, body: 'x' }
    assert.equal(await answerInTime(Promise.resolve(response), neverFails, { silentMs: 1000, spaceMs: 1 }), response)
  })
  it('keeps the status of its error', async () => {
    const failing = Promise.reject(error('NoSuchUpload'))
    await assert.rejects(answerInTime(failing, neverFails, { silentMs: 1000, spaceMs: 1 }), { status: 404 })
  })
  it('is what operations give that AWS does not name', () => {
    const late = ['CompleteMultipartUpload', 'CopyObject', 'UploadPartCopy']
    for (const operation of late) assert.equal(mayAnswerLate(operation), true)
    for (const operation of ['PutObject', 'UploadPart', 'DeleteObjects']) assert.equal(mayAnswerLate(operation), false)
  })
})

describe('an answer that takes long', () => {
  it('is 200 at once, white space, and then the result, all one document', async (t) => {
    const { opened, open } = gate()
    const working = opened.then(() => document('<Result/>'))
    const { port } = await start(t, () => answerInTime(working, neverFails, pace))
    const client = await raw(port)
    client.send(`POST /b/k?uploadId=1 HTTP/1.1\r\n${close}`)
    const begun = await client.until((text) => (text.match(/\r\n1\r\n \r\n/g) ?? []).length >= 2)
    assert.match(begun, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(begun, /\r\nContent-Type: application\/xml\r\n/)
    assert.match(begun, /\r\nTransfer-Encoding: chunked\r\n/)
    open()
    const chunks = (await client.closed()).split('\r\n\r\n').slice(1).join('\r\n\r\n')
    const body = chunks.replace(/^[0-9a-f]+\r\n|\r\n(?:[0-9a-f]+\r\n)?/gm, '')
    assert.match(body, /^<\?xml version="1.0" encoding="UTF-8"\?>\n {2,}<Result\/>$/)
    client.socket.destroy()
  })

  it('goes on when the client leaves, and the server waits for it when it is closed', async (t) => {
    const { opened, open } = gate()
    let isDone = false
    const working = opened.then(() => {
      isDone = true
      return document('<Result/>')
    })
    const { port, server } = await start(t, () => answerInTime(working, neverFails, pace))
    const client = await raw(port)
    client.send(`POST /b/k?uploadId=1 HTTP/1.1\r\n${close}`)
    await client.until((text) => text.includes('<?xml'))
    client.socket.destroy()
    const closed = server.close(0)
    setTimeout(open, 20)
    await closed
    assert.equal(isDone, true)
  })
})

/** A store whose copies and completions wait for the test. */
async function slowStore(wait: Promise<void>): Promise<Store> {
  const store = await openStore({})
  const { complete, putPart } = store.uploads
  const { put } = store.objects
  store.uploads.complete = (...args) => wait.then(() => complete.apply(store.uploads, args))
  store.uploads.putPart = (...args) =>
    args[4] === undefined ? putPart.apply(store.uploads, args) : wait.then(() => putPart.apply(store.uploads, args))
  store.objects.put = (...args) =>
    args[4] === undefined ? put.apply(store.objects, args) : wait.then(() => put.apply(store.objects, args))
  return store
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

async function slowServer(t: TestContext, wait: Promise<void>) {
  const { config } = resolveOptions({ inMemory: true, port: 0 })
  const server = await createServer(config, silent, {
    store: await slowStore(wait),
    limits: { silentMs: 5, spaceMs: 5 },
  })
  const client = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: 'sandbucket', secretAccessKey: 'sandbucket' },
  })
  t.after(async () => {
    client.destroy()
    await server.close({ graceMs: 0 })
  })
  await client.send(new CreateBucketCommand({ Bucket: 'bucket' }))
  return { client, server }
}

/** Opens the gate a little after work has begun to take too long. */
const later = ({ open }: { open(): void }) => setTimeout(open, 60)
const key = { Bucket: 'bucket', Key: 'key' }

describe('the SDK', () => {
  it('reads a late result of CopyObject, UploadPartCopy and CompleteMultipartUpload', async (t) => {
    const door = gate()
    const { client } = await slowServer(t, door.opened)
    await client.send(new PutObjectCommand({ ...key, Body: 'text' }))
    later(door)
    const copied = await client.send(new CopyObjectCommand({ Bucket: 'bucket', Key: 'copy', CopySource: 'bucket/key' }))
    assert.equal(copied.CopyObjectResult?.ETag, '"1cb251ec0d568de6a929b520c4aed8d1"')
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(key))
    const part = { ...key, UploadId, PartNumber: 1 }
    const { CopyPartResult } = await client.send(new UploadPartCopyCommand({ ...part, CopySource: 'bucket/copy' }))
    const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]
    const done = await client.send(new CompleteMultipartUploadCommand({ ...key, UploadId, MultipartUpload: { Parts } }))
    assert.match(done.ETag ?? '', /-1"$/)
    const { Body } = await client.send(new GetObjectCommand(key))
    assert.equal(await Body?.transformToString(), 'text')
  })

  it('hears of an error in a 200', async (t) => {
    const door = gate()
    const { client, server } = await slowServer(t, door.opened)
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(key))
    const { ETag } = await client.send(new UploadPartCommand({ ...key, UploadId, PartNumber: 1, Body: 'x' }))
    server.store.uploads.complete = () => door.opened.then(() => Promise.reject(error('PreconditionFailed')))
    later(door)
    const Parts = [{ PartNumber: 1, ETag }]
    await assert.rejects(
      client.send(new CompleteMultipartUploadCommand({ ...key, UploadId, MultipartUpload: { Parts } })),
      { name: 'PreconditionFailed' },
    )
  })
})

// minio-js, MinIO's SDK for JavaScript: what its documentation shows.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { accessKeyId, bucketName, endpoint, load, runAll, secretAccessKey, textOf } from './checks.mjs'

const minio = load('minio')
const { hostname, port } = new URL(endpoint)
const connect = (secretKey = secretAccessKey) =>
  new minio.Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey: accessKeyId, secretKey })
const client = connect()

async function made(hint, ...options) {
  const name = bucketName(hint)
  await client.makeBucket(name, ...options)
  return name
}

const refused = (code, call) => assert.rejects(call, (cause) => (assert.equal(cause.code, code, cause.message), true))

async function buckets() {
  const bucket = await made('buckets', 'eu-west-1')
  assert.equal(await client.bucketExists(bucket), true)
  assert.ok((await client.listBuckets()).some(({ name }) => name === bucket))
  await client.putObject(bucket, 'k', 'body')
  await refused('BucketNotEmpty', client.removeBucket(bucket))
  await client.removeObject(bucket, 'k')
  await client.removeBucket(bucket)
  assert.equal(await client.bucketExists(bucket), false)
}

async function objects() {
  const bucket = await made('objects')
  await client.putObject(bucket, 'dir/ü b+c', 'body', 4, { 'Content-Type': 'text/x-body', Colour: 'blue' })
  const stat = await client.statObject(bucket, 'dir/ü b+c')
  assert.deepEqual([stat.size, stat.metaData['content-type'], stat.metaData.colour], [4, 'text/x-body', 'blue'])
  assert.equal(await textOf(await client.getPartialObject(bucket, 'dir/ü b+c', 1, 2)), 'od')
  const names = []
  for await (const { name } of client.listObjectsV2(bucket, '', true)) names.push(name)
  assert.deepEqual(names, ['dir/ü b+c'])
  await client.setObjectTagging(bucket, 'dir/ü b+c', { project: 'north south' })
  assert.deepEqual(await client.getObjectTagging(bucket, 'dir/ü b+c'), [{ Key: 'project', Value: 'north south' }])
  await refused('NoSuchKey', client.getObject(bucket, 'none'))
}

async function parts() {
  const bucket = await made('parts')
  const body = randomBytes(70 * 1024 * 1024 + 1)
  await client.putObject(bucket, 'large', Readable.from(split(body)))
  const chunks = []
  for await (const chunk of await client.getObject(bucket, 'large')) chunks.push(chunk)
  assert.ok(Buffer.concat(chunks).equals(body))
  const source = (start, end) =>
    new minio.CopySourceOptions({ Bucket: bucket, Object: 'large', Start: start, End: end, MatchRange: true })
  const destination = new minio.CopyDestinationOptions({ Bucket: bucket, Object: 'composed' })
  const half = 6 * 1024 * 1024
  await client.composeObject(destination, [source(0, half - 1), source(half, body.length - 1)])
  assert.equal((await client.statObject(bucket, 'composed')).size, body.length)
}

function* split(body) {
  for (let at = 0; at < body.length; at += 1 << 20) yield body.subarray(at, at + (1 << 20))
}

async function versions() {
  const bucket = await made('versions')
  await client.setBucketVersioning(bucket, { Status: 'Enabled' })
  assert.equal((await client.getBucketVersioning(bucket)).Status, 'Enabled')
  const { versionId } = await client.putObject(bucket, 'k', '1')
  await client.putObject(bucket, 'k', '2')
  assert.equal(await textOf(await client.getObject(bucket, 'k', { versionId })), '1')
  const found = []
  for await (const { name, versionId } of client.listObjects(bucket, '', true, { IncludeVersion: true }))
    found.push({ name, versionId })
  assert.equal(found.length, 2)
  await client.removeObjects(bucket, found)
  await client.removeBucket(bucket)
}

async function settings() {
  const bucket = await made('settings')
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${bucket}/secret/*`,
  }
  await client.setBucketPolicy(bucket, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
  assert.match(await client.getBucketPolicy(bucket), /secret/)
  await client.putObject(bucket, 'secret/k', 'body')
  await refused('AccessDenied', client.getObject(bucket, 'secret/k'))
  // minio-js takes the 204 of AWS for an error, and has set the tags all the same.
  await assert.rejects(client.setBucketTagging(bucket, { team: 'blue' }))
  assert.deepEqual(await client.getBucketTagging(bucket), [{ Key: 'team', Value: 'blue' }])
  await client.setBucketEncryption(bucket, {
    Rule: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
  })
  assert.match(JSON.stringify(await client.getBucketEncryption(bucket)), /AES256/)
}

async function locks() {
  const bucket = await made('locks', 'us-east-1', { ObjectLocking: true })
  const { versionId } = await client.putObject(bucket, 'k', 'kept')
  const retainUntilDate = new Date(Date.now() + 86_400_000).toISOString()
  await client.putObjectRetention(bucket, 'k', { mode: 'GOVERNANCE', retainUntilDate })
  assert.equal((await client.getObjectRetention(bucket, 'k')).mode, 'GOVERNANCE')
  await refused('AccessDenied', client.removeObject(bucket, 'k', { versionId }))
  await client.setObjectLegalHold(bucket, 'k', { status: 'ON' })
  assert.deepEqual(await client.getObjectLegalHold(bucket, 'k'), { Status: 'ON' })
  await client.setObjectLockConfig(bucket, { mode: 'GOVERNANCE', unit: 'Days', validity: 1 })
  assert.equal((await client.getObjectLockConfig(bucket)).mode, 'GOVERNANCE')
  // Without TLS minio-js sends a SHA-256 in place of an MD5, and AWS wants an MD5 or a checksum where a default is set.
  await refused('InvalidRequest', client.putObject(bucket, 'k', 'refused'))
}

async function presigned() {
  const bucket = await made('presigned')
  const put = await client.presignedPutObject(bucket, 'k', 3600)
  assert.equal((await fetch(put, { method: 'PUT', body: 'by url' })).status, 200)
  const get = await client.presignedGetObject(bucket, 'k', 3600, { 'response-content-type': 'text/x-answer' })
  const answer = await fetch(get)
  assert.deepEqual([await answer.text(), answer.headers.get('content-type')], ['by url', 'text/x-answer'])
  const policy = client.newPostPolicy()
  policy.setBucket(bucket)
  policy.setKey('posted')
  policy.setExpires(new Date(Date.now() + 3_600_000))
  const { postURL, formData } = await client.presignedPostPolicy(policy)
  const form = new FormData()
  for (const [name, value] of Object.entries(formData)) form.set(name, value)
  form.set('file', new Blob(['by form']), 'f')
  assert.equal((await fetch(postURL, { method: 'POST', body: form })).status, 204)
  assert.equal(await textOf(await client.getObject(bucket, 'posted')), 'by form')
}

await runAll([
  ['makeBucket, bucketExists, listBuckets, removeBucket', buckets],
  ['putObject, statObject, getPartialObject, listObjectsV2, setObjectTagging', objects],
  ['putObject of a stream in parts, composeObject', parts],
  ['setBucketVersioning, listObjects with versions, removeObjects', versions],
  ['setBucketPolicy, getBucketTagging, setBucketEncryption', settings],
  ['object lock: default, retention, legal hold', locks],
  ['presignedPutObject, presignedGetObject, presignedPostPolicy', presigned],
  ['a wrong secret', () => refused('SignatureDoesNotMatch', connect('not-the-secret').listBuckets())],
])

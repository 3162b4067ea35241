// Makes a stored folder of an earlier format, for format-N.tar.gz. By hand, once per format:
//
//     git worktree add /tmp/old COMMIT && ln -s "$PWD/node_modules" /tmp/old/node_modules
//     node test/store/formats/make.mjs /tmp/old N
//
// It runs the server of that checkout, fills it through its API, and kills it, so that journals and logs stay as they
// are. What was stored, and every secret in plain, is written to format-N.json.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as iamSdk from '@aws-sdk/client-iam'
import * as s3Sdk from '@aws-sdk/client-s3'
import * as stsSdk from '@aws-sdk/client-sts'

const [checkout, format] = process.argv.slice(2)
const here = dirname(fileURLToPath(import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'format-'))
const port = 21300
const endpoint = `http://127.0.0.1:${port}`
const made = { format: Number(format), objects: [], secrets: {}, uploads: [] }

const server = spawn(
  process.execPath,
  ['--import', 'tsx', 'src/main.ts', 'serve', '--data', join(work, 'data'), '--port', String(port)],
  {
    cwd: checkout,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, SANDBUCKET_MIN_PART_SIZE: '1', ...(format === '1' ? {} : { SANDBUCKET_TLS: 'true' }) },
  },
)
for (let tries = 0; tries < 100; tries++) {
  const answer = await fetch(`${endpoint}/_sandbucket/health/ready`).catch(() => undefined)
  if (answer?.ok) break
  await new Promise((resolve) => setTimeout(resolve, 100))
}

const options = {
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'sandbucket', secretAccessKey: 'sandbucket' },
  forcePathStyle: true,
}
const client = (sdk, name, Client) => {
  const opened = new Client(options)
  return (operation, input = {}) =>
    opened.send(new sdk[`${operation}Command`](input)).catch((cause) => {
      throw new Error(`${name} ${operation}`, { cause })
    })
}
const s3 = client(s3Sdk, 's3', s3Sdk.S3Client)
const iam = client(iamSdk, 'iam', iamSdk.IAMClient)
const sts = client(stsSdk, 'sts', stsSdk.STSClient)

function bytesOf(length, seed) {
  const out = Buffer.alloc(length)
  let state = seed
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    out[at] = state >>> 24
  }
  return out
}
const note = (Bucket, Key, bytes, more = {}) =>
  made.objects.push({ Bucket, Key, sha256: createHash('sha256').update(bytes).digest('hex'), ...more })

async function put(Bucket, Key, bytes, more = {}) {
  const { VersionId } = await s3('PutObject', { Bucket, Key, Body: bytes, ...more })
  note(Bucket, Key, bytes, VersionId === undefined ? {} : { VersionId })
}

await s3('CreateBucket', { Bucket: 'photos' })
await put('photos', 'small', Buffer.from(`small of format ${format}`), { Metadata: { made: 'then' }, Tagging: 'a=b' })
await put('photos', 'inline', bytesOf(10_000, 1))
await put('photos', 'file', bytesOf(50_000, 2))
await put('photos', 'empty', Buffer.alloc(0))
for (const Key of ['small', 'inline', 'file']) {
  await s3('CopyObject', { Bucket: 'photos', Key: `copy of ${Key}`, CopySource: `photos/${Key}` })
  made.objects.push({ ...made.objects.find((one) => one.Key === Key), Key: `copy of ${Key}` })
}
await put('photos', 'replaced', bytesOf(45_000, 3))
made.objects.pop()
await put('photos', 'replaced', bytesOf(40_000, 4))
const parts = [bytesOf(40_000, 5), bytesOf(20_000, 6)]
const { UploadId } = await s3('CreateMultipartUpload', { Bucket: 'photos', Key: 'parts' })
const Parts = []
for (const [at, Body] of parts.entries()) {
  const { ETag } = await s3('UploadPart', { Bucket: 'photos', Key: 'parts', UploadId, PartNumber: at + 1, Body })
  Parts.push({ PartNumber: at + 1, ETag })
}
await s3('CompleteMultipartUpload', { Bucket: 'photos', Key: 'parts', UploadId, MultipartUpload: { Parts } })
note('photos', 'parts', Buffer.concat(parts))
const open = await s3('CreateMultipartUpload', { Bucket: 'photos', Key: 'unfinished' })
await s3('UploadPart', { Bucket: 'photos', Key: 'unfinished', UploadId: open.UploadId, PartNumber: 1, Body: parts[0] })
made.uploads.push({ Bucket: 'photos', Key: 'unfinished', UploadId: open.UploadId, parts: 1 })
await s3('CreateBucket', { Bucket: 'versions' })
await s3('PutBucketVersioning', { Bucket: 'versions', VersioningConfiguration: { Status: 'Enabled' } })
for (const seed of [7, 8, 9]) await put('versions', 'key', bytesOf(3_000, seed))

if (format !== '1') {
  await put('photos', 'kms', bytesOf(35_000, 10), { ServerSideEncryption: 'aws:kms' })
  for (const UserName of ['alice', 'deleted']) {
    await iam('CreateUser', { UserName, Path: '/team/' })
    const { AccessKey } = await iam('CreateAccessKey', { UserName })
    made.secrets[`access key of ${UserName}`] = AccessKey.SecretAccessKey
    if (UserName === 'alice') made.alice = AccessKey.AccessKeyId
    else {
      await iam('DeleteAccessKey', { UserName, AccessKeyId: AccessKey.AccessKeyId })
      await iam('DeleteUser', { UserName })
    }
  }
  await iam('PutUserPolicy', {
    UserName: 'alice',
    PolicyName: 'all',
    PolicyDocument: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}',
  })
  await iam('CreateLoginProfile', { UserName: 'alice', Password: 'Correct-horse-1' })
  const { VirtualMFADevice } = await iam('CreateVirtualMFADevice', { VirtualMFADeviceName: 'phone' })
  made.secrets['seed of a device'] = Buffer.from(VirtualMFADevice.Base32StringSeed).toString()
  const { ServiceSpecificCredential } = await iam('CreateServiceSpecificCredential', {
    UserName: 'alice',
    ServiceName: 'codecommit.amazonaws.com',
  })
  made.secrets['password of a service'] = ServiceSpecificCredential.ServicePassword
  made.session = (await sts('GetSessionToken')).Credentials
  const ca = await fetch(`${endpoint}/_sandbucket/ca.pem`)
  made.ca = await ca.text()
}
// Some of it in the database, the last of it in the journal only.
await new Promise((resolve) => setTimeout(resolve, 3000))
await put('photos', 'last', Buffer.from('the last one'))
if (format !== '1') {
  const { AccessKey } = await iam('CreateAccessKey', { UserName: 'alice' })
  made.secrets['second access key of alice'] = AccessKey.SecretAccessKey
}
const ended = new Promise((resolve) => server.on('exit', resolve))
server.kill('SIGKILL')
await ended
writeFileSync(join(here, `format-${format}.json`), `${JSON.stringify(made, undefined, 2)}\n`)
spawnSync('tar', ['-czf', join(here, `format-${format}.tar.gz`), '-C', work, 'data'], { stdio: 'inherit' })
rmSync(work, { recursive: true })

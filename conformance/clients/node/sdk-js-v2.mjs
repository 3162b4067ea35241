// AWS SDK for JavaScript v2, no longer maintained and still in many programs. It always sends a LocationConstraint.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { accessKeyId, bucketName, endpoint, load, runAll, secretAccessKey } from './checks.mjs'

process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = '1'
const AWS = load('aws-sdk')
const settings = { endpoint, region: 'us-east-1', s3ForcePathStyle: true, accessKeyId }
const connect = (options = {}) => new AWS.S3({ ...settings, secretAccessKey, ...options })
const client = connect({ signatureVersion: 'v4' })

async function made(hint) {
  const Bucket = bucketName(hint)
  await client.createBucket({ Bucket }).promise()
  return Bucket
}

const refused = (code, request) =>
  assert.rejects(request.promise(), (cause) => (assert.equal(cause.code, code, cause.message), true))

async function objects() {
  const Bucket = await made('objects')
  await client.putObject({ Bucket, Key: 'a b+ü', Body: 'body', Metadata: { colour: 'blue' } }).promise()
  const { Body, Metadata } = await client.getObject({ Bucket, Key: 'a b+ü' }).promise()
  assert.deepEqual([Body.toString(), Metadata.colour], ['body', 'blue'])
  const { Contents } = await client.listObjectsV2({ Bucket }).promise()
  assert.deepEqual(Contents.map(({ Key }) => Key), ['a b+ü'])
  await client.copyObject({ Bucket, Key: 'copy', CopySource: encodeURI(`${Bucket}/a b+ü`).replace('+', '%2B') }).promise()
  const { Deleted } = await client.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'copy' }] } }).promise()
  assert.deepEqual(Deleted, [{ Key: 'copy' }])
  await refused('NoSuchKey', client.getObject({ Bucket, Key: 'copy' }))
}

async function upload() {
  const Bucket = await made('upload')
  const Body = randomBytes(12 * 1024 * 1024 + 1)
  await client.upload({ Bucket, Key: 'large', Body }, { partSize: 5 * 1024 * 1024 }).promise()
  assert.ok((await client.getObject({ Bucket, Key: 'large' }).promise()).Body.equals(Body))
}

async function presigned() {
  const Bucket = await made('presigned')
  for (const signatureVersion of ['v2', 'v4']) {
    const signer = connect({ signatureVersion })
    const put = signer.getSignedUrl('putObject', { Bucket, Key: 'k', Expires: 60 })
    assert.equal((await fetch(put, { method: 'PUT', body: Buffer.from(signatureVersion) })).status, 200)
    const get = signer.getSignedUrl('getObject', { Bucket, Key: 'k', Expires: 60 })
    assert.equal(await (await fetch(get)).text(), signatureVersion)
  }
}

async function identities() {
  const iam = new AWS.IAM({ endpoint, region: 'us-east-1', accessKeyId, secretAccessKey })
  const { User } = await iam.createUser({ UserName: 'v2-user' }).promise()
  assert.match(User.Arn, /:user\/v2-user$/)
  const sts = new AWS.STS({ endpoint, region: 'us-east-1', accessKeyId, secretAccessKey })
  assert.match((await sts.getCallerIdentity().promise()).Arn, /:root$/)
  await iam.deleteUser({ UserName: 'v2-user' }).promise()
}

await runAll([
  ['createBucket, putObject, getObject, listObjectsV2, copyObject, deleteObjects', objects],
  ['upload of 12 MiB in parts', upload],
  ['getSignedUrl with signature versions 2 and 4', presigned],
  ['IAM and STS', identities],
  ['a wrong secret', () => refused('SignatureDoesNotMatch', connect({ secretAccessKey: 'not-the-secret' }).listBuckets())],
])

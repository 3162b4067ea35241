/** Buckets, waiters, and who one is. */
import assert from 'node:assert/strict'
import {
  waitUntilBucketExists,
  waitUntilBucketNotExists,
  waitUntilObjectExists,
  waitUntilObjectNotExists,
} from '@aws-sdk/client-s3'
import { bucket, type Check, client, refused, style } from './checks.ts'

export const bucketChecks: Check[] = [
  ['buckets: create, head, location, list, delete', lifecycle],
  ['buckets: a region of one’s own', region],
  ['waiters', waiters],
  ['errors: who one is', identity],
  ...(style === 'path' ? [['path style without asking for it, on an IP address', byAddress] satisfies Check] : []),
]

async function lifecycle(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'life')
  await s3.headBucket({ Bucket })
  assert.equal((await s3.getBucketLocation({ Bucket })).LocationConstraint, undefined)
  const { Buckets = [], Owner } = await s3.listBuckets({})
  assert.ok(Buckets.find((found) => found.Name === Bucket)?.CreationDate instanceof Date)
  assert.ok(Owner?.ID)
  const { Buckets: one = [], ContinuationToken } = await s3.listBuckets({ MaxBuckets: 1 })
  assert.equal(one.length, 1)
  assert.ok(Buckets.length === 1 || ContinuationToken)
  assert.deepEqual(
    (await s3.listBuckets({ Prefix: Bucket })).Buckets?.map((found) => found.Name),
    [Bucket],
  )
  await s3.putObject({ Bucket, Key: 'k' })
  await refused('BucketNotEmpty', 409, s3.deleteBucket({ Bucket }))
  await s3.deleteObject({ Bucket, Key: 'k' })
  await s3.deleteBucket({ Bucket })
  await refused('NotFound', 404, s3.headBucket({ Bucket }))
  await refused('NoSuchBucket', 404, s3.listObjectsV2({ Bucket }))
}

async function region(): Promise<void> {
  const s3 = client({ region: 'eu-central-1' })
  // Outside us-east-1 the client itself sends the LocationConstraint.
  const Bucket = await bucket(s3, 'regional')
  assert.equal((await client().getBucketLocation({ Bucket })).LocationConstraint, 'eu-central-1')
  assert.equal((await s3.headBucket({ Bucket })).BucketRegion, 'eu-central-1')
  const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' } as const
  await refused('BucketAlreadyOwnedByYou', 409, s3.createBucket({ Bucket, CreateBucketConfiguration }))
}

async function waiters(): Promise<void> {
  const s3 = client()
  const Bucket = await bucket(s3, 'waiters')
  const options = { client: s3, maxWaitTime: 5, minDelay: 1, maxDelay: 1 }
  await waitUntilBucketExists(options, { Bucket })
  await waitUntilObjectNotExists(options, { Bucket, Key: 'k' })
  await s3.putObject({ Bucket, Key: 'k' })
  await waitUntilObjectExists(options, { Bucket, Key: 'k' })
  await s3.deleteObject({ Bucket, Key: 'k' })
  await s3.deleteBucket({ Bucket })
  await waitUntilBucketNotExists(options, { Bucket })
}

async function identity(): Promise<void> {
  const Bucket = await bucket(client(), 'identity')
  const accessKeyId = process.env.AWS_ACCESS_KEY_ID ?? ''
  const wrong = client({ credentials: { accessKeyId, secretAccessKey: 'wrong' } })
  await refused('SignatureDoesNotMatch', 403, wrong.listObjectsV2({ Bucket }))
  const unknown = client({ credentials: { accessKeyId: 'AKIAUNKNOWNUNKNOWN00', secretAccessKey: 'x' } })
  await refused('InvalidAccessKeyId', 403, unknown.listBuckets({}))
  // The identity of a signer that does not sign: an anonymous request.
  const anonymous = client({ signer: { sign: async (request) => request } })
  await refused('AccessDenied', 403, anonymous.listObjectsV2({ Bucket }))
  await refused('AccessDenied', 403, anonymous.putObject({ Bucket, Key: 'k', Body: 'body' }))
  const error = await refused('NoSuchKey', 404, client().getObject({ Bucket, Key: 'missing' }))
  assert.equal(error.message, 'The specified key does not exist.')
  assert.match(error.$metadata.requestId ?? '', /^[0-9A-Z]{16}$/)
  assert.ok(error.$metadata.extendedRequestId)
}

async function byAddress(): Promise<void> {
  const s3 = client({ forcePathStyle: false })
  const Bucket = await bucket(s3, 'address')
  await s3.putObject({ Bucket, Key: 'k', Body: 'body' })
  assert.equal(await (await s3.getObject({ Bucket, Key: 'k' })).Body?.transformToString(), 'body')
}

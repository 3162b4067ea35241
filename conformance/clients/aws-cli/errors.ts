/** What the AWS CLI is told when it may not, or asks for what is not there. */
import assert from 'node:assert/strict'
import { bucketName, type Check } from '../../lib/scenario.ts'
import type { Aws } from './client.ts'

export function errorChecks(aws: Aws): Check[] {
  return [
    ['wrong secret: SignatureDoesNotMatch', () => wrongSecret(aws)],
    ['unknown key: InvalidAccessKeyId', () => unknownKey(aws)],
    ['--no-sign-request: 403', () => unsigned(aws)],
    ['missing bucket: NoSuchBucket', () => missingBucket(aws)],
    ['missing key: 404, NoSuchKey', () => missingKey(aws)],
    ['an invalid bucket name: InvalidBucketName', () => invalidBucket(aws)],
    ['a canned ACL on a bucket of today: AccessControlListNotSupported', () => cannedAcl(aws)],
    ['any region signs; a bucket made in one keeps it', () => regions(aws)],
  ]
}

async function wrongSecret(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('secret')
  const env = { AWS_SECRET_ACCESS_KEY: 'not-the-secret' }
  const why =
    /SignatureDoesNotMatch.*The request signature we calculated does not match the signature you provided\. Check your key and signing method\./s
  await aws.refusedWith(env, why, 's3', 'ls')
  await aws.refusedWith(env, why, 's3', 'ls', `s3://${bucket}`)
  await aws.refusedWith(env, /\(403\).*Forbidden/s, 's3api', 'head-bucket', '--bucket', bucket)
  const file = await aws.file('k', 'k')
  await aws.refusedWith(env, /SignatureDoesNotMatch/, 's3', 'cp', file, `s3://${bucket}/k`)
  assert.equal((await aws.query('Contents', 's3api', 'list-objects-v2', '--bucket', bucket)) ?? null, null)
}

async function unknownKey(aws: Aws): Promise<void> {
  const env = { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWNUNKNOWN00' }
  const why = /InvalidAccessKeyId.*The AWS Access Key Id you provided does not exist in our records\./s
  await aws.refusedWith(env, why, 's3', 'ls')
  await aws.refusedWith(env, why, 's3', 'mb', `s3://${bucketName('unknown')}`)
}

async function unsigned(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('unsigned')
  await aws.ok('s3', 'cp', await aws.file('k', 'k'), `s3://${bucket}/k`)
  await aws.refused(/AccessDenied.*Access Denied/s, 's3', 'ls', `s3://${bucket}`, '--no-sign-request')
  await aws.refused(
    /AccessDenied/,
    's3api',
    'get-object',
    '--bucket',
    bucket,
    '--key',
    'k',
    aws.path('x'),
    '--no-sign-request',
  )
  await aws.refused(/\(403\)/, 's3api', 'head-object', '--bucket', bucket, '--key', 'k', '--no-sign-request')
  await aws.refused(/AccessDenied/, 's3api', 'put-object', '--bucket', bucket, '--key', 'n', '--no-sign-request')
}

async function missingBucket(aws: Aws): Promise<void> {
  const missing = bucketName('missing')
  const why = /NoSuchBucket.*The specified bucket does not exist/s
  await aws.refused(why, 's3', 'ls', `s3://${missing}`)
  await aws.refused(why, 's3', 'cp', await aws.file('k', 'k'), `s3://${missing}/k`)
  await aws.refused(why, 's3', 'rb', `s3://${missing}`)
  await aws.refused(why, 's3api', 'get-object', '--bucket', missing, '--key', 'k', aws.path('x'))
  await aws.refused(why, 's3api', 'list-multipart-uploads', '--bucket', missing)
}

async function missingKey(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('nokey')
  await aws.refused(
    /\(404\).*Not Found|Key "none" does not exist/s,
    's3',
    'cp',
    `s3://${bucket}/none`,
    aws.path('none'),
  )
  const get = ['s3api', 'get-object', '--bucket', bucket, '--key', 'none', aws.path('none')]
  await aws.refused(/NoSuchKey.*The specified key does not exist\./s, ...get)
}

async function invalidBucket(aws: Aws): Promise<void> {
  for (const name of ['UpperCase', 'under_score', 'ab', 'dots..dots', '192.168.1.1', 'xn--name', 'name-s3alias']) {
    await aws.refused(
      /InvalidBucketName.*The specified bucket is not valid\.|Parameter validation failed|Invalid bucket name/s,
      's3api',
      'create-bucket',
      '--bucket',
      name,
    )
  }
}

async function cannedAcl(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('acl')
  const file = await aws.file('k', 'k')
  await aws.refused(
    /AccessControlListNotSupported.*The bucket does not allow ACLs/s,
    's3',
    'cp',
    file,
    `s3://${bucket}/k`,
    '--acl',
    'public-read',
  )
  await aws.ok('s3', 'cp', file, `s3://${bucket}/k`, '--acl', 'bucket-owner-full-control')
}

async function regions(aws: Aws): Promise<void> {
  const name = bucketName('oregon')
  const env = { AWS_DEFAULT_REGION: 'us-west-2', AWS_REGION: 'us-west-2' }
  await aws.okWith(env, 's3', 'mb', `s3://${name}`)
  await aws.okWith(env, 's3', 'cp', await aws.file('k', 'k'), `s3://${name}/k`)
  assert.match((await aws.okWith(env, 's3', 'ls', `s3://${name}`)).stdout, / k$/m)
  assert.equal(await aws.query('LocationConstraint', 's3api', 'get-bucket-location', '--bucket', name), 'us-west-2')
  assert.match((await aws.ok('s3', 'ls', `s3://${name}`)).stdout, / k$/m)
}

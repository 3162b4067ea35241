// The SDK makes sessions by itself: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  CreateBucketCommand,
  CreateSessionCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { type Sandbucket, startSandbucket } from '../src/index.ts'

const Bucket = 'data--use1-az4--x-s3'

describe('sessions of directory buckets', () => {
  let server: Sandbucket
  /** Signs with its own keys. */
  let plain: S3Client
  const clients: S3Client[] = []
  const client = (more: object = {}) => {
    const made = new S3Client({ ...server.clientConfig(), ...more })
    clients.push(made)
    return made
  }
  const codeOf = (running: Promise<unknown>) =>
    running.then(
      () => 'nothing',
      (cause: Error) => cause.name,
    )

  before(async () => {
    server = await startSandbucket({ kmsKeys: ['one', 'two'] })
    plain = client({ disableS3ExpressSessionAuth: true })
    const Location = { Type: 'AvailabilityZone', Name: 'use1-az4' } as const
    const CreateBucketConfiguration = {
      Location,
      Bucket: { Type: 'Directory', DataRedundancy: 'SingleAvailabilityZone' },
    } as const
    await plain.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }))
  })
  after(async () => {
    for (const made of clients) made.destroy()
    await server.close()
  })

  test('the SDK writes and reads with the session it makes', async () => {
    const express = client()
    await express.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'bytes' }))
    const { Body } = await express.send(new GetObjectCommand({ Bucket, Key: 'a/b' }))
    assert.equal(await Body?.transformToString(), 'bytes')
    assert.equal(
      await codeOf(express.send(new PutObjectCommand({ Bucket, Key: 'k', ACL: 'private' }))),
      'NotImplemented',
    )
  })

  // "New objects are automatically encrypted with the desired encryption settings" (API_CreateSession.html).
  test('what is written in one is encrypted as it says, and asks for nothing else', async () => {
    const kms = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'one' } as const
    const { Credentials } = await plain.send(new CreateSessionCommand({ Bucket, ...kms }))
    assert.ok(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken)
    const credentials = {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
    }
    const session = client({ credentials, disableS3ExpressSessionAuth: true })
    const put = (more: object) => session.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...more }))
    for (const more of [{}, kms, { ServerSideEncryption: 'aws:kms' }]) {
      const { ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled } = await put(more)
      assert.deepEqual([ServerSideEncryption, BucketKeyEnabled], ['aws:kms', true])
      assert.match(SSEKMSKeyId ?? '', /:key\/one$/)
    }
    for (const more of [{ ServerSideEncryption: 'AES256' }, { ...kms, SSEKMSKeyId: 'two' }]) {
      assert.equal(await codeOf(put(more)), 'InvalidRequest')
    }
  })

  test('its credentials are good for its bucket and mode only', async () => {
    const { Credentials } = await plain.send(new CreateSessionCommand({ Bucket, SessionMode: 'ReadOnly' }))
    assert.ok(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken)
    const credentials = {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
    }
    const limited = client({ credentials, disableS3ExpressSessionAuth: true })
    await plain.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }))
    await limited.send(new GetObjectCommand({ Bucket, Key: 'k' }))
    assert.equal(await codeOf(limited.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'y' }))), 'AccessDenied')
    assert.equal(await codeOf(limited.send(new ListBucketsCommand({}))), 'AccessDenied')
    const forged = client({
      credentials: { ...credentials, sessionToken: `${credentials.sessionToken.slice(0, -4)}AAAA` },
      disableS3ExpressSessionAuth: true,
    })
    assert.notEqual(await codeOf(forged.send(new GetObjectCommand({ Bucket, Key: 'k' }))), 'nothing')
  })
})

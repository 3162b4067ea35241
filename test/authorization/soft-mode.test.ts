/** Soft mode: what AWS would deny passes, and is told in every place. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { STSClient } from '@aws-sdk/client-sts'
import * as sts from '@aws-sdk/client-sts'
import { printExplanation } from '../../src/cli/explain.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import type { ToldExplanation } from '../../src/explain.ts'
import { createServer } from '../../src/server.ts'
import { accountA, allOfS3, expectSaid, said, Scene } from './support.ts'

const warned: Record<string, unknown>[] = []
const failed: unknown[] = []
const log = {
  debug() {},
  info() {},
  warn: (fields: object, message: string) => void warned.push({ ...fields, message }),
  error: (fields: object) => void failed.push(fields),
}

let scene: Scene
before(async () => {
  const keys = [{ accessKeyId: 'AKIAROOTA', secretAccessKey: 'secret-of-root-a' }]
  const other = [{ accessKeyId: 'AKIAROOTX', secretAccessKey: 'secret-of-root-x' }]
  const accounts = [
    { id: accountA, keys },
    { id: '222222222222', keys: other },
  ]
  const { config } = resolveOptions({ softMode: true, record: true, accounts })
  scene = new Scene(await createServer(config, log))
})
after(() => scene.close())

describe('soft mode', () => {
  it('lets a denied request pass, and says in the log who would be denied what, and why', async () => {
    const Bucket = await scene.bucket()
    const user = await scene.user()
    warned.length = 0
    const { outcome, output } = await user.ask('PutObject', { Bucket, Key: 'k', Body: 'x' })
    assert.equal(outcome, '200')
    const id = (output.$metadata as { requestId: string }).requestId
    const resource = `arn:aws:s3:::${Bucket}/k`
    assert.deepEqual(warned, [
      {
        by: user.arn,
        action: 's3:PutObject',
        resource,
        reason: 'no identity policy allows it',
        id,
        message: 'soft mode: would be denied',
      },
    ])
    const response = await fetch(`${scene.server.url}/_sandbucket/explain/${id}`)
    const told = (await response.json()) as ToldExplanation
    assert.deepEqual([told.outcome, told.decisions[0]?.isTolerated], ['tolerated', true])
    assert.match(printExplanation(told), /: allowed by soft mode only, AWS would deny it \(200\)\n/)
  })

  it('names the statement of an explicit deny', async () => {
    const Bucket = await scene.bucket()
    const Resource = ['arn:aws:s3:::B', 'arn:aws:s3:::B/*']
    await scene.policy(Bucket, { Effect: 'Deny', Principal: '*', Action: 's3:GetObject', Resource })
    await scene.put(Bucket, 'k')
    warned.length = 0
    expectSaid(await scene.a.ask('GetObject', { Bucket, Key: 'k' }), '200')
    assert.equal(warned[0]?.reason, `explicitly denied by arn:aws:s3:::${Bucket}#0 (resource policy)`)
  })

  it('shows in a header when one asks for explanations', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const asked = await scene.anonymous('GET', `/${Bucket}/k`, { headers: { 'x-sandbucket-explain': '1' } })
    assert.equal(asked.outcome, '200')
    const headers = asked.output.headers as Headers
    assert.equal(headers.get('x-sandbucket-would-deny'), `s3:GetObject on arn:aws:s3:::${Bucket}/k`)
    assert.match(
      headers.get('x-sandbucket-explanation') ?? '',
      /^would be denied: s3:GetObject on .*: no resource policy allows it/,
    )
    const plain = await scene.anonymous('GET', `/${Bucket}/k`)
    assert.equal((plain.output.headers as Headers).get('x-sandbucket-would-deny'), null)
    const allowed = await scene.anonymous('GET', `/${Bucket}/none`)
    assert.equal(allowed.outcome, '404 NoSuchKey')
  })

  it('covers keys of DeleteObjects, sources of copies, requester pays, roles, IAM', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    await scene.must(scene.a, 'PutBucketRequestPayment', {
      Bucket,
      RequestPaymentConfiguration: { Payer: 'Requester' },
    })
    const stranger = await scene.user({ account: 'X' })
    warned.length = 0
    expectSaid(await stranger.ask('CopyObject', { Bucket, Key: 'c', CopySource: `${Bucket}/k` }), '200')
    const deleted = await stranger.ask('DeleteObjects', { Bucket, Delete: { Objects: [{ Key: 'k' }, { Key: 'c' }] } })
    assert.equal((deleted.output.Deleted as unknown[]).length, 2)
    assert.deepEqual(
      [...new Set(warned.map(({ action }) => action))],
      ['s3:PutObject', 'CopyObject', 's3:GetObject', 'DeleteObjects', 's3:DeleteObject'],
    )
    const role = await scene.role([allOfS3])
    const credentials = stranger.key
    const client = new STSClient({ endpoint: scene.server.url, region: 'us-east-1', credentials })
    const input = { RoleArn: role.arn, RoleSessionName: 'session' }
    assert.equal((await said(client, sts, 'AssumeRole', input)).outcome, '200')
    client.destroy()
    assert.deepEqual([warned.at(-1)?.action, warned.at(-1)?.resource], ['sts:AssumeRole', role.arn])
  })

  it('counts as used for the recorder', async () => {
    const Bucket = await scene.bucket()
    const user = await scene.user()
    await user.ask('PutObject', { Bucket, Key: 'k', Body: 'x' })
    await user.ask('GetObject', { Bucket, Key: 'none' })
    const [told] = scene.server.recorder.report(user.arn).principals
    assert.equal(told?.softDenied, 3)
    assert.deepEqual(told?.policy.Statement.map(({ Action }) => Action).sort(), [
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
    ])
  })

  it('leaves errors of authentication, and what nobody could be allowed', async () => {
    const Bucket = await scene.bucket('BucketOwnerEnforced', { BlockPublicPolicy: true })
    const wrong = scene.asker('wrong', '', { accessKeyId: 'AKIAROOTA', secretAccessKey: 'x' })
    expectSaid(await wrong.ask('ListBuckets', {}), '403 SignatureDoesNotMatch')
    const unknown = scene.asker('unknown', '', { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' })
    expectSaid(await unknown.ask('ListBuckets', {}), '403 InvalidAccessKeyId')
    assert.equal((await scene.anonymous('PUT', '/new-bucket')).outcome, '403 AccessDenied')
    const Statement = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` }
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    expectSaid(await scene.a.ask('PutBucketPolicy', { Bucket, Policy }), '403 AccessDenied')
  })

  it('is never the reason of an internal error: whatever anonymous callers get to do', async () => {
    const Bucket = await scene.bucket('ObjectWriter')
    await scene.put(Bucket, 'k')
    const queries = 'acl policy tagging versioning uploads cors website lifecycle logging versions attributes retention'
    for (const query of ['', ...queries.split(' ').map((name) => `?${name}`)]) {
      for (const method of ['GET', 'PUT', 'DELETE', 'POST', 'HEAD']) {
        for (const path of [`/${Bucket}${query}`, `/${Bucket}/k${query}`]) {
          if (method === 'DELETE' && path === `/${Bucket}`) continue
          const { outcome } = await scene.anonymous(method, path, method === 'PUT' ? { body: 'x' } : {})
          assert.doesNotMatch(outcome, /^500/, `${method} ${path}`)
        }
      }
    }
    assert.deepEqual(failed, [])
  })

  it('is said where readiness is asked for', async () => {
    const ready = await (await fetch(`${scene.server.url}/_sandbucket/health/ready`)).text()
    assert.match(ready, /SOFT MODE IS ON/)
  })
})

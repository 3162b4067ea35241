/** The recorder on a server: what a program used becomes the least policy with which it still works. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as s3 from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import * as sts from '@aws-sdk/client-sts'
import { Recorder, type RecordReport } from '../../src/authorization/recorder.ts'
import { anonymousPrincipal } from '../../src/auth/keys.ts'
import type { Principal } from '../../src/context.ts'
import type { WrittenPolicy } from '../../src/policy/least-privilege.ts'
import { validateIdentityPolicy } from '../../src/policy/validate-identity.ts'
import { accountA, allOfS3, type Asker, openScene, said, type Scene } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

async function call(method: string, query = ''): Promise<RecordReport> {
  const response = await fetch(`${scene.server.url}/_sandbucket/record${query}`, { method })
  assert.equal(response.status, 200)
  return (await response.json()) as RecordReport
}

/** What an asker used while it ran. */
async function recorded(who: Asker, run: () => Promise<unknown>): Promise<WrittenPolicy> {
  await call('POST')
  await run()
  const { principals } = await call('DELETE', `?principal=${encodeURIComponent(who.arn)}`)
  assert.equal(principals.length, 1, `${principals.length} principals`)
  const { policy } = principals[0] as RecordReport['principals'][0]
  assert.deepEqual(validateIdentityPolicy(JSON.stringify(policy), { isManaged: true }).ok, true)
  return policy
}

const lines = ({ Statement }: WrittenPolicy) =>
  Statement.map(({ Action, Resource, Condition }) => {
    const condition = Condition === undefined ? '' : ` ${JSON.stringify(Condition)}`
    return `${[Action].flat().join(' ')} on ${[Resource].flat().join(' ').replaceAll('arn:aws:s3:::', '')}${condition}`
  })

/** A day in the life of a program: what it is answered, in order. */
async function program(who: Asker, Bucket: string): Promise<string[]> {
  const answers: string[] = []
  const ask = async (operation: string, input: object) => {
    const { outcome } = await who.ask(operation, { Bucket, ...input })
    answers.push(`${operation} ${outcome}`)
  }
  await ask('ListBuckets', {})
  for (let at = 0; at < 6; at++) await ask('PutObject', { Key: `in/${at}`, Body: 'x', Tagging: 'a=b' })
  await ask('GetObject', { Key: 'in/1' })
  await ask('GetObject', { Key: 'config.json' })
  await ask('HeadObject', { Key: 'in/none' })
  await ask('ListObjectsV2', { Prefix: 'in/' })
  await ask('CopyObject', { Key: 'out/copy', CopySource: `${Bucket}/in/2` })
  await ask('DeleteObjects', { Delete: { Objects: [{ Key: 'in/3' }, { Key: 'in/4' }] } })
  await ask('GetBucketVersioning', {})
  return answers
}

describe('the recorder', () => {
  it('tells what a program that ran as root would need, and that is what it needs', async () => {
    const Bucket = await scene.bucket()
    const other = await scene.bucket()
    await scene.put(Bucket, 'in/1')
    let answers: string[] = []
    const policy = await recorded(scene.a, async () => {
      answers = await program(scene.a, Bucket)
    })
    assert.deepEqual(
      lines(policy).sort(),
      [
        's3:ListAllMyBuckets on *',
        `s3:GetBucketVersioning on ${Bucket}`,
        `s3:ListBucket on ${Bucket} {"StringEquals":{"s3:prefix":["config.json","in/","in/none"]}}`,
        `s3:GetObject on ${['config.json', 'in/1', 'in/2', 'in/none'].map((key) => `${Bucket}/${key}`).join(' ')}`,
        `s3:GetObjectTagging on ${Bucket}/in/2`,
        `s3:PutObject s3:PutObjectTagging on ${Bucket}/in/* ${Bucket}/out/copy`,
        `s3:DeleteObject on ${Bucket}/in/3 ${Bucket}/in/4`,
      ].sort(),
    )
    const user = await scene.user({ policy })
    assert.deepEqual(await program(user, Bucket), answers)
    assert.equal((await user.ask('PutObject', { Bucket, Key: 'elsewhere', Body: 'x' })).outcome, '403 AccessDenied')
    assert.equal((await user.ask('ListObjectsV2', { Bucket })).outcome, '403 AccessDenied')
    assert.equal((await user.ask('GetObject', { Bucket: other, Key: 'in/1' })).outcome, '403 AccessDenied')
    assert.equal((await user.ask('DeleteBucket', { Bucket })).outcome, '403 AccessDenied')
  })

  it('knows users by their ARN and sessions by that of their role', async () => {
    const Bucket = await scene.bucket()
    const user = await scene.user({ allow: [allOfS3] })
    const role = await scene.role([allOfS3])
    const session = await scene.session(role)
    await call('POST')
    await user.ask('PutObject', { Bucket, Key: 'k', Body: 'x' })
    await session.ask('GetObject', { Bucket, Key: 'k' })
    const { principals } = await call('GET')
    assert.deepEqual(
      principals.map(({ principal }) => principal),
      [role.arn, user.arn].sort(),
    )
    assert.equal((await call('GET', `?principal=user/${user.name}`)).principals.length, 1)
    assert.equal((await call('GET', '?principal=user/nobody')).principals.length, 0)
  })

  it('what was refused was not used; calls of IAM, STS and roles were', async () => {
    const Bucket = await scene.bucket()
    const role = await scene.role([allOfS3])
    const statements = ['iam:*', 'sts:*', 's3:PutObject'].map((Action) => ({ Effect: 'Allow', Action, Resource: '*' }))
    const user = await scene.user({ allow: statements })
    const policy = await recorded(user, async () => {
      assert.equal(
        (await user.ask('PutObject', { Bucket, Key: 'k', Body: 'x', Tagging: 'a=b' })).outcome,
        '403 AccessDenied',
      )
      assert.equal((await user.ask('GetObject', { Bucket, Key: 'k' })).outcome, '403 AccessDenied')
      const options = { endpoint: scene.server.url, region: 'us-east-1', credentials: user.key }
      const client = new STSClient(options)
      const input = { RoleArn: role.arn, RoleSessionName: 'session' }
      assert.equal((await said(client, sts, 'AssumeRole', input)).outcome, '200')
      assert.equal((await said(client, sts, 'GetCallerIdentity', {})).outcome, '200')
      client.destroy()
    })
    assert.deepEqual(lines(policy), [`sts:AssumeRole on ${role.arn}`])
  })

  it('leaves out what whoever began an upload may do without permission', async () => {
    const Bucket = await scene.bucket()
    const upload = { Bucket, Key: 'k' }
    const policy = await recorded(scene.a, async () => {
      const { output } = await scene.must(scene.a, 'CreateMultipartUpload', upload)
      await scene.must(scene.a, 'ListParts', { ...upload, UploadId: output.UploadId })
      await scene.must(scene.a, 'AbortMultipartUpload', { ...upload, UploadId: output.UploadId })
    })
    assert.deepEqual(lines(policy), [`s3:PutObject on ${Bucket}/k`])
  })

  it('knows the sessions of directory buckets', async () => {
    const Bucket = 'recorded--use1-az4--x-s3'
    const CreateBucketConfiguration = {
      Location: { Type: 'AvailabilityZone', Name: 'use1-az4' },
      Bucket: { Type: 'Directory', DataRedundancy: 'SingleAvailabilityZone' },
    }
    const policy = await recorded(scene.a, async () => {
      const options = { endpoint: scene.server.url, region: 'us-east-1', forcePathStyle: true }
      const client = new s3.S3Client({ ...options, credentials: scene.a.key, disableS3ExpressSessionAuth: true })
      assert.equal((await said(client, s3, 'CreateBucket', { Bucket, CreateBucketConfiguration })).outcome, '200')
      assert.equal((await said(client, s3, 'CreateSession', { Bucket })).outcome, '200')
      client.destroy()
    })
    const arn = `arn:aws:s3express:us-east-1:${accountA}:bucket/${Bucket}`
    assert.deepEqual(lines(policy), [`s3express:CreateBucket s3express:CreateSession on ${arn}`])
  })

  it('begins anew with each start, and keeps what it has after a stop', async () => {
    const Bucket = await scene.bucket()
    await call('POST')
    await scene.a.ask('HeadBucket', { Bucket })
    const stopped = await call('DELETE')
    assert.equal(stopped.isRecording, false)
    assert.ok(stopped.since !== undefined && stopped.until !== undefined)
    await scene.a.ask('DeleteBucket', { Bucket })
    assert.deepEqual((await call('GET')).principals, stopped.principals)
    assert.deepEqual(
      stopped.principals[0]?.policy.Statement.map(({ Action }) => Action),
      ['s3:ListBucket'],
    )
    assert.deepEqual((await call('POST')).principals, [])
    await call('DELETE')
  })

  it('is not for strangers, under any spelling', async () => {
    for (const path of ['record', 'record/', 'RECORD', 'Record?principal=x']) {
      const response = await fetch(`${scene.server.url}/_sandbucket/${path}`, {
        headers: { Origin: 'http://evil.test' },
      })
      assert.equal(response.status, 403, path)
    }
  })
})

const principal = (name: string): Principal => ({
  ...anonymousPrincipal,
  kind: 'user',
  accountId: accountA,
  arn: `arn:aws:iam::${accountA}:user/${name}`,
})

describe('what the recorder keeps', () => {
  it('is bounded for one principal, and the report says so', () => {
    const recorder = new Recorder()
    recorder.start(0)
    for (let at = 0; at < 30_000; at++) {
      const resource = `arn:aws:s3:::b-${at % 40}/${'k'.repeat(300)}${at % 997}/${at}`
      recorder.used(principal('u'), { action: `s3:Get${at % 7}`, resource }, false)
    }
    const [told] = recorder.report().principals
    assert.equal(told?.uses, 30_000)
    assert.match(told?.notes.join('\n') ?? '', /was generalised/)
    assert.deepEqual(told?.policy.Statement[0]?.Resource, 'arn:aws:s3:::b-*/*')
  })

  it('is bounded for all together', () => {
    const recorder = new Recorder()
    recorder.start(0)
    for (let at = 0; at < 60_000; at++) {
      const resource = `arn:aws:s3:::b-${at % 13}/${'k'.repeat(900)}${at}`
      recorder.used(principal(`u${at % 600}`), { action: 's3:GetObject', resource }, at % 2 === 0)
    }
    const { principals, notes } = recorder.report()
    assert.equal(principals.length, 500)
    assert.deepEqual(notes, ['10000 uses are of principals beyond the first 500, which were not recorded.'])
    assert.ok(principals.some(({ notes: own }) => own.some((note) => note.includes('was generalised'))))
    assert.equal(principals[0]?.softDenied, 100)
  })

  it('anonymous callers and root are told what their policy is for', () => {
    const recorder = new Recorder()
    recorder.start(0)
    const use = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' }
    recorder.used(anonymousPrincipal, use, false)
    recorder.used({ ...principal(''), kind: 'root', arn: `arn:aws:iam::${accountA}:root` }, use, false)
    const [anonymous, root] = recorder.report().principals
    assert.match(`${root?.principal} ${root?.notes}`, /:root Root needs no policy/)
    assert.match(
      `${anonymous?.principal} ${anonymous?.notes}`,
      /^anonymous Anonymous callers have no policy of their own/,
    )
  })
})

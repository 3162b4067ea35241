// Which actions an operation needs: cases 25 to 41. https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Asker, expectSaid, openScene, type Scene, type Statement } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const may = (...actions: string[]): Statement => ({ Effect: 'Allow', Action: actions, Resource: '*' })
const userWith = (...actions: string[]): Promise<Asker> => scene.user({ allow: [may(...actions)] })

async function versioned(): Promise<{ Bucket: string; VersionId: string }> {
  const Bucket = await scene.bucket()
  await scene.must(scene.a, 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Enabled' } })
  const { output } = await scene.put(Bucket, 'k')
  return { Bucket, VersionId: output.VersionId as string }
}

/** Operations on a new bucket with object `k`, each with the actions that do and do not allow it. */
const table: {
  name: string
  operation: string
  input: object
  /** Not enough, with the action that the message then names. */
  lacking: [actions: string[], named: string]
  enough: string[]
  outcome?: string
}[] = [
  {
    name: '29: tags at upload need PutObjectTagging',
    operation: 'PutObject',
    input: { Key: 'n', Body: 'x', Tagging: 'a=1' },
    lacking: [['s3:PutObject'], 's3:PutObjectTagging'],
    enough: ['s3:PutObject', 's3:PutObjectTagging'],
  },
  {
    name: '32: tags that replace those of a copied object need PutObjectTagging',
    operation: 'CopyObject',
    input: { Key: 'n', CopySource: 'BUCKET/k', TaggingDirective: 'REPLACE', Tagging: 'a=1' },
    lacking: [['s3:GetObject', 's3:PutObject'], 's3:PutObjectTagging'],
    enough: ['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging'],
  },
  {
    name: '33: copied tags must be readable',
    operation: 'CopyObject',
    input: { Key: 'n', CopySource: 'BUCKET/tagged' },
    lacking: [['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging'], 's3:GetObjectTagging'],
    enough: ['s3:GetObject', 's3:PutObject', 's3:PutObjectTagging', 's3:GetObjectTagging'],
  },
  {
    name: 'a copy reads its source',
    operation: 'CopyObject',
    input: { Key: 'n', CopySource: 'BUCKET/k' },
    lacking: [['s3:PutObject'], 's3:GetObject'],
    enough: ['s3:GetObject', 's3:PutObject'],
  },
  {
    name: '35: GetObjectAttributes needs both its own action and GetObject',
    operation: 'GetObjectAttributes',
    input: { Key: 'k', ObjectAttributes: ['ETag'] },
    lacking: [['s3:GetObjectAttributes'], 's3:GetObject'],
    enough: ['s3:GetObjectAttributes', 's3:GetObject'],
  },
  {
    name: '39: uploads in progress are not listed by ListBucket',
    operation: 'ListMultipartUploads',
    input: {},
    lacking: [['s3:ListBucket'], 's3:ListBucketMultipartUploads'],
    enough: ['s3:ListBucketMultipartUploads'],
  },
  {
    name: '41: DeleteBucketCors is PutBucketCORS',
    operation: 'DeleteBucketCors',
    input: {},
    lacking: [['s3:DeleteBucketCors', 's3:GetBucketCORS'], 's3:PutBucketCORS'],
    enough: ['s3:PutBucketCORS'],
    outcome: '204',
  },
  {
    name: '41: DeleteBucketWebsite has its own action',
    operation: 'DeleteBucketWebsite',
    input: {},
    lacking: [['s3:PutBucketWebsite'], 's3:DeleteBucketWebsite'],
    enough: ['s3:DeleteBucketWebsite'],
    outcome: '204',
  },
]

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html */
describe('conditions on an entity tag', () => {
  it('need the permission to read it: writes, deletes and entries of DeleteObjects', async () => {
    const Bucket = await scene.bucket()
    const { output } = await scene.put(Bucket, 'k')
    const IfMatch = output.ETag as string
    const blind = await userWith('s3:PutObject', 's3:DeleteObject')
    const able = await userWith('s3:PutObject', 's3:DeleteObject', 's3:GetObject')
    const put = { Bucket, Key: 'k', Body: 'hello', IfMatch }
    expectSaid(await blind.ask('PutObject', put), '403 AccessDenied', 'perform: s3:GetObject on resource')
    expectSaid(await able.ask('PutObject', put), '200')
    const remove = { Bucket, Key: 'k', IfMatch }
    expectSaid(await blind.ask('DeleteObject', remove), '403 AccessDenied', 'perform: s3:GetObject on resource')
    const entries = { Bucket, Delete: { Objects: [{ Key: 'k', ETag: IfMatch }] } }
    const failed = (await scene.must(blind, 'DeleteObjects', entries)).output.Errors as { Code: string }[]
    assert.deepEqual(
      failed.map(({ Code }) => Code),
      ['AccessDenied'],
    )
    expectSaid(await blind.ask('DeleteObject', { ...remove, IfMatch: '*' }), '204')
    await scene.put(Bucket, 'k')
    assert.equal((await scene.must(able, 'DeleteObjects', entries)).output.Errors, undefined)
  })

  it('are a condition key of each entry of DeleteObjects', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const Condition = { Null: { 's3:if-match': 'false' } }
    const u = await scene.user({ allow: [{ ...may('s3:DeleteObject'), Condition }] })
    const { output } = await scene.must(u, 'DeleteObjects', {
      Bucket,
      Delete: { Objects: [{ Key: 'other' }, { Key: 'k', ETag: '*' }] },
    })
    assert.deepEqual(
      (output.Errors as { Key: string }[]).map(({ Key }) => Key),
      ['other'],
    )
    assert.deepEqual(
      (output.Deleted as { Key: string }[]).map(({ Key }) => Key),
      ['k'],
    )
  })
})

describe('required actions', () => {
  for (const { name, operation, input, lacking, enough, outcome = '200' } of table) {
    it(name, async () => {
      const Bucket = await scene.bucket()
      await scene.put(Bucket, 'k')
      await scene.put(Bucket, 'tagged', { Tagging: 'a=1' })
      const source = (input as { CopySource?: string }).CopySource?.replace('BUCKET', Bucket)
      const request = { Bucket, ...input, ...(source && { CopySource: source }) }
      const [actions, named] = lacking
      const denied = await (await userWith(...actions)).ask(operation, request)
      expectSaid(denied, '403 AccessDenied', `is not authorized to perform: ${named} on resource`)
      expectSaid(await (await userWith(...enough)).ask(operation, request), outcome)
    })
  }

  it('25, 26: a version id asks for the Version actions, null too', async () => {
    const { Bucket, VersionId } = await versioned()
    const plain = await userWith('s3:GetObject')
    const version = await userWith('s3:GetObjectVersion')
    expectSaid(await plain.ask('GetObject', { Bucket, Key: 'k', VersionId }), '403 AccessDenied', 's3:GetObjectVersion')
    expectSaid(await version.ask('GetObject', { Bucket, Key: 'k', VersionId }), '200')
    expectSaid(await plain.ask('GetObject', { Bucket, Key: 'k', VersionId: 'null' }), '403 AccessDenied')
  })

  it('27: deleting a version is not deleting an object', async () => {
    const { Bucket, VersionId } = await versioned()
    const u = await userWith('s3:DeleteObject')
    const denied = await u.ask('DeleteObject', { Bucket, Key: 'k', VersionId })
    expectSaid(denied, '403 AccessDenied', 's3:DeleteObjectVersion')
  })

  it('28: DeleteObjects answers for each key', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'mine')
    await scene.put(Bucket, 'other')
    const u = await scene.user({ allow: [{ ...may('s3:DeleteObject'), Resource: `arn:aws:s3:::${Bucket}/mine` }] })
    const Objects = [{ Key: 'mine' }, { Key: 'other' }]
    const { outcome, output } = await u.ask('DeleteObjects', { Bucket, Delete: { Objects } })
    assert.equal(outcome, '200')
    assert.deepEqual(output.Deleted, [{ Key: 'mine' }])
    const [failed] = output.Errors as { Key: string; Code: string }[]
    assert.deepEqual([failed?.Key, failed?.Code], ['other', 'AccessDenied'])
  })

  it('30: an ACL at upload needs PutObjectAcl', async () => {
    const Bucket = await scene.bucket('ObjectWriter')
    const u = await userWith('s3:PutObject')
    const denied = await u.ask('PutObject', { Bucket, Key: 'n', Body: 'x', ACL: 'public-read' })
    expectSaid(denied, '403 AccessDenied', 's3:PutObjectAcl')
    const able = await userWith('s3:PutObject', 's3:PutObjectAcl')
    expectSaid(await able.ask('PutObject', { Bucket, Key: 'n', Body: 'x', ACL: 'public-read' }), '200')
  })

  it('31: a lock at upload needs PutObjectRetention', async () => {
    const Bucket = `locked-${Date.now().toString(36)}`
    await scene.must(scene.a, 'CreateBucket', { Bucket, ObjectLockEnabledForBucket: true })
    const u = await userWith('s3:PutObject')
    const input = {
      Bucket,
      Key: 'n',
      Body: 'x',
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: new Date(Date.now() + 86_400_000),
      ChecksumAlgorithm: 'CRC32',
    }
    expectSaid(await u.ask('PutObject', input), '403 AccessDenied', 's3:PutObjectRetention')
    expectSaid(await u.ask('PutObject', { Bucket, Key: 'n', Body: 'x', ChecksumAlgorithm: 'CRC32' }), '200')

    // 36: the bypass is asked for versions only, missing ones too.
    const deleter = await userWith('s3:DeleteObject', 's3:DeleteObjectVersion')
    const bypass = { Bucket, Key: 'n', BypassGovernanceRetention: true }
    const VersionId = 'A'.repeat(32)
    const denied = await deleter.ask('DeleteObject', { ...bypass, VersionId })
    expectSaid(denied, '403 AccessDenied', 's3:BypassGovernanceRetention')
    expectSaid(await deleter.ask('DeleteObject', bypass), '204')
  })

  it('34: tags of the source are a condition of reads and part copies, not of CopyObject', async () => {
    const Bucket = await scene.bucket()
    const Source = await scene.bucket()
    const body = 'x'.repeat(10)
    await scene.must(scene.a, 'PutObject', { Bucket: Source, Key: 'k', Body: body, Tagging: 'sec=public' })
    const read = { ...may('s3:GetObject'), Condition: { StringEquals: { 's3:ExistingObjectTag/sec': 'public' } } }
    const u = await scene.user({ allow: [read, may('s3:PutObject', 's3:PutObjectTagging', 's3:GetObjectTagging')] })
    const CopySource = `${Source}/k`
    expectSaid(await u.ask('GetObject', { Bucket: Source, Key: 'k' }), '200')
    expectSaid(await u.ask('CopyObject', { Bucket, Key: 'n', CopySource }), '403 AccessDenied', 's3:GetObject')
    const { output } = await scene.must(u, 'CreateMultipartUpload', { Bucket, Key: 'n' })
    const part = { Bucket, Key: 'n', UploadId: output.UploadId, PartNumber: 1, CopySource }
    expectSaid(await u.ask('UploadPartCopy', part), '200')
  })

  it('40: HeadBucket needs ListBucket, and tells the region in any case', async () => {
    const Bucket = await scene.bucket()
    const u = await userWith('s3:GetBucketLocation')
    expectSaid(await u.ask('HeadBucket', { Bucket }), '403')
    const { output } = await scene.anonymous('HEAD', `/${Bucket}`)
    assert.equal((output.headers as Headers).get('x-amz-bucket-region'), 'us-east-1')
    assert.equal(output.text, '')
  })

  it('services without bucket: ListBuckets and CreateBucket', async () => {
    const unable = await scene.user()
    const denied = await unable.ask('ListBuckets', {})
    expectSaid(denied, '403 AccessDenied')
    assert.equal(
      denied.message,
      `User: ${unable.arn} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action`,
    )
    expectSaid(await (await userWith('s3:ListAllMyBuckets')).ask('ListBuckets', {}), '200')
    expectSaid(await unable.ask('CreateBucket', { Bucket: 'a-new-bucket' }), '403 AccessDenied', 's3:CreateBucket')
    const owner = await userWith('s3:CreateBucket')
    const ObjectOwnership = 'ObjectWriter'
    const more = await owner.ask('CreateBucket', { Bucket: 'a-new-bucket', ObjectOwnership })
    expectSaid(more, '403 AccessDenied', 's3:PutBucketOwnershipControls')
    expectSaid(await owner.ask('CreateBucket', { Bucket: 'a-new-bucket' }), '200')
    expectSaid(await scene.anonymous('GET', '/'), '403 AccessDenied', 'Access Denied')
  })
})

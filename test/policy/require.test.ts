import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { actionsMatching, controlOperationRows, operationRows, s3Actions } from '../../src/policy/actions.ts'
import { findKey } from '../../src/policy/keys.ts'
import {
  anonymousRefusal,
  deleteActions,
  exceptionNames,
  type Facts,
  type OperationInput,
  requiredActions,
  requiredBodyActions,
  requiredControlActions,
} from '../../src/policy/require.ts'

const short = (pairs: readonly { action: string; resource: string; isGranted?: true }[]) =>
  pairs.map(
    ({ action, resource, isGranted }) =>
      `${action} ${resource.replace('arn:aws:s3:::', '')}${isGranted ? ' granted' : ''}`,
  )

const rows: [name: string, operation: string, input: OperationInput, expected: string[], facts?: Facts][] = [
  ['#25 a read', 'GetObject', {}, ['s3:GetObject b/k']],
  ['#25 a read of a version', 'GetObject', { VersionId: 'v' }, ['s3:GetObjectVersion b/k']],
  ['#26 of version null too', 'HeadObject', { VersionId: 'null' }, ['s3:GetObjectVersion b/k']],
  ['#27 a delete of a version', 'DeleteObject', { VersionId: 'v' }, ['s3:DeleteObjectVersion b/k']],
  ['#29 tags', 'PutObject', { Tagging: 'a=b' }, ['s3:PutObject b/k', 's3:PutObjectTagging b/k']],
  ['#30 an ACL', 'PutObject', { ACL: 'private' }, ['s3:PutObject b/k', 's3:PutObjectAcl b/k']],
  ['#30 a grant', 'CreateMultipartUpload', { GrantRead: 'id="x"' }, ['s3:PutObject b/k', 's3:PutObjectAcl b/k']],
  [
    '#31 a lock',
    'PutObject',
    { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: 1, ObjectLockLegalHoldStatus: 'ON' },
    ['s3:PutObject b/k', 's3:PutObjectRetention b/k', 's3:PutObjectLegalHold b/k'],
  ],
  ['no header, no more', 'PutObject', { ACL: undefined, Tagging: '' }, ['s3:PutObject b/k']],
  [
    '#32 a copy with new tags',
    'CopyObject',
    { CopySource: '/s/a%20b', TaggingDirective: 'REPLACE', Tagging: 'a=b' },
    ['s3:PutObject b/k', 's3:GetObject s/a b', 's3:PutObjectTagging b/k'],
    { hasSourceTags: true },
  ],
  [
    '#33 a copy of tags',
    'CopyObject',
    { CopySource: 's/k?versionId=v' },
    ['s3:PutObject b/k', 's3:GetObjectVersion s/k', 's3:GetObjectVersionTagging s/k', 's3:PutObjectTagging b/k'],
    { hasSourceTags: true },
  ],
  ['a copy without tags', 'CopyObject', { CopySource: 's/k' }, ['s3:PutObject b/k', 's3:GetObject s/k']],
  ['a part copied', 'UploadPartCopy', { CopySource: 's/k' }, ['s3:PutObject b/k', 's3:GetObject s/k']],
  ['#35 attributes', 'GetObjectAttributes', {}, ['s3:GetObject b/k', 's3:GetObjectAttributes b/k']],
  [
    '#35 of a version',
    'GetObjectAttributes',
    { VersionId: 'v' },
    ['s3:GetObjectVersion b/k', 's3:GetObjectVersionAttributes b/k'],
  ],
  [
    '#36 bypassing governance for a version',
    'DeleteObject',
    { VersionId: 'v', BypassGovernanceRetention: true },
    ['s3:DeleteObjectVersion b/k', 's3:BypassGovernanceRetention b/k'],
  ],
  ['#36 not for a simple delete', 'DeleteObject', { BypassGovernanceRetention: true }, ['s3:DeleteObject b/k']],
  [
    'a retention under bypass',
    'PutObjectRetention',
    { BypassGovernanceRetention: true, VersionId: 'v' },
    ['s3:PutObjectRetention b/k', 's3:BypassGovernanceRetention b/k'],
  ],
  [
    '#37 the initiator aborts with PutObject, unless denied',
    'AbortMultipartUpload',
    {},
    ['s3:PutObject b/k', 's3:AbortMultipartUpload b/k granted'],
    { isUploadInitiator: true },
  ],
  ['a write under an entity tag reads it', 'PutObject', { IfMatch: '"e"' }, ['s3:PutObject b/k', 's3:GetObject b/k']],
  ['a delete under one too', 'DeleteObject', { IfMatch: '"e"' }, ['s3:DeleteObject b/k', 's3:GetObject b/k']],
  ['and a completion', 'CompleteMultipartUpload', { IfMatch: '"e"' }, ['s3:PutObject b/k', 's3:GetObject b/k']],
  ['under a star there is nothing to read', 'DeleteObject', { IfMatch: '*' }, ['s3:DeleteObject b/k']],
  ['#38 others need the action', 'ListParts', {}, ['s3:ListMultipartUploadParts b/k']],
  ['#39 uploads', 'ListMultipartUploads', {}, ['s3:ListBucketMultipartUploads b']],
  ['#40 a bucket looked at', 'HeadBucket', {}, ['s3:ListBucket b']],
  ['#41 CORS deleted', 'DeleteBucketCors', {}, ['s3:PutBucketCORS b']],
  ['#41 a website deleted', 'DeleteBucketWebsite', {}, ['s3:DeleteBucketWebsite b']],
  ['buckets listed', 'ListBuckets', {}, ['s3:ListAllMyBuckets *']],
  ['a bucket made', 'CreateBucket', { ACL: 'private' }, ['s3:CreateBucket b']],
  [
    'a bucket made with everything',
    'CreateBucket',
    { ACL: 'public-read', ObjectLockEnabledForBucket: true, ObjectOwnership: 'ObjectWriter' },
    [
      's3:CreateBucket b',
      's3:PutBucketAcl b',
      's3:PutBucketObjectLockConfiguration b',
      's3:PutBucketVersioning b',
      's3:PutBucketOwnershipControls b',
    ],
  ],
  ['keys of DeleteObjects are asked one by one', 'DeleteObjects', {}, []],
  [
    'a directory bucket',
    'CreateSession',
    {},
    ['s3express:CreateSession arn:aws:s3express:r:1:bucket/b'],
    { region: 'r', accountId: '1' },
  ],
  ['another partition', 'GetObject', {}, ['s3:GetObject arn:aws-cn:s3:::b/k'], { partition: 'aws-cn' }],
  ['no such operation', 'constructor', {}, []],
]

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
describe('required actions', () => {
  for (const [name, operation, input, expected, facts] of rows) {
    test(`${operation}: ${name}`, () => {
      assert.deepEqual(short(requiredActions(operation, { Bucket: 'b', Key: 'k', ...input }, facts)), expected)
    })
  }

  test('the body may ask for more', () => {
    const replication = { Bucket: 'b', ReplicationConfiguration: { Role: 'arn:aws:iam::1:role/r' } }
    assert.deepEqual(short(requiredBodyActions('PutBucketReplication', replication)), [
      'iam:PassRole arn:aws:iam::1:role/r',
    ])
    const tagged = { Bucket: 'b', CreateBucketConfiguration: { Tags: [{ Key: 'a', Value: 'b' }] } }
    assert.deepEqual(short(requiredBodyActions('CreateBucket', tagged)), ['s3:TagResource b'])
    assert.deepEqual(requiredBodyActions('PutObject', {}), [])
  })

  test('an entry of DeleteObjects is a DeleteObject', () => {
    assert.deepEqual(short(deleteActions('b', { Key: 'k', VersionId: 'v' }, true)), [
      's3:DeleteObjectVersion b/k',
      's3:BypassGovernanceRetention b/k',
    ])
  })

  test('S3 Control has its own', () => {
    assert.deepEqual(short(requiredControlActions('GetPublicAccessBlock', {})), ['s3:GetAccountPublicAccessBlock *'])
    const input = { ResourceArn: 'arn:aws:s3:::b' }
    assert.deepEqual(short(requiredControlActions('TagResource', input)), ['s3:TagResource b'])
  })

  test('some operations are closed to anonymous callers', () => {
    assert.match(anonymousRefusal('CopyObject') ?? '', /^Anonymous users cannot copy objects/)
    assert.equal(anonymousRefusal('GetObject'), undefined)
  })

  test('no input makes it throw', () => {
    for (const operation of Object.keys(operationRows)) {
      for (const value of [undefined, null, 1, {}, [], 'x', '%', 'arn:x']) {
        const input = Object.fromEntries(
          ['Bucket', 'Key', 'CopySource', 'Tagging', 'ReplicationConfiguration'].map((name) => [name, value]),
        )
        requiredActions(operation, input, { hasSourceTags: true })
        requiredBodyActions(operation, input)
      }
    }
  })
})

describe('the table', () => {
  test('covers the 112 operations of S3, each in a way that requireActions knows', () => {
    assert.equal(Object.keys(operationRows).length, 112)
    for (const [name, row] of Object.entries({ ...operationRows, ...controlOperationRows })) {
      const kinds = [row.object, row.bucket, row.directory, row.service, row.resourceArn, row.perKey]
      assert.equal(kinds.filter((kind) => kind !== undefined).length, 1, name)
      for (const also of [...(row.also ?? []), ...(row.afterBody ?? [])]) assert.ok(exceptionNames.includes(also), also)
    }
  })

  test('names only actions of the catalogue', () => {
    const names = new Set(s3Actions.map(({ name }) => name))
    for (const [operation, row] of Object.entries({ ...operationRows, ...controlOperationRows })) {
      for (const name of [row.object, row.version, row.bucket, row.service, row.resourceArn]) {
        if (name !== undefined && !name.includes(':')) assert.ok(names.has(`s3:${name}`), `${operation}: ${name}`)
      }
    }
  })

  test('has every action once, with keys that the catalogue of keys knows', () => {
    assert.equal(s3Actions.length, 180)
    assert.equal(new Set(s3Actions.map(({ name }) => name)).size, 180)
    for (const key of new Set(s3Actions.flatMap(({ keys }) => [...keys])))
      assert.ok(findKey(`${key}x`) ?? findKey(key), key)
  })

  test('patterns find their actions without case', () => {
    assert.deepEqual(
      actionsMatching('S3:getobjectver*acl').map(({ name }) => name),
      ['s3:GetObjectVersionAcl'],
    )
    assert.equal(actionsMatching('*').length, 180)
    assert.equal(actionsMatching('iam:*').length, 0)
  })
})

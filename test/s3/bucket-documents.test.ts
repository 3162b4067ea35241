// Recorded: TestS3PublicAccessBlock, TestS3BucketOwnershipControls, TestS3BucketPolicy, TestS3BucketEncryption and the CRUD tests of TestS3.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { S3Handlers } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { owner, refused, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const everyone = {
  Grantee: { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' },
  Permission: 'READ',
}
const full = { Grantee: { Type: 'CanonicalUser', ID: owner.canonicalId }, Permission: 'FULL_CONTROL' }

async function call(world: World, name: keyof S3Handlers, more: object = {}): Promise<unknown> {
  return world.call(name, { Bucket, ...more } as never)
}

const missing: [keyof S3Handlers, string, string][] = [
  ['GetBucketPolicy', 'NoSuchBucketPolicy', 'The bucket policy does not exist'],
  ['GetBucketPolicyStatus', 'NoSuchBucketPolicy', 'The bucket policy does not exist'],
  ['GetBucketLifecycleConfiguration', 'NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'],
  ['GetBucketWebsite', 'NoSuchWebsiteConfiguration', 'The specified bucket does not have a website configuration'],
  ['GetBucketReplication', 'ReplicationConfigurationNotFoundError', 'The replication configuration was not found'],
  [
    'GetPublicAccessBlock',
    'NoSuchPublicAccessBlockConfiguration',
    'The public access block configuration was not found',
  ],
  [
    'GetObjectLockConfiguration',
    'ObjectLockConfigurationNotFoundError',
    'Object Lock configuration does not exist for this bucket',
  ],
  ['GetBucketMetadataConfiguration', 'MetadataConfigurationNotFound', 'The metadata configuration was not found'],
]
for (const [name, code, message] of missing) {
  test(`${name} of a bucket without it is ${code}`, () =>
    withWorld(handlers, async (world) => {
      await world.bucket()
      await refused(call(world, name), code, { status: 404, message, fields: { BucketName: Bucket } })
    }))
}

for (const name of ['Analytics', 'IntelligentTiering', 'Inventory', 'Metrics'] as const) {
  test(`a bucket has no ${name} configurations: lists are empty, ids unknown`, () =>
    withWorld(handlers, async (world) => {
      await world.bucket()
      assert.deepEqual(await call(world, `ListBucket${name}Configurations`), { IsTruncated: false })
      for (const verb of ['Get', 'Delete'] as const) {
        await refused(call(world, `${verb}Bucket${name}Configuration`, { Id: 'id' }), 'NoSuchConfiguration', {
          status: 404,
          message: 'The specified configuration does not exist.',
        })
      }
    }))
}

const defaults: [keyof S3Handlers, unknown][] = [
  ['GetBucketAccelerateConfiguration', {}],
  ['GetBucketLogging', {}],
  ['GetBucketNotificationConfiguration', {}],
  ['GetBucketRequestPayment', { Payer: 'BucketOwner' }],
  ['GetBucketAbac', { AbacStatus: { Status: 'Disabled' } }],
  [
    'GetBucketEncryption',
    {
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
      },
    },
  ],
]
for (const [name, expected] of defaults) {
  test(`${name} of a bucket without it shows the default`, () =>
    withWorld(handlers, async (world) => {
      await world.bucket()
      assert.deepEqual(await call(world, name), expected)
    }))
}

test('removing what is not configured is fine', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    for (const name of ['Encryption', 'Lifecycle', 'Policy', 'Replication', 'Website'] as const) {
      await call(world, `DeleteBucket${name}`)
    }
    await call(world, 'DeletePublicAccessBlock')
  }))

test('the public access block can be set, read and removed; settings left out are off', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    await call(world, 'PutPublicAccessBlock', { PublicAccessBlockConfiguration: { BlockPublicAcls: true } })
    assert.deepEqual(await call(world, 'GetPublicAccessBlock'), {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        IgnorePublicAcls: false,
        BlockPublicPolicy: false,
        RestrictPublicBuckets: false,
      },
    })
    await refused(call(world, 'PutPublicAccessBlock', { PublicAccessBlockConfiguration: {} }), 'InvalidRequest', {
      message: 'Must specify at least one configuration.',
    })
    await call(world, 'DeletePublicAccessBlock')
    await refused(call(world, 'GetPublicAccessBlock'), 'NoSuchPublicAccessBlockConfiguration')
  }))

const rules = (...values: string[]) => ({
  OwnershipControls: { Rules: values.map((ObjectOwnership) => ({ ObjectOwnership })) },
})

test('ownership controls can be set, read and removed', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    assert.deepEqual(await call(world, 'GetBucketOwnershipControls'), rules('BucketOwnerEnforced'))
    await call(world, 'PutBucketOwnershipControls', rules('ObjectWriter'))
    assert.deepEqual(await call(world, 'GetBucketOwnershipControls'), rules('ObjectWriter'))
    await call(world, 'DeleteBucketOwnershipControls')
    await call(world, 'DeleteBucketOwnershipControls')
    await refused(call(world, 'GetBucketOwnershipControls'), 'OwnershipControlsNotFoundError', {
      status: 404,
      message: 'The bucket ownership controls were not found',
      fields: { BucketName: Bucket },
    })
  }))

test('ownership controls have effect: ACLs are refused under owner enforcement and taken without', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    await refused(world.put('k', 'x', { ACL: 'authenticated-read' }), 'AccessControlListNotSupported')
    await call(world, 'DeleteBucketOwnershipControls')
    await world.put('k', 'x', { ACL: 'authenticated-read' })
  }))

test('ownership controls are one rule with a known value (recorded, test_bucket_ownership_controls_exc)', () =>
  withWorld(handlers, async (world) => {
    await world.bucket()
    for (const bad of [rules('BucketOwnerEnforced', 'ObjectWriter'), rules('Other'), rules()]) {
      await refused(call(world, 'PutBucketOwnershipControls', bad), 'MalformedXML')
    }
  }))

test('owner enforcement is refused while the bucket ACL grants others something', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { ObjectOwnership: 'ObjectWriter', documents: { acl: [full, everyone] } })
    await refused(
      call(world, 'PutBucketOwnershipControls', rules('BucketOwnerEnforced')),
      'InvalidBucketAclWithObjectOwnership',
    )
    await world.change(Bucket, { documents: { acl: [full] } })
    await call(world, 'PutBucketOwnershipControls', rules('BucketOwnerEnforced'))
  }))

test('GetBucketAcl shows the ACL in force', () =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { ObjectOwnership: 'ObjectWriter', documents: { acl: [full, everyone] } })
    const grants = async () => ((await call(world, 'GetBucketAcl')) as { Grants: unknown[] }).Grants
    assert.deepEqual(await call(world, 'GetBucketAcl'), { Owner: { ID: owner.canonicalId }, Grants: [full, everyone] })
    await world.change(Bucket, { documents: { acl: [full, everyone], publicAccessBlock: { IgnorePublicAcls: true } } })
    assert.deepEqual(await grants(), [full])
    await world.change(Bucket, { ObjectOwnership: 'BucketOwnerEnforced', documents: { acl: [everyone] } })
    assert.deepEqual(await grants(), [full])
    await world.change(Bucket, { documents: {} })
    assert.deepEqual(await grants(), [full])
  }))

test('configuring a bucket that was deleted meanwhile is NoSuchBucket, also when its name is in use again', () =>
  withWorld(handlers, async (world) => {
    for (const again of [false, true]) {
      await world.bucket()
      const { get } = world.store.buckets
      // The handler's bucket was looked up before it was deleted.
      const before = await world.store.buckets.get(Bucket)
      await world.store.buckets.delete(Bucket)
      if (again) await world.bucket()
      world.store.buckets.get = () => before
      const block = { PublicAccessBlockConfiguration: { BlockPublicAcls: true } }
      await refused(call(world, 'PutPublicAccessBlock', block), 'NoSuchBucket', { fields: { BucketName: Bucket } })
      world.store.buckets.get = get
    }
  }))

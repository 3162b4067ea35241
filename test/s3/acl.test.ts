// Recorded: test_s3_bucket_acl*, test_s3_object_acl*, test_put_object_acl_on_delete_marker.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AccessControlPolicy, PutBucketAclRequest } from '../../src/model/s3.types.gen.ts'
import { handlers } from '../../src/s3/index.ts'
import { owner, refused, rootOf, stranger, type World, withWorld } from './support.ts'

const Bucket = 'bucket'
const Key = 'k'
const group = (name: string) => ({ Type: 'Group', URI: `http://acs.amazonaws.com/groups/${name}` })
const user = (ID: string) => ({ Type: 'CanonicalUser', ID })
const full = (ID: string) => ({ Grantee: user(ID), Permission: 'FULL_CONTROL' })
const mine = full(owner.canonicalId)
const everyone = { Grantee: group('global/AllUsers'), Permission: 'READ' }
const Owner = { ID: owner.canonicalId }

const withAcls = (run: (world: World) => Promise<void>) =>
  withWorld(handlers, async (world) => {
    await world.bucket(Bucket, { ObjectOwnership: 'ObjectWriter' })
    await world.put(Key)
    await run(world)
  })
const of = (resource: string) =>
  resource === 'bucket'
    ? {
        put: (world: World, input: object) => world.call('PutBucketAcl', { Bucket, ...input }),
        get: async (world: World) => (await world.call('GetBucketAcl', { Bucket })).Grants,
      }
    : {
        put: (world: World, input: object) => world.call('PutObjectAcl', { Bucket, Key, ...input }),
        get: async (world: World) => (await world.call('GetObjectAcl', { Bucket, Key })).Grants,
      }

for (const resource of ['bucket', 'object'] as const) {
  const { put, get } = of(resource)
  describe(`the ACL of ${resource === 'bucket' ? 'a bucket' : 'an object'}`, () => {
    test('is its owner’s alone at first, then what is set', () =>
      withAcls(async (world) => {
        assert.deepEqual(await get(world), [mine])
        await put(world, { ACL: 'public-read' })
        assert.deepEqual(await get(world), [mine, everyone])
        await put(world, { ACL: 'private' })
        assert.deepEqual(await get(world), [mine])
        await put(world, { GrantRead: 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"' })
        assert.deepEqual(await get(world), [{ Grantee: group('s3/LogDelivery'), Permission: 'READ' }])
        const document = { Owner, Grants: [mine, { Grantee: group('s3/LogDelivery'), Permission: 'WRITE' }] }
        await put(world, { AccessControlPolicy: document })
        assert.deepEqual(await get(world), document.Grants)
        await put(world, { AccessControlPolicy: { Owner, Grants: [] } })
        assert.deepEqual(await get(world), [])
      }))

    const some = [{ Grantee: group('s3/LogDelivery'), Permission: 'WRITE' }]
    const malformed: [string, AccessControlPolicy][] = [
      ['an owner', { Grants: some }],
      ['grants', { Owner }],
      ['a known permission', { Owner, Grants: [{ ...some[0], Permission: 'WRONG' }] }],
      ['a known type', { Owner, Grants: [{ Grantee: { Type: 'BadType', ID: 'wrong-id' }, Permission: 'WRITE' }] }],
      ['a name', { Owner, Grants: [{ Grantee: { Type: 'Group' }, Permission: 'WRITE' }] }],
      ['at most 100 grants', { Owner, Grants: Array.from({ length: 101 }, () => mine) }],
    ]
    for (const [what, AccessControlPolicy] of malformed) {
      test(`must have ${what}`, () =>
        withAcls((world) => refused(put(world, { AccessControlPolicy }), 'MalformedACLError', { status: 400 })))
    }

    const unknown: [object, string, string, string][] = [
      [{ Owner: { ID: 'wrong-id' }, Grants: some }, 'CanonicalUser/ID', 'wrong-id', 'Invalid id'],
      [{ Owner, Grants: [{ ...everyone, Grantee: user('nobody') }] }, 'CanonicalUser/ID', 'nobody', 'Invalid id'],
      [
        { Owner, Grants: [{ ...everyone, Grantee: { Type: 'Group', URI: 'http://x' } }] },
        'Group/URI',
        'http://x',
        'Invalid group uri',
      ],
    ]
    for (const [AccessControlPolicy, ArgumentName, ArgumentValue, message] of unknown) {
      test(`cannot name ${ArgumentName} ${ArgumentValue}`, () =>
        withAcls((world) =>
          refused(put(world, { AccessControlPolicy }), 'InvalidArgument', {
            message,
            fields: { ArgumentName, ArgumentValue },
          }),
        ))
    }

    test('is asked for in one way', () =>
      withAcls(async (world) => {
        const AccessControlPolicy = { Owner, Grants: [mine] }
        await refused(put(world, {}), 'MissingSecurityHeader', { fields: { MissingHeaderName: 'x-amz-acl' } })
        await refused(put(world, { ACL: 'private', GrantRead: 'id="x"' }), 'InvalidRequest', {
          message: 'Specifying both Canned ACLs and Header Grants is not allowed',
        })
        await refused(put(world, { ACL: 'private', AccessControlPolicy }), 'UnexpectedContent', {
          message: 'This request does not support content',
        })
        await refused(put(world, { ACL: 'fake-acl' }), 'InvalidArgument', {
          message: '',
          fields: { ArgumentName: 'x-amz-acl', ArgumentValue: 'fake-acl' },
        })
      }))

    test('cannot change the owner, nor name anybody by e-mail', () =>
      withAcls(async (world) => {
        const AccessControlPolicy = { Owner: { ID: stranger.canonicalId }, Grants: [mine] }
        await refused(put(world, { AccessControlPolicy }), 'AccessDenied')
        const Grantee = { Type: 'AmazonCustomerByEmail', EmailAddress: owner.email }
        const byMail = { Owner, Grants: [{ Grantee, Permission: 'READ' }] }
        await refused(put(world, { AccessControlPolicy: byMail }), 'MethodNotAllowed', { status: 405 })
      }))

    test('cannot be set where the bucket owner is enforced, after the request has been checked', () =>
      withAcls(async (world) => {
        await world.change(Bucket, { ObjectOwnership: 'BucketOwnerEnforced' })
        await refused(put(world, { ACL: 'private' }), 'AccessControlListNotSupported')
        await refused(put(world, {}), 'MissingSecurityHeader')
        assert.deepEqual(await get(world), [mine])
      }))
  })
}

test('an object of another account is that account’s, and canned ACLs let the bucket owner in', () =>
  withAcls(async (world) => {
    const principal = rootOf(stranger)
    await world.put(Key, '', { ACL: 'bucket-owner-read' }, { principal })
    const shown = await world.call('GetObjectAcl', { Bucket, Key })
    assert.deepEqual(shown.Owner, { ID: stranger.canonicalId })
    const reader = { Grantee: user(owner.canonicalId), Permission: 'READ' }
    assert.deepEqual(shown.Grants, [full(stranger.canonicalId), reader])
    await world.change(Bucket, { ObjectOwnership: 'BucketOwnerEnforced' })
    const enforced = await world.call('GetObjectAcl', { Bucket, Key })
    assert.deepEqual(enforced, { Owner, Grants: [mine], VersionId: undefined })
  }))

test('answers about an ACL name the version', () =>
  withAcls(async (world) => {
    await world.change(Bucket, { versioning: 'Enabled' })
    const acl = async (VersionId?: string) => {
      const input = { Bucket, Key, ...(VersionId !== undefined && { VersionId }) }
      const { VersionId: put } = await world.call('PutObjectAcl', { ...input, ACL: 'public-read' })
      const { VersionId: got } = await world.call('GetObjectAcl', input)
      assert.equal(put, got)
      return put
    }
    const first = (await world.put(Key, 'x')).VersionId as string
    const second = (await world.put(Key, 'y')).VersionId
    assert.equal(await acl(), second)
    assert.equal(await acl(first), first)
    await world.change(Bucket, { versioning: 'Suspended' })
    await world.put(Key, 'z')
    assert.equal(await acl(), 'null')
  }))

test('a bucket takes every canned ACL, and ignores those that say nothing about buckets', () =>
  withAcls(async (world) => {
    const put = (ACL: NonNullable<PutBucketAclRequest['ACL']>) => world.call('PutBucketAcl', { Bucket, ACL })
    await put('log-delivery-write')
    const group = { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/s3/LogDelivery' }
    const grants = ['WRITE', 'READ_ACP'].map((Permission) => ({ Grantee: group, Permission }))
    assert.deepEqual((await world.call('GetBucketAcl', { Bucket })).Grants, [mine, ...grants])
    for (const ACL of ['bucket-owner-read', 'bucket-owner-full-control'] as const) {
      await put(ACL)
      assert.deepEqual((await world.call('GetBucketAcl', { Bucket })).Grants, [mine])
    }
    await put('aws-exec-read')
    assert.equal((await world.call('GetBucketAcl', { Bucket })).Grants?.length, 2)
  }))

test('where the bucket owner is enforced, other accounts may name bucket-owner-full-control alone (aws-cloudformation/rain#388; s3-tests test_create_bucket_bucket_owner_enforced)', () =>
  withAcls(async (world) => {
    await world.change(Bucket, { ObjectOwnership: 'BucketOwnerEnforced' })
    for (const ACL of ['private', 'bucket-owner-read'] as const) {
      await world.put(Key, '', { ACL })
      const byStranger = world.put(Key, '', { ACL }, { principal: rootOf(stranger) })
      await refused(byStranger, 'AccessControlListNotSupported', { status: 400 })
    }
    await world.put(Key, '', { ACL: 'bucket-owner-full-control' }, { principal: rootOf(stranger) })
    await refused(world.put(Key, '', { ACL: 'public-read' }), 'AccessControlListNotSupported')
  }))

test('delete markers have no ACL', () =>
  withAcls(async (world) => {
    await world.change(Bucket, { versioning: 'Enabled' })
    const { VersionId } = await world.call('DeleteObject', { Bucket, Key })
    const marker = (Method: string) => ({ fields: { Method, ResourceType: 'DeleteMarker' } })
    await refused(world.call('PutObjectAcl', { Bucket, Key, ACL: 'private' }), 'MethodNotAllowed', marker('PUT'))
    await refused(world.call('GetObjectAcl', { Bucket, Key }), 'NoSuchKey')
    const put = world.call('PutObjectAcl', { Bucket, Key, VersionId, ACL: 'private' })
    await refused(put, 'MethodNotAllowed', marker('PUT'))
    await refused(world.call('GetObjectAcl', { Bucket, Key, VersionId }), 'MethodNotAllowed', marker('GET'))
    await refused(world.call('PutObjectAcl', { Bucket, Key: 'none', ACL: 'private' }), 'NoSuchKey')
  }))

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  allUsers,
  authenticatedUsers,
  expandCannedAcl,
  isPublicAcl,
  withoutPublicGrants,
} from '../../src/policy/acl.ts'

const owner = { ID: 'o', DisplayName: 'owner' }
const shown = (name: string, resource: 'bucket' | 'object' = 'object', bucketOwner = { ID: 'b' }) =>
  expandCannedAcl(name, { resource, owner, bucketOwner })?.map(
    ({ Grantee, Permission }) => `${Grantee?.URI?.split('/').pop() ?? Grantee?.ID} ${Permission}`,
  )

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
test('canned ACLs give the owner everything and others what their name says', () => {
  assert.deepEqual(shown('private'), ['o FULL_CONTROL'])
  assert.deepEqual(shown('public-read'), ['o FULL_CONTROL', 'AllUsers READ'])
  assert.deepEqual(shown('public-read-write'), ['o FULL_CONTROL', 'AllUsers READ', 'AllUsers WRITE'])
  assert.deepEqual(shown('authenticated-read'), ['o FULL_CONTROL', 'AuthenticatedUsers READ'])
  assert.deepEqual(shown('bucket-owner-read'), ['o FULL_CONTROL', 'b READ'])
  assert.deepEqual(shown('bucket-owner-full-control'), ['o FULL_CONTROL', 'b FULL_CONTROL'])
  assert.deepEqual(shown('bucket-owner-full-control', 'object', owner), ['o FULL_CONTROL'])
  assert.deepEqual(shown('bucket-owner-read', 'bucket'), ['o FULL_CONTROL'])
  assert.deepEqual(shown('log-delivery-write', 'bucket'), [
    'o FULL_CONTROL',
    'LogDelivery WRITE',
    'LogDelivery READ_ACP',
  ])
  assert.equal(shown('aws-exec-read')?.length, 2)
  assert.equal(shown('public'), undefined)
  assert.equal(shown('constructor'), undefined)
})

test('an ACL is public when it grants anything to everyone or to every AWS user', () => {
  const grant = (URI: string) => [{ Grantee: { Type: 'Group', URI }, Permission: 'READ_ACP' }]
  assert.equal(isPublicAcl(grant(allUsers)), true)
  assert.equal(isPublicAcl(grant(authenticatedUsers)), true)
  assert.equal(isPublicAcl(grant('http://acs.amazonaws.com/groups/s3/LogDelivery')), false)
  assert.deepEqual(withoutPublicGrants([...grant(allUsers), ...grant('x')]), grant('x'))
})

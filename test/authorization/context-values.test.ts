// Condition keys that no request over the wire can show here: root sessions may only do what their key cannot decide,
// and inventories are not written. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Asked } from '../../src/authorization/asked.ts'
import { RequestContext } from '../../src/authorization/context.ts'
import { noPolicies } from '../../src/authorization/identities.ts'
import { fakeRequest } from '../support/wire.ts'

const contextOf = (action: string, asked: object) =>
  new RequestContext({
    asked: { request: fakeRequest(), auth: {}, input: {}, principal: { kind: 'root' }, ...asked } as unknown as Asked,
    caller: noPolicies,
    action,
    bucket: undefined,
    versionId: undefined,
    record: undefined,
    upload: undefined,
    nowMs: 0,
  })

describe('values of condition keys', () => {
  it('aws:AssumedRoot is there in sessions of AssumeRoot only', () => {
    const of = (by?: string) =>
      contextOf('s3:GetObject', { principal: { kind: 'root', session: by && { by } } }).get('aws:assumedroot')
    assert.deepEqual([of('AssumeRoot'), of('GetSessionToken'), of()], ['true', undefined, undefined])
  })

  it('s3:InventoryAccessibleOptionalFields are the columns asked for', () => {
    const get = (OptionalFields?: string[]) =>
      contextOf('s3:PutInventoryConfiguration', { input: { InventoryConfiguration: { OptionalFields } } }).get(
        's3:inventoryaccessibleoptionalfields',
      )
    assert.deepEqual([get(['Size', 'ETag']), get([]), get()], [['Size', 'ETag'], undefined, undefined])
  })

  it('keys of S3 are absent for actions that do not take them', () => {
    const input = { Prefix: 'a', ACL: 'private' }
    assert.equal(contextOf('s3:ListBucket', { input }).get('s3:prefix'), 'a')
    assert.equal(contextOf('s3:GetObject', { input }).get('s3:prefix'), undefined)
    assert.equal(contextOf('s3:PutObject', { input }).get('s3:x-amz-acl'), 'private')
    assert.equal(contextOf('iam:GetUser', { input }).get('s3:x-amz-acl'), undefined)
  })
})

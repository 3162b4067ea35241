import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ctx } from '../../../src/context.ts'
import { bucketUrl, endpointRegion, isRegion, objectLocation } from '../../../src/s3/lib/location.ts'
import { initiator, owner as ownerOf } from '../../../src/s3/lib/owner.ts'
import { owner, stranger } from '../support.ts'

const at = (baseUrl: string): Ctx => ({ baseUrl }) as Ctx
const signed = (region: string | undefined, configured = 'us-east-1'): Ctx =>
  ({ auth: { region }, config: { region: configured } }) as unknown as Ctx

const places: [baseUrl: string, asAsked: string, virtualHost: string][] = [
  ['http://localhost:9000', 'http://localhost:9000/b', 'http://b.localhost:9000'],
  ['https://s3.test', 'https://s3.test/b', 'https://b.s3.test'],
  ['http://127.0.0.1:9000', 'http://127.0.0.1:9000/b', 'http://127.0.0.1:9000/b'],
  ['http://[::1]:9000', 'http://[::1]:9000/b', 'http://[::1]:9000/b'],
  ['http://b.localhost:9000', 'http://b.localhost:9000', 'http://b.localhost:9000'],
  ['http://b', 'http://b', 'http://b'],
  ['http://b:9000', 'http://b:9000', 'http://b:9000'],
]
for (const [baseUrl, asAsked, virtualHost] of places) {
  test(`the address of bucket b for a client of ${baseUrl}`, () => {
    assert.equal(bucketUrl(at(baseUrl), 'b', 'as asked'), asAsked)
    assert.equal(bucketUrl(at(baseUrl), 'b', 'virtual-host'), virtualHost)
  })
}

test('locations of objects escape every byte of the key', () => {
  assert.equal(objectLocation(at('http://h'), 'b', "a/b c+d%—'"), 'http://h/b/a%2Fb+c%2Bd%25%E2%80%94%27')
})

test('the endpoint is the signed region when AWS has it, else the configured one', () => {
  assert.equal(endpointRegion(signed('eu-west-1')), 'eu-west-1')
  assert.equal(endpointRegion(signed('auto', 'eu-north-1')), 'eu-north-1')
  assert.equal(endpointRegion(signed(undefined, 'default')), 'default')
  assert.equal(isRegion(signed(undefined, 'default'), 'default'), true)
  assert.equal(isRegion(signed(undefined), 'default'), false)
  assert.equal(isRegion(signed(undefined), 'eu-east-1'), false)
})

const account = (id: string) => [owner, stranger].find((one) => one.id === id)
const accounts = { account, bucket: { type: 'general' } } as Ctx

test('owners have an id and no display name; unknown ones are their id', () => {
  assert.deepEqual(ownerOf(accounts, owner.id), { ID: owner.canonicalId })
  assert.deepEqual(ownerOf(accounts, '65a011a29cdf8ec533ec3d1ccaae921c'), { ID: '65a011a29cdf8ec533ec3d1ccaae921c' })
})

test('an initiator is its account for a root, its ARN otherwise (API page of Initiator)', () => {
  const begun = (initiatorArn: string) => initiator(accounts, { ownerId: owner.id, initiatorArn })
  assert.deepEqual(begun(`arn:aws:iam::${stranger.id}:root`), { ID: stranger.canonicalId, DisplayName: 'stranger' })
  assert.deepEqual(begun(''), { ID: owner.canonicalId, DisplayName: 'owner' })
  const user = 'arn:aws:iam::111111111111:user/path/alice'
  assert.deepEqual(begun(user), { ID: user, DisplayName: 'alice' })
  const inDirectory = { account, bucket: { type: 'directory' } } as Ctx
  const root = `arn:aws:iam::${stranger.id}:root`
  assert.equal(initiator(inDirectory, { ownerId: owner.id, initiatorArn: root }).ID, stranger.id)
  assert.equal(initiator(inDirectory, { ownerId: owner.id, initiatorArn: user }).ID, user)
})

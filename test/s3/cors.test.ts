/** CORS: the configuration, preflight requests, headers of actual answers. Recorded: TestS3Cors, unless said otherwise. */
import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import type { WireRequest, WireResponse } from '../../src/http/wire.ts'
import type { CORSRule } from '../../src/model/s3.types.gen.ts'
import { addCorsHeaders, cors, preflight } from '../../src/s3/cors.ts'
import type { BucketRecord } from '../../src/store/records.ts'
import { refused, type World, withWorld } from './support.ts'

const origin = 'https://localhost:4200'
const rule: CORSRule = {
  AllowedOrigins: [origin],
  AllowedMethods: ['GET', 'PUT'],
  AllowedHeaders: ['*'],
  MaxAgeSeconds: 3000,
}
const vary = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method'
const notAllowed =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."

const bucketOf = (rules: CORSRule[] | undefined) =>
  ({ Name: 'bucket', documents: rules === undefined ? {} : { cors: rules } }) as unknown as BucketRecord
const requestOf = (method: string, headers: Record<string, string>) => ({ method, headers }) as unknown as WireRequest

/** What a preflight of an object is answered. */
function ask(rules: CORSRule[] | undefined, headers: Record<string, string>, isOpen = false): WireResponse['headers'] {
  return preflight(requestOf('OPTIONS', headers), bucketOf(rules), 'OBJECT', isOpen).headers
}

/** The headers that an actual answer gets. */
function added(rules: CORSRule[] | undefined, method: string, headers: Record<string, string>, isOpen = false) {
  const response: WireResponse = { status: 200, headers: {} }
  addCorsHeaders(requestOf(method, headers), response, bucketOf(rules), isOpen)
  return response.headers
}

const asked = (method: string, names?: string) => ({
  origin,
  'access-control-request-method': method,
  ...(names !== undefined && { 'access-control-request-headers': names }),
})

describe('the configuration', () => {
  const put = (world: World, CORSRules: CORSRule[]) =>
    world.call('PutBucketCors', { Bucket: 'bucket', CORSConfiguration: { CORSRules } })
  const run = (name: string, body: (world: World) => Promise<void>) =>
    test(name, () =>
      withWorld(cors, async (world) => {
        await world.bucket()
        await body(world)
      }),
    )

  run('is kept as sent, and gone when deleted', async (world) => {
    await refused(world.call('GetBucketCors', { Bucket: 'bucket' }), 'NoSuchCORSConfiguration', {
      fields: { BucketName: 'bucket' },
    })
    const mixed = { ...rule, AllowedHeaders: ['x-AMZ-server-SIDE-encryption'] }
    await put(world, [mixed])
    assert.deepEqual(await world.call('GetBucketCors', { Bucket: 'bucket' }), { CORSRules: [mixed] })
    await world.call('DeleteBucketCors', { Bucket: 'bucket' })
    await refused(world.call('GetBucketCors', { Bucket: 'bucket' }), 'NoSuchCORSConfiguration')
  })

  run('has 1 to 100 rules, known methods and one wildcard at most', async (world) => {
    await refused(put(world, []), 'MalformedXML')
    await refused(put(world, Array(101).fill(rule)), 'InvalidRequest')
    await put(world, Array(100).fill(rule))
    await refused(put(world, [{ ...rule, AllowedMethods: ['PATCH'] }]), 'InvalidRequest')
    await refused(put(world, [{ ...rule, AllowedOrigins: ['http://*.*'] }]), 'InvalidRequest')
    await refused(put(world, [{ ...rule, AllowedHeaders: ['a*b*'] }]), 'InvalidRequest')
  })

  run('exposes no wildcard (google/neuroglancer#788)', async (world) => {
    for (const name of ['*', 'x-amz-*']) {
      await refused(put(world, [{ ...rule, ExposeHeaders: ['ETag', name] }]), 'InvalidRequest', {
        status: 400,
        message: `ExposeHeader "${name}" contains wildcard. We currently do not support wildcard for ExposeHeader.`,
      })
    }
  })

  run('names only what can be a header', async (world) => {
    for (const name of ['a b', 'a:b', 'a\r\nb: c', 'ä', '"a"', 'a,b', 'a/b']) {
      for (const element of ['AllowedHeader', 'ExposeHeader']) {
        await refused(put(world, [{ ...rule, [`${element}s`]: [name] }]), 'InvalidRequest', {
          message: `${element} "${name}" contains invalid character.`,
        })
      }
    }
    await put(world, [{ ...rule, AllowedHeaders: ['x-amz-*', "!#$%&'+-.^_`|~0aZ"], ExposeHeaders: ['ETag', ''] }])
  })

  run('has IDs of up to 255 characters', async (world) => {
    await put(world, [{ ...rule, ID: 'x'.repeat(255) }])
    await refused(put(world, [{ ...rule, ID: 'x'.repeat(256) }]), 'InvalidArgument', {
      status: 400,
      message: 'ID length should not exceed allowed limit of 255',
    })
  })
})

describe('a preflight', () => {
  it('that a rule allows', () => {
    assert.deepEqual(ask([rule], asked('PUT')), {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Methods': 'GET, PUT',
      'Access-Control-Max-Age': '3000',
      'Access-Control-Allow-Credentials': 'true',
      Vary: vary,
      'Content-Length': '0',
    })
  })
  it('of any origin has no credentials', () => {
    const headers = ask([{ ...rule, AllowedOrigins: ['*'] }], asked('PUT'))
    assert.equal(headers['Access-Control-Allow-Origin'], '*')
    assert.equal(headers['Access-Control-Allow-Credentials'], undefined)
  })
  it('names the headers it asked for in lower case, whatever the case of the rule', () => {
    const named = { ...rule, AllowedHeaders: ['x-AMZ-server-SIDE-encryption', 'x-amz-meta-*'] }
    const headers = ask([named], asked('GET', 'X-Amz-Server-Side-Encryption, x-amz-meta-a'))
    assert.equal(headers['Access-Control-Allow-Headers'], 'x-amz-server-side-encryption, x-amz-meta-a')
    assert.throws(() => ask([named], asked('GET', 'x-amz-request-payer')), { code: 'AccessForbidden' })
  })
  it('is answered by the first rule that allows it', () => {
    const narrow = { AllowedOrigins: ['https://*'], AllowedMethods: ['GET'] }
    assert.equal(ask([narrow, rule], asked('PUT'))['Access-Control-Allow-Methods'], 'GET, PUT')
    assert.equal(ask([narrow, rule], asked('GET'))['Access-Control-Allow-Methods'], 'GET')
  })

  const refusals: [string, CORSRule[] | undefined, Record<string, string>, string, string][] = [
    ['without Origin', [rule], {}, 'BadRequest', 'Insufficient information. Origin request header needed.'],
    // s3-tests test_cors_origin_response: the status; the text as forums quote it.
    ['without a method', [rule], { origin }, 'BadRequest', 'Invalid Access-Control-Request-Method: null'],
    // scality/Arsenal, which is tested against AWS.
    ['of no method', [rule], asked('PATCH'), 'BadRequest', 'Invalid Access-Control-Request-Method: PATCH'],
    ['of another origin', [rule], { ...asked('GET'), origin: 'http://localhost:4200' }, 'AccessForbidden', notAllowed],
    ['of another method', [rule], asked('DELETE'), 'AccessForbidden', notAllowed],
    [
      'of a bucket without rules',
      undefined,
      asked('PUT'),
      'AccessForbidden',
      'CORSResponse: CORS is not enabled for this bucket.',
    ],
    [
      'the same without a method',
      undefined,
      { origin },
      'AccessForbidden',
      'CORSResponse: CORS is not enabled for this bucket.',
    ],
  ]
  for (const [name, rules, headers, code, message] of refusals) {
    it(`${name} is ${code}`, () => {
      assert.throws(() => ask(rules, headers), { code, message, status: code === 'BadRequest' ? 400 : 403 })
    })
  }
  it('is refused by the bucket that has no rules, and for one that does not exist', () => {
    const fields = { Method: 'OPTIONS', ResourceType: 'BUCKET' }
    assert.throws(() => ask(undefined, { origin }), { fields })
    assert.throws(() => ask([rule], asked('DELETE')), { fields: { Method: 'DELETE', ResourceType: 'OBJECT' } })
    assert.throws(() => preflight(requestOf('OPTIONS', { origin }), undefined, 'OBJECT', false), {
      message: 'CORSResponse: Bucket not found',
      fields,
    })
  })
  it('of a bucket without rules is allowed while CORS is open, and lasts', () => {
    const headers = ask(undefined, asked('PATCH', 'x-a'), true)
    assert.equal(headers['Access-Control-Allow-Origin'], origin)
    assert.match(String(headers['Access-Control-Allow-Methods']), /PATCH/)
    assert.equal(headers['Access-Control-Allow-Headers'], 'x-a')
    assert.equal(headers['Access-Control-Max-Age'], '3000')
  })
})

describe('an actual answer', () => {
  it('has the headers of the rule, and exposes what it says', () => {
    const headers = added([{ ...rule, ExposeHeaders: ['x-amz-id-2', 'ETag'] }], 'GET', { origin })
    assert.equal(headers['Access-Control-Allow-Origin'], origin)
    assert.equal(headers['Access-Control-Expose-Headers'], 'x-amz-id-2, ETag')
    assert.equal(headers.Vary, vary)
  })
  it('has none without Origin, or when no rule allows it', () => {
    assert.deepEqual(added([rule], 'GET', {}), {})
    assert.deepEqual(added([rule], 'DELETE', { origin }), {})
    assert.deepEqual(added(undefined, 'GET', { origin }), {})
  })
  // Recorded: test_cors_match_methods, get-wrong-op.
  it('goes by Access-Control-Request-Method where the request has one', () => {
    const get = { ...rule, AllowedMethods: ['GET'] }
    assert.deepEqual(added([get], 'GET', asked('PUT')), {})
    assert.equal(added([get], 'PUT', asked('GET'))['Access-Control-Allow-Origin'], origin)
  })
  it('of a bucket without rules shows everything while CORS is open', () => {
    assert.match(String(added(undefined, 'GET', { origin }, true)['Access-Control-Expose-Headers']), /ETag/)
  })
})

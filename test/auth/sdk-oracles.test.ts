/** Whatever the SDKs sign must be right here: @smithy/signature-v4, @smithy/signature-v4a and aws4 as oracles. */
import assert from 'node:assert/strict'
import { createECDH, createHash, createPrivateKey, sign as signWith } from 'node:crypto'
import { describe, it } from 'node:test'
import { SignatureV4 } from '@smithy/signature-v4'
import { SignatureV4a } from '@smithy/signature-v4a'
import aws4 from 'aws4'
import type { ChunkSeed } from '../../src/auth/payload.ts'
import { deriveScalar } from '../../src/auth/sigv4a.ts'
import {
  accessKeyId,
  emptySha256,
  exampleMs,
  makeDeps,
  makeRequest,
  refused,
  run,
  Sha256,
  secretAccessKey,
  session,
} from './support.ts'

const common = { service: 's3', region: 'us-east-1', sha256: Sha256, uriEscapePath: false, applyChecksum: true }
const credentials = { accessKeyId, secretAccessKey }
const signingDate = new Date(exampleMs)
const signer = new SignatureV4({ ...common, credentials })

/** Encoded as the SDK's HTTP handler writes paths. */
const encodePath = (path: string): string =>
  path
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/')

type Query = Record<string, string | string[]>

function encodeQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one]))
  return pairs
    .map(([name, value]) => `${encodeURIComponent(name as string)}=${encodeURIComponent(value as string)}`)
    .join('&')
}

interface Sample {
  method?: string
  path?: string
  query?: Query
  headers?: Record<string, string>
}

const samples: [string, Sample][] = [
  ['the root', {}],
  ['a key that looks like a path (case 81)', { path: '/b/a//b/../c d+é' }],
  ['every reserved character in a key', { path: '/b/!"#$%&\'()*+,-.:;<=>?@[]^_`{|}~ \u00a0€😀' }],
  ['a key that is percent-encoded itself', { path: '/b/%2F%20' }],
  [
    'a query with spaces, signs and letters beyond ASCII',
    { path: '/b', query: { prefix: 'a b+c/é~*', delimiter: '/', marker: '' } },
  ],
  ['repeated parameters', { path: '/b', query: { attributes: ['b', 'a'], 'a-b': '1', a: '2', A: '3' } }],
  [
    'metadata beyond ASCII, spaced and empty',
    {
      method: 'PUT',
      path: '/b/k',
      headers: { 'x-amz-meta-a': ' two  spaces\tand é ', 'x-amz-meta-b': '', 'content-type': 'text/plain' },
    },
  ],
  ['letters whose UTF-8 has the byte of a no-break space', { headers: { 'x-amz-meta-a': 'à  Š Ġ' } }],
]

describe('@smithy/signature-v4', () => {
  for (const [name, sample] of samples) {
    const { method = 'GET', path = '/', query = {}, headers = {} } = sample
    const original = () => ({
      method,
      protocol: 'http:',
      hostname: 'localhost',
      path: encodePath(path),
      query,
      headers: { host: 'localhost:9000', ...headers },
    })

    it(`${name}, by header`, async () => {
      const made = await signer.sign(original(), { signingDate })
      const target = `${made.path}${Object.keys(query).length > 0 ? `?${encodeQuery(query)}` : ''}`
      run(makeRequest({ method, target, headers: made.headers }))
      refused(() => run(makeRequest({ method, target: `${target}x`, headers: made.headers })), {
        code: 'SignatureDoesNotMatch',
      })
    })

    it(`${name}, presigned`, async () => {
      const made = await signer.presign(original(), {
        signingDate,
        expiresIn: 60,
        unhoistableHeaders: new Set(Object.keys(headers)),
      })
      const target = `${made.path}?${encodeQuery(made.query as Query)}`
      // The plain signer hashes the body; the S3 presigner says UNSIGNED-PAYLOAD itself.
      assert.equal(made.headers['x-amz-content-sha256'], undefined)
      refused(() => run(makeRequest({ method, target, headers: made.headers })), { code: 'SignatureDoesNotMatch' })
      const unsigned = await signer.presign(
        { ...original(), headers: { ...original().headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
        { signingDate, expiresIn: 60, unhoistableHeaders: new Set(Object.keys(headers)) },
      )
      assert.equal(
        (unsigned.query as Query)['X-Amz-Content-Sha256'] ?? (unsigned.query as Query)['x-amz-content-sha256'],
        'UNSIGNED-PAYLOAD',
      )
      run(
        makeRequest({
          method,
          target: `${unsigned.path}?${encodeQuery(unsigned.query as Query)}`,
          headers: unsigned.headers,
        }),
      )
    })
  }

  it('a session', async () => {
    const { secretAccessKey: secret, accessKeyId: id } = session
    const temporary = new SignatureV4({
      ...common,
      credentials: { accessKeyId: id, secretAccessKey: secret, sessionToken: 'the/token+of=session' },
    })
    const request = { method: 'GET', protocol: 'http:', hostname: 'h', path: '/', headers: { host: 'h' } }
    const made = await temporary.sign(request, { signingDate })
    assert.equal(run(makeRequest({ headers: made.headers })).principal.accessKeyId, id)
    const headers = { host: 'h', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    const url = await temporary.presign({ ...request, headers }, { signingDate, expiresIn: 60 })
    run(makeRequest({ target: `/?${encodeQuery(url.query as Query)}`, headers: url.headers }))
  })

  it('a plus sign of the query is a space, for the signature as for whoever reads it', async () => {
    for (const [value, isRight] of [
      ['a b', true],
      ['a+b', false],
    ] as const) {
      const made = await signer.sign(
        {
          method: 'GET',
          protocol: 'http:',
          hostname: 'h',
          path: '/b',
          query: { prefix: value },
          headers: { host: 'h' },
        },
        { signingDate },
      )
      const request = makeRequest({ target: '/b?prefix=a+b', headers: made.headers })
      if (isRight) run(request)
      else refused(() => run(request), { code: 'SignatureDoesNotMatch' })
    }
  })

  it('a path signed just as it was sent', async () => {
    const made = await signer.sign(
      { method: 'GET', protocol: 'http:', hostname: 'h', path: "/b/it's(1)", headers: { host: 'h' } },
      { signingDate },
    )
    run(makeRequest({ target: "/b/it's(1)", headers: made.headers }))
  })

  it('repeated headers are joined in the order they came', async () => {
    const made = await signer.sign(
      { method: 'GET', protocol: 'http:', hostname: 'h', path: '/', headers: { host: 'h', 'x-amz-meta-a': 'one,two' } },
      { signingDate },
    )
    const { 'x-amz-meta-a': _, ...headers } = made.headers
    run(
      makeRequest({
        headers,
        more: [
          ['X-Amz-Meta-A', 'one'],
          ['x-amz-meta-a', ' two'],
        ],
      }),
    )
  })
})

describe('aws4', () => {
  const keys = { accessKeyId, secretAccessKey }
  const date = '20130524T000000Z'
  it('header, with the query unsorted', () => {
    const made = aws4.sign(
      {
        service: 's3',
        region: 'us-east-1',
        path: '/b/k%20e?z=1&a=%20&acl',
        host: 'h',
        headers: { 'X-Amz-Date': date },
      },
      keys,
    )
    run(makeRequest({ target: made.path as string, headers: made.headers as Record<string, string> }))
  })
  it('presigned', () => {
    const made = aws4.sign(
      {
        service: 's3',
        region: 'us-east-1',
        path: `/b/k?X-Amz-Date=${date}&X-Amz-Expires=60`,
        host: 'h',
        signQuery: true,
      },
      keys,
    )
    run(makeRequest({ target: made.path as string, headers: { host: 'h' } }))
  })
  it('an STS call', () => {
    const body = 'Action=GetCallerIdentity&Version=2011-06-15'
    const made = aws4.sign(
      { service: 'sts', region: 'us-east-1', method: 'POST', path: '/', body, headers: { 'X-Amz-Date': date } },
      keys,
    )
    const payloadSha256Hex = createHash('sha256').update(body).digest('hex')
    const headers = Object.fromEntries(Object.entries(made.headers ?? {}).map(([name, value]) => [name, String(value)]))
    const request = makeRequest({ method: 'POST', headers })
    run(request, makeDeps(), { service: 'sts', payloadSha256Hex })
    refused(() => run(request, makeDeps(), { service: 'sts', payloadSha256Hex: emptySha256 }), {
      code: 'SignatureDoesNotMatch',
    })
  })
})

describe('@smithy/signature-v4a', () => {
  const make = async (region: string, headers: Record<string, string> = {}) => {
    const asymmetric = new SignatureV4a({ ...common, region, credentials })
    return asymmetric.sign(
      { method: 'PUT', protocol: 'http:', hostname: 'h', path: '/b/k', headers: { host: 'h', ...headers } },
      { signingDate },
    )
  }
  it('any region', async () => {
    const made = await make('*')
    const { auth } = run(makeRequest({ method: 'PUT', target: '/b/k', headers: made.headers }))
    assert.deepEqual(auth, { authType: 'REST-HEADER', signatureVersion: 'AWS4-ECDSA-P256-SHA256', region: undefined })
    refused(() => run(makeRequest({ method: 'PUT', target: '/b/x', headers: made.headers })), {
      code: 'SignatureDoesNotMatch',
    })
  })
  it('a set that has the region, and one that has not', async () => {
    for (const set of ['us-east-1', 'eu-west-1,us-*', 'eu-west-1, us-east-1', 'us*1']) {
      run(makeRequest({ method: 'PUT', target: '/b/k', headers: (await make(set)).headers }))
    }
    const other = await make('eu-*')
    refused(() => run(makeRequest({ method: 'PUT', target: '/b/k', headers: other.headers })), {
      code: 'AuthorizationHeaderMalformed',
      message: "The authorization header is malformed; the region 'eu-*' is wrong; expecting 'us-east-1'",
    })
  })
  it('no region set', async () => {
    const { 'x-amz-region-set': _, ...headers } = (await make('*')).headers
    refused(() => run(makeRequest({ method: 'PUT', target: '/b/k', headers })), {
      code: 'AuthorizationHeaderMalformed',
      message: /non-empty region/,
    })
  })
  it('a signature that is no DER', async () => {
    const { headers } = await make('*')
    for (const signature of ['zz', '00', 'ff'.repeat(72), 'ab'.repeat(500)]) {
      const authorization = String(headers.authorization).replace(/Signature=.*/, `Signature=${signature}`)
      refused(() => run(makeRequest({ method: 'PUT', target: '/b/k', headers: { ...headers, authorization } })), {
        code: 'SignatureDoesNotMatch',
      })
    }
  })
  it('a URL presigned with the derived key', () => {
    const credential = `${accessKeyId}/20130524/s3/aws4_request`
    const query = `X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=${encodeURIComponent(credential)}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-Region-Set=us-east-%2A&X-Amz-SignedHeaders=host`
    const hash = new Sha256()
    hash.update(`GET\n/b/k\n${query}\nhost:h\n\nhost\nUNSIGNED-PAYLOAD`)
    return hash.digest().then((digest) => {
      const text = `AWS4-ECDSA-P256-SHA256\n20130524T000000Z\n20130524/s3/aws4_request\n${Buffer.from(digest).toString('hex')}`
      const target = `/b/k?${query}&X-Amz-Signature=${ecdsaHex(text)}`
      const { auth } = run(makeRequest({ target, headers: { host: 'h' } }))
      assert.deepEqual(auth, {
        authType: 'REST-QUERY-STRING',
        signatureVersion: 'AWS4-ECDSA-P256-SHA256',
        region: undefined,
      })
    })
  })
  it('chunks signed with the derived key go on from the header', async () => {
    const made = await make('*', { 'x-amz-content-sha256': 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER' })
    const { payload } = run(makeRequest({ method: 'PUT', target: '/b/k', headers: made.headers }))
    assert.ok(payload.kind === 'aws-chunked' && payload.hasTrailers)
    const seed = payload.seed as ChunkSeed
    assert.equal(seed.scope, '20130524/s3/aws4_request')
    assert.ok(seed.check('anything', ecdsaHex('anything')))
    assert.ok(!seed.check('anything', ecdsaHex('something')))
  })
})

/** Signs with the private half of the derived pair: the SDK's derivation is checked by the tests above. */
function ecdsaHex(text: string): string {
  const pair = createECDH('prime256v1')
  const scalar = deriveScalar(accessKeyId, secretAccessKey)
  pair.setPrivateKey(scalar)
  const point = pair.getPublicKey()
  const encode = (bytes: Buffer): string => bytes.toString('base64url')
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: encode(scalar),
    x: encode(point.subarray(1, 33)),
    y: encode(point.subarray(33)),
  }
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  return signWith('sha256', Buffer.from(text), { key, dsaEncoding: 'der' }).toString('hex')
}

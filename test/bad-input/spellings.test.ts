/**
 * One reading of a request: whatever is added to a signed request, spelt otherwise or repeated, either breaks the
 * signature or means the same. One table for every kind of signature, each against a running server.
 */
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Arena } from './arena.ts'
import { chunkedBytes, headOf, key, type RequestShape, type Signed, sign, unsignedStreaming } from './requests.ts'

const target = '/versioned/key.txt'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** SigV2 of a request, in its header or its query. */
function signV2(shape: RequestShape, where: 'header' | 'query'): Signed {
  const expires = String(Math.floor(Date.now() / 1000) + 600)
  const date = new Date().toUTCString()
  const [path = '', query = ''] = shape.target.split('?')
  const { method = 'GET', body = '' } = shape
  const lines = `${method}\n\n\n${where === 'header' ? date : expires}\n${path}${query === '' ? '' : `?${query}`}`
  const signature = createHmac('sha1', key.secretAccessKey).update(lines).digest('base64')
  const headers: Record<string, string> = { Host: '127.0.0.1', ...shape.headers }
  if (method === 'PUT') headers['Content-Length'] = String(Buffer.byteLength(body))
  let url = shape.target
  if (where === 'header') Object.assign(headers, { Date: date, Authorization: `AWS ${key.accessKeyId}:${signature}` })
  else {
    const authentication = `AWSAccessKeyId=${key.accessKeyId}&Expires=${expires}&Signature=${encodeURIComponent(signature)}`
    url += `${query === '' ? '?' : '&'}${authentication}`
  }
  return { method, target: url, headers, body: Buffer.from(body) }
}

const kinds: Record<string, (shape: RequestShape) => Signed> = {
  'SigV4 header': (shape) => sign(shape),
  'SigV4 query': (shape) => sign({ ...shape, sign: 'query' }),
  'SigV2 header': (shape) => signV2(shape, 'header'),
  'SigV2 query': (shape) => signV2(shape, 'query'),
}

/** A change of a signed request. */
interface Change {
  name: string
  /** Added to the query as it is. */
  query?: string
  path?: (path: string) => string
  /** Header lines behind the others. */
  lines?: string[]
}

/** What is added to a GET of the current version must not show another one, another sub-resource, another type. */
const additions: Change[] = [
  ...['versionId=OLD', '%76ersionId=OLD', '%76%65rsionId=OLD', 'versionId%3DOLD', '%2576ersionId=OLD'].map(
    (query): Change => ({ name: `?${query}`, query }),
  ),
  ...['acl', '%61cl', 'acl=', 'ACL', 'tagging', 't%61gging', 'attributes', 'legal-hold', 'retention', 'torrent'].map(
    (query): Change => ({ name: `?${query}`, query }),
  ),
  ...['response-content-type=text/evil', 'response%2Dcontent-type=text/evil', 'partNumber=1', 'uploadId=x'].map(
    (query): Change => ({ name: `?${query}`, query }),
  ),
  ...['=versionId', '&versionId=OLD&', ';versionId=OLD', '+versionId=OLD', 'a;versionId=OLD', '%00versionId=OLD'].map(
    (query): Change => ({ name: `?${query}`, query }),
  ),
  { name: 'a header of SSE-C', lines: ['x-amz-server-side-encryption-customer-algorithm: AES256'] },
  { name: 'a checksum mode', lines: ['x-amz-checksum-mode: ENABLED'] },
  { name: 'an owner', lines: ['X-Amz-Expected-Bucket-Owner: 999999999999'] },
  { name: 'a folded header', lines: ['x-amz-meta-a: 1', ' 2'] },
  { name: 'a second host', lines: ['Host: versioned.localhost'] },
  { name: 'a forwarded host', lines: ['X-Forwarded-Host: versioned.localhost'] },
  { name: 'a second Authorization', lines: ['Authorization: AWS4-HMAC-SHA256 Credential=x'] },
]

/** The path written otherwise: the same object, or nothing. */
const paths: Change[] = [
  { name: 'a letter encoded', path: (path) => path.replace('key', '%6Bey') },
  { name: 'a letter of the bucket encoded', path: (path) => path.replace('versioned', 'version%65d') },
  { name: 'the slash encoded', path: (path) => path.replace('versioned/', 'versioned%2F') },
  { name: 'the slash encoded in small letters', path: (path) => path.replace('versioned/', 'versioned%2f') },
  { name: 'encoded twice', path: (path) => path.replace('key', '%256Bey') },
  { name: 'a doubled slash', path: (path) => path.replace('/key', '//key') },
  { name: 'a dot segment', path: (path) => path.replace('/key', '/./key') },
  { name: 'a way up and down', path: (path) => path.replace('/key', '/a/../key') },
  { name: 'a way out', path: (path) => path.replace('/key', '/../versioned/key') },
  { name: 'a NUL at the end', path: (path) => path.replace('.txt', '.txt%00') },
  { name: 'bytes that are not UTF-8', path: (path) => path.replace('key', 'key%FF') },
  { name: 'an overlong slash', path: (path) => path.replace('/key', '%C0%AFkey') },
  { name: 'absolute form', path: (path) => `http://127.0.0.1${path}` },
  { name: 'absolute form of another host', path: (path) => `http://other.localhost${path}` },
  { name: 'a backslash', path: (path) => path.replace('/key', '\\key') },
  { name: 'a fragment', path: (path) => `${path}#x` },
]

function bytes(signed: Signed, change: Change): Buffer {
  let url = signed.target
  if (change.path !== undefined) {
    const question = url.indexOf('?')
    const [path, query] = question < 0 ? [url, ''] : [url.slice(0, question), url.slice(question)]
    url = change.path(path) + query
  }
  if (change.query !== undefined) url += `${url.includes('?') ? '&' : '?'}${change.query}`
  const head = headOf({ ...signed, target: url }).toString('latin1')
  const lines = (change.lines ?? []).map((line) => `${line}\r\n`).join('')
  return Buffer.concat([Buffer.from(head.replace(/\r\n$/, `${lines}\r\n`), 'latin1'), signed.body])
}

describe('one reading of a signed request', () => {
  let arena: Arena
  let old = ''
  before(async () => {
    arena = await Arena.start()
    const put = await arena.expect(200, { method: 'PUT', target, body: 'old' })
    old = put.headers['x-amz-version-id'] as string
    await arena.expect(200, { method: 'PUT', target, body: 'new', headers: { 'Content-Type': 'text/new' } })
  })
  after(() => arena.close())

  for (const [kind, signer] of Object.entries(kinds)) {
    for (const change of [...additions, ...paths]) {
      it(`${kind}, GET with ${change.name}`, async () => {
        const { query } = change
        const real = query === undefined ? change : { ...change, query: query.replace('OLD', old) }
        const answer = await arena.send(bytes(signer({ target }), real))
        if (answer.status !== 200) return assert.ok(answer.status >= 400 && answer.status < 500, answer.body)
        assert.equal(answer.body, 'new')
        assert.equal(answer.headers['content-type'], 'text/new')
      })
    }

    for (const change of [
      ...['x-amz-acl=public-read', 'x%2Damz-acl=public-read', 'X-Amz-Acl=public-read', '%78-amz-meta-a=1'].map(
        (query): Change => ({ name: `?${query}`, query }),
      ),
      ...['acl', '%61cl', 'tagging', 'uploads', 'uploadId=x&partNumber=1', '%75ploadId=x&part%4Eumber=1'].map(
        (query): Change => ({ name: `?${query}`, query }),
      ),
      { name: 'metadata', lines: ['x-amz-meta-a: 1'] },
      { name: 'metadata in capitals', lines: ['X-AMZ-META-A: 1'] },
      { name: 'a source', lines: ['x-amz-copy-source: /versioned/key.txt'] },
      { name: 'a storage class', lines: ['x-amz-storage-class: GLACIER'] },
      { name: 'a wrong hash', lines: [`X-Amz-Content-Sha256: ${sha256('other')}`] },
      { name: 'a hash that is none', lines: ['X-Amz-Content-Sha256: x'] },
      { name: 'a framing', lines: [`X-Amz-Content-Sha256: ${unsignedStreaming}`, 'x-amz-decoded-content-length: 1'] },
      { name: 'a bucket in place of an object', path: () => '/versioned' },
    ] as Change[]) {
      it(`${kind}, PUT with ${change.name}`, async () => {
        const uploaded = '/bucket/uploaded.txt'
        const at = (path: string): string => (path === target ? uploaded : path)
        const path = change.path === undefined ? undefined : (own: string) => at(change.path?.(own) as string)
        const signed = signer({ method: 'PUT', target: uploaded, body: 'body' })
        const answer = await arena.send(bytes(signed, path === undefined ? change : { ...change, path }))
        if (answer.status === 200) {
          // What had no effect must have had none at all.
          const stored = await arena.expect(200, { target: uploaded })
          assert.equal(stored.body, 'body')
          assert.equal(stored.headers['x-amz-meta-a'], undefined)
          assert.equal(stored.headers['x-amz-storage-class'], undefined)
        } else {
          assert.ok(answer.status >= 400 && answer.status < 500, answer.body)
          await arena.expect(404, { target: uploaded })
        }
        await arena.expect(204, { method: 'DELETE', target: uploaded })
      })
    }
  }

  it('two headers are the one that they are signed as', async () => {
    const copy = (source: string) => ({
      method: 'PUT',
      target: '/bucket/copied.txt',
      headers: { 'x-amz-copy-source': source },
    })
    await arena.expect(200, { method: 'PUT', target: '/bucket/a,b', body: 'with a comma' })
    const signed = sign(copy('/bucket/a,b'))
    delete signed.headers['x-amz-copy-source']
    const lines = ['x-amz-copy-source: /bucket/a', 'x-amz-copy-source: b']
    assert.equal((await arena.send(bytes(signed, { name: '', lines }))).status, 200)
    assert.equal((await arena.expect(200, { target: '/bucket/copied.txt' })).body, 'with a comma')
    assert.equal((await arena.send(bytes(signed, { name: '', lines: lines.reverse() }))).status, 403)
  })

  it('an unsigned call does not run under the name of another action', async () => {
    const version = 'Version=2011-06-15&RoleArn=arn:aws:iam::111111111111:role/x&RoleSessionName=x'
    for (const form of [
      `%41ction=GetCallerIdentity&Action=AssumeRoleWithSAML&${version}`,
      `Action=GetCallerIdentity&Action=AssumeRoleWithSAML&${version}`,
      `x=&Action%3D=&Actio%6E=GetSessionToken&Action=AssumeRoleWithWebIdentity&${version}`,
    ]) {
      const shape: RequestShape = {
        method: 'POST',
        target: '/',
        sign: 'none',
        body: form,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      }
      const posted = await arena.send(shape)
      assert.match(posted.body, /MissingAuthenticationToken/)
      const got = await arena.send({ target: `/?${form}`, sign: 'none', host: 'sts.amazonaws.com' })
      assert.match(got.body, /MissingAuthenticationToken/)
    }
  })

  it('chunks: what the head declares is signed, and only checksums may follow the data', async () => {
    const shape = { target: '/bucket/uploaded.txt', mode: unsignedStreaming, chunks: ['body'] }
    const trailer = (name: string) => ({
      ...shape,
      headers: { 'x-amz-trailer': name },
      frame: () => `4\r\nbody\r\n0\r\n${name}:AAAA\r\n\r\n`,
    })
    for (const name of ['x-amz-meta-a', 'x-amz-checksum-sha3', 'x-amz-storage-class', 'AAAA']) {
      const answer = await arena.send(chunkedBytes(trailer(name)))
      assert.equal(answer.status, 400)
      assert.match(
        answer.body,
        /<Code>InvalidRequest<.*The value specified in the x-amz-trailer header is not supported/,
      )
    }
    const undeclared = await arena.send(
      chunkedBytes({ ...shape, frame: () => '4\r\nbody\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n' }),
    )
    assert.match(undeclared.body, /MalformedTrailerError/)
    await arena.expect(404, { target: '/bucket/uploaded.txt' })
  })
})

/** Explanations of requests that could not be authenticated: what was signed, and what to do. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import aws4 from 'aws4'
import { noteSignature } from '../../src/authorization/failures.ts'
import { Entry } from '../../src/authorization/journal-entry.ts'
import { printExplanation } from '../../src/cli/explain.ts'
import { error } from '../../src/errors.ts'
import type { ToldExplanation } from '../../src/explain.ts'
import { createPresignedPost } from './post-form.ts'
import { accountA, type Asker, type Key, openScene, type Scene } from './support.ts'

let scene: Scene
let user: Asker
let host: string
before(async () => {
  scene = await openScene()
  user = await scene.user()
  host = new URL(scene.server.url).host
})
after(() => scene.close())

const rootA = { accessKeyId: 'AKIAROOTA', secretAccessKey: 'secret-of-root-a' }

async function told(response: Response, status = 403): Promise<ToldExplanation> {
  const text = await response.text()
  assert.equal(response.status, status, text)
  const id = response.headers.get('x-amz-request-id') ?? ''
  const answer = await fetch(`${scene.server.url}/_sandbucket/explain/${id}`)
  assert.equal(answer.status, 200, text)
  const explanation = (await answer.json()) as ToldExplanation
  assert.match(printExplanation(explanation), /the signature does not match|not authenticated/)
  return explanation
}

interface Shape {
  method?: string
  path: string
  service?: string
  headers?: Record<string, string>
  body?: string
}

/** Signs a request, changes it, sends it. */
async function sent(
  shape: Shape,
  key: Key,
  change: (signed: { path: string; headers: Record<string, string> }) => void,
) {
  const base = { method: 'GET', host, service: 's3', region: 'us-east-1', headers: {}, ...shape }
  const { Host: _host, 'Content-Length': _size, ...headers } = aws4.sign(base, key).headers as Record<string, string>
  const request = { path: shape.path, headers }
  change(request)
  const { method = 'GET', body } = shape
  return told(await fetch(scene.server.url + request.path, { method, headers, ...(body !== undefined && { body }) }))
}

const unchanged = () => {}
const finding = ({ outcome, diagnosis }: ToldExplanation): string => {
  assert.equal(outcome, 'signature')
  return diagnosis?.finding ?? ''
}

describe('wrong signatures', () => {
  it('of keys that IAM has made', async () => {
    const other = await scene.user()
    const path = '/b/k'
    const swapped = { ...user.key, secretAccessKey: other.key.secretAccessKey }
    assert.equal(
      finding(await sent({ path }, swapped, unchanged)),
      `The request was signed with the secret of another key, ${other.key.accessKeyId}.`,
    )
    const slash = await sent({ path }, user.key, (request) => {
      request.path = '/b/k/'
    })
    assert.match(finding(slash), /^The path was signed without the slash at its end/)
  })

  it('of temporary credentials', async () => {
    const role = await scene.role([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }])
    const session = await scene.session(role)
    const cut = await sent({ path: '/b?prefix=a' }, session.key, (request) => {
      request.path = '/b'
    })
    assert.match(finding(cut), /most likely the client has another secret/)
    const doubled = await sent({ path: '/b' }, session.key, (request) => {
      request.path = '/b?prefix=a'
    })
    assert.equal(finding(doubled), 'It was signed without the query.')
  })

  it('that a header is missing from', async () => {
    const headers = { 'x-amz-meta-colour': 'blue' }
    const dropped = await sent({ method: 'PUT', path: '/b/k', headers, body: 'x' }, rootA, (request) => {
      delete request.headers['x-amz-meta-colour']
    })
    assert.match(finding(dropped), /^SignedHeaders lists x-amz-meta-colour, which did not arrive/)
  })

  it('of IAM and STS, whose answers tell nothing', async () => {
    for (const service of ['iam', 'sts']) {
      const version = service === 'iam' ? '2010-05-08' : '2011-06-15'
      const body = `Action=${service === 'iam' ? 'ListUsers' : 'GetCallerIdentity'}&Version=${version}`
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
      const shape = { method: 'POST', path: '/', service, headers, body }
      const typed = await sent(shape, rootA, (request) => {
        request.headers['Content-Type'] = 'application/x-www-form-urlencoded; charset=utf-8'
      })
      assert.match(
        finding(typed),
        /^The header content-type was signed as "application\/x-www-form-urlencoded" and arrived/,
      )
      const spaced = { ...user.key, secretAccessKey: `${user.key.secretAccessKey}\n` }
      assert.match(finding(await sent(shape, spaced, unchanged)), /^The secret was used with white space/)
    }
  })

  it('of S3 Control', async () => {
    const path = '/v20180820/configuration/publicAccessBlock'
    const shape = { path, headers: { 'x-amz-account-id': accountA } }
    const put = await sent(shape, rootA, (request) => {
      request.path = `${path}?a=b`
    })
    assert.deepEqual([put.operation, finding(put)], ['GetPublicAccessBlock', 'It was signed without the query.'])
  })

  it('of SigV2', async () => {
    const date = new Date().toUTCString()
    const sign = (lines: string[], secret = rootA.secretAccessKey) =>
      `AWS ${rootA.accessKeyId}:${createHmac('sha1', secret).update(lines.join('\n')).digest('base64')}`
    const ask = async (lines: string[], secret?: string, type = 'text/plain') => {
      const headers = { Date: date, 'x-amz-date': date, 'Content-Type': type, Authorization: sign(lines, secret) }
      return finding(await told(await fetch(`${scene.server.url}/b/k`, { method: 'PUT', headers, body: 'x' })))
    }
    const lines = (type: string, path: string) => ['PUT', '', type, '', `x-amz-date:${date}`, path]
    assert.match(await ask(lines('', '/b/k')), /^Content-Type was signed as "" and arrived as "text\/plain"/)
    assert.match(await ask(lines('text/plain', '/k')), /^The resource was signed without the bucket/)
    assert.match(await ask(lines('text/plain', '/b/k'), 'secret-of-root-x'), /another key, AKIAROOTX/)
  })

  it('of a body in chunks', async () => {
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
    const headers = {
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'x-amz-decoded-content-length': '1',
      'x-amz-date': date,
      'Content-Encoding': 'aws-chunked',
    }
    await scene.must(scene.a, 'CreateBucket', { Bucket: 'chunked' })
    const shape = { method: 'PUT', path: '/chunked/k', headers }
    const signed = aws4.sign({ host, service: 's3', region: 'us-east-1', ...shape }, rootA)
    const { Host: _host, ...rest } = signed.headers as Record<string, string>
    const chunk = (data: string) => `${data.length};chunk-signature=${'0'.repeat(64)}\r\n${data}\r\n`
    const body = chunk('x') + chunk('')
    const response = await fetch(`${scene.server.url}/chunked/k`, { method: 'PUT', headers: rest, body })
    assert.match(finding(await told(response)), /^The head was signed well, but a chunk of the body/)
  })

  it('of browser forms', async () => {
    const post = async (form: FormData) => told(await fetch(`${scene.server.url}/b`, { method: 'POST', body: form }))
    const other = { ...user.key, secretAccessKey: rootA.secretAccessKey }
    assert.match(finding(await post(createPresignedPost(other, 'b', 'k'))), /secret of another key, AKIAROOTA/)

    const moved = createPresignedPost(user.key, 'b', 'k')
    const [id = '', day = '', region = ''] = String(moved.get('x-amz-credential')).split('/')
    const policy = String(moved.get('policy'))
    const signWith = (scope: string[], text: string) => {
      const step = (key: Buffer, part: string) => createHmac('sha256', key).update(part).digest()
      const key = scope.reduce(step, Buffer.from(`AWS4${user.key.secretAccessKey}`))
      return createHmac('sha256', key).update(text).digest('hex')
    }
    moved.set('x-amz-signature', signWith([day, 'eu-west-1', 's3', 'aws4_request'], policy))
    assert.equal(
      finding(await post(moved)),
      `The signing key was made for ${day}/eu-west-1/s3/aws4_request, and the field X-Amz-Credential says ${day}/${region}/s3/aws4_request.`,
    )
    const plain = createPresignedPost(user.key, 'b', 'k')
    const json = Buffer.from(String(plain.get('policy')), 'base64').toString()
    plain.set('x-amz-signature', signWith([day, region, 's3', 'aws4_request'], json))
    assert.equal(finding(await post(plain)), 'The JSON of the policy was signed, not its Base64.')

    const old = new FormData()
    for (const [name, value] of Object.entries({ key: 'k', AWSAccessKeyId: id, policy })) old.append(name, value)
    old.append('signature', createHmac('sha1', user.key.secretAccessKey).update(`${policy}\n`).digest('base64'))
    old.append('file', new Blob(['x']), 'x')
    assert.equal(finding(await post(old)), 'The policy was signed with a line break at its end.')
  })

  it('of a form with temporary credentials, whose token is not told', async () => {
    const role = await scene.role([{ Effect: 'Allow', Action: 's3:*', Resource: '*' }])
    const { key } = await scene.session(role)
    const form = createPresignedPost(key, 'b', 'k')
    const signed = new FormData()
    for (const [name, value] of form) if (name !== 'file') signed.append(name, value)
    const wrong = createPresignedPost({ ...key, secretAccessKey: `${key.secretAccessKey}\n` }, 'b', 'k')
    signed.set('policy', String(wrong.get('policy')))
    signed.set('x-amz-signature', String(wrong.get('x-amz-signature')))
    signed.set('x-amz-date', String(wrong.get('x-amz-date')))
    signed.append('x-amz-security-token', key.sessionToken ?? '')
    signed.append('file', new Blob(['x']), 'x')
    const explanation = await told(await fetch(`${scene.server.url}/b`, { method: 'POST', body: signed }))
    assert.match(finding(explanation), /^The secret was used with white space/)
    assert.ok(!JSON.stringify(explanation).includes(key.sessionToken ?? '-'))
  })
})

describe('failed authentication', () => {
  const advice = ({ outcome, advice: text }: ToldExplanation): string => {
    assert.equal(outcome, 'authentication')
    return text ?? ''
  }

  it('tells clocks apart', async () => {
    const past = new Date(Date.now() - 3_600_000).toISOString().replace(/[-:]|\.\d+/g, '')
    const shape = { path: '/b/k', headers: { 'X-Amz-Date': past } }
    const skewed = await sent(shape, rootA, unchanged)
    assert.match(
      advice(skewed),
      /^The client signed at \S+, and the clock .* They are 60 min apart; 15 min are allowed\./,
    )
    const body = 'Action=GetCallerIdentity&Version=2011-06-15'
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Amz-Date': past }
    const sts = await sent({ method: 'POST', path: '/', service: 'sts', headers, body }, rootA, unchanged)
    assert.match(advice(sts), /^The clocks of client and server differ/)
  })

  it('tells unknown keys, stray tokens, unsigned headers, times of URLs', async () => {
    const nobody = { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' }
    assert.match(advice(await sent({ path: '/b' }, nobody, unchanged)), /^No key AKIANOBODY is known here/)
    const stray = await told(
      await fetch(`${scene.server.url}/b`, {
        headers: strayToken(),
      }),
      400,
    )
    assert.match(advice(stray), /AWS_SESSION_TOKEN left over/)
    assert.ok(!JSON.stringify(stray).includes('a-token'))
    const unsigned = await sent({ path: '/b' }, rootA, (request) => {
      request.headers['x-amz-meta-a'] = 'b'
    })
    assert.match(advice(unsigned), /adds x-amz-meta-a without signing/)
    const signed = aws4.sign(
      {
        host,
        path: `/b/k?X-Amz-Expires=1&X-Amz-Date=20200101T000000Z`,
        service: 's3',
        region: 'us-east-1',
        signQuery: true,
      },
      rootA,
    )
    const expired = await told(await fetch(scene.server.url + signed.path))
    assert.match(advice(expired), /^The URL was good until 2020-01-01T00:00:01Z/)
  })

  /** A token beside a long-term key, signed as it should be. */
  function strayToken(): Record<string, string> {
    const key = { ...rootA, sessionToken: 'a-token' }
    const { Host: _host, ...headers } = aws4.sign({ host, path: '/b', service: 's3', region: 'us-east-1' }, key)
      .headers as Record<string, string>
    return headers
  }

  it('is kept within bounds, without tokens', () => {
    const entry = new Entry()
    entry.begin('R')
    entry.fail(error('ExpiredToken', { 'Token-0': 'secret', Long: 'x'.repeat(10_000) }), true)
    assert.deepEqual({ ...entry.error?.fields }, { Long: 'x'.repeat(1024) })
    const stringToSign = 'x'.repeat(40_000)
    const cause = { accessKeyId: '', signature: '', stringToSign, stringToSignBytes: '' }
    noteSignature(entry, error('SignatureDoesNotMatch', {}, { cause }))
    assert.equal(entry.signature, undefined)
  })
})

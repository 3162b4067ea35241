import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLog, type LogOptions } from '../../src/lib/log.ts'
import { redact, redactText } from '../../src/lib/redact.ts'

const request = {
  id: 'ID',
  op: 'PutObject',
  method: 'PUT',
  path: '/b/k',
  status: 200,
  code: undefined,
  by: 'arn:x',
  us: 1234.5,
}

async function lines(options: LogOptions, use: (log: Awaited<ReturnType<typeof createLog>>) => void): Promise<string> {
  let text = ''
  const log = await createLog({
    ...options,
    write: (line) => {
      text += line
    },
  })
  use(log)
  return text
}

describe('the pretty form', () => {
  it('gives one line per request', async () => {
    const text = await lines({ level: 'info', format: 'pretty' }, (log) => log.info(request, 'request'))
    assert.match(text, /^\d\d:\d\d:\d\d\.\d{3} PUT \/b\/k 200 PutObject 1\.2 ms arn:x ID\n$/)
  })

  it('names the bucket and the host that are not in the path', async () => {
    const virtual = { ...request, path: '/k', hostBucket: 'b', hostAlias: 'minio:9000' }
    const text = await lines({ level: 'info', format: 'pretty' }, (log) => log.info(virtual, 'request'))
    assert.match(text, / PUT b:\/k 200 PutObject 1\.2 ms arn:x signed for minio:9000 ID\n$/)
    const json = await lines({ level: 'info', format: 'json' }, (log) => log.info(virtual, 'request'))
    assert.equal((JSON.parse(json) as typeof virtual).hostBucket, 'b')
  })

  it('says who in short, and of a refusal why and how to learn more', async () => {
    const by = 'arn:aws:iam::000000000000:user/alice'
    const line = async (more: object) =>
      (
        await lines({ level: 'info', format: 'pretty' }, (log) => log.info({ ...request, by, ...more }, 'request'))
      ).slice(13)
    assert.equal(await line({}), 'PUT /b/k 200 PutObject 1.2 ms user/alice ID\n')
    const refused = { status: 403, code: 'AccessDenied', why: 'no Allow' }
    assert.equal(await line(refused), 'PUT /b/k 403 AccessDenied PutObject (no Allow) user/alice explain ID\n')
    assert.equal(await line({ by: 'arn:aws:iam::000000000000:root' }), 'PUT /b/k 200 PutObject 1.2 ms root ID\n')
    const json = await lines({ level: 'info', format: 'json' }, (log) =>
      log.info({ ...request, ...refused }, 'request'),
    )
    assert.equal((JSON.parse(json) as { why: string }).why, 'no Allow')
  })

  it('fits 100 columns: the path gives way', async () => {
    const by = 'arn:aws:iam::000000000000:user/alice'
    const id = '4442587FB7D0A2F9'
    const path = `/photos/${'2026/'.repeat(30)}picture.jpg`
    for (const more of [
      {},
      { status: 404, code: 'NoSuchKey' },
      { status: 403, code: 'AccessDenied', why: 'no Allow' },
      { status: 403, code: 'SignatureDoesNotMatch' },
      { by: `arn:aws:sts::000000000000:assumed-role/${'r'.repeat(60)}/${'s'.repeat(60)}`, hostAlias: 'minio:9000' },
    ]) {
      const text = await lines({ level: 'info', format: 'pretty' }, (log) =>
        log.info({ ...request, by, id, path, ...more }, 'request'),
      )
      assert.ok(text.trimEnd().length <= 100, text)
      assert.match(text, /^\S+ PUT \/pho.*\u2026.*jpg /)
    }
  })

  it('shows the code of a failure', async () => {
    const failed = { ...request, status: 403, code: 'AccessDenied' }
    const text = await lines({ level: 'info', format: 'pretty' }, (log) => log.info(failed, 'request'))
    assert.match(text, / 403 AccessDenied PutObject /)
  })

  it('shows fields and the stack of an error', async () => {
    const text = await lines({ level: 'info', format: 'pretty' }, (log) =>
      log.error({ id: 1, err: new Error('disk') }, 'failed'),
    )
    assert.match(text, / ERROR failed id=1\n {2}Error: disk\n/)
  })
})

describe('the JSON form', () => {
  it('is one object per line', async () => {
    const text = await lines({ level: 'info', format: 'json' }, (log) => log.info(request, 'request'))
    const { time, ...rest } = JSON.parse(text)
    assert.match(time, /^\d{4}-/)
    const { code, ...expected } = request
    assert.equal(code, undefined)
    assert.deepEqual(rest, { level: 'info', ...expected, msg: 'request' })
  })

  it('says of a request what it was, whatever is in it', async () => {
    const odd = 'a"b\\c\n\u0000\u2028é%00'
    const sent = { ...request, path: odd, by: odd, hostBucket: odd, hostAlias: odd, code: 'NoSuchKey', status: 404 }
    const text = await lines({ level: 'info', format: 'json' }, (log) => log.info(sent, 'request'))
    assert.equal(text.split('\n').length, 2)
    const { time, ...rest } = JSON.parse(text)
    assert.match(time, /^\d{4}-/)
    assert.deepEqual(rest, { level: 'info', ...sent, msg: 'request' })
    const warned = await lines({ level: 'warn', format: 'json' }, (log) => log.info(sent, 'request'))
    assert.equal(warned, '')
  })

  it('holds errors', async () => {
    const text = await lines({ level: 'info', format: 'json' }, (log) =>
      log.error({ err: new Error('disk') }, 'failed'),
    )
    assert.equal(JSON.parse(text).err.message, 'disk')
  })
})

describe('levels', () => {
  it('leave out what is below', async () => {
    const text = await lines({ level: 'warn', format: 'pretty' }, (log) => {
      log.debug({}, 'a')
      log.info({}, 'b')
      log.warn({}, 'c')
      log.error({}, 'd')
    })
    assert.match(text, /^\S+ WARN c\n\S+ ERROR d\n$/)
  })

  it('silent says nothing', async () => {
    assert.equal(await lines({ level: 'silent', format: 'json' }, (log) => log.error({}, 'd')), '')
  })
})

describe('secrets', () => {
  const texts: [string, string][] = [
    ['/b/k?X-Amz-Signature=abc&x=1', '/b/k?X-Amz-Signature=[redacted]&x=1'],
    ['x=1&X-Amz-Security-Token=abc%2F', 'x=1&X-Amz-Security-Token=[redacted]'],
    ['/b?AWSAccessKeyId=A&Expires=1&Signature=abc%3D', '/b?AWSAccessKeyId=A&Expires=1&Signature=[redacted]'],
    [
      'AWS4-HMAC-SHA256 Credential=A/2026, SignedHeaders=host, Signature=0a1b',
      'AWS4-HMAC-SHA256 Credential=A/2026, SignedHeaders=host, Signature=[redacted]',
    ],
    ['AWS AKID:c2ln', 'AWS AKID:[redacted]'],
    ['Basic dXNlcjpwYXNz', 'Basic [redacted]'],
    ['nothing of the kind', 'nothing of the kind'],
  ]
  for (const [given, expected] of texts) it(`in ${given}`, () => assert.equal(redactText(given), expected))

  it('in fields, by name, at any depth', () => {
    const redacted = redact({
      headers: { Authorization: 'x', 'X-Amz-Server-Side-Encryption-Customer-Key': 'x', host: 'h' },
      secretAccessKey: 'x',
    })
    assert.deepEqual(
      // As a line has them: maps of names from outside have no prototype.
      JSON.parse(JSON.stringify(redacted)),
      {
        headers: { Authorization: '[redacted]', 'X-Amz-Server-Side-Encryption-Customer-Key': '[redacted]', host: 'h' },
        secretAccessKey: '[redacted]',
      },
    )
  })

  it('never reach a line', async () => {
    const text = await lines({ level: 'info', format: 'json' }, (log) =>
      log.warn({ headers: { authorization: 'AWS A:hush' }, err: new Error('GET /b?X-Amz-Signature=hush') }, 'odd'),
    )
    assert.ok(!text.includes('hush'), text)
  })
})

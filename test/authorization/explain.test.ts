import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import aws4 from 'aws4'
import { printExplanation } from '../../src/cli/explain.ts'
import { run } from '../../src/cli/run.ts'
import type { ToldExplanation } from '../../src/explain.ts'
import { type Key, openScene, type Said, type Scene } from './support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

const idOf = ({ output }: Said): string => (output.$metadata as { requestId: string }).requestId

async function told(id: string): Promise<ToldExplanation> {
  const response = await fetch(`${scene.server.url}/_sandbucket/explain/${id}`)
  assert.equal(response.status, 200)
  return (await response.json()) as ToldExplanation
}

async function cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const ran = { code: -1, out: '', err: '' }
  ran.code = await run({
    argv: [...argv, '--port', String(scene.server.port)],
    env: {},
    directory: '/nonexistent',
    isTerminal: false,
    out: (text) => {
      ran.out += text
    },
    err: (text) => {
      ran.err += text
    },
  })
  return ran
}

describe('explanations', () => {
  it('tell what every policy said and what would allow it', async () => {
    const Bucket = await scene.bucket()
    await scene.put(Bucket, 'k')
    const Condition = { StringLike: { 'aws:UserAgent': 'nothing-*' } }
    const u = await scene.user({
      allow: [{ Sid: 'Agent', Effect: 'Allow', Action: 's3:Get*', Resource: '*', Condition }],
    })
    const id = idOf(await u.ask('GetObject', { Bucket, Key: 'k' }))
    const explanation = await told(id)
    assert.equal(explanation.outcome, 'denied')
    assert.equal(explanation.operation, 'GetObject')
    const [decision] = explanation.decisions
    assert.equal(decision?.action, 's3:GetObject')
    assert.equal(decision?.principal, u.arn)
    assert.match(
      decision?.policies[0]?.statements[0]?.why ?? '',
      /^StringLike aws:UserAgent wants .* the request has "aws-sdk-js/,
    )
    const [remedy] = decision?.remedies ?? []
    assert.equal(remedy?.statement, undefined)
    assert.match(
      remedy?.text ?? '',
      /^The statement p#0 \(Agent\) would allow it, .* Send the header User-Agent: nothing-$/,
    )

    const { code, out } = await cli('explain', id)
    assert.equal(code, 0)
    assert.match(out, /^GetObject .*: denied \(403 AccessDenied\)\n {2}GET \/bucket-\d+\/k by arn:/)
    assert.match(out, /\n {2}denied: no identity policy allows it\n/)
    assert.match(out, /- Allow p#0 \(Agent\): StringLike aws:UserAgent wants/)
    assert.match(out, /Remedy: The statement p#0 \(Agent\) would allow it, but aws:UserAgent has to be StringLike/)
  })

  it('an allowed request names the statement; root of the owner needs none', async () => {
    const Bucket = await scene.bucket()
    const u = await scene.user()
    const Principal = { AWS: u.arn }
    await scene.policy(Bucket, {
      Sid: 'List',
      Effect: 'Allow',
      Principal,
      Action: 's3:ListBucket',
      Resource: 'arn:aws:s3:::B',
    })
    const allowed = await told(idOf(await u.ask('ListObjectsV2', { Bucket })))
    assert.equal(allowed.decisions[0]?.statement, `arn:aws:s3:::${Bucket}#0 (List)`)
    await scene.must(scene.a, 'DeleteBucketPolicy', { Bucket })
    const own = await told(idOf(await scene.a.ask('ListObjectsV2', { Bucket })))
    assert.deepEqual(
      [own.outcome, own.decisions[0]?.action, own.decisions[0]?.decidedBy],
      ['allowed', 's3:ListBucket', 'root'],
    )
  })

  it('refusals for other reasons than policies are told too', async () => {
    const Bucket = await scene.bucket('ObjectWriter', { BlockPublicAcls: true })
    await scene.put(Bucket, 'k')
    const refused = await scene.a.ask('PutObjectAcl', { Bucket, Key: 'k', ACL: 'public-read' })
    const { outcome, refusal = '' } = await told(idOf(refused))
    assert.equal(outcome, 'denied')
    assert.match(refusal, /BlockPublicAcls/)
  })

  it('a header asks for one line in the answer', async () => {
    const Bucket = await scene.bucket()
    const { output } = await scene.anonymous('GET', `/${Bucket}`, { headers: { 'x-sandbucket-explain': '1' } })
    const headers = output.headers as Headers
    const line = headers.get('x-sandbucket-explanation') ?? ''
    assert.match(line, /^s3:ListBucket on arn:aws:s3:::bucket-\d+: no resource policy allows it\. Sign the request\./)
    const path = headers.get('x-sandbucket-explain-path')
    assert.equal((await fetch(`${scene.server.url}${path}`)).status, 200)
    const plain = await scene.anonymous('GET', `/${Bucket}`)
    assert.equal((plain.output.headers as Headers).get('x-sandbucket-explanation'), null)
  })

  it('an anonymous caller is told one way and another, on lines of the terminal', async () => {
    const Bucket = await scene.bucket()
    const { output } = await scene.anonymous('GET', `/${Bucket}/k`)
    const id = (output.headers as Headers).get('x-amz-request-id') ?? ''
    const { out } = await cli('explain', id)
    assert.match(out, /\n {2}Remedy: Sign the request\.\n {2}Or, to let everybody do it: switch off .*\n {4}\{\n/)
    assert.doesNotMatch(out, /All of these|noMatch|RestrictPublicBuckets blocks/)
    const narrow = printExplanation(await told(id), 60)
    assert.match(narrow, /\n {2}Or, to let everybody do it: switch off BlockPublicPolicy\n {4}and /)
    const sentences = narrow.split('\n').filter((line) => line.length > 60)
    assert.deepEqual(
      sentences.filter((line) => !/^\S+ on arn:|^ {2}GET|^ {4} *"/.test(line)),
      [],
    )
  })

  it('what a request needs beside what it was first refused is told', async () => {
    const Bucket = await scene.bucket()
    const u = await scene.user()
    const put = await told(idOf(await u.ask('PutObject', { Bucket, Key: 'k', Body: 'x', Tagging: 'a=b' })))
    assert.deepEqual(put.decisions[0]?.notes, [
      `PutObject needs as well: s3:PutObjectTagging on arn:aws:s3:::${Bucket}/k.`,
    ])
    const copied = await told(idOf(await u.ask('CopyObject', { Bucket, Key: 'c', CopySource: `${Bucket}/k` })))
    assert.match(copied.decisions[0]?.notes.join() ?? '', /^CopyObject needs as well: s3:GetObject on its source/)
  })

  it('a missing object that may not be listed is told to be missing', async () => {
    const Bucket = await scene.bucket()
    const u = await scene.user({ allow: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }] })
    const asked = await u.ask('GetObject', { Bucket, Key: 'none' })
    assert.equal(asked.outcome, '403 AccessDenied')
    const { decisions, outcome } = await told(idOf(asked))
    assert.deepEqual([outcome, decisions.length, decisions[0]?.decision], ['denied', 2, 'allowed'])
    assert.match(decisions[1]?.notes[0] ?? '', /^What was asked for is not there \(NoSuchKey\)/)
    assert.equal(decisions[1]?.remedies[0]?.statement?.Action, 's3:ListBucket')
  })

  it('an error that has other reasons than permissions is told with them', async () => {
    const Bucket = await scene.bucket()
    const id = idOf(await scene.a.ask('GetObject', { Bucket, Key: 'none' }))
    const { outcome, status, answer } = await told(id)
    assert.deepEqual([outcome, status, answer?.code], ['failed', 404, 'NoSuchKey'])
    const { out } = await cli('explain', id.toLowerCase())
    assert.match(out, /: failed \(404 NoSuchKey\)\n/)
    assert.match(out, /\nAnswered: NoSuchKey, The specified key does not exist\.\nThere is no object "none"\./)
    assert.doesNotMatch(out.split('\n', 1)[0] ?? '', /allowed/)
  })

  it('unknown ids are 404, and other origins get nothing', async () => {
    const url = `${scene.server.url}/_sandbucket/explain/NOSUCHREQUEST`
    assert.equal((await fetch(url)).status, 404)
    assert.equal((await fetch(url, { headers: { Origin: 'http://evil.test' } })).status, 403)
    const { code, err } = await cli('explain', 'NOSUCHREQUEST')
    assert.equal(code, 1)
    assert.match(err, /^No request NOSUCHREQUEST is known\. The server remembers the last 10,000 since its start\./)
    assert.equal((await cli('explain')).code, 2)
  })

  it('is bounded, and says what it did not keep', async () => {
    const Bucket = await scene.bucket()
    const u = await scene.user()
    const Objects = Array.from({ length: 40 }, (_, at) => ({ Key: `k${at}` }))
    const { decisions, droppedDecisions } = await told(
      idOf(await u.ask('DeleteObjects', { Bucket, Delete: { Objects } })),
    )
    assert.deepEqual([decisions.length, droppedDecisions], [16, 24])
  })
})

/** Signs a request for one host, path or secret and sends another. */
async function mismatched(signed: { host?: string; path?: string; key?: Key }, path: string): Promise<string> {
  const { host } = new URL(scene.server.url)
  const request = { method: 'GET', host, path, service: 's3', region: 'us-east-1', headers: {}, ...signed }
  const key = { accessKeyId: 'AKIAROOTA', secretAccessKey: 'secret-of-root-a', ...signed.key }
  const { Host: _host, ...headers } = aws4.sign(request, key).headers as Record<string, string>
  const response = await fetch(`${scene.server.url}${path}`, { headers })
  assert.equal(response.status, 403)
  assert.match(await response.text(), /<Code>SignatureDoesNotMatch</)
  const { outcome, diagnosis } = await told(response.headers.get('x-amz-request-id') ?? '')
  assert.equal(outcome, 'signature')
  return diagnosis?.finding ?? ''
}

describe('explanations of wrong signatures', () => {
  it('find a changed host', async () => {
    assert.match(
      await mismatched({ host: 's3.amazonaws.com' }, '/b/k'),
      /^The host was signed as s3.amazonaws.com, and arrived/,
    )
  })

  it('find another secret that this server knows', async () => {
    const key = { accessKeyId: 'AKIAROOTA', secretAccessKey: 'secret-of-root-x' }
    assert.equal(await mismatched({ key }, '/b/k'), 'The request was signed with the secret of another key, AKIAROOTX.')
  })

  it('find a changed path or query', async () => {
    assert.match(await mismatched({ path: '/b/k/' }, '/b/k'), /^The path was signed with a slash at its end/)
    assert.match(await mismatched({ path: '/b' }, '/b?prefix=a'), /^It was signed without the query/)
  })

  it('say what is most likely when nothing fits', async () => {
    const key = { accessKeyId: 'AKIAROOTA', secretAccessKey: 'mistyped' }
    assert.match(await mismatched({ key }, '/b/k'), /most likely the client has another secret/)
  })
})

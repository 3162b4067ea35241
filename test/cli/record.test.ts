/** `sandbucket record` against a server. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { banner } from '../../src/cli/banner.ts'
import { helpText } from '../../src/cli/help.ts'
import { run } from '../../src/cli/run.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import { startSandbucket } from '../../src/index.ts'

async function cli(...argv: string[]) {
  const ran = { exitCode: -1, out: '', err: '' }
  const out = (text: string) => {
    ran.out += text
  }
  const err = (text: string) => {
    ran.err += text
  }
  ran.exitCode = await run({ argv, env: {}, directory: '/nonexistent', isTerminal: false, out, err })
  return ran
}

describe('sandbucket record', () => {
  it('starts, stops and shows', async (t) => {
    const server = await startSandbucket({ buckets: ['photos'] })
    t.after(() => server.close({ graceMs: 0 }))
    const port = ['--port', String(server.port)]
    const s3 = new S3Client(server.clientConfig())
    t.after(() => s3.destroy())
    assert.match((await cli('record', ...port)).out, /^Nothing was recorded: sandbucket record start/)
    assert.match((await cli(...port, 'record', 'start')).out, /^Recording\./)
    assert.match((await cli('record', 'show', ...port)).out, /^Recording since .*\n\nNo permission was used\.\n$/)
    await s3.send(new HeadBucketCommand({ Bucket: 'photos' }))
    const stopped = await cli('record', 'stop', ...port)
    assert.match(
      stopped.out,
      /^Recorded from .* to .*\n\narn:aws:iam::000000000000:root: 1 permission used\n {2}Root needs/,
    )
    assert.match(stopped.out, /"Action": "s3:ListBucket",\n {6}"Resource": "arn:aws:s3:::photos"/)
    const Statement = [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: 'arn:aws:s3:::photos' }]
    const policy = await cli('record', 'show', '--principal', 'root', '--format', 'policy', ...port)
    assert.deepEqual(JSON.parse(policy.out), { Version: '2012-10-17', Statement })
    const json = JSON.parse((await cli('record', '--json', ...port)).out) as { principals: { uses: number }[] }
    assert.equal(json.principals[0]?.uses, 1)
    const nobody = await cli('record', '--principal', 'user/nobody', '--format', 'policy', ...port)
    assert.deepEqual([nobody.exitCode, nobody.err], [1, 'nothing was recorded of it\n'])
    assert.deepEqual(server.recorded().principals.length, 1)
  })

  it('begins with the first request when the server is told so', async (t) => {
    const server = await startSandbucket({ buckets: ['photos'], record: true })
    t.after(() => server.close({ graceMs: 0 }))
    const s3 = new S3Client(server.clientConfig())
    t.after(() => s3.destroy())
    await s3.send(new HeadBucketCommand({ Bucket: 'photos' }))
    await server.reset()
    assert.deepEqual(server.recorded().principals[0]?.uses, 1)
  })

  it('says what it does not understand', async () => {
    const cases: [string[], RegExp][] = [
      [['record', 'sho'], /record sho is not known; it is one of start, stop, show/],
      [['record', 'x'], /it is one of start, stop, show/],
      [['record', '--format', 'yaml'], /--format must be one of text, json, policy/],
      [['env', '--principal', 'a'], /--principal means nothing to env/],
      [['record', '--principal'], /--principal needs a value/],
      [['record', 'show', 'more'], /"more" is not expected/],
      [['record', '--port', '0'], /say --port PORT to record/],
    ]
    for (const [argv, expected] of cases) {
      const { exitCode, err } = await cli(...argv)
      assert.equal(exitCode, 2, argv.join(' '))
      assert.match(err, expected)
    }
    assert.match(helpText(), /sandbucket record \[start\|stop\|show\]\s+collect/)
  })

  it('is told by the banner, and so is soft mode', () => {
    const resolution = resolveOptions({ softMode: true, record: true })
    const text = banner('http://127.0.0.1:9000', '1.0.0', resolution, undefined)
    assert.match(text, /^SOFT MODE IS ON/m)
    assert.match(text, /^Recording what every principal uses/m)
    assert.doesNotMatch(banner('http://x', '1', resolveOptions({}), undefined), /SOFT|Recording/)
  })
})

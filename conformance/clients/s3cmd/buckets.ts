/** s3cmd on buckets: make, list, sizes, information, remove; configuration by hand; refusals. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { bucketName, type Check, succeed } from '../../lib/scenario.ts'
import type { S3cmd } from '../s3cmd.ts'

export function bucketChecks(s3: S3cmd): Check[] {
  return [
    ['mb, ls, la, du, rb', () => lifecycle(s3)],
    ['mb in a region, and what info says of it', () => region(s3)],
    ['info of a bucket', () => info(s3)],
    ['rb of a bucket with objects, --force --recursive', () => force(s3)],
    ['--configure: the questions, the test, the saved file', () => configure(s3)],
    ['wrong secret, unknown key, missing bucket and key', () => refusals(s3)],
  ]
}

async function lifecycle(s3: S3cmd): Promise<void> {
  const bucket = bucketName('life')
  assert.equal((await s3.ok('mb', `s3://${bucket}`)).stdout, `Bucket 's3://${bucket}/' created\n`)
  assert.match((await s3.ok('ls')).stdout, new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  s3://${bucket}$`, 'm'))
  await s3.ok('put', await s3.file('five', '12345'), `s3://${bucket}/dir/five`)
  await s3.ok('put', await s3.file('three', '123'), `s3://${bucket}/three`)
  const listed = (await s3.ok('ls', `s3://${bucket}`)).stdout
  assert.match(listed, new RegExp(`^ +DIR  s3://${bucket}/dir/$`, 'm'))
  assert.match(listed, new RegExp(`^\\S+ \\S+ +3  s3://${bucket}/three$`, 'm'))
  assert.match(
    (await s3.ok('ls', '--recursive', '--list-md5', `s3://${bucket}/dir`)).stdout,
    / 827ccb0eea8a706c4c34a16891f84e7b +s3:/,
  )
  assert.match((await s3.ok('la')).stdout, new RegExp(`s3://${bucket}/three`))
  assert.match((await s3.ok('du', `s3://${bucket}`)).stdout, new RegExp(`^ +8 +2 objects s3://${bucket}/$`, 'm'))
  await s3.ok('del', `s3://${bucket}/three`, `s3://${bucket}/dir/five`)
  assert.equal((await s3.ok('rb', `s3://${bucket}`)).stdout, `Bucket 's3://${bucket}/' removed\n`)
  assert.doesNotMatch((await s3.ok('ls')).stdout, new RegExp(bucket))
}

async function region(s3: S3cmd): Promise<void> {
  const bucket = bucketName('region')
  await s3.ok('mb', '--region', 'eu-west-1', `s3://${bucket}`)
  assert.match((await s3.ok('info', `s3://${bucket}`)).stdout, /Location: +eu-west-1/)
}

async function info(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('info')
  const said = (await s3.ok('info', `s3://${bucket}`)).stdout
  assert.match(said, new RegExp(`s3://${bucket}/ \\(bucket\\):\\n +Location: +us-east-1\\n`))
  assert.match(said, /Expiration Rule: none\n +Policy: +none\n +CORS: +none\n/)
}

async function force(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('force')
  await s3.ok('put', await s3.file('k', 'k'), `s3://${bucket}/a`, '--quiet')
  await s3.refused(/BucketNotEmpty|not empty/, 'rb', `s3://${bucket}`)
  await s3.ok('rb', '--force', '--recursive', `s3://${bucket}`)
  assert.doesNotMatch((await s3.ok('ls')).stdout, new RegExp(bucket))
}

async function configure(s3: S3cmd): Promise<void> {
  const given = await readFile(s3.target.server.s3cfg, 'utf8')
  const value = (name: string) => new RegExp(`^${name} *= *(.*)$`, 'm').exec(given)?.[1] ?? ''
  const host = `localhost:${s3.target.server.port}`
  const template = s3.target.style === 'virtual' ? `%(bucket)s.${host}` : host
  const keys = [value('access_key'), value('secret_key'), 'us-east-1']
  // Endpoint, template, no encryption, no GPG, no HTTPS, no proxy; test it; save it.
  const answers = [...keys, host, template, '', '', 'No', '', 'y', 'y']
  const saved = s3.path('configured')
  const command = [s3.program, '-c', saved]
  const env = s3.env
  const dialogue = await succeed([...command, '--configure'], {
    env,
    cwd: s3.target.dir,
    input: `${answers.join('\n')}\n`,
  })
  assert.match(dialogue.stdout, /Success\. Your access key and secret key worked fine :-\)/)
  assert.match(dialogue.stdout, /Configuration saved to/)
  await succeed([...command, 'ls'], { env, cwd: s3.target.dir })
}

async function refusals(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('refused')
  const missing = bucketName('missing')
  await s3.refused(/SignatureDoesNotMatch/, '--secret_key', 'not-the-secret', 'ls')
  await s3.refused(/InvalidAccessKeyId/, '--access_key', 'AKIAUNKNOWNUNKNOWN00', 'ls')
  await s3.refused(/NoSuchBucket|does not exist/, 'ls', `s3://${missing}`)
  await s3.refused(/NoSuchBucket|does not exist/, 'put', await s3.file('k', 'k'), `s3://${missing}/k`)
  await s3.refused(/404|does not exist/, 'get', `s3://${bucket}/none`, s3.path('none'))
  await s3.refused(/404|Not Found/, 'info', `s3://${bucket}/none`)
  await s3.refused(/AccessControlListNotSupported/, 'put', '--acl-public', s3.path('k'), `s3://${bucket}/k`)
}

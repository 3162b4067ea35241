/**
 * s3cmd on the settings of a bucket, typed as its manual has them. What is stored works; what is not built yet is refused
 * with 501 and a name, and the message reaches the user.
 */
import assert from 'node:assert/strict'
import { fetchRaw } from '../../lib/http.ts'
import type { Check } from '../../lib/scenario.ts'
import { type S3cmd, sdkFor } from '../s3cmd.ts'

export function settingChecks(s3: S3cmd): Check[] {
  return [
    ['setpolicy, info, delpolicy', () => policy(s3)],
    ['setcors, info, delcors', () => cors(s3)],
    ['payer', () => payer(s3)],
    ['restore', () => restore(s3)],
    ['sign', () => sign(s3)],
    ['fixbucket', () => fixbucket(s3)],
    ['lifecycle, website, notification, access log: done, or refused by name', () => unfinished(s3)],
  ]
}

async function policy(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucketWithAcls('policy')
  await s3.ok('put', await s3.file('k', 'read by all'), `s3://${bucket}/k`)
  const Statement = [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` }]
  const file = await s3.file('policy.json', JSON.stringify({ Version: '2012-10-17', Statement }))
  await s3.ok('setpolicy', file, `s3://${bucket}`)
  assert.equal((await fetchRaw(`${s3.target.server.url}/${bucket}/k`)).text, 'read by all')
  assert.match((await s3.ok('info', `s3://${bucket}`)).stdout, /Policy: .*s3:GetObject/)
  await s3.ok('delpolicy', `s3://${bucket}`)
  assert.match((await s3.ok('info', `s3://${bucket}`)).stdout, /Policy: +none/)
  await s3.refused(/MalformedPolicy/, 'setpolicy', await s3.file('bad.json', '{}'), `s3://${bucket}`)
}

async function cors(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('cors')
  const rule =
    '<CORSRule><AllowedOrigin>http://app.test</AllowedOrigin><AllowedMethod>GET</AllowedMethod><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>'
  const file = await s3.file('cors.xml', `<CORSConfiguration>${rule}</CORSConfiguration>`)
  await s3.ok('setcors', file, `s3://${bucket}`)
  assert.match((await s3.ok('info', `s3://${bucket}`)).stdout, /CORS: .*http:\/\/app\.test/s)
  await s3.ok('delcors', `s3://${bucket}`)
  assert.match((await s3.ok('info', `s3://${bucket}`)).stdout, /CORS: +none/)
}

async function payer(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('payer')
  await s3.ok('payer', '--requester-pays', `s3://${bucket}`)
  assert.match((await s3.ok('info', `s3://${bucket}`)).stdout, /Payer: +Requester/)
  await s3.ok('payer', `s3://${bucket}`)
  assert.match((await s3.ok('info', `s3://${bucket}`)).stdout, /Payer: +BucketOwner/)
}

async function restore(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('restore')
  await s3.ok('put', '--storage-class=GLACIER', await s3.file('k', 'archived'), `s3://${bucket}/k`)
  await s3.refused(/InvalidObjectState|403/, 'get', `s3://${bucket}/k`, s3.path('down'))
  await s3.ok('restore', '--restore-days=2', '--restore-priority=expedited', `s3://${bucket}/k`)
}

async function sign(s3: S3cmd): Promise<void> {
  assert.match((await s3.ok('sign', 'any text')).stdout, /^Signature: [A-Za-z0-9+/]{27}=\n/)
}

async function fixbucket(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucketWithAcls('fix')
  const client = sdkFor(s3.target)
  await client.putObject({ Bucket: bucket, Key: 'bell\u0007name', Body: 'x' })
  client.destroy()
  await s3.ok('fixbucket', `s3://${bucket}`)
  assert.match((await s3.ok('ls', `s3://${bucket}`)).stdout, new RegExp(`s3://${bucket}/bell.+name`))
}

/** Each command must either do what it says or name what is missing. */
async function unfinished(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('later')
  const lifecycle = await s3.file(
    'lifecycle.xml',
    '<LifecycleConfiguration><Rule><ID>a</ID><Prefix>a/</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>',
  )
  const notification = await s3.file('notification.xml', '<NotificationConfiguration></NotificationConfiguration>')
  for (const args of [
    ['setlifecycle', lifecycle, `s3://${bucket}`],
    ['expire', '--expiry-days=3', `s3://${bucket}`],
    ['ws-create', '--ws-index=index.html', `s3://${bucket}`],
    ['setnotification', notification, `s3://${bucket}`],
    ['accesslog', `--access-logging-target-prefix=s3://${bucket}/logs/`, `s3://${bucket}`],
  ]) {
    const why = /501 \(NotImplemented\): \w+ is not implemented|AccessControlListNotSupported/
    await s3.refused(why, ...args)
  }
}

/** What introductions to S3 tell their readers to type: configuration files, profiles, and the first commands. */
import assert from 'node:assert/strict'
import type { Check } from '../../lib/scenario.ts'
import type { Aws, Settings } from './client.ts'

export function documentsChecks(aws: Aws): Check[] {
  return [
    ['~/.aws/config and ~/.aws/credentials: ls, cp, rm, sync --delete', () => files(aws)],
    ['a named profile, by option and by AWS_DEFAULT_PROFILE; text output', () => profiles(aws)],
  ]
}

/** The keys that `sandbucket env` exports, to be written into files instead. */
function keysOf(aws: Aws): string[] {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = aws.target.env
  return [`aws_access_key_id = ${AWS_ACCESS_KEY_ID}`, `aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}`]
}

const style = (aws: Aws) => (aws.target.style === 'virtual' ? 's3 =\n    addressing_style = virtual\n' : '')

async function files(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('first')
  const env = await configured(aws, 'files', {
    config: `[default]\nregion = us-west-2\n${style(aws)}`,
    credentials: `[default]\n${keysOf(aws).join('\n')}\n`,
  })
  await aws.okWith(env, 's3', 'cp', await aws.file('local_file.txt', 'local'), `s3://${bucket}/`)
  assert.match((await aws.okWith(env, 's3', 'ls', `s3://${bucket}/`)).stdout, / 5 local_file\.txt$/m)
  await aws.okWith(env, 's3', 'rm', `s3://${bucket}/local_file.txt`)
  await aws.file('to/directory/page', 'page')
  await aws.okWith(env, 's3', 'cp', aws.path('local_file.txt'), `s3://${bucket}/directory/stale`)
  await aws.okWith(env, 's3', 'sync', aws.path('to', 'directory/'), `s3://${bucket}/directory/`, '--delete')
  const listed = await aws.okWith(env, 's3', 'ls', '--recursive', `s3://${bucket}/`)
  assert.match(listed.stdout, /^\S+ \S+ +4 directory\/page\n$/)
}

async function profiles(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('profile')
  const env = await configured(aws, 'profiles', {
    config: `[default]\nregion = us-east-1\n[profile test-user]\nregion = us-west-2\noutput = text\n${style(aws)}`,
    credentials: `[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = nobody\n[test-user]\n${keysOf(aws).join('\n')}\n`,
  })
  await aws.refusedWith(env, /InvalidAccessKeyId|SignatureDoesNotMatch/, 's3', 'ls')
  assert.match((await aws.okWith(env, '--profile', 'test-user', 's3', 'ls')).stdout, new RegExp(bucket))
  const named = { ...env, AWS_DEFAULT_PROFILE: 'test-user', AWS_PROFILE: 'test-user' }
  const text = (await aws.okWith(named, 's3api', 'list-buckets', '--query', 'Buckets[].Name')).stdout
  assert.ok(text.trim().split(/\s+/).includes(bucket), text)
}

/** A home of its own with these files, and no key in the environment. */
async function configured(aws: Aws, name: string, texts: { config: string; credentials: string }): Promise<Settings> {
  await aws.file(`${name}/config`, texts.config)
  await aws.file(`${name}/credentials`, texts.credentials)
  const unset = {
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_REGION: undefined,
    AWS_DEFAULT_REGION: undefined,
  }
  const places = {
    AWS_CONFIG_FILE: aws.path(name, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: aws.path(name, 'credentials'),
  }
  return { ...unset, ...places }
}

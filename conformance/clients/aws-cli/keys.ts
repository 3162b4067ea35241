/** Key names that clients, proxies and path libraries like to spoil. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { Check } from '../../lib/scenario.ts'
import type { Aws } from './client.ts'

const keys = [
  'a b c',
  'plus+sign',
  'per%cent and %20',
  'ünïcödé/日本語/😀',
  'amp&equals=question?hash#semi;colon:at@',
  'quote\'"`back\\slash',
  'star*(parens)[brackets]{braces}!~^|',
  'comma,dollar$',
  'slash//double',
  'folder/',
  '/leading',
  './dot/../dots/..',
  '<xml>&amp;</xml>',
  'ends with space ',
  'tab\there',
  'x'.repeat(1024),
]

export function keyChecks(aws: Aws): Check[] {
  return [
    ['keys of every kind: put, get, copy, list, delete', () => everyKind(aws)],
    ['s3 cp, ls and rm with spaces, plus, percent and unicode', () => highLevel(aws)],
    ['a key of more than 1,024 bytes is refused', () => tooLong(aws)],
  ]
}

async function everyKind(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('keys')
  for (const key of keys) {
    const name = ['--bucket', bucket, '--key', key]
    await aws.ok('s3api', 'put-object', ...name, '--body', await aws.file('body', key))
    await aws.ok('s3api', 'get-object', ...name, aws.path('got'))
    assert.equal(await readFile(aws.path('got'), 'utf8'), key)
  }
  const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  assert.deepEqual(
    await aws.query('Contents[].Key', 's3api', 'list-objects-v2', '--bucket', bucket, '--page-size', '3'),
    sorted,
  )
  const odd = 'per%cent and %20'
  // The client encodes the source itself.
  const source = `${bucket}/${odd}`
  await aws.ok('s3api', 'copy-object', '--bucket', bucket, '--key', 'copy', '--copy-source', source)
  assert.equal((await aws.ok('s3', 'cp', `s3://${bucket}/copy`, '-')).stdout, odd)
  const request = JSON.stringify({ Objects: [...keys, 'copy'].map((Key) => ({ Key })), Quiet: true })
  await aws.ok('s3api', 'delete-objects', '--bucket', bucket, '--delete', request)
  await aws.ok('s3api', 'delete-bucket', '--bucket', bucket)
}

async function highLevel(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('names')
  const names = ['a b', 'c+d', 'e%20f', 'grün 日本']
  for (const name of names) await aws.file(`names/${name}`, name)
  await aws.ok('s3', 'cp', '--recursive', aws.path('names'), `s3://${bucket}/in/`)
  const listed = (await aws.ok('s3', 'ls', `s3://${bucket}/in/`)).stdout
  assert.deepEqual(
    listed
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(31)),
    names,
  )
  await aws.ok('s3', 'sync', `s3://${bucket}/in`, aws.path('names.down'))
  for (const name of names) assert.equal(await readFile(aws.path('names.down', name), 'utf8'), name)
  for (const name of names) await aws.ok('s3', 'rm', `s3://${bucket}/in/${name}`)
  await aws.ok('s3', 'rb', `s3://${bucket}`)
}

async function tooLong(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('long')
  const put = ['s3api', 'put-object', '--bucket', bucket, '--key']
  await aws.refused(/KeyTooLongError.*Your key is too long/s, ...put, 'x'.repeat(1025))
  // Bytes are counted, not characters.
  await aws.refused(/KeyTooLongError/, ...put, 'ü'.repeat(513))
  await aws.ok(...put, 'ü'.repeat(512))
}

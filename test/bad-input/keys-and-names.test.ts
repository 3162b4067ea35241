/** Bad bucket names and keys, and keys that only look bad. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Row, runTable, useArena } from './table.ts'

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const badNames = [
  'ab',
  'a'.repeat(64),
  'Upper',
  'under_score',
  '-first',
  'last-',
  '.first',
  'last.',
  'two..dots',
  'dot.-hyphen',
  'hyphen-.dot',
  '192.168.5.4',
  'xn--name',
  'sthree-name',
  'amzn-s3-demo-name',
  'name-s3alias',
  'name--ol-s3',
  'name.mrap',
  'name--x-s3',
  'name--table-s3',
  'sp%20ace',
  'b%C3%BCcher',
  '%2E%2E',
  'nul%00nul',
  'a'.repeat(5000),
  '%F0%9F%98%80%F0%9F%98%80',
  '__proto__',
  'tab%09tab',
  'line%0d%0aline',
]

const names: Row[] = [
  ...badNames.map(
    (name): Row => ({
      name: `the bucket ${name.slice(0, 30)} (${name.length})`,
      request: { method: 'PUT', target: `/${name}` },
      // test_s3_uppercase_bucket_name, recorded AWS answers.
      status: 400,
      code: 'InvalidBucketName',
      message: 'The specified bucket is not valid.',
    }),
  ),
  {
    // Observed: S3 takes what is before the first slash for the bucket (aws/aws-sdk-js#1572, a%2Fb in a request line).
    name: 'a slash in the name of a bucket, encoded, which begins a key',
    request: { method: 'PUT', target: '/missing%2Fb' },
    status: 404,
    code: 'NoSuchBucket',
    fields: { BucketName: 'missing' },
  },
  {
    name: 'a bucket that exists, of somebody else',
    request: { method: 'PUT', target: '/foreign' },
    status: 409,
    code: 'BucketAlreadyExists',
    fields: { BucketName: 'foreign' },
  },
  {
    // test_delete_bucket_with_objects, recorded AWS answers.
    name: 'removing a bucket that is not empty',
    request: { method: 'DELETE', target: '/bucket' },
    status: 409,
    code: 'BucketNotEmpty',
    message: 'The bucket you tried to delete is not empty',
    fields: { BucketName: 'bucket' },
  },
  {
    name: 'removing a bucket that does not exist',
    request: { method: 'DELETE', target: '/missing' },
    status: 404,
    code: 'NoSuchBucket',
    fields: { BucketName: 'missing' },
  },
  ...[
    '/missing',
    '/missing/key',
    '/..',
    '/../etc/passwd',
    '/%00',
    '//key',
    '/missing?acl',
    '/__proto__',
    '/constructor/key',
  ].map(
    (target): Row => ({
      name: `reading ${target}`,
      request: { target },
      status: 404,
      code: 'NoSuchBucket',
    }),
  ),
]

const invalidUri = { status: 400, code: 'InvalidURI', message: "Couldn't parse the specified URI." } as const
const unsigned = { sign: 'none' } as const
const keys: Row[] = [
  ...['%', '%4', '%zz', '%%41', '%ff', '%c0%af', '%e2%82', '%ed%a0%80', '%f5%80%80%80'].flatMap((key): Row[] => [
    // versity/versitygw#2070: AWS refuses a broken escape with 400.
    { name: `the key ${key}`, request: { ...unsigned, target: `/bucket/${key}` }, ...invalidUri },
    { name: `the bucket ${key}`, request: { ...unsigned, target: `/${key}` }, ...invalidUri },
  ]),
  {
    // @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    name: 'a key of 1,025 bytes',
    request: { target: `/bucket/${'k'.repeat(1025)}` },
    status: 400,
    code: 'KeyTooLongError',
    message: 'Your key is too long',
    fields: { Size: '1025', MaxSizeAllowed: '1024' },
  },
  {
    name: 'a key of 342 characters of three bytes',
    request: { target: `/bucket/${'%E2%82%AC'.repeat(342)}` },
    status: 400,
    code: 'KeyTooLongError',
    fields: { Size: '1026' },
  },
  {
    name: 'a key of 20,000 bytes',
    request: { target: `/bucket/${'k'.repeat(20_000)}` },
    status: 400,
    code: 'KeyTooLongError',
  },
  {
    name: 'a key of 1,024 bytes is none too long',
    request: { target: `/bucket/${'k'.repeat(1024)}` },
    status: 404,
    code: 'NoSuchKey',
  },
  {
    name: 'a key that is not there, with XML in it',
    request: { target: '/bucket/%3Ca%3E%26%22b%27%3C/a%3E' },
    status: 404,
    code: 'NoSuchKey',
    fields: { Key: `<a>&"b'</a>` },
  },
  {
    name: 'a key that is not there, with control characters',
    request: { target: '/bucket/a%01b%00c%7F' },
    status: 404,
    code: 'NoSuchKey',
  },
  {
    name: 'a key that is not there, with half of nothing',
    request: { target: '/bucket/%EF%BF%BF%EF%BF%BE' },
    status: 404,
    code: 'NoSuchKey',
  },
  // floci-io/floci#1325, versity/versitygw#1365: before the signature, however it is spelt.
  ...['..', '../x', '../../../etc/passwd', '..%2F..%2Fx', '%2E%2E/x', 'a/../../x', 'a/%2E%2E%2F../x'].flatMap((key) =>
    ['GET', 'PUT', 'DELETE', 'HEAD'].map(
      (method): Row => ({
        name: `${method} of the key ${key}, which climbs out of its bucket`,
        request: { method, target: `/bucket/${key}` },
        status: 400,
      }),
    ),
  ),
  ...['__proto__', 'constructor', 'toString', 'NUL', 'CON', '~', '*', '?x'.replace('?', '%3F')].map(
    (key): Row => ({
      name: `the key ${key}, which is not there`,
      request: { target: `/bucket/${key}` },
      status: 404,
      code: 'NoSuchKey',
    }),
  ),
]

runTable('names of buckets', names)
runTable('keys', keys)

describe('keys that only look bad', () => {
  const arena = useArena({ mode: 'directory' })
  const odd = [
    'a//b',
    '%2Fleading',
    'trailing/',
    '.',
    './a',
    'a/../b',
    'a%2Fb%2f..',
    '%2Bplus%20space',
    '%25zz',
    '%00',
    'nul%00nul',
    '%0d%0aSet-Cookie:%20a',
    '%EF%BF%BF',
    '%F0%9F%98%80',
    'e%CC%81',
    '%C3%A9',
    'a%3Fb',
    'a%23b',
    'C:%5Ca',
    'k'.repeat(1024),
    '%20',
    '%20a%20',
    '__proto__',
    '_sandbucket',
    '%3Cxml%3E&',
  ]
  for (const raw of odd) {
    it(`${raw.slice(0, 40)} is kept byte for byte`, async () => {
      const target = `/bucket/${raw}`
      await arena().expect(200, { method: 'PUT', target, body: raw })
      assert.equal((await arena().expect(200, { target })).body, raw)
      const listed = await arena().expect(200, { target: '/bucket?list-type=2&encoding-type=url' })
      const keys = [...listed.body.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) =>
        decodeURIComponent((key as string).replaceAll('+', ' ')),
      )
      assert.ok(keys.includes(decodeURIComponent(raw)), `${keys}`)
      await arena().expect(204, { method: 'DELETE', target })
      await arena().expect(404, { target })
    })
  }

  it('the server is unharmed', () => arena().checkUnharmed())
})

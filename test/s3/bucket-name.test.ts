// Rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and s3-tests test_bucket_create_naming_*.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkBucketName, isBucketName } from '../../src/s3/bucket-name.ts'

const good = [
  'abc',
  'a1b',
  '0ab',
  'aaa.111',
  'aaa-111',
  'a--b',
  'my.bucket-1',
  '1234',
  'a.b',
  'x'.repeat(63),
  '1.2.3.4.5',
  'xn-a',
  'an',
]
const bad: [string, string][] = [
  ['a', 'one character'],
  ['ab', 'two characters'],
  ['x'.repeat(64), '64 characters'],
  ['', 'empty'],
  ['Abc', 'upper case'],
  ['foo_bar', 'underscore'],
  ['_sandbucket', 'begins with an underscore'],
  ['-abc', 'begins with a hyphen'],
  ['abc-', 'ends with a hyphen'],
  ['.abc', 'begins with a period'],
  ['abc.', 'ends with a period'],
  ['foo..bar', 'adjacent periods'],
  ['foo.-bar', 'a label that begins with a hyphen'],
  ['foo-.bar', 'a label that ends with a hyphen'],
  ['192.168.5.123', 'an address'],
  ['xn--abc', 'reserved prefix xn--'],
  ['sthree-abc', 'reserved prefix sthree-'],
  ['amzn-s3-demo-bucket', 'reserved prefix amzn-s3-demo-'],
  ['abc-s3alias', 'reserved suffix -s3alias'],
  ['abc--ol-s3', 'reserved suffix --ol-s3'],
  ['abc.mrap', 'reserved suffix .mrap'],
  ['abc--use1-az4--x-s3', 'reserved suffix --x-s3'],
  ['abc--table-s3', 'reserved suffix --table-s3'],
  ['bücket', 'not ASCII'],
  ['abc\ndef', 'a line break'],
  ['abc def', 'a space'],
]

for (const name of good.filter((name) => name.length > 2)) {
  test(`${name.slice(0, 20)} (${name.length}) is a bucket name`, () => assert.equal(isBucketName(name), true))
}

for (const [name, why] of bad) {
  test(`a name is refused: ${why}`, () => {
    assert.throws(() => checkBucketName(name), {
      code: 'InvalidBucketName',
      status: 400,
      message: 'The specified bucket is not valid.',
      fields: { BucketName: name },
    })
  })
}

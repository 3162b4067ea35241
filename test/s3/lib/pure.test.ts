/** Tables of the small pure functions: ranges, conditions, entity tags, encoded words, tags, copy sources. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasVersionIdForm, isSealedVersionId, sealedVersionId } from '../../../src/lib/version-id.ts'
import {
  checkCopySourceConditions,
  checkReadConditions,
  checkWriteConditions,
  type ReadConditions,
  validateWriteConditions,
  type WriteConditions,
} from '../../../src/s3/lib/conditional.ts'
import { withoutAwsChunked } from '../../../src/s3/lib/content.ts'
import { parseCopySource } from '../../../src/s3/lib/copy-source.ts'
import { matchesETag, multipartETag, unquoteETag } from '../../../src/s3/lib/etag.ts'
import { storedMetadata } from '../../../src/s3/lib/metadata.ts'
import { parseRange } from '../../../src/s3/lib/range.ts'
import { checkRedirectLocation } from '../../../src/s3/lib/redirect.ts'
import { decodeEncodedWords, encodeHeaderText } from '../../../src/s3/lib/rfc2047.ts'
import { checkTags, parseTaggingHeader } from '../../../src/s3/lib/tags.ts'
import type { ObjectRecord } from '../../../src/store/records.ts'
import { type Refusal, refused } from '../support.ts'

const refuses = (run: () => unknown, code: string, expected?: Refusal) =>
  refused(Promise.resolve().then(run), code, expected)

describe('ranges of an object of 10 bytes (recorded, test_get_object_range)', () => {
  const cases: [string, [number, number] | 'whole' | 'unsatisfiable'][] = [
    ['bytes=0-8', [0, 9]],
    ['bytes=1-1', [1, 2]],
    ['bytes=1-0', 'whole'],
    ['bytes=1-', [1, 10]],
    ['bytes=-1-', 'whole'],
    ['bytes=-2', [8, 10]],
    ['bytes=-9', [1, 10]],
    ['bytes=-15', [0, 10]],
    ['bytes=0-100', [0, 10]],
    ['bytes=0-0', [0, 1]],
    ['bytes=0--1', 'whole'],
    ['bytes=0-1,3-4,6-9', 'whole'],
    ['0-1', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=10-20', 'unsatisfiable'],
    ['bytes=99999999999999999999-', 'unsatisfiable'],
    ['items=0-1', 'whole'],
  ]
  for (const [header, expected] of cases) {
    it(`${header} is ${expected}`, async () => {
      if (expected === 'unsatisfiable') {
        await refuses(() => parseRange(header, 10), 'InvalidRange', {
          status: 416,
          fields: { RangeRequested: header, ActualObjectSize: 10 },
        })
      } else if (expected === 'whole') assert.equal(parseRange(header, 10), undefined)
      else assert.deepEqual(parseRange(header, 10), { start: expected[0], end: expected[1] })
    })
  }
  it('of an empty object only the last bytes can be had: all of it', async () => {
    await refuses(() => parseRange('bytes=0-', 0), 'InvalidRange')
    await refuses(() => parseRange('bytes=-0', 0), 'InvalidRange')
    assert.equal(parseRange('bytes=-5', 0), undefined)
  })
})

const nowMs = Date.UTC(2026, 0, 10)
const modifiedMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const secondMs = Math.floor(modifiedMs / 1000) * 1000
const object = { ETag: 'abc', lastModifiedMs: modifiedMs, content: { CacheControl: 'no-cache' } } as ObjectRecord

describe('conditions of reads', () => {
  type Outcome = 'pass' | 304 | 'If-Match' | 'If-Unmodified-Since'
  const cases: [string, ReadConditions, Outcome][] = [
    ['the right tag', { IfMatch: '"abc"' }, 'pass'],
    ['the right tag without quotes', { IfMatch: 'abc' }, 'pass'],
    ['any tag', { IfMatch: '*' }, 'pass'],
    ['a wrong tag', { IfMatch: '"abd"' }, 'If-Match'],
    ['one of several tags', { IfMatch: '"x", "abc"' }, 'pass'],
    ['a match outranks a date', { IfMatch: '"abc"', IfUnmodifiedSince: secondMs - 1000 }, 'pass'],
    ['a mismatch outranks a date', { IfMatch: '"x"', IfUnmodifiedSince: secondMs + 1000 }, 'If-Match'],
    ['modified since', { IfUnmodifiedSince: secondMs - 1000 }, 'If-Unmodified-Since'],
    ['not modified since its own second', { IfUnmodifiedSince: secondMs }, 'pass'],
    ['the same tag again', { IfNoneMatch: '"abc"' }, 304],
    ['the same tag without quotes', { IfNoneMatch: 'abc' }, 304],
    ['the same weak tag', { IfNoneMatch: 'W/"abc"' }, 304],
    ['another tag', { IfNoneMatch: '"x"' }, 'pass'],
    ['a new tag outranks a date', { IfNoneMatch: '"x"', IfModifiedSince: secondMs + 1000 }, 'pass'],
    ['the same tag outranks a date', { IfNoneMatch: '"abc"', IfModifiedSince: secondMs - 1000 }, 304],
    ['unmodified since its own second', { IfModifiedSince: secondMs }, 304],
    ['modified after', { IfModifiedSince: secondMs - 1000 }, 'pass'],
    ['a date in the future is ignored', { IfModifiedSince: nowMs + 1000 }, 'pass'],
    ['412 outranks 304', { IfMatch: '"x"', IfNoneMatch: '"abc"' }, 'If-Match'],
  ]
  for (const [name, conditions, expected] of cases) {
    it(`${name}: ${expected}`, async () => {
      const run = () => checkReadConditions(conditions, object, nowMs)
      if (expected === 'pass') run()
      else if (expected === 304) {
        await refuses(run, 'NotModified', {
          status: 304,
          headers: { ETag: '"abc"', 'Last-Modified': 'Fri, 02 Jan 2026 03:04:05 GMT', 'Cache-Control': 'no-cache' },
        })
      } else await refuses(run, 'PreconditionFailed', { status: 412, fields: { Condition: expected } })
    })
  }

  it('conditions on a copy source are all 412 under their own names (recorded, test_s3_copy_object_preconditions)', async () => {
    const run = (input: Parameters<typeof checkCopySourceConditions>[0], Condition: string) =>
      refuses(() => checkCopySourceConditions(input, object, nowMs), 'PreconditionFailed', {
        status: 412,
        fields: { Condition },
      })
    await run({ CopySourceIfMatch: '"x"' }, 'x-amz-copy-source-If-Match')
    await run({ CopySourceIfNoneMatch: 'abc' }, 'x-amz-copy-source-If-None-Match')
    await run({ CopySourceIfModifiedSince: secondMs }, 'x-amz-copy-source-If-Modified-Since')
    await run({ CopySourceIfUnmodifiedSince: secondMs - 1000 }, 'x-amz-copy-source-If-Unmodified-Since')
    // Recorded, test_upload_part_copy_with_copy_source_if_none_match_and_if_unmodified_since_match_failed.
    await run(
      { CopySourceIfNoneMatch: '"x"', CopySourceIfUnmodifiedSince: secondMs - 1000 },
      'x-amz-copy-source-If-Unmodified-Since',
    )
  })
})

describe('conditions of writes (recorded, TestS3ObjectWritePrecondition)', () => {
  const refusedForms: [WriteConditions, string, string][] = [
    [
      { IfMatch: 'a', IfNoneMatch: '*' },
      'If-Match,If-None-Match',
      'Multiple conditional request headers present in the request',
    ],
    [
      { IfNoneMatch: '"abc"' },
      'If-None-Match',
      "We don't accept the provided value of If-None-Match header for this API",
    ],
    [{ IfMatch: '*' }, 'If-Match', "We don't accept the provided value of If-Match header for this API"],
  ]
  for (const [conditions, Header, additionalMessage] of refusedForms) {
    it(`${JSON.stringify(conditions)} is not implemented`, () =>
      refuses(() => validateWriteConditions(conditions), 'NotImplemented', {
        status: 501,
        message: 'A header you provided implies functionality that is not implemented',
        fields: { Header, additionalMessage },
      }))
  }
  const marker = { ...object, isDeleteMarker: true } as ObjectRecord
  it('If-None-Match holds for nothing and for a delete marker', async () => {
    checkWriteConditions({ IfNoneMatch: '*' }, undefined, 'k')
    checkWriteConditions({ IfNoneMatch: '*' }, marker, 'k')
    await refuses(() => checkWriteConditions({ IfNoneMatch: '*' }, object, 'k'), 'PreconditionFailed', {
      fields: { Condition: 'If-None-Match' },
    })
  })
  it('If-Match needs an object with that tag', async () => {
    checkWriteConditions({ IfMatch: 'abc' }, object, 'k')
    await refuses(() => checkWriteConditions({ IfMatch: 'x' }, object, 'k'), 'PreconditionFailed', {
      fields: { Condition: 'If-Match' },
    })
    for (const latest of [undefined, marker]) {
      await refuses(() => checkWriteConditions({ IfMatch: 'abc' }, latest, 'k'), 'NoSuchKey', {
        status: 404,
        fields: { Key: 'k' },
      })
    }
  })
  it('an object written after the upload began is a conflict even when it matches', () =>
    refuses(() => checkWriteConditions({ IfMatch: 'abc' }, object, 'k', modifiedMs - 1), 'ConditionalRequestConflict', {
      status: 409,
      fields: { Condition: 'If-Match', Key: 'k' },
    }))
})

describe('entity tags', () => {
  it('lose their quotes and weakness', () => {
    assert.deepEqual(['"a"', ' a ', 'W/"a"', '""'].map(unquoteETag), ['a', 'a', 'a', ''])
  })
  it('lose a single quote too (tried on AWS)', () => {
    assert.deepEqual(['"a', 'a"', 'W/"a', '"'].map(unquoteETag), ['a', 'a', 'a', ''])
    assert.ok(matchesETag('"a', 'a') && matchesETag('a"', 'a'))
  })
  it('match in lists', () => {
    assert.ok(matchesETag('"x","a"', 'a'))
    assert.ok(!matchesETag('"x","y"', 'a'))
  })
  it('of a multipart object are those S3 answered (recorded, test_multipart_copy_object_etag)', () => {
    assert.equal(multipartETag(['eee506dd7ada7ded524c77e359a0e7c6']), 'b972025bc34adf8d76d6d51e93c035cc-1')
  })
})

describe('metadata and encoded words', () => {
  // Recorded: test_user_metadata_rfc2047_encoded; the Latin-1 reading: AWS's page "Working with object metadata".
  const cases: [string, string][] = [
    ['plain', 'plain'],
    ['=?UTF-8?Q?actually-ascii?=', 'actually-ascii'],
    ['=?UTF-8?B?YWJj?=', 'abc'],
    ['=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?=', '=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?='],
    [
      `=?UTF-8?B?${Buffer.from('test_—_file%E2%80%94_é_2?.pdf').toString('base64')}?=`,
      '=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?=',
    ],
    ['=?UTF-8?B?AAECAw==?=', '=?UTF-8?B?AAECAw==?='],
    [Buffer.from('ÄMÄZÕÑ S3').toString('latin1'), '=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?='],
    ['=?no-such-charset?B?YWJj?=', '=?no-such-charset?B?YWJj?='],
    ['=?UTF-8?Q?a?= =?UTF-8?Q?b?= c', 'ab c'],
    ['a =?b', 'a =?b'],
    // Recorded: test_user_metadata_rfc2047_bad_b64_encoded.
    ['=?UTF-8?B?=GGG?=', '=?UTF-8?B?77+9Ye+/vQ==?='],
  ]
  for (const [sent, stored] of cases) {
    it(`${JSON.stringify(sent)} is given back as ${stored}`, () =>
      assert.deepEqual({ ...storedMetadata({ Name: sent }) }, { name: stored }))
  }
  it('long text becomes several words that decode to it', () => {
    const text = 'é—👑 '.repeat(40)
    const encoded = encodeHeaderText(text)
    for (const word of encoded.split(' ')) assert.ok(word.length <= 75, word)
    assert.equal(decodeEncodedWords(encoded), text)
  })
  it('2,048 bytes of names and values are the limit', async () => {
    assert.ok(storedMetadata({ a: 'x'.repeat(2047) }))
    // Recorded: test_post_object_with_unicode_metadata.
    assert.deepEqual({ ...storedMetadata({ a: '=?UTF-8?B?YWJj?=' }, true) }, { a: '=?UTF-8?B?YWJj?=' })
    await refuses(() => storedMetadata({ a: 'x'.repeat(2048) }), 'MetadataTooLarge', {
      status: 400,
      fields: { Size: 2049, MaxSizeAllowed: 2048 },
    })
  })
})

describe('tags', () => {
  const header: [string, unknown][] = [
    ['tag1=tag1&tag2=tag2&tag=', { tag1: 'tag1', tag2: 'tag2', tag: '' }],
    ['wrongquery&wrongagain', { wrongquery: '', wrongagain: '' }],
    ['key1&&&key2', { key1: '', key2: '' }],
    ['a+b=c%20d%2B', { 'a b': 'c d+' }],
    ['', {}],
  ]
  for (const [text, expected] of header) {
    it(`the header '${text}' (recorded, test_put_object_with_tags)`, () =>
      assert.deepEqual(Object.fromEntries(parseTaggingHeader(text).map(({ Key, Value }) => [Key, Value])), expected))
  }
  it('those of a header are in the order of their keys (s3-tests test_put_obj_with_tags)', () =>
    assert.deepEqual(parseTaggingHeader('foo=bar&bar'), [
      { Key: 'bar', Value: '' },
      { Key: 'foo', Value: 'bar' },
    ]))
  // Recorded: test_object_tagging_exc; a tag without a key: versity/versitygw#1215.
  for (const text of ['key1=val1&key1=val2', 'key1=val1,key2=val2', 'a=%zz', '=', '=value', 'a=b&=']) {
    it(`the header '${text}' is refused`, () =>
      refuses(() => parseTaggingHeader(text), 'InvalidArgument', {
        message:
          "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
        fields: { ArgumentName: 'x-amz-tagging', ArgumentValue: text },
      }))
  }
  const tag = (Key: string, Value = '') => ({ Key, Value })
  const many = (count: number) => Array.from({ length: count }, (_, at) => tag(`k${at}`))
  it('limits are reached, not exceeded', () => {
    checkTags([tag('k'.repeat(128), 'v'.repeat(256)), tag('äöü _.:/=+-@9', '日本')], 'object')
    checkTags(many(10), 'object')
    checkTags(many(50), 'bucket')
  })
  // Texts: recorded, test_tagging_validation.
  const refusals: [string, ReturnType<typeof tag>[], 'object' | 'bucket', string, Refusal][] = [
    ['eleven', many(11), 'object', 'BadRequest', { message: 'Object tags cannot be greater than 10' }],
    [
      'fifty-one of a bucket',
      many(51),
      'bucket',
      'BadRequest',
      { message: 'Bucket tag count cannot be greater than 50' },
    ],
    [
      'twice the same key',
      [tag('Key1'), tag('Key1')],
      'object',
      'InvalidTag',
      { message: 'Cannot provide multiple Tags with the same key', fields: { TagKey: 'Key1' } },
    ],
    [
      'a comma in a key',
      [tag('Key1,Key2')],
      'object',
      'InvalidTag',
      { message: 'The TagKey you have provided is invalid', fields: { TagKey: 'Key1,Key2' } },
    ],
    [
      'a long key',
      [tag('k'.repeat(129))],
      'object',
      'InvalidTag',
      { message: 'The TagKey you have provided is invalid' },
    ],
    ['an empty key', [tag('')], 'object', 'InvalidTag', { message: 'The TagKey you have provided is invalid' }],
    [
      'a comma in a value',
      [tag('Key1', 'Val1,Val2')],
      'bucket',
      'InvalidTag',
      { message: 'The TagValue you have provided is invalid', fields: { TagKey: 'Key1', TagValue: 'Val1,Val2' } },
    ],
    [
      'a long value',
      [tag('k', 'v'.repeat(257))],
      'object',
      'InvalidTag',
      { message: 'The TagValue you have provided is invalid' },
    ],
    [
      'a system tag of a bucket',
      [tag('aws:prefixed')],
      'bucket',
      'InvalidTag',
      { message: 'System tags cannot be added/updated by requester', fields: { TagKey: 'aws:prefixed' } },
    ],
    [
      'a system tag of an object',
      [tag('aws:prefixed')],
      'object',
      'InvalidTag',
      { message: 'Your TagKey cannot be prefixed with aws:', fields: { TagKey: 'aws:prefixed' } },
    ],
  ]
  for (const [name, tags, of, code, expected] of refusals) {
    it(`${name} is refused`, () => refuses(() => checkTags(tags, of), code, { status: 400, ...expected }))
  }
})

describe('copy sources', () => {
  const cases: [string, string, string, string | undefined][] = [
    ['bucket/key', 'bucket', 'key', undefined],
    ['/bucket/key', 'bucket', 'key', undefined],
    ['/bucket/%2Fkey%3Fa%2Bb%20c', 'bucket', '/key?a+b c', undefined],
    // Recorded: test_copy_object_special_character_plus_for_space.
    ['bucket%2Ftest+key.txt', 'bucket', 'test key.txt', undefined],
    // Recorded: test_s3_timestamp_precision.
    ['http://localhost:9000/bucket/a%20b?versionId=abc', 'bucket', 'a b', 'abc'],
    ['https://s3.amazonaws.com/bucket/key', 'bucket', 'key', undefined],
    ['bucket//key/', 'bucket', '/key/', undefined],
    ['%2Fbucket%2Fkey', 'bucket', 'key', undefined],
    ['bucket/a%252Fb', 'bucket', 'a%2Fb', undefined],
    ['bucket/key?versionId=abc', 'bucket', 'key', 'abc'],
    ['bucket/key?versionId=abc&x=y', 'bucket', 'key', 'abc'],
    ['bucket/key?x', 'bucket', 'key?x', undefined],
    ['bucket/%F0%9F%98%80', 'bucket', '😀', undefined],
  ]
  for (const [header, bucketName, key, versionId] of cases) {
    it(header, () => assert.deepEqual(parseCopySource(header), { bucketName, key, versionId }))
  }
  const refusals: [string, string][] = [
    ['bucket', 'Invalid copy source object key'],
    ['bucket/', 'Invalid copy source object key'],
    ['/', 'Invalid copy source object key'],
    ['//key', 'Invalid copy source bucket name'],
    ['http://host', 'Invalid copy source object key'],
    ['bucket/%%%%', 'Invalid copy source encoding.'],
  ]
  for (const [header, message] of refusals) {
    it(`${header} is refused`, () =>
      refuses(() => parseCopySource(header), 'InvalidArgument', {
        message,
        fields: { ArgumentName: 'x-amz-copy-source', ArgumentValue: 'x-amz-copy-source' },
      }))
  }
  it('an access point is refused by name', () =>
    refuses(() => parseCopySource('arn:aws:s3:us-east-1:111111111111:accesspoint/ap/object/key'), 'NotImplemented', {
      fields: { Operation: 'An ARN as x-amz-copy-source' },
    }))
})

describe('other headers', () => {
  const codings: [string, string | undefined][] = [
    ['gzip', 'gzip'],
    ['aws-chunked', undefined],
    ['gzip,aws-chunked', 'gzip'],
    ['aws-chunked, gzip', 'gzip'],
    ['AWS-Chunked', undefined],
  ]
  for (const [sent, stored] of codings) {
    it(`Content-Encoding ${sent} is stored as ${stored}`, () => assert.equal(withoutAwsChunked(sent), stored))
  }
  it('a redirect starts with a slash or a scheme and has an end', async () => {
    assert.equal(checkRedirectLocation('/a'), '/a')
    assert.equal(checkRedirectLocation('https://example.com/'), 'https://example.com/')
    await refuses(() => checkRedirectLocation('a'), 'InvalidRedirectLocation')
    await refuses(() => checkRedirectLocation(`/${'x'.repeat(2048)}`), 'InvalidRedirectLocation')
  })
  it('a sealed version id is told from any other text', () => {
    const id = sealedVersionId(Buffer.alloc(28, 7))
    assert.equal(id.length, 32)
    assert.ok(isSealedVersionId(id))
    assert.ok(!isSealedVersionId(`${id.slice(0, -4)}ABCD`))
    assert.ok(!isSealedVersionId('HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD'))
    assert.ok(!isSealedVersionId('null'))
  })
  it('a version id of AWS has the form of ours', () => {
    assert.ok(hasVersionIdForm(sealedVersionId(Buffer.alloc(28, 7))))
    assert.ok(hasVersionIdForm('v5n1PPUjOCMHLyyfq0ayjoZ5RZLfVQKA'))
    for (const other of ['null', '', 'dsf', 'v5n1PPUjOCMHLyyfq0ayjoZ5RZLfVQK', 'v5n1PPUjOCMHLyyfq0ayjoZ5RZLfVQ/A']) {
      assert.ok(!hasVersionIdForm(other), other)
    }
  })
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { error } from '../../src/errors.ts'
import type { PutObjectRequest } from '../../src/model/s3.types.gen.ts'
import { objectAttributes } from '../../src/s3/object-attributes.ts'
import { objectRead } from '../../src/s3/object-read.ts'
import { objectWrite } from '../../src/s3/object-write.ts'
import { tagging } from '../../src/s3/tagging.ts'
import { bodyOf, type Refusal, refused, startMs, stranger, withWorld, type World } from './support.ts'

const handlers = { ...objectWrite, ...objectRead, ...objectAttributes, ...tagging }
const world = (run: (w: World) => Promise<void>) => withWorld(handlers, run)
const withBucket = (run: (w: World) => Promise<void>) => () =>
  world(async (w) => {
    await w.bucket()
    await run(w)
  })

/** A put must be refused, and the key must not exist afterwards. */
async function refusedPut(w: World, input: Partial<PutObjectRequest>, code: string, expected: Refusal, bytes = 'data') {
  await refused(w.put('key', bytes, input), code, expected)
  await refused(w.get('key'), 'NoSuchKey')
}

describe('PutObject answers', () => {
  it(
    'the MD5 as ETag, CRC64NVME by default, AES256, and no version in an unversioned bucket (recorded, test_s3_checksum_no_automatic_sdk_calculation)',
    withBucket(async (w) => {
      assert.deepEqual(
        Object.entries(await w.put('key', 'test data..')).filter(([, value]) => value !== undefined),
        [
          ['ETag', '"e6d9226c2a86b7232933663c13467527"'],
          ['ChecksumCRC64NVME', 'qUVrWYOrIAM='],
          ['ChecksumType', 'FULL_OBJECT'],
          ['ServerSideEncryption', 'AES256'],
        ],
      )
    }),
  )

  it('the version id when versioning is on, and none for a null version (recorded, test_put_object_on_suspended_bucket)', () =>
    world(async (w) => {
      await w.bucket('bucket', { versioning: 'Enabled' })
      const first = await w.put('key')
      assert.match(String(first.VersionId), /^[A-Za-z0-9._]{32}$/)
      await w.change('bucket', { versioning: 'Suspended' })
      assert.equal((await w.put('key')).VersionId, undefined)
      assert.equal((await w.call('HeadObject', { Bucket: 'bucket', Key: 'key' })).VersionId, 'null')
    }))

  it(
    'the declared checksum in place of the default',
    withBucket(async (w) => {
      const output = await w.put('key', 'test data..', { ChecksumSHA1: 'B++3uSfJMSHWToQMQ1g6lIJY5Eo=' })
      assert.equal(output.ChecksumSHA1, 'B++3uSfJMSHWToQMQ1g6lIJY5Eo=')
      assert.equal(output.ChecksumCRC64NVME, undefined)
    }),
  )

  it(
    'a checksum that came in a trailer',
    withBucket(async (w) => {
      const body = bodyOf('test data..', { trailers: { 'x-amz-checksum-crc32': 'cZWHwQ==' } })
      const output = await w.put('key', '', { ChecksumAlgorithm: 'CRC32' }, { body })
      assert.equal(output.ChecksumCRC32, 'cZWHwQ==')
    }),
  )

  it(
    'MD5 as a checksum of its own',
    withBucket(async (w) => {
      const value = createHash('md5').update('x').digest('base64')
      assert.equal((await w.put('key', 'x', { ChecksumMD5: value })).ChecksumMD5, value)
    }),
  )
})

describe('PutObject verifies', () => {
  // Recorded: test_s3_invalid_content_md5.
  for (const value of ['__invalid__', '000', 'not base64 encoded checksum', 'MTIz', 'dGVzdC1zdHJpbmc=']) {
    it(
      `a Content-MD5 of ${value} is invalid`,
      withBucket((w) =>
        refusedPut(w, { ContentMD5: value }, 'InvalidDigest', {
          status: 400,
          message: 'The Content-MD5 you specified was invalid.',
          fields: { 'Content-MD5': value },
        }),
      ),
    )
  }
  it(
    'a Content-MD5 of other bytes is BadDigest with both digests (recorded, test_s3_invalid_content_md5)',
    withBucket((w) =>
      refusedPut(
        w,
        { ContentMD5: 'CYketZBSTjX8czcs3cXVlg==' },
        'BadDigest',
        {
          message: 'The Content-MD5 you specified did not match what we received.',
          fields: { ExpectedDigest: '09891eb590524e35fc73372cddc5d596', CalculatedDigest: 'Q3uTDbhLgHnC3YBKcZNrXw==' },
        },
        'something',
      ),
    ),
  )
  it(
    'Content-MD5 and a checksum at once',
    withBucket(async (w) => {
      const ContentMD5 = createHash('md5').update('test data..').digest('base64')
      const output = await w.put('key', 'test data..', { ContentMD5, ChecksumCRC32: 'cZWHwQ==' })
      assert.equal(output.ChecksumCRC32, 'cZWHwQ==')
    }),
  )
  it(
    'a checksum of other bytes is BadDigest (recorded, test_put_object_checksum)',
    withBucket((w) =>
      refusedPut(w, { ChecksumCRC32C: 'AAAAAA==' }, 'BadDigest', {
        message: 'The CRC32C you specified did not match the calculated checksum.',
        fields: {},
      }),
    ),
  )
  for (const [name, value, code, message] of [
    ['other bytes', 'AAAAAA==', 'BadDigest', 'The CRC32 you specified did not match the calculated checksum.'],
    ['no Base64', '???', 'InvalidRequest', 'Value for x-amz-checksum-crc32 trailing header is invalid.'],
  ] as const) {
    it(
      `a trailer of ${name} is ${code}`,
      withBucket(async (w) => {
        const body = bodyOf('data', { trailers: { 'x-amz-checksum-crc32': value } })
        await refused(w.put('key', '', {}, { body }), code, { message })
        await refused(w.get('key'), 'NoSuchKey')
      }),
    )
  }
  it(
    'an announced trailer that does not come is refused',
    withBucket(async (w) => {
      const body = { ...bodyOf('data'), trailerNames: ['x-amz-checksum-crc32'] }
      await refused(w.put('key', '', {}, { body }), 'MalformedTrailerError')
    }),
  )
  it(
    'an aborted upload leaves the object that was there',
    withBucket(async (w) => {
      await w.put('key', 'old')
      for (const size of [10, 100_000]) {
        const body = bodyOf('', { chunks: [Buffer.alloc(size)], failure: error('IncompleteBody') })
        await refused(w.put('key', '', {}, { body }), 'IncompleteBody')
      }
      assert.equal(await w.get('key'), 'old')
    }),
  )
  it(
    'more than 5 GiB is refused before the body is read',
    withBucket(async (w) => {
      let isRead = false
      const body = {
        sizeBytes: 5 * 1024 ** 3 + 1,
        trailers: new Map(),
        async forEach() {
          isRead = true
        },
      }
      await refused(w.put('key', '', {}, { body }), 'EntityTooLarge', {
        status: 400,
        fields: { ProposedSize: 5368709121, MaxSizeAllowed: 5368709120 },
      })
      assert.equal(isRead, false)
    }),
  )
  it(
    'a body in many chunks of unknown size is stored as it came',
    withBucket(async (w) => {
      const chunks = Array.from({ length: 50 }, (_, at) => Buffer.alloc(4000, at))
      const output = await w.put('key', '', {}, { body: bodyOf('', { chunks, sized: false }) })
      const whole = Buffer.concat(chunks)
      assert.equal(output.ETag, `"${createHash('md5').update(whole).digest('hex')}"`)
      assert.equal(await w.get('key'), whole.toString('latin1'))
    }),
  )
})

describe('PutObject stores', () => {
  it(
    'content headers and metadata, which HeadObject gives back',
    withBucket(async (w) => {
      await w.put('key', 'x', {
        CacheControl: 'no-cache',
        ContentDisposition: 'attachment; filename="foo.jpg"',
        ContentEncoding: 'gzip,aws-chunked',
        ContentLanguage: 'de',
        ContentType: 'text/x',
        Expires: 'tomorrow',
        Metadata: { Foo: 'bar' },
        WebsiteRedirectLocation: '/there',
        StorageClass: 'STANDARD_IA',
        Tagging: 'a=1&b=2',
      })
      const { Metadata, ...head } = await w.call('HeadObject', { Bucket: 'bucket', Key: 'key' })
      assert.deepEqual({ ...Metadata }, { foo: 'bar' })
      assert.deepEqual(Object.fromEntries(Object.entries(head).filter(([, value]) => value !== undefined)), {
        AcceptRanges: 'bytes',
        LastModified: startMs,
        ContentLength: 1,
        ETag: '"9dd4e461268c8034f5c8564e155c67a6"',
        CacheControl: 'no-cache',
        ContentDisposition: 'attachment; filename="foo.jpg"',
        ContentEncoding: 'gzip',
        ContentLanguage: 'de',
        ContentType: 'text/x',
        Expires: 'tomorrow',
        WebsiteRedirectLocation: '/there',
        StorageClass: 'STANDARD_IA',
        ServerSideEncryption: 'AES256',
        TagCount: 2,
      })
    }),
  )
  it(
    'nothing of what an overwritten object had (recorded, test_object_tags_delete_or_overwrite_object)',
    withBucket(async (w) => {
      await w.put('key', 'x', { Tagging: 'a=1', Metadata: { a: 'b' }, ContentType: 'text/x' })
      await w.put('key', 'y')
      const head = await w.call('HeadObject', { Bucket: 'bucket', Key: 'key' })
      assert.equal(head.TagCount, undefined)
      assert.equal(head.ContentType, 'binary/octet-stream')
      assert.deepEqual({ ...head.Metadata }, {})
    }),
  )
})

describe('PutObject refuses', () => {
  const cases: [string, Partial<PutObjectRequest>, string, Refusal][] = [
    [
      'appending',
      { WriteOffsetBytes: 0 },
      'NotImplemented',
      { status: 501, fields: { Header: 'x-amz-write-offset-bytes' } },
    ],
    [
      'other encryption',
      { ServerSideEncryption: 'ROT13' },
      'InvalidArgument',
      { fields: { ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: 'ROT13' } },
    ],
    // Recorded: test_put_object_storage_class_outposts.
    [
      'classes of Outposts',
      { StorageClass: 'OUTPOSTS' },
      'InvalidStorageClass',
      { message: 'The storage class you specified is not valid', fields: { StorageClassRequested: 'OUTPOSTS' } },
    ],
    ['eleven tags', { Tagging: Array.from({ length: 11 }, (_, at) => `k${at}=v`).join('&') }, 'BadRequest', {}],
    ['large metadata', { Metadata: { a: 'x'.repeat(3000) } }, 'MetadataTooLarge', {}],
    // authorization rules of "Controlling ownership of objects": only these three canned ACLs are accepted.
    [
      'public ACLs',
      { ACL: 'public-read' },
      'AccessControlListNotSupported',
      { status: 400, message: 'The bucket does not allow ACLs' },
    ],
    ['grants', { GrantRead: `id="${stranger.canonicalId}"` }, 'AccessControlListNotSupported', {}],
    // Recorded: test_s3_object_acl_exceptions.
    [
      'unknown ACLs',
      { ACL: 'fake-acl' },
      'InvalidArgument',
      { message: '', fields: { ArgumentName: 'x-amz-acl', ArgumentValue: 'fake-acl' } },
    ],
    [
      'ACL and grants',
      { ACL: 'private', GrantRead: 'x' },
      'InvalidRequest',
      { message: 'Specifying both Canned ACLs and Header Grants is not allowed' },
    ],
    // versity/versitygw issue 1751.
    [
      'locks without Object Lock',
      { ObjectLockLegalHoldStatus: 'ON' },
      'InvalidRequest',
      { message: 'Bucket is missing ObjectLockConfiguration' },
    ],
    [
      'a lock mode alone, without Object Lock',
      { ObjectLockMode: 'COMPLIANCE' },
      'InvalidArgument',
      { message: 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied' },
    ],
    [
      'a retention without Object Lock',
      { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: startMs + 86_400_000 },
      'InvalidRequest',
      { message: 'Bucket is missing ObjectLockConfiguration' },
    ],
    ['two conditions', { IfMatch: 'a', IfNoneMatch: '*' }, 'NotImplemented', {}],
    ['If-Match on nothing', { IfMatch: 'a' }, 'NoSuchKey', { status: 404, fields: { Key: 'key' } }],
  ]
  for (const [name, input, code, expected] of cases) {
    it(
      `${name}: ${code}`,
      withBucket((w) => refusedPut(w, input, code, expected)),
    )
  }

  it(
    'a condition that fails, before reading the body',
    withBucket(async (w) => {
      await w.put('key', 'old')
      const body = {
        sizeBytes: 3,
        trailers: new Map(),
        forEach: () => assert.fail('the body was read'),
      }
      await refused(w.put('key', '', { IfNoneMatch: '*' }, { body }), 'PreconditionFailed', {
        status: 412,
        fields: { Condition: 'If-None-Match' },
      })
      await refused(w.put('key', '', { IfMatch: '"x"' }, { body }), 'PreconditionFailed')
    }),
  )
})

describe('PutObject under conditions', () => {
  it(
    'fifty racing writers of If-None-Match: * yield one winner',
    withBucket(async (w) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, (_, at) => w.put('key', `writer ${at}`, { IfNoneMatch: '*' })),
      )
      const winners = outcomes.flatMap((outcome, at) => (outcome.status === 'fulfilled' ? [at] : []))
      assert.equal(winners.length, 1)
      assert.equal(await w.get('key'), `writer ${winners[0]}`)
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.equal(outcome.reason.code, 'PreconditionFailed')
      }
    }),
  )
  it(
    'If-Match replaces the object it names once',
    withBucket(async (w) => {
      const { ETag } = await w.put('key', 'one')
      await w.put('key', 'two', { IfMatch: ETag })
      await refused(w.put('key', 'three', { IfMatch: ETag }), 'PreconditionFailed')
      assert.equal(await w.get('key'), 'two')
    }),
  )
})

describe('PutObject with Object Lock', () => {
  const until = startMs + 86_400_000
  const locked = (run: (w: World) => Promise<void>, documents = {}) =>
    world(async (w) => {
      await w.bucket('bucket', { versioning: 'Enabled', objectLockEnabled: true, documents })
      await run(w)
    })
  const integrity = { ChecksumCRC32: 'rfPzYw==' }
  const refusals: [string, Partial<PutObjectRequest>, string, Refusal['fields']][] = [
    // Recorded: test_s3_object_lock_mode_validation.
    [
      'a mode without a date',
      { ObjectLockMode: 'BAD-VALUE' },
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
      { ArgumentName: 'x-amz-object-lock-retain-until-date' },
    ],
    [
      'a date without a mode',
      { ObjectLockRetainUntilDate: until },
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
      { ArgumentName: 'x-amz-object-lock-mode' },
    ],
    [
      'an unknown mode',
      { ObjectLockMode: 'BAD-VALUE', ObjectLockRetainUntilDate: until },
      'Unknown wormMode directive.',
      { ArgumentName: 'x-amz-object-lock-mode', ArgumentValue: 'BAD-VALUE' },
    ],
  ]
  for (const [name, input, message, fields] of refusals) {
    it(`${name} is refused`, () =>
      locked((w) => refusedPut(w, { ...integrity, ...input }, 'InvalidArgument', { message, fields: fields ?? {} })))
  }
  it('a date that has passed is refused', () =>
    locked((w) =>
      refusedPut(
        w,
        { ...integrity, ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: startMs },
        'InvalidArgument',
        {
          message: 'The retain until date must be in the future!',
        },
      ),
    ))
  it('an upload without any integrity value is refused (S3 as quoted in versity/versitygw issue 1776)', () =>
    locked((w) =>
      refusedPut(w, { ObjectLockLegalHoldStatus: 'ON' }, 'InvalidRequest', {
        message:
          'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
      }),
    ))
  it('lock headers are stored and shown', () =>
    locked(async (w) => {
      await w.put('key', 'data', {
        ...integrity,
        ObjectLockMode: 'GOVERNANCE',
        ObjectLockRetainUntilDate: until,
        ObjectLockLegalHoldStatus: 'ON',
      })
      const head = await w.call('HeadObject', { Bucket: 'bucket', Key: 'key' })
      assert.equal(head.ObjectLockMode, 'GOVERNANCE')
      assert.equal(head.ObjectLockRetainUntilDate, until)
      assert.equal(head.ObjectLockLegalHoldStatus, 'ON')
    }))
  it('a default retention of the bucket applies (recorded, test_bucket_config_default_retention)', () =>
    locked(
      async (w) => {
        await w.put('key', 'data', integrity)
        const head = await w.call('HeadObject', { Bucket: 'bucket', Key: 'key' })
        assert.equal(head.ObjectLockMode, 'GOVERNANCE')
        assert.equal(head.ObjectLockRetainUntilDate, until)
      },
      { objectLock: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } } },
    ))
})

describe('PutObject with ACLs on', () => {
  const open = (ownership: 'ObjectWriter' | 'BucketOwnerPreferred', run: (w: World) => Promise<void>, documents = {}) =>
    world(async (w) => {
      await w.bucket('bucket', { ObjectOwnership: ownership, documents })
      await run(w)
    })
  const stored = async (w: World) => {
    const bucket = await w.store.buckets.get('bucket')
    assert.ok(bucket)
    return w.store.objects.latest(bucket, 'key')
  }
  it('a canned ACL is stored as grants beside the owner', () =>
    open('ObjectWriter', async (w) => {
      await w.put('key', '', { ACL: 'public-read' })
      assert.deepEqual((await stored(w))?.acl, [
        { Grantee: { Type: 'CanonicalUser', ID: 'a'.repeat(64) }, Permission: 'FULL_CONTROL' },
        { Grantee: { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/global/AllUsers' }, Permission: 'READ' },
      ])
    }))
  it('explicit grants are stored exactly (recorded, test_s3_object_acl)', () =>
    open('ObjectWriter', async (w) => {
      await w.put('key', '', { GrantRead: 'uri="http://acs.amazonaws.com/groups/s3/LogDelivery"' })
      assert.deepEqual((await stored(w))?.acl, [
        { Grantee: { Type: 'Group', URI: 'http://acs.amazonaws.com/groups/s3/LogDelivery' }, Permission: 'READ' },
      ])
    }))
  it('a private object carries no grants', () =>
    open('ObjectWriter', async (w) => {
      await w.put('key', '', { ACL: 'private' })
      assert.equal((await stored(w))?.acl, undefined)
    }))
  // Recorded: test_s3_object_acl_exceptions.
  const refusals: [string, string, Refusal][] = [
    [
      'uri="http://acs.amazonaws.com/groups/s3/FakeGroup"',
      'InvalidArgument',
      {
        message: 'Invalid group uri',
        fields: { ArgumentName: 'uri', ArgumentValue: 'http://acs.amazonaws.com/groups/s3/FakeGroup' },
      },
    ],
    [
      'fakekey="1234"',
      'InvalidArgument',
      {
        message: 'Argument format not recognized',
        fields: { ArgumentName: 'x-amz-grant-read', ArgumentValue: 'fakekey="1234"' },
      },
    ],
    [
      'id="wrong-id"',
      'InvalidArgument',
      { message: 'Invalid id', fields: { ArgumentName: 'id', ArgumentValue: 'wrong-id' } },
    ],
    ['emailAddress="a@example.com"', 'MethodNotAllowed', { status: 405 }],
  ]
  for (const [GrantRead, code, expected] of refusals) {
    it(`a grant to ${GrantRead} is refused`, () =>
      open('ObjectWriter', (w) => refusedPut(w, { GrantRead }, code, expected)))
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elementSequence } from '../../src/lib/element-sequence.ts'
import { planOf } from '../../src/protocol/plan.ts'
import { escapeXml } from '../../src/protocol/xml-write.ts'

const write = (operation: string, output?: object, isHead = false) => planOf(operation).write(output, { isHead })
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

// Elements and their order: Amazon S3 API Reference, ListObjectsV2, sample responses; EncodingType behind Delimiter as
// measured in brekkylab/backlot#178.
test('a listing has its elements in the order of AWS, empty ones included', () => {
  const { status, headers, body } = write('ListObjectsV2', {
    IsTruncated: false,
    Contents: [{ Key: 'a&b', LastModified: 1234, ETag: '"e"', Size: 0, StorageClass: 'STANDARD' }],
    Name: 'b',
    Prefix: '',
    Delimiter: '/',
    MaxKeys: 1000,
    CommonPrefixes: [{ Prefix: 'x/' }, { Prefix: 'y/' }],
    EncodingType: 'url',
    KeyCount: 3,
  })
  assert.equal(status, 200)
  assert.deepEqual(headers, { 'Content-Type': 'application/xml' })
  const contents =
    '<Contents><Key>a&amp;b</Key><LastModified>1970-01-01T00:00:01.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>0</Size><StorageClass>STANDARD</StorageClass></Contents>'
  assert.equal(
    body,
    `${DECLARATION}<ListBucketResult ${XMLNS}><Name>b</Name><Prefix></Prefix><KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${contents}<CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>y/</Prefix></CommonPrefixes></ListBucketResult>`,
  )
})

const documents: [string, object, string][] = [
  // The owner comes first: the Java SDK relies on it (recorded by a public suite).
  [
    'ListBuckets',
    { Buckets: [{ Name: 'b', CreationDate: 1999 }], Owner: { ID: 'o' } },
    `<ListAllMyBucketsResult ${XMLNS}><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>b</Name><CreationDate>1970-01-01T00:00:01.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>`,
  ],
  ['ListBuckets', { Buckets: [] }, `<ListAllMyBucketsResult ${XMLNS}><Buckets/></ListAllMyBucketsResult>`],
  ['GetBucketVersioning', {}, `<VersioningConfiguration ${XMLNS}/>`],
  ['GetBucketLocation', {}, `<LocationConstraint ${XMLNS}/>`],
  ['GetBucketLocation', { LocationConstraint: 'EU' }, `<LocationConstraint ${XMLNS}>EU</LocationConstraint>`],
  [
    'GetBucketTagging',
    { TagSet: [{ Key: 'k', Value: 'v' }] },
    `<Tagging ${XMLNS}><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>`,
  ],
  [
    'CopyObject',
    { CopyObjectResult: { ETag: '"e"', LastModified: 0 } },
    `<CopyObjectResult ${XMLNS}><LastModified>1970-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag></CopyObjectResult>`,
  ],
  [
    'GetObjectRetention',
    { Retention: { Mode: 'GOVERNANCE', RetainUntilDate: 1 } },
    `<Retention ${XMLNS}><Mode>GOVERNANCE</Mode><RetainUntilDate>1970-01-01T00:00:00.001Z</RetainUntilDate></Retention>`,
  ],
  [
    'GetObjectAcl',
    { Owner: { ID: 'o' }, Grants: [{ Grantee: { Type: 'Group', URI: 'http://x' }, Permission: 'READ' }] },
    `<AccessControlPolicy ${XMLNS}><Owner><ID>o</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://x</URI></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`,
  ],
  [
    'PostObject',
    { StatusCode: 201, PostResponse: { Location: 'l', Bucket: 'b', Key: 'k', ETag: '"e"' } },
    `<PostResponse><Location>l</Location><Bucket>b</Bucket><Key>k</Key><ETag>&quot;e&quot;</ETag></PostResponse>`,
  ],
]
for (const [operation, output, expected] of documents) {
  test(`${operation} ${JSON.stringify(output)} is ${expected.slice(0, 60)}`, () => {
    assert.equal(write(operation, output).body, DECLARATION + expected)
  })
}

// Recorded statuses of AWS: 204 for these PUTs, 202 for a new restore.
for (const [operation, output, status] of [
  ['PutBucketPolicy', undefined, 204],
  ['PutBucketTagging', undefined, 204],
  ['PutBucketInventoryConfiguration', undefined, 204],
  ['PutBucketCors', undefined, 200],
  ['DeleteBucket', undefined, 204],
  ['DeleteObject', {}, 204],
  ['RestoreObject', { StatusCode: 202 }, 202],
  ['RestoreObject', {}, 200],
  ['PostObject', {}, 204],
  ['PostObject', { StatusCode: 303, LocationHeader: 'http://x' }, 303],
] as const) {
  test(`${operation} ${JSON.stringify(output)} answers ${status} without a body`, () => {
    const response = write(operation, output)
    assert.equal(response.status, status)
    assert.equal(response.body, undefined)
  })
}

// The order of AWS's example: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
test('versions and delete markers are written in the sequence the output gives', () => {
  const a = { Key: 'a' }
  const b = { Key: 'b' }
  const lists = { Versions: [a, b], DeleteMarkers: [b] }
  const sequence = [
    { member: 'Versions', value: a },
    { member: 'DeleteMarkers', value: b },
    { member: 'Versions', value: b },
  ]
  const elements = (output: object) =>
    [...String(write('ListObjectVersions', output).body).matchAll(/<(Version|DeleteMarker)><Key>(.)/g)].map(
      ([, element, key]) => `${element} ${key}`,
    )
  assert.deepEqual(elements({ ...lists, [elementSequence]: sequence }), ['Version a', 'DeleteMarker b', 'Version b'])
  assert.deepEqual(elements(lists), ['Version a', 'Version b', 'DeleteMarker b'])
})

test('headers of an object are written, times as RFC 9110 says', () => {
  const body = Buffer.from('x')
  const response = write('GetObject', {
    Body: body,
    AcceptRanges: 'bytes',
    LastModified: 784111777999,
    ContentLength: 1,
    ContentRange: 'bytes 0-0/2',
    ETag: '"e"',
    Expires: 'whenever',
    Metadata: { a: '\u00e9' },
    ObjectLockRetainUntilDate: 1,
    DeleteMarker: false,
    TagCount: 0,
    VersionId: undefined,
  })
  assert.equal(response.body, body)
  assert.equal(response.status, 206)
  assert.deepEqual(response.headers, {
    'Accept-Ranges': 'bytes',
    'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT',
    'Content-Length': '1',
    'Content-Range': 'bytes 0-0/2',
    ETag: '"e"',
    Expires: 'whenever',
    'x-amz-meta-a': '\u00e9',
    'x-amz-object-lock-retain-until-date': '1970-01-01T00:00:00.001Z',
    'x-amz-delete-marker': 'false',
    'x-amz-tagging-count': '0',
  })
})

test('a stored value cannot split a header', () => {
  const { headers } = write('HeadObject', { ContentType: 'a\r\nX: 1', Metadata: { m: '\u20ac\u0000' } }, true)
  assert.deepEqual(headers, { 'Content-Type': 'a??X: 1', 'x-amz-meta-m': '??' })
})

test('HEAD has no body', () => {
  assert.equal(write('HeadObject', { ContentLength: 5 }, true).body, undefined)
  assert.equal(write('HeadBucket', {}, true).body, undefined)
})

test('a policy is sent as it is stored', () => {
  assert.deepEqual(write('GetBucketPolicy', { Policy: '{}' }), {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
  })
})

test('text is escaped once, and what XML cannot carry is written as a reference', () => {
  assert.equal(escapeXml("a\tb\nc'é😀"), "a\tb\nc'é😀")
  assert.equal(escapeXml('<&>"\r\u0001\uffff&amp;'), '&lt;&amp;&gt;&quot;&#xD;&#x1;&#xFFFF;&amp;amp;')
})

/** Bad documents: what is no XML, what is dangerous XML, and what is not the XML that was asked for. */
import { createHash } from 'node:crypto'
import type { Arena } from './arena.ts'
import { document, type RequestShape } from './requests.ts'
import { type Row, runTable } from './table.ts'

const malformed = {
  status: 400,
  code: 'MalformedXML',
  message: 'The XML you provided was not well-formed or did not validate against our published schema',
} as const
const missing = { status: 400, code: 'MissingRequestBodyError', message: 'Request Body is empty' } as const
const s3 = 'http://s3.amazonaws.com/doc/2006-03-01/'
const tagging = (content: string | Buffer): RequestShape => document('/bucket/hello.txt?tagging', content)
const tagSet = (content: string): RequestShape => tagging(`<Tagging><TagSet>${content}</TagSet></Tagging>`)
const good = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'
const deletion = (content: string, more: Partial<RequestShape> = {}): RequestShape =>
  document('/bucket?delete', `<Delete>${content}</Delete>`, { method: 'POST', ...more })
const completion =
  (content: string) =>
  ({ uploadId }: Arena): RequestShape => ({
    method: 'POST',
    target: `/bucket/upload.bin?uploadId=${uploadId}`,
    body: content,
  })
const parts = (...list: [number | string, string][]): ((arena: Arena) => RequestShape) =>
  completion(
    `<CompleteMultipartUpload>${list.map(([number, tag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${tag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`,
  )
const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
const utf16 = Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${good}`, 'utf16le')

const notXml: Row[] = [
  ...(
    [
      ['white space', '   \n'],
      ['plain text', 'hello'],
      ['JSON', '{"Tagging":{"TagSet":[]}}'],
      ['one bracket', '<'],
      ['a closing tag', '</Tagging>'],
      ['an element that is not closed', '<Tagging><TagSet>'],
      ['elements that overlap', '<Tagging><TagSet></Tagging></TagSet>'],
      ['two roots', `${good}${good}`],
      ['text after the root', `${good}more`],
      ['text before the root', `more${good}`],
      ['a name that is none', '<1agging></1agging>'],
      ['an attribute without quotes', '<Tagging a=b><TagSet/></Tagging>'],
      ['an attribute without a value', '<Tagging a><TagSet/></Tagging>'],
      ['a bare ampersand', good.replace('>a<', '>a & b<')],
      ['a bracket inside an attribute', '<Tagging a="<"><TagSet/></Tagging>'],
      ['an unfinished comment', `${good}<!-- `],
      ['unfinished CDATA', '<Tagging><TagSet><![CDATA['],
      ['an unfinished instruction', `<?xml version="1.0"`],
      ['a declaration that is not first', ` <?xml version="1.0"?>${good}`],
      ['XML 2.0', `<?xml version="2.0"?>${good}`],
      ['an encoding that S3 does not take', `<?xml version="1.0" encoding="ISO-8859-1"?>${good}`],
      ['UTF-16', utf16],
      ['bytes that are not UTF-8', Buffer.from(good.replace('>a<', '>\xff\xfe<'), 'latin1')],
      ['UTF-8 that breaks off', Buffer.concat([Buffer.from('<Tagging>'), Buffer.from([0xe2, 0x82])])],
      ['a NUL', good.replace('>a<', '>a\u0000<')],
      ['a control character', good.replace('>a<', '>a\u0001<')],
      ['a reference to a control character', good.replace('>a<', '>&#1;<')],
      ['a reference to no character', good.replace('>a<', '>&#x110000;<')],
      ['a reference to half a pair', good.replace('>a<', '>&#xD800;<')],
      ['a reference with too many digits', good.replace('>a<', `>&#${'9'.repeat(4000)};<`)],
      ['an entity that nobody declared', good.replace('>a<', '>&nbsp;<')],
      ['random bytes', Buffer.from(createHash('sha512').update('seed').digest())],
      ['gzip', Buffer.from('1f8b0800000000000003', 'hex')],
    ] as [string, string | Buffer][]
  ).map(([name, content]): Row => ({ name, request: tagging(content), ...malformed })),
]

const bomb = (levels: number): string => {
  let dtd = '<!ENTITY a0 "ha">'
  for (let at = 1; at <= levels; at++) dtd += `<!ENTITY a${at} "${`&a${at - 1};`.repeat(10)}">`
  return `<?xml version="1.0"?><!DOCTYPE Tagging [${dtd}]>${good.replace('>a<', `>&a${levels};<`)}`
}

const dangerous: Row[] = [
  { name: 'a DOCTYPE', request: tagging(`<!DOCTYPE Tagging>${good}`), ...malformed },
  { name: 'a thousand million laughs', request: tagging(bomb(9)), ...malformed },
  {
    name: 'an entity that is a file of the server',
    request: tagging(`<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>${good.replace('>a<', '>&f;<')}`),
    ...malformed,
  },
  {
    name: 'a DTD of another server',
    request: tagging(`<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">${good}`),
    ...malformed,
  },
  { name: '33 levels', request: tagging(nested(33)), ...malformed },
  { name: '100,000 levels', request: tagging(nested(100_000)), ...malformed },
  { name: '100,000 levels that are never closed', request: tagging('<a>'.repeat(100_000)), ...malformed },
  {
    name: '1,000 attributes',
    request: tagging(`<Tagging ${Array.from({ length: 1000 }, (_, at) => `a${at}="1"`).join(' ')}/>`),
    ...malformed,
  },
  {
    name: 'an attribute of 500,000 characters',
    request: tagging(`<Label a="${'x'.repeat(500_000)}"/>`),
    ...malformed,
  },
  { name: 'a name of 500,000 characters', request: tagging(`<${'x'.repeat(500_000)}/>`), ...malformed },
  { name: '200,000 brackets', request: tagging('<'.repeat(200_000)), ...malformed },
  { name: '200,000 ampersands', request: tagging(good.replace('>a<', `>${'&'.repeat(200_000)}<`)), ...malformed },
  { name: '100,000 comment beginnings', request: tagging(`<a>${'<!--'.repeat(100_000)}</a>`), ...malformed },
  { name: '100,000 CDATA beginnings', request: tagging(`<a>${'<![CDATA['.repeat(100_000)}</a>`), ...malformed },
  { name: '900,000 spaces in a tag', request: tagging(`<Tagging${' '.repeat(900_000)}`), ...malformed },
  {
    name: 'elements named like Object.prototype',
    request: tagging('<Tagging><__proto__><a>1</a></__proto__><constructor/></Tagging>'),
    ...malformed,
  },
  {
    name: 'a document of more than 1 MiB',
    request: tagging(good.replace('>a<', `>${'a'.repeat(2 ** 20)}<`)),
    status: 400,
    code: 'MaxMessageLengthExceeded',
    message: 'Your request was too big.',
  },
]

const wrong: Row[] = [
  { name: 'another root', request: tagging('<Delete/>'), ...malformed },
  { name: 'the root in lower case', request: tagging(good.toLowerCase()), ...malformed },
  {
    name: 'an element that is not of the schema',
    request: tagSet('<Tag><Key>a</Key><Value>b</Value><Extra/></Tag>'),
    ...malformed,
  },
  { name: 'a tag without its value', request: tagSet('<Tag><Key>a</Key></Tag>'), ...malformed },
  { name: 'a tag without its key', request: tagSet('<Tag><Value>b</Value></Tag>'), ...malformed },
  {
    name: 'a key twice in one tag',
    request: tagSet('<Tag><Key>a</Key><Key>b</Key><Value>c</Value></Tag>'),
    ...malformed,
  },
  { name: 'text among the elements', request: tagSet('<Tag>text<Key>a</Key><Value>b</Value></Tag>'), ...malformed },
  { name: 'elements in a text', request: tagSet('<Tag><Key><b>a</b></Key><Value>b</Value></Tag>'), ...malformed },
  { name: 'an item of another name', request: tagSet('<Label><Key>a</Key><Value>b</Value></Label>'), ...malformed },
  { name: 'two TagSets', request: tagging('<Tagging><TagSet/><TagSet/></Tagging>'), ...malformed },
  {
    // test_tagging_validation, recorded AWS answers.
    name: 'a key twice',
    request: tagSet('<Tag><Key>a</Key><Value>1</Value></Tag>'.repeat(2)),
    status: 400,
    code: 'InvalidTag',
    message: 'Cannot provide multiple Tags with the same key',
    fields: { TagKey: 'a' },
  },
  {
    name: 'eleven tags',
    request: tagSet(Array.from({ length: 11 }, (_, at) => `<Tag><Key>${at}</Key><Value/></Tag>`).join('')),
    status: 400,
    code: 'BadRequest',
    message: 'Object tags cannot be greater than 10',
  },
  {
    name: 'no document where one is required',
    request: { method: 'PUT', target: '/bucket?versioning', headers: { 'Content-MD5': '1B2M2Y8AsgTpgAmY7PhCfg==' } },
    ...missing,
  },
  {
    // test_bucket_versioning_crud, recorded AWS answers.
    name: 'versioning without a status',
    request: document('/bucket?versioning', `<VersioningConfiguration xmlns="${s3}"/>`),
    status: 400,
    code: 'IllegalVersioningConfigurationException',
    message: 'The Versioning element must be specified',
  },
  {
    // test_bucket_versioning_crud, recorded AWS answers.
    name: 'versioning with a status that nobody knows',
    request: document(
      '/bucket?versioning',
      '<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>',
    ),
    ...malformed,
  },
  {
    name: 'a document without Content-MD5 or checksum',
    request: { method: 'POST', target: '/bucket?delete', body: '<Delete><Object><Key>a</Key></Object></Delete>' },
    status: 400,
    code: 'InvalidRequest',
    message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
  },
  {
    name: 'a document with the Content-MD5 of another',
    request: document('/bucket/hello.txt?tagging', good, { headers: { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' } }),
    status: 400,
    code: 'BadDigest',
  },
  {
    name: 'a document with a Content-MD5 that is none',
    request: document('/bucket/hello.txt?tagging', good, { headers: { 'Content-MD5': 'nonsense' } }),
    status: 400,
    code: 'InvalidDigest',
  },
  {
    name: 'a document with the checksum of another',
    request: document('/bucket/hello.txt?tagging', good, { headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } }),
    status: 400,
    code: 'BadDigest',
  },
  {
    name: 'a document whose hash is another',
    request: { ...tagging(good), headers: { 'X-Amz-Content-Sha256': '0'.repeat(64) } },
    status: 400,
    code: 'XAmzContentSHA256Mismatch',
    fields: { ClientComputedContentSHA256: '0'.repeat(64) },
  },
]

const bulk: Row[] = [
  // @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
  { name: 'a delete of nothing', request: deletion(''), ...malformed },
  { name: 'a delete of an object without a key', request: deletion('<Object/>'), ...malformed },
  { name: 'a delete of an empty key', request: deletion('<Object><Key></Key></Object>'), ...malformed },
  { name: 'a delete of 1,001 keys', request: deletion('<Object><Key>a</Key></Object>'.repeat(1001)), ...malformed },
  {
    name: 'a delete with two Quiets',
    request: deletion('<Quiet>true</Quiet><Quiet>true</Quiet><Object><Key>a</Key></Object>'),
    ...malformed,
  },
  {
    name: 'a delete with a Quiet that is no boolean',
    request: deletion('<Quiet>very</Quiet><Object><Key>a</Key></Object>'),
    ...malformed,
  },
  {
    name: 'a delete of more than 8 MiB',
    request: deletion(`<Object><Key>${'a'.repeat(8 * 2 ** 20)}</Key></Object>`),
    status: 400,
    code: 'MaxMessageLengthExceeded',
  },
  {
    // test_multipart_complete_multipart_too_small, recorded AWS answers.
    name: 'a completion without a document',
    request: ({ uploadId }) => ({ method: 'POST', target: `/bucket/upload.bin?uploadId=${uploadId}` }),
    status: 400,
    code: 'InvalidRequest',
    message: 'You must specify at least one part',
  },
  { name: 'a completion without parts', request: completion('<CompleteMultipartUpload/>'), ...malformed },
  { name: 'a completion of another root', request: completion('<CompletedMultipartUpload/>'), ...malformed },
  { name: 'a part number that is none', request: parts(['one', 'x']), ...malformed },
  { name: 'a part number of 10^30', request: parts(['1'.padEnd(30, '0'), 'x']), ...malformed },
  { name: 'a part number that is no integer', request: parts(['1.5', 'x']), ...malformed },
  {
    // versity/versitygw#1072, as AWS answers.
    name: 'part 0',
    request: parts([0, 'x']),
    status: 400,
    code: 'InvalidArgument',
    message: 'PartNumber must be >= 1',
  },
  {
    // test_complete_multipart_parts_order, recorded AWS answers.
    name: 'parts out of order',
    request: parts([2, 'x'], [1, 'x']),
    status: 400,
    code: 'InvalidPartOrder',
    message: 'The list of parts was not in ascending order. Parts must be ordered by part number.',
  },
  { name: 'a part twice', request: parts([1, 'x'], [1, 'x']), status: 400, code: 'InvalidPartOrder' },
  {
    // test_multipart_complete_multipart_wrong_part, recorded AWS answers.
    name: 'a part that was not uploaded',
    request: parts([7, '"0123456789abcdef0123456789abcdef"']),
    status: 400,
    code: 'InvalidPart',
    fields: { PartNumber: '7', ETag: '0123456789abcdef0123456789abcdef' },
  },
  {
    name: 'a part with the tag of another',
    request: parts([1, '"0123456789abcdef0123456789abcdef"']),
    status: 400,
    code: 'InvalidPart',
  },
  { name: 'a part with an empty tag', request: parts([1, '']), status: 400, code: 'InvalidPart' },
  {
    name: 'a completion of more than 4 MiB',
    request: parts([1, 'x'.repeat(4 * 2 ** 20)]),
    status: 400,
    code: 'MaxMessageLengthExceeded',
  },
  {
    // test_multipart_size_validation, recorded AWS answers.
    name: 'a completion of another size than announced',
    request: ({ uploadId, partETag }) => ({
      method: 'POST',
      target: `/bucket/upload.bin?uploadId=${uploadId}`,
      headers: { 'x-amz-mp-object-size': '5' },
      body: `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${partETag}</ETag></Part></CompleteMultipartUpload>`,
    }),
    status: 400,
    code: 'InvalidRequest',
    message: "The provided 'x-amz-mp-object-size' header value 5 does not match what was computed: 14",
  },
  {
    name: 'a completion of an upload that nobody began',
    request: {
      method: 'POST',
      target: '/bucket/upload.bin?uploadId=nonsense',
      body: '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>',
    },
    status: 404,
    code: 'NoSuchUpload',
  },
]

const configurations: Row[] = [
  {
    // test_different_location_constraint, recorded AWS answers.
    name: 'a bucket in a place that does not exist',
    request: document(
      '/new-bucket',
      '<CreateBucketConfiguration><LocationConstraint>moon-1</LocationConstraint></CreateBucketConfiguration>',
    ),
    status: 400,
    code: 'InvalidLocationConstraint',
    message: 'The specified location-constraint is not valid',
    fields: { LocationConstraint: 'moon-1' },
  },
  {
    name: 'a bucket with a configuration that is none',
    request: document('/new-bucket', '<CreateBucketConfiguration><Place/></CreateBucketConfiguration>'),
    ...malformed,
  },
  {
    name: 'a public access block that blocks nothing',
    request: document('/bucket?publicAccessBlock', '<PublicAccessBlockConfiguration/>'),
    status: 400,
    code: 'InvalidRequest',
    message: 'Must specify at least one configuration.',
  },
  {
    name: 'a public access block with a word for a boolean',
    request: document(
      '/bucket?publicAccessBlock',
      '<PublicAccessBlockConfiguration><BlockPublicAcls>yes</BlockPublicAcls></PublicAccessBlockConfiguration>',
    ),
    ...malformed,
  },
  {
    name: 'an ownership that nobody knows',
    request: document(
      '/bucket?ownershipControls',
      '<OwnershipControls><Rule><ObjectOwnership>Nobody</ObjectOwnership></Rule></OwnershipControls>',
    ),
    ...malformed,
  },
  { name: 'CORS rules without a rule', request: document('/bucket?cors', '<CORSConfiguration/>'), ...malformed },
  {
    name: '101 CORS rules',
    request: document(
      '/bucket?cors',
      `<CORSConfiguration>${'<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>'.repeat(101)}</CORSConfiguration>`,
    ),
    status: 400,
    code: 'InvalidRequest',
  },
  {
    // The limit of API_PutBucketCors.
    name: 'CORS rules of more than 64 KiB',
    request: document('/bucket?cors', `<CORSConfiguration>${' '.repeat(65_536)}</CORSConfiguration>`),
    status: 400,
    code: 'MaxMessageLengthExceeded',
  },
  {
    // test_put_cors_invalid_rules, recorded AWS answers.
    name: 'a CORS rule for a method that S3 does not have',
    request: document(
      '/bucket?cors',
      '<CORSConfiguration><CORSRule><AllowedMethod>PATCH</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>',
    ),
    status: 400,
    code: 'InvalidRequest',
    message: 'Found unsupported HTTP method in CORS config. Unsupported method is PATCH',
  },
  {
    name: 'a CORS age that is none',
    request: document(
      '/bucket?cors',
      '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><MaxAgeSeconds>long</MaxAgeSeconds></CORSRule></CORSConfiguration>',
    ),
    ...malformed,
  },
  {
    // test_put_object_lock_configuration_on_existing_bucket, recorded AWS answers.
    name: 'Object Lock in a bucket without versions',
    request: document(
      '/bucket?object-lock',
      '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>',
    ),
    status: 409,
    code: 'InvalidBucketState',
    message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
  },
  {
    name: 'Object Lock with days and years',
    request: document(
      '/locked?object-lock',
      '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years></DefaultRetention></Rule></ObjectLockConfiguration>',
    ),
    ...malformed,
  },
  {
    name: 'Object Lock for -1 days',
    request: document(
      '/locked?object-lock',
      '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>-1</Days></DefaultRetention></Rule></ObjectLockConfiguration>',
    ),
    status: 400,
    code: 'InvalidArgument',
    message: 'Default retention period must be a positive integer value.',
    fields: { ArgumentName: 'Days', ArgumentValue: '-1' },
  },
  {
    // test_disable_versioning_on_locked_bucket, recorded AWS answers.
    name: 'no more versions in a bucket with Object Lock',
    request: document(
      '/locked?versioning',
      '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>',
    ),
    status: 409,
    code: 'InvalidBucketState',
  },
]

runTable('documents that are no XML', notXml)
runTable('dangerous documents', dangerous)
runTable('documents that are not what was asked for', wrong)
runTable('bulk deletes and completions', bulk)
runTable('configurations', configurations)

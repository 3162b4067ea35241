/** Bad headers: conditions, checksums, metadata, tags, storage classes, encryption, locks. */
import { type Row, runTable } from './table.ts'

type Outcome = Omit<Row, 'name' | 'request'>

/** A PUT of `bucket/key` with headers. */
const put = (headers: Record<string, string>, target = '/bucket/key'): Row['request'] => ({
  method: 'PUT',
  target,
  headers,
  body: 'hello',
})
const invalidArgument = (name: string, value: string | undefined, message?: string | RegExp): Outcome => ({
  status: 400,
  code: 'InvalidArgument',
  ...(message === undefined ? {} : { message }),
  fields: { ArgumentName: name, ...(value === undefined ? {} : { ArgumentValue: value }) },
})
const invalidRequest = (message: string | RegExp): Outcome => ({ status: 400, code: 'InvalidRequest', message })
const notImplemented = (header: string): Outcome => ({
  status: 501,
  code: 'NotImplemented',
  fields: { Header: header },
})
const crc32OfHello = 'NhCmhg=='

const integrity: Row[] = [
  {
    // test_s3_invalid_content_md5, recorded AWS answers.
    name: 'a Content-MD5 that is none',
    request: put({ 'Content-MD5': '__invalid__' }),
    status: 400,
    code: 'InvalidDigest',
    message: 'The Content-MD5 you specified was invalid.',
    fields: { 'Content-MD5': '__invalid__' },
  },
  {
    name: 'a Content-MD5 in hex',
    request: put({ 'Content-MD5': '5d41402abc4b2a76b9719d911017c592' }),
    status: 400,
    code: 'InvalidDigest',
  },
  { name: 'an empty Content-MD5', request: put({ 'Content-MD5': '' }), status: 400, code: 'InvalidDigest' },
  {
    // test_s3_invalid_content_md5, recorded AWS answers.
    name: 'the Content-MD5 of something else',
    request: put({ 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' }),
    status: 400,
    code: 'BadDigest',
    fields: { ExpectedDigest: '0'.repeat(32), CalculatedDigest: 'XUFAKrxLKna5cZ2REBfFkg==' },
  },
  ...['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'].map(
    (name): Row => ({
      // test_put_object_checksum, recorded AWS answers.
      name: `an x-amz-checksum-${name} that is none`,
      request: put({ [`x-amz-checksum-${name}`]: 'nonsense' }),
      ...invalidRequest(`Value for x-amz-checksum-${name} header is invalid.`),
    }),
  ),
  {
    // test_put_object_checksum, recorded AWS answers.
    name: 'the CRC32 of something else',
    request: put({ 'x-amz-checksum-crc32': 'AAAAAA==' }),
    status: 400,
    code: 'BadDigest',
    message: 'The CRC32 you specified did not match the calculated checksum.',
  },
  {
    // test_s3_checksum_no_algorithm, recorded AWS answers.
    name: 'two checksums',
    request: put({ 'x-amz-checksum-crc32': crc32OfHello, 'x-amz-checksum-sha1': 'qvTGHdzF6KLavt4PO0gs2a6pQ00=' }),
    ...invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.'),
  },
  {
    // versity/versitygw#1593, as AWS answers.
    name: 'an algorithm without a value',
    request: put({ 'x-amz-sdk-checksum-algorithm': 'CRC32' }),
    ...invalidRequest(/^x-amz-sdk-checksum-algorithm specified, but no corresponding/),
  },
  {
    name: 'an algorithm that nobody knows',
    request: put({ 'x-amz-sdk-checksum-algorithm': 'ROT13' }),
    ...invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.'),
  },
  {
    name: 'an algorithm beside the value of another',
    request: put({ 'x-amz-sdk-checksum-algorithm': 'SHA1', 'x-amz-checksum-crc32': crc32OfHello }),
    ...invalidRequest('Value for x-amz-sdk-checksum-algorithm header is invalid.'),
  },
  {
    // test_multipart_parts_checksum_exceptions_composite, recorded AWS answers.
    name: 'an upload with an algorithm that nobody knows',
    request: { method: 'POST', target: '/bucket/key?uploads', headers: { 'x-amz-checksum-algorithm': 'ROT13' } },
    ...invalidRequest(/^Checksum algorithm provided is unsupported/),
  },
  {
    // test_multipart_parts_checksum_exceptions_composite, recorded AWS answers.
    name: 'an upload with a checksum type and no algorithm',
    request: { method: 'POST', target: '/bucket/key?uploads', headers: { 'x-amz-checksum-type': 'COMPOSITE' } },
    ...invalidRequest('The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.'),
  },
  {
    // test_multipart_checksum_type_compatibility, recorded AWS answers.
    name: 'an upload with a composite CRC64NVME',
    request: {
      method: 'POST',
      target: '/bucket/key?uploads',
      headers: { 'x-amz-checksum-algorithm': 'CRC64NVME', 'x-amz-checksum-type': 'COMPOSITE' },
    },
    ...invalidRequest('The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.'),
  },
]

const writes: Row[] = [
  {
    // test_put_object_if_none_match_validation, recorded AWS answers.
    name: 'If-None-Match with an entity tag',
    request: put({ 'If-None-Match': '"abc"' }),
    ...notImplemented('If-None-Match'),
  },
  { name: 'If-Match with a star', request: put({ 'If-Match': '*' }), ...notImplemented('If-Match') },
  {
    name: 'both conditions',
    request: put({ 'If-Match': '"a"', 'If-None-Match': '*' }),
    ...notImplemented('If-Match,If-None-Match'),
  },
  {
    name: 'If-None-Match: * on an object that is there',
    request: put({ 'If-None-Match': '*' }, '/bucket/hello.txt'),
    status: 412,
    code: 'PreconditionFailed',
    fields: { Condition: 'If-None-Match' },
  },
  {
    name: 'If-Match on an object that is not there',
    request: put({ 'If-Match': '"abc"' }, '/bucket/missing'),
    status: 404,
    code: 'NoSuchKey',
    fields: { Key: 'missing' },
  },
  {
    name: 'If-Match with the tag of something else',
    request: put({ 'If-Match': '"abc"' }, '/bucket/hello.txt'),
    status: 412,
    code: 'PreconditionFailed',
    fields: { Condition: 'If-Match' },
  },
  ...['OUTPOSTS', 'standard', 'FAST', ''].map(
    (value): Row => ({
      // test_put_object_storage_class_outposts, recorded AWS answers.
      name: `the storage class ${JSON.stringify(value)}`,
      request: put({ 'x-amz-storage-class': value }),
      status: 400,
      code: 'InvalidStorageClass',
      message: 'The storage class you specified is not valid',
      fields: { StorageClassRequested: value },
    }),
  ),
  {
    // test_s3_bucket_acl_exceptions, recorded AWS answers: no message.
    name: 'a canned ACL that nobody knows',
    request: put({ 'x-amz-acl': 'fake-acl' }),
    ...invalidArgument('x-amz-acl', 'fake-acl'),
  },
  {
    // @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
    name: 'an ACL in a bucket whose owner is enforced',
    request: put({ 'x-amz-acl': 'public-read' }),
    status: 400,
    code: 'AccessControlListNotSupported',
    message: 'The bucket does not allow ACLs',
  },
  {
    // test_put_object_with_tags and test_object_tagging_exc, recorded AWS answers.
    name: 'tags that name a key twice',
    request: put({ 'x-amz-tagging': 'key1=val1&key1=val2' }),
    ...invalidArgument('x-amz-tagging', 'key1=val1&key1=val2', /shall be encoded as UTF-8 then URLEncoded/),
  },
  {
    name: 'tags with a broken escape',
    request: put({ 'x-amz-tagging': 'a=%zz' }),
    ...invalidArgument('x-amz-tagging', 'a=%zz'),
  },
  {
    name: 'tags with two equal signs',
    request: put({ 'x-amz-tagging': 'a=b=c' }),
    ...invalidArgument('x-amz-tagging', 'a=b=c'),
  },
  {
    name: 'eleven tags',
    request: put({ 'x-amz-tagging': Array.from({ length: 11 }, (_, at) => `k${at}=v`).join('&') }),
    status: 400,
    code: 'BadRequest',
    message: 'Object tags cannot be greater than 10',
  },
  {
    // test_tagging_validation, recorded AWS answers.
    name: 'a tag of AWS',
    request: put({ 'x-amz-tagging': 'aws:prefixed=v' }),
    status: 400,
    code: 'InvalidTag',
    message: 'Your TagKey cannot be prefixed with aws:',
    fields: { TagKey: 'aws:prefixed' },
  },
  {
    name: 'a tag key of 129 characters',
    request: put({ 'x-amz-tagging': `${'k'.repeat(129)}=v` }),
    status: 400,
    code: 'InvalidTag',
    message: 'The TagKey you have provided is invalid',
  },
  {
    name: 'a tag value of 257 characters',
    request: put({ 'x-amz-tagging': `k=${'v'.repeat(257)}` }),
    status: 400,
    code: 'InvalidTag',
    message: 'The TagValue you have provided is invalid',
  },
  {
    // @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
    name: 'metadata of more than 2 KiB',
    request: put({ 'x-amz-meta-a': 'm'.repeat(2048) }),
    status: 400,
    code: 'MetadataTooLarge',
    message: 'Your metadata headers exceed the maximum allowed metadata size',
    fields: { MaxSizeAllowed: '2048' },
  },
  {
    name: '100 metadata headers of more than 2 KiB together',
    request: put(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x-amz-meta-${at}`, 'v'.repeat(20)]))),
    status: 400,
    code: 'MetadataTooLarge',
  },
  {
    name: '600 metadata headers, in more than 8 KiB of headers',
    request: put(Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`x-amz-meta-${at}`, 'vv']))),
    status: 400,
    code: 'RequestHeaderSectionTooLarge',
    fields: { MaxSizeAllowed: '8192' },
  },
  {
    name: 'an encryption that nobody knows',
    request: put({ 'x-amz-server-side-encryption': 'ROT13' }),
    ...invalidArgument('x-amz-server-side-encryption', 'ROT13', 'The encryption method specified is not supported'),
  },
  {
    // @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
    name: 'a key of the customer over HTTP',
    request: put({ 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }),
    ...invalidRequest(
      'Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.',
    ),
  },
  {
    // test_s3_object_lock_mode_validation, recorded AWS answers.
    name: 'a lock mode that nobody knows',
    request: put(
      { 'x-amz-object-lock-mode': 'BAD-VALUE', 'x-amz-object-lock-retain-until-date': '2099-01-01T00:00:00Z' },
      '/locked/key',
    ),
    ...invalidArgument('x-amz-object-lock-mode', 'BAD-VALUE', 'Unknown wormMode directive.'),
  },
  {
    // test_bucket_config_default_retention, recorded AWS answers.
    name: 'a lock date without a mode',
    request: put({ 'x-amz-object-lock-retain-until-date': '2099-01-01T00:00:00Z' }, '/locked/key'),
    status: 400,
    code: 'InvalidArgument',
    message: 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
  },
  {
    name: 'a lock date that is none',
    request: put(
      { 'x-amz-object-lock-mode': 'GOVERNANCE', 'x-amz-object-lock-retain-until-date': 'tomorrow' },
      '/locked/key',
    ),
    ...invalidArgument('x-amz-object-lock-retain-until-date', 'tomorrow'),
  },
  {
    name: 'a lock date that has passed',
    request: put(
      { 'x-amz-object-lock-mode': 'GOVERNANCE', 'x-amz-object-lock-retain-until-date': '2001-01-01T00:00:00Z' },
      '/locked/key',
    ),
    status: 400,
    code: 'InvalidArgument',
    message: 'The retain until date must be in the future!',
  },
  {
    name: 'a legal hold that is neither on nor off',
    request: put({ 'x-amz-object-lock-legal-hold': 'MAYBE' }, '/locked/key'),
    ...invalidArgument('x-amz-object-lock-legal-hold', 'MAYBE', "Legal Hold must be either of 'ON' or 'OFF'"),
  },
  {
    // versity/versitygw#1751, as AWS answers.
    name: 'a lock in a bucket without Object Lock',
    request: put({ 'x-amz-object-lock-legal-hold': 'ON' }),
    status: 400,
    code: 'InvalidRequest',
    message: /^Bucket is missing Object ?Lock ?Configuration$/,
  },
  {
    // test_delete_object_with_no_locking, recorded AWS answers.
    name: 'a bypass in a bucket without Object Lock',
    request: {
      method: 'DELETE',
      target: '/bucket/hello.txt',
      headers: { 'x-amz-bypass-governance-retention': 'true' },
    },
    ...invalidArgument(
      'x-amz-bypass-governance-retention',
      undefined,
      'x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.',
    ),
  },
  {
    name: 'appending, which is for directory buckets',
    request: put({ 'x-amz-write-offset-bytes': '5' }),
    ...notImplemented('x-amz-write-offset-bytes'),
  },
  {
    name: 'a boolean that is neither true nor false',
    request: put({ 'x-amz-server-side-encryption-bucket-key-enabled': 'perhaps' }),
    ...invalidRequest('Value for x-amz-server-side-encryption-bucket-key-enabled header is invalid.'),
  },
  ...['GET', 'DELETE'].flatMap((method) =>
    ['/bucket/hello.txt', '/bucket', '/bucket?versioning'].map(
      (target): Row => ({
        // versity/versitygw#1612, answers of AWS.
        name: `a copy source of ${method} ${target}`,
        request: { method, target, headers: { 'x-amz-copy-source': 'bucket/a%20b' } },
        ...(method === 'DELETE' && target.endsWith('versioning')
          ? { status: 405, code: 'MethodNotAllowed' }
          : invalidArgument(
              'x-amz-copy-source',
              'bucket/a%20b',
              'You can only specify a copy source header for copy requests.',
            )),
      }),
    ),
  ),
  {
    name: 'a copy source of HEAD',
    request: { method: 'HEAD', target: '/bucket/hello.txt', headers: { 'x-amz-copy-source': 'bucket/k' } },
    status: 400,
  },
  {
    name: 'a copy source of ListBuckets',
    request: { target: '/', headers: { 'x-amz-copy-source': 'bucket/k' } },
    ...invalidArgument('x-amz-copy-source', 'bucket/k'),
  },
  {
    name: 'a copy source of a POST',
    request: { method: 'POST', target: '/bucket/key?uploads', headers: { 'x-amz-copy-source': 'bucket/k' } },
    status: 405,
    code: 'MethodNotAllowed',
    fields: { Method: 'POST' },
  },
  {
    name: 'a copy source of CompleteMultipartUpload',
    request: ({ uploadId }) => ({
      method: 'POST',
      target: `/bucket/upload.bin?uploadId=${uploadId}`,
      headers: { 'x-amz-copy-source': 'bucket/k' },
    }),
    ...invalidArgument('x-amz-copy-source', 'bucket/k'),
  },
  ...['/bucket/key', '/bucket?acl'].map(
    (target): Row => ({
      // versity/versitygw#1104, recorded answer of AWS.
      name: `a checksum of no algorithm, PUT ${target}`,
      request: put({ 'x-amz-checksum-sha256a': 'dummy' }, target),
      ...invalidRequest('The algorithm type you specified in x-amz-checksum- header is invalid.'),
    }),
  ),
  ...['2020-01-01T00:00:00Z', '2020-01-01T01:00:00+01:00', '20200101T000000.5Z'].map(
    (date): Row => ({
      name: `a retention until ${date}, which is shown as it was sent`,
      request: put(
        {
          'x-amz-checksum-crc32': crc32OfHello,
          'x-amz-object-lock-mode': 'GOVERNANCE',
          'x-amz-object-lock-retain-until-date': date,
        },
        '/locked/key',
      ),
      ...invalidArgument('x-amz-object-lock-retain-until-date', date, 'The retain until date must be in the future!'),
    }),
  ),
  {
    name: 'an event hold of 000 days, which is shown as it was sent',
    request: put(
      {
        'x-amz-checksum-crc32': crc32OfHello,
        'x-amz-object-lock-mode': 'GOVERNANCE',
        'x-amz-object-lock-event-hold': 'ON',
        'x-amz-object-lock-event-hold-duration-days': '000',
      },
      '/locked/key',
    ),
    ...invalidArgument('Days', '000'),
  },
  {
    // ceph/s3-tests#218: 501 for If-Match, before PutObject knew it.
    name: 'a condition that PutObject does not have',
    request: put({ 'If-Unmodified-Since': 'Sun, 06 Nov 1994 08:49:37 GMT' }),
    ...notImplemented('If-Unmodified-Since'),
  },
  {
    // aws/aws-sdk-js-v3#6978: the signature comes first.
    name: 'encryption of a read that was not signed for it',
    request: {
      target: '/bucket/hello.txt',
      sign: 'query',
      spoil: { 'x-amz-server-side-encryption': 'AES256' },
    },
    status: 403,
    code: 'AccessDenied',
    fields: { HeadersNotSigned: 'x-amz-server-side-encryption' },
  },
  {
    name: 'a transfer coding other than chunked',
    request: 'PUT /bucket/key HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    status: 501,
    code: 'NotImplemented',
  },
]

runTable('integrity', integrity)
runTable('writes', writes)

/** Requests for server-side encryption that are refused. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Ctx } from '../../src/context.ts'
import { owner, type Refusal, refused } from './support.ts'
import {
  arg,
  argument,
  arnOf,
  Bucket,
  copy,
  customer,
  inWorld,
  key1,
  key2,
  kms,
  missingMD5,
  shown,
  shownKey1,
  sourceKey,
} from './encryption-support.ts'

describe('a write is refused', () => {
  const incompatible =
    'Server Side Encryption with Customer provided key is incompatible with the encryption method specified'
  const invalidKey = 'The secret key was invalid for the specified algorithm.'
  const short = customer('1234567890')
  const uuid = '134f2428-cec1-4b25-a1ae-9048164dba47'
  // Recorded: test_put_object_validation_sse_c and test_s3_sse_validate_kms_key(_state), unless said otherwise.
  const cases: [string, object, string, Refusal][] = [
    [
      'with two encryptions',
      { ...key1, ServerSideEncryption: 'AES256', SSECustomerAlgorithm: 'KMS' },
      'InvalidArgument',
      arg(incompatible, 'AES256'),
    ],
    [
      'with KMS and a key of its own (s3-tests, test_put_obj_enc_conflict_c_kms)',
      { ...key1, ...kms('one') },
      'InvalidArgument',
      arg(incompatible, 'aws:kms'),
    ],
    [
      'with another algorithm',
      { ...key1, SSECustomerAlgorithm: 'KMS' },
      'InvalidEncryptionAlgorithmError',
      arg('The Encryption request you specified is not valid. Supported value: AES256.', 'KMS'),
    ],
    [
      'without algorithm',
      { ...key1, SSECustomerAlgorithm: undefined },
      'InvalidArgument',
      arg(
        'Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.',
      ),
    ],
    [
      'without key',
      { ...key1, SSECustomerKey: undefined },
      'InvalidArgument',
      arg(
        'Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.',
      ),
    ],
    ['without MD5', { ...key1, SSECustomerKeyMD5: undefined }, 'InvalidArgument', arg(missingMD5)],
    ['with a short key', short, 'InvalidArgument', arg(invalidKey)],
    [
      'with another MD5',
      { ...key1, SSECustomerKeyMD5: key2.SSECustomerKeyMD5 },
      'InvalidArgument',
      arg('The calculated MD5 hash of the key did not match the hash that was provided.'),
    ],
    [
      'with a method that is none (s3-tests, test_put_obj_enc_conflict_bad_enc_kms)',
      { ServerSideEncryption: 'aes:kms' },
      'InvalidArgument',
      arg('The encryption method specified is not supported', 'aes:kms'),
    ],
    [
      'with a KMS key and SSE-S3 (s3-tests, test_put_obj_enc_conflict_s3_kms)',
      { ServerSideEncryption: 'AES256', SSEKMSKeyId: 'one' },
      'InvalidArgument',
      arg(
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
        'AES256',
      ),
    ],
    [
      'with a KMS key alone (s3-tests, test_sse_kms_not_declared)',
      { SSEKMSKeyId: 'one' },
      'InvalidArgument',
      arg(
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      ),
    ],
    [
      'with a KMS key that is none',
      kms('fake-key-id'),
      'KMS.NotFoundException',
      { status: 400, message: "Invalid keyId 'fake-key-id'" },
    ],
    [
      'with a KMS key that does not exist',
      kms(uuid),
      'KMS.NotFoundException',
      { message: `Key '${arnOf(uuid)}' does not exist` },
    ],
    [
      'with the ARN of one that does not exist',
      kms(arnOf(uuid)),
      'KMS.NotFoundException',
      { message: `Key '${arnOf(uuid)}' does not exist` },
    ],
    [
      'with the ARN of another region',
      kms(arnOf('abroad', 'us-west-2')),
      'KMS.NotFoundException',
      { message: 'Invalid arn us-west-2' },
    ],
    ['with a key of another region', kms('abroad'), 'KMS.NotFoundException', { message: "Invalid keyId 'abroad'" }],
    ["with another account's key by id", kms('theirs'), 'KMS.NotFoundException', {}],
    [
      'with an ARN that is none',
      kms('arn:aws:s3:::x'),
      'KMS.NotFoundException',
      { message: 'Invalid arn arn:aws:s3:::x' },
    ],
    [
      'with an alias that does not exist',
      kms('alias/x'),
      'KMS.NotFoundException',
      { message: `Alias arn:aws:kms:us-east-1:${owner.id}:alias/x is not found.` },
    ],
    [
      'with a disabled KMS key',
      kms('off'),
      'KMS.DisabledException',
      { status: 400, message: `${arnOf('off')} is disabled.` },
    ],
    [
      'with a KMS key to be deleted',
      kms('dying'),
      'KMS.KMSInvalidStateException',
      { status: 400, message: `${arnOf('dying')} is pending deletion.` },
    ],
  ]
  for (const text of ['[]', '{"a":1}', '{"a":', 'null']) {
    cases.push([
      `with the context ${text}`,
      { ...kms('one'), SSEKMSEncryptionContext: Buffer.from(text).toString('base64') },
      'InvalidArgument',
      { fields: { ArgumentName: `${argument}-context`, ArgumentValue: Buffer.from(text).toString('base64') } },
    ])
  }
  for (const [name, asked, code, expected] of cases) {
    it(
      name,
      inWorld(async (w) => {
        await w.put('key', 'text')
        await refused(w.put('new', 'text', asked), code, expected)
        await refused(w.call('CreateMultipartUpload', { Bucket, Key: 'new', ...asked }), code, expected)
        await refused(copy(w, asked), code, expected)
      }),
    )
  }

  it(
    'for KMS without Signature V4',
    inWorld(async (w) => {
      await w.put('key', 'text', kms('one'))
      const expected = {
        status: 400,
        message:
          'Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.',
        fields: { ArgumentName: 'Authorization', ArgumentValue: 'null' },
      }
      const auths: Ctx['auth'][] = [
        { authType: undefined, signatureVersion: undefined },
        { authType: 'REST-HEADER', signatureVersion: 'AWS' },
      ]
      for (const auth of auths) {
        await refused(w.put('new', '', kms('one'), { auth }), 'InvalidArgument', expected)
        await refused(w.call('GetObject', { Bucket, Key: 'key' }, { auth }), 'InvalidArgument', expected)
      }
    }),
  )

  it(
    'with a key of its own over plain HTTP',
    inWorld(
      async (w) => {
        const expected = {
          status: 400,
          message:
            'Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.',
        }
        await w.put('key', 'text')
        await refused(w.put('new', 'text', key1), 'InvalidRequest', expected)
        await refused(w.call('GetObject', { Bucket, Key: 'key', ...key1 }), 'InvalidRequest', expected)
        await refused(copy(w, sourceKey(key1)), 'InvalidRequest', expected)
        await w.put('new', 'text', key1, { baseUrl: 'https://localhost:9000' })
        const got = await w.call('HeadObject', { Bucket, Key: 'new', ...key1 }, { baseUrl: 'https://localhost:9000' })
        assert.deepEqual(shown(got), shownKey1)
      },
      { allowSseCOverHttp: false },
    ),
  )
})

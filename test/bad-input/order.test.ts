/** Who signs badly hears of the signature, whatever else is wrong with the request. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Arena } from './arena.ts'
import { key, type RequestShape } from './requests.ts'

const object = '/bucket/hello.txt'
const faults: RequestShape[] = [
  ...[
    'x-amz-acl: nonsense',
    'x-amz-storage-class: nonsense',
    'x-amz-server-side-encryption: nonsense',
    'x-amz-server-side-encryption-customer-algorithm: AES256',
    'x-amz-checksum-crc32: nonsense',
    'x-amz-checksum-sha256a: nonsense',
    'x-amz-sdk-checksum-algorithm: nonsense',
    'x-amz-tagging: =',
    'x-amz-object-lock-mode: nonsense',
    'x-amz-object-lock-retain-until-date: nonsense',
    'x-amz-copy-source: nonsense',
    'x-amz-content-sha256: nonsense',
    'x-amz-decoded-content-length: nonsense',
    'x-amz-trailer: nonsense',
    'x-amz-expected-bucket-owner: nonsense',
    'x-amz-request-payer: nonsense',
    'x-amz-website-redirect-location: nonsense',
    'Content-MD5: nonsense',
    'Content-Encoding: aws-chunked',
    'Expires: nonsense',
    'If-Match: "nonsense',
  ].flatMap((line): RequestShape[] => {
    const [name = '', value = ''] = line.split(': ')
    const headers = { [name]: value }
    return [
      { method: 'PUT', target: object, headers, body: 'x' },
      { target: object, headers },
      { target: '/bucket', headers },
      { method: 'POST', target: `${object}?uploads`, headers },
    ]
  }),
  ...[
    '?versionId=nonsense',
    '?partNumber=nonsense',
    '?partNumber=1&versionId=x',
    '?response-content-type=%00',
    '?attributes',
    '?uploadId=nonsense',
  ].map((query): RequestShape => ({ target: object + query })),
  ...['?partNumber=1', '?partNumber=0&uploadId=x', '?tagging', '?acl', '?retention', '?legal-hold', '?versionId=x'].map(
    (query): RequestShape => ({ method: 'PUT', target: object + query, body: 'nonsense' }),
  ),
  ...[
    '?list-type=7',
    '?list-type=2&max-keys=nonsense',
    '?max-keys=-1',
    '?encoding-type=nonsense',
    '?list-type=2&continuation-token=nonsense',
    '?versions&version-id-marker=x',
    '?uploads&max-uploads=nonsense',
    '?inventory',
    '?analytics&id=',
    '?metrics',
  ].map((query): RequestShape => ({ target: `/bucket${query}` })),
  ...['?versioning', '?lifecycle', '?cors', '?policy', '?tagging', '?encryption', '?object-lock', '?website'].map(
    (query): RequestShape => ({ method: 'PUT', target: `/bucket${query}`, body: 'nonsense' }),
  ),
  { method: 'POST', target: '/bucket?delete', body: 'nonsense' },
  { method: 'PUT', target: '/BAD_NAME' },
  { method: 'PUT', target: '/new-bucket', body: 'nonsense' },
  { target: '/missing' },
  { target: '/missing/key' },
  { method: 'PUT', target: '/missing/key', body: 'x' },
]

describe('a wrong signature comes before every other fault', () => {
  let arena: Arena
  before(async () => {
    arena = await Arena.start()
  })
  after(() => arena.close())

  for (const shape of faults) {
    const { method = 'GET', target, headers = {} } = shape
    it(`${method} ${target} ${JSON.stringify(headers)}`, async () => {
      const answer = await arena.send({ ...shape, key: { ...key, secretAccessKey: 'wrong' } })
      assert.equal(answer.status, 403, answer.body)
      assert.match(answer.body, /<Code>SignatureDoesNotMatch</)
    })
  }
})

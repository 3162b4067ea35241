/** The worked examples of AWS's documentation: known secret, known instant, known signatures. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openBody } from '../../src/auth/open-body.ts'
import { accessKeyId, byteStream, emptySha256, makeDeps, makeRequest, type RequestParts, run } from './support.ts'

const host = 'examplebucket.s3.amazonaws.com'
const scope = `${accessKeyId}/20130524/us-east-1/s3/aws4_request`
const date = '20130524T000000Z'

function headerExample(parts: RequestParts, signedHeaders: string, signature: string) {
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=${signedHeaders},Signature=${signature}`
  return makeRequest({
    ...parts,
    headers: { Host: host, ...parts.headers, Authorization: authorization, 'x-amz-date': date },
  })
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
describe("AWS's examples of SigV4 in the Authorization header", () => {
  const plain = { 'x-amz-content-sha256': emptySha256 }
  const plainList = 'host;x-amz-content-sha256;x-amz-date'
  const examples: [string, RequestParts, string, string][] = [
    [
      'GET object with a range',
      { target: '/test.txt', headers: { Range: 'bytes=0-9', ...plain } },
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'PUT object with a reserved character in its key',
      {
        method: 'PUT',
        target: '/test$file.text',
        headers: {
          Date: 'Fri, 24 May 2013 00:00:00 GMT',
          'x-amz-storage-class': 'REDUCED_REDUNDANCY',
          'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        },
      },
      'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'GET bucket lifecycle',
      { target: '/?lifecycle', headers: plain },
      plainList,
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'GET bucket listing',
      { target: '/?max-keys=2&prefix=J', headers: plain },
      plainList,
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ]
  for (const [name, parts, list, signature] of examples) {
    it(name, () => {
      const { principal, auth } = run(headerExample(parts, list, signature))
      assert.equal(principal.arn, 'arn:aws:iam::111122223333:root')
      assert.deepEqual(auth, { authType: 'REST-HEADER', signatureVersion: 'AWS4-HMAC-SHA256', region: 'us-east-1' })
    })
  }

  it('query parameters in another order are the same request', () => {
    const [, , list, signature] = examples[3] as (typeof examples)[number]
    run(headerExample({ target: '/?prefix=J&max-keys=2', headers: plain }, list, signature))
  })
})

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
describe("AWS's example of a presigned URL", () => {
  const target = `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${scope.replaceAll('/', '%2F')}&X-Amz-Date=${date}&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`

  it('is accepted within its day', () => {
    const result = run(makeRequest({ target, headers: { Host: host } }))
    assert.equal(result.auth.authType, 'REST-QUERY-STRING')
    assert.deepEqual(result.payload, { kind: 'unverified' })
    assert.equal(result.signedAtMs, Date.UTC(2013, 4, 24))
  })
})

const chunks = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1024, 'a'), Buffer.alloc(0)]

function framed(signatures: string[], trailer: string): Buffer {
  const parts: Buffer[] = []
  for (const [at, chunk] of chunks.entries()) {
    parts.push(Buffer.from(`${chunk.length.toString(16)};chunk-signature=${signatures[at]}\r\n`), chunk)
    if (chunk.length > 0) parts.push(Buffer.from('\r\n'))
  }
  parts.push(Buffer.from(trailer))
  return Buffer.concat(parts)
}

async function upload(parts: RequestParts, list: string, signature: string, body: Buffer) {
  const request = headerExample(
    {
      method: 'PUT',
      target: '/examplebucket/chunkObject.txt',
      ...parts,
      headers: {
        Host: 's3.amazonaws.com',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'Content-Encoding': 'aws-chunked',
        'x-amz-decoded-content-length': '66560',
        ...parts.headers,
      },
      body: byteStream([body]),
    },
    list,
    signature,
  )
  const result = openBody(request, run(request, makeDeps()), { lengthRequired: true })
  assert.equal(result.sizeBytes, 66_560)
  const data: Buffer[] = []
  await result.forEach((chunk) => void data.push(chunk))
  assert.ok(Buffer.concat(data).equals(Buffer.concat(chunks)))
  return result.trailers
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
it("AWS's example of an upload in signed chunks", async () => {
  const signatures = [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ]
  const body = framed(signatures, '\r\n')
  assert.equal(body.length, 66_824)
  await upload(
    { headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'Content-Length': '66824' } },
    'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
    '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    body,
  )
})

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
it("AWS's example of an upload in signed chunks with a signed trailer", async () => {
  const signatures = [
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
    '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
  ]
  const trailer =
    'x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n'
  const body = framed(signatures, trailer)
  const trailers = await upload(
    {
      headers: {
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
        'x-amz-trailer': 'x-amz-checksum-crc32c',
        'Content-Length': String(body.length),
      },
    },
    'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
    '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
    body,
  )
  assert.deepEqual([...trailers], [['x-amz-checksum-crc32c', 'sOO8/Q==']])
})

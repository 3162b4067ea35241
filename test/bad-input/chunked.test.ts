/** Bad framing: of aws-chunked bodies, signed and unsigned, with and without trailers, and of HTTP's own chunks. */
import { type ChunkedShape, signedStreaming, unsignedStreaming } from './requests.ts'
import { type Row, runTable } from './table.ts'

const target = '/bucket/key'
const mebibyte = 2 ** 20
/** Authorization.md 7.5: truncated or garbled framing. */
const incomplete = {
  status: 400,
  code: 'IncompleteBody',
  message: 'You did not provide the number of bytes specified by the Content-Length HTTP header',
} as const
const mismatch = { status: 403, code: 'SignatureDoesNotMatch' } as const
const badTrailer = {
  status: 400,
  code: 'MalformedTrailerError',
  message: 'The request contained trailing data that was not well-formed or did not conform to our published schema.',
} as const
const signed = (shape: Partial<ChunkedShape>): Row['request'] => ({ chunked: { target, ...shape } })
const framed = (frame: ChunkedShape['frame'], decodedLength = '5'): Row['request'] =>
  signed({ frame: frame as NonNullable<ChunkedShape['frame']>, decodedLength })
const unsigned = (body: string | Buffer, more: Partial<ChunkedShape> = {}): Row['request'] =>
  signed({ mode: unsignedStreaming, frame: () => body, decodedLength: '5', ...more })
const zeros = '0'.repeat(64)

const signedChunks: Row[] = [
  {
    name: 'the signature of a chunk is wrong',
    request: framed(() => `5;chunk-signature=${zeros}\r\nhello\r\n0;chunk-signature=${zeros}\r\n\r\n`),
    ...mismatch,
  },
  {
    name: 'the signature of the last chunk is wrong',
    request: framed((chain) =>
      Buffer.concat([chain.chunk('hello'), Buffer.from(`0;chunk-signature=${zeros}\r\n\r\n`)]),
    ),
    ...mismatch,
  },
  {
    name: 'the data of a chunk changed on the way',
    request: framed((chain) =>
      Buffer.concat([chain.chunk('hello'), chain.chunk('')])
        .toString()
        .replace('hello', 'hallo'),
    ),
    ...mismatch,
  },
  {
    name: 'two chunks changed places',
    request: framed((chain) => {
      const [first, second] = [chain.chunk('a'.repeat(8192)), chain.chunk('b'.repeat(8192))]
      return Buffer.concat([second, first, chain.chunk('')])
    }, '16384'),
    ...mismatch,
  },
  {
    name: 'a chunk is missing',
    request: framed((chain) => {
      chain.chunk('a'.repeat(8192))
      return Buffer.concat([chain.chunk('b'.repeat(8192)), chain.chunk('')])
    }, '8192'),
    ...mismatch,
  },
  { name: 'chunks without signatures', request: framed(() => '5\r\nhello\r\n0\r\n\r\n'), ...incomplete },
  { name: 'a chunk with another extension', request: framed(() => `5;signature=${zeros}\r\nhello\r\n`), ...incomplete },
  {
    name: 'a chunk with an empty signature',
    request: framed(() => '5;chunk-signature=\r\nhello\r\n0;chunk-signature=\r\n\r\n'),
    ...mismatch,
  },
  {
    name: 'a signature in capitals',
    request: framed((chain) =>
      Buffer.concat([chain.chunk('hello'), chain.chunk('')])
        .toString()
        .replace(/=\w+/g, (text) => text.toUpperCase()),
    ),
    ...mismatch,
  },
  {
    // versity/versitygw#1683, as AWS answers.
    name: 'a small chunk that is not the last',
    request: signed({ chunks: ['tiny', 'hello'] }),
    status: 403,
    code: 'InvalidChunkSizeError',
    message: 'Only the last chunk is allowed to have a size less than 8192 bytes',
    fields: { Chunk: '2', BadChunkSize: '4' },
  },
  { name: 'no last chunk', request: framed((chain) => chain.chunk('hello')), ...incomplete },
  { name: 'an empty body', request: framed(() => ''), ...incomplete },
  { name: 'a body that is not framed', request: framed(() => 'hello'), ...incomplete },
  {
    name: 'more than was announced',
    request: framed((chain) => Buffer.concat([chain.chunk('hello, world'), chain.chunk('')])),
    ...incomplete,
  },
  {
    name: 'less than was announced',
    request: framed((chain) => Buffer.concat([chain.chunk('hi'), chain.chunk('')])),
    ...incomplete,
  },
  {
    name: 'data after the last chunk',
    request: framed((chain) => Buffer.concat([chain.chunk('hello'), chain.chunk(''), Buffer.from('more')])),
    ...incomplete,
  },
  {
    name: 'the signature of the head is wrong',
    request: signed({ spoil: { 'X-Amz-Date': '20200101T000000Z' } }),
    status: 403,
    code: 'RequestTimeTooSkewed',
  },
  {
    name: 'no decoded length',
    request: signed({ decodedLength: undefined }),
    status: 411,
    code: 'MissingContentLength',
    message: 'You must provide the Content-Length HTTP header.',
  },
  ...['-1', 'x', '', '1.5', '9'.repeat(30)].map(
    (decodedLength): Row => ({
      name: `the decoded length ${JSON.stringify(decodedLength)}`,
      request: signed({ decodedLength }),
      status: 411,
      code: 'MissingContentLength',
    }),
  ),
  {
    name: 'a decoded length above 5 GiB',
    request: signed({ decodedLength: String(5 * 1024 ** 3 + 1) }),
    status: 400,
    code: 'EntityTooLarge',
    fields: { ProposedSize: String(5 * 1024 ** 3 + 1), MaxSizeAllowed: String(5 * 1024 ** 3) },
  },
  {
    name: 'chunks of an anonymous caller',
    request: signed({ sign: 'none' }),
    status: 400,
    code: 'InvalidRequest',
    message: /^Anonymous requests don't support this x-amz-content-sha256 value/,
  },
  {
    name: 'chunks of a document',
    request: { chunked: { target: '/bucket?versioning' } },
    status: 400,
    code: 'InvalidRequest',
    message: 'The value of x-amz-content-sha256 header is invalid.',
  },
  {
    name: 'signed chunks with the trailers that were announced missing',
    request: signed({ mode: `${signedStreaming}-TRAILER`, headers: { 'X-Amz-Trailer': 'x-amz-checksum-crc32' } }),
    ...badTrailer,
  },
  {
    name: 'signed trailers without a signature',
    request: signed({
      mode: `${signedStreaming}-TRAILER`,
      headers: { 'X-Amz-Trailer': 'x-amz-checksum-crc32' },
      decodedLength: '5',
      frame: (chain) =>
        `${chain.chunk('hello')}0;chunk-signature=${chain.next('')}\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n`,
    }),
    ...badTrailer,
  },
  {
    name: 'signed trailers with a wrong signature',
    request: signed({
      mode: `${signedStreaming}-TRAILER`,
      headers: { 'X-Amz-Trailer': 'x-amz-checksum-crc32' },
      decodedLength: '5',
      frame: (chain) =>
        `${chain.chunk('hello')}0;chunk-signature=${chain.next('')}\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:${zeros}\r\n\r\n`,
    }),
    ...mismatch,
  },
]

const unsignedChunks: Row[] = [
  ...(
    [
      ['no size', '\r\nhello\r\n0\r\n\r\n'],
      ['a size in words', 'five\r\nhello\r\n0\r\n\r\n'],
      ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
      ['a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'],
      ['a size of 20 digits', 'fffffffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
      ['a size of 2^53', '20000000000000\r\nhello\r\n0\r\n\r\n'],
      ['a size above what was announced', '6\r\nhello!\r\n0\r\n\r\n'],
      ['a size below the data', '4\r\nhello\r\n0\r\n\r\n'],
      ['a size above the data', '5\r\nhell\r\n0\r\n\r\n'],
      ['line ends without CR', '5\nhello\n0\n\n'],
      ['no line end after the data', '5\r\nhello0\r\n\r\n'],
      ['CR alone', '5\rhello\r0\r\r'],
      ['NULs', '\u0000\u0000\u0000\u0000\u0000\u0000'],
      ['a chunk header of 1 MiB', '0'.repeat(mebibyte)],
      ['a chunk extension of 1 MiB', `5;${'x'.repeat(mebibyte)}\r\nhello\r\n0\r\n\r\n`],
      ['only line ends', '\r\n'.repeat(1000)],
    ] as const
  ).map(([name, body]): Row => ({ name, request: unsigned(body), ...incomplete })),
  {
    name: '20,000 chunks of one byte',
    request: unsigned(`${'1\r\na\r\n'.repeat(20_000)}0\r\n\r\n`, { decodedLength: '20000' }),
    status: 403,
    code: 'InvalidChunkSizeError',
  },
  {
    name: 'a trailer that nobody announced',
    request: unsigned('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n'),
    ...badTrailer,
  },
  ...(
    [
      ['a trailer that was announced and did not come', ''],
      ['another trailer than was announced', 'x-amz-checksum-sha1:qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n'],
      ['a trailer twice', 'x-amz-checksum-crc32:NhCmhg==\r\nx-amz-checksum-crc32:NhCmhg==\r\n'],
      ['a trailer without a colon', 'x-amz-checksum-crc32\r\n'],
      ['a trailer without a name', ':NhCmhg==\r\n'],
      ['trailers of 1 MiB', `x-amz-checksum-crc32:${'x'.repeat(mebibyte)}\r\n`],
      ['5,000 trailers', 'a:b\r\n'.repeat(5000)],
      ['a trailer of Object.prototype', '__proto__:1\r\n'],
    ] as const
  ).map(
    ([name, trailers]): Row => ({
      name,
      request: unsigned(`5\r\nhello\r\n0\r\n${trailers}\r\n`, { headers: { 'X-Amz-Trailer': 'x-amz-checksum-crc32' } }),
      ...badTrailer,
    }),
  ),
  {
    name: 'the checksum of something else as a trailer',
    request: unsigned('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', {
      headers: { 'X-Amz-Trailer': 'x-amz-checksum-crc32' },
    }),
    status: 400,
    code: 'BadDigest',
    message: 'The CRC32 you specified did not match the calculated checksum.',
  },
  {
    name: 'a checksum that is none as a trailer',
    request: unsigned('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:nonsense\r\n\r\n', {
      headers: { 'X-Amz-Trailer': 'x-amz-checksum-crc32' },
    }),
    status: 400,
    code: 'InvalidRequest',
    message: 'Value for x-amz-checksum-crc32 trailing header is invalid.',
  },
  {
    name: 'two checksums as trailers',
    request: unsigned('5\r\nhello\r\n0\r\n\r\n', {
      headers: { 'X-Amz-Trailer': 'x-amz-checksum-crc32, x-amz-checksum-sha1' },
    }),
    status: 400,
    code: 'InvalidRequest',
    message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
  },
  {
    // benbjohnson/litestream#889, as AWS answers.
    name: 'aws-chunked beside UNSIGNED-PAYLOAD',
    request: {
      method: 'PUT',
      target,
      headers: { 'Content-Encoding': 'aws-chunked', 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' },
      body: 'x',
    },
    status: 400,
    code: 'InvalidArgument',
    message: 'aws-chunked encoding is not supported when x-amz-content-sha256 UNSIGNED-PAYLOAD is supplied.',
  },
  {
    name: 'framing for SigV4A in a request signed with SigV4',
    request: signed({ mode: 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD' }),
    status: 400,
    code: 'InvalidRequest',
  },
]

/** The answer of AWS quoted in JuliaWeb/HTTP.jl#98, Automattic/knox#43 and others. */
const notMeasured = {
  status: 501,
  code: 'NotImplemented',
  message: 'A header you provided implies functionality that is not implemented',
  fields: { Header: 'Transfer-Encoding' },
}

const httpChunks: Row[] = [
  ...(['header', 'query', 'none'] as const).map(
    (sign): Row => ({
      name: `an upload without framing, signed in: ${sign}`,
      request: {
        method: 'PUT',
        target: '/bucket/key',
        sign,
        headers: {
          'Transfer-Encoding': 'chunked',
          ...(sign === 'header' && { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' }),
        },
        raw: '5\r\nhello\r\n0\r\n\r\n',
      },
      ...notMeasured,
    }),
  ),
  {
    name: 'a part without framing',
    request: ({ uploadId }) => ({
      method: 'PUT',
      target: `/bucket/upload.bin?partNumber=1&uploadId=${uploadId}`,
      headers: { 'Transfer-Encoding': 'chunked', 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' },
      raw: '5\r\nhello\r\n0\r\n\r\n',
    }),
    ...notMeasured,
  },
  {
    // boto/botocore#35.
    name: 'a copy with an empty body of unknown length',
    request: {
      method: 'PUT',
      target: '/bucket/key',
      headers: { 'Transfer-Encoding': 'chunked', 'x-amz-copy-source': 'bucket/hello.txt' },
      raw: '0\r\n\r\n',
    },
    ...notMeasured,
  },
  {
    name: 'a framed upload that does not tell its length',
    request: {
      method: 'PUT',
      target: '/bucket/key',
      headers: {
        'Content-Encoding': 'aws-chunked',
        'Transfer-Encoding': 'chunked',
        'X-Amz-Content-Sha256': unsignedStreaming,
      },
      raw: '5\r\nhello\r\n0\r\n\r\n',
    },
    status: 411,
    code: 'MissingContentLength',
  },
  {
    name: 'a form in chunks of nonsense',
    request:
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    status: 400,
    code: 'BadRequest',
  },
  {
    name: 'a form in a chunk of 2^64 bytes',
    request:
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n',
    status: 400,
    code: 'BadRequest',
  },
  {
    name: 'a form in chunks of 2 MiB together',
    request: `POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${'a'.repeat(65_536)}\r\n`.repeat(32)}0\r\n\r\n`,
    status: 400,
    code: 'MaxMessageLengthExceeded',
  },
]

runTable('signed chunks', signedChunks)
runTable('unsigned chunks', unsignedChunks)
runTable('chunks of HTTP', httpChunks)

/** aws-chunked framing: every way to cut it gives the same result, every fault its error, garbage only AWS errors. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { ChunkDecoder, type ChunkExpectation } from '../../src/auth/chunked.ts'
import type { ChunkSeed } from '../../src/auth/payload.ts'
import { accessKeyId, checkRefusal, emptySha256, hmac, type Refusal, signingKey } from './support.ts'

const scope = '20130524/us-east-1/s3/aws4_request'
const dateText = '20130524T000000Z'
const key = signingKey()
const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')

const seed: ChunkSeed = {
  algorithm: 'AWS4-HMAC-SHA256',
  accessKeyId,
  dateText,
  scope,
  signature: 'f'.repeat(64),
  check: (text, signature) => hmac(key, text).toString('hex') === signature,
}

/** Frames chunks by the book, signed or not. */
function frame(
  chunks: readonly Buffer[],
  options: { signed?: boolean; trailers?: [string, string][]; pad?: string } = {},
): Buffer {
  let previous = seed.signature
  const link = (suffix: string, rest: string): string => {
    previous = hmac(key, `AWS4-HMAC-SHA256-${suffix}\n${dateText}\n${scope}\n${previous}\n${rest}`).toString('hex')
    return previous + (options.pad ?? '')
  }
  const parts: Buffer[] = []
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    const signature = options.signed ? `;chunk-signature=${link('PAYLOAD', `${emptySha256}\n${sha256(chunk)}`)}` : ''
    parts.push(Buffer.from(`${chunk.length.toString(16)}${signature}\r\n`), chunk)
    if (chunk.length > 0) parts.push(Buffer.from('\r\n'))
  }
  if (options.trailers !== undefined) {
    for (const [name, value] of options.trailers) parts.push(Buffer.from(`${name}:${value}\r\n`))
    if (options.signed) {
      const lines = options.trailers.map(([name, value]) => `${name}:${value}\n`).join('')
      parts.push(Buffer.from(`x-amz-trailer-signature:${link('TRAILER', sha256(lines))}\r\n`))
    }
  }
  parts.push(Buffer.from('\r\n'))
  return Buffer.concat(parts)
}

function expectation(data: Buffer, changes: Partial<ChunkExpectation> = {}): ChunkExpectation {
  return { decodedBytes: data.length, seed: undefined, hasTrailers: false, declaredTrailers: [], ...changes }
}

/** Feeds `wire` cut at these places; returns the data or throws. */
function decode(wire: Buffer, expected: ChunkExpectation, cuts: Iterable<number> = []) {
  const decoder = new ChunkDecoder(expected)
  const out: Buffer[] = []
  let from = 0
  for (const cut of [...cuts, wire.length]) {
    decoder.push(wire.subarray(from, cut), out)
    from = cut
  }
  decoder.end()
  return { data: Buffer.concat(out), trailers: [...decoder.trailers] }
}

function refusal(wire: Buffer | string, expected: ChunkExpectation, fault: Refusal) {
  let caught: unknown
  try {
    decode(Buffer.from(wire as string), expected)
  } catch (cause) {
    caught = cause
  }
  return checkRefusal(caught, fault)
}

const big = Buffer.alloc(8192, 'b')
const small = Buffer.from('last')
const data = Buffer.concat([big, small])
const crc: [string, string] = ['x-amz-checksum-crc32c', 'sOO8/Q==']
const declared = { hasTrailers: true, declaredTrailers: [crc[0]] }

describe('framing that is right', () => {
  const forms: [string, Buffer, ChunkExpectation, [string, string][]][] = [
    ['unsigned', frame([big, small]), expectation(data), []],
    ['unsigned with a trailer', frame([big, small], { trailers: [crc] }), expectation(data, declared), [crc]],
    ['signed', frame([big, small], { signed: true }), expectation(data, { seed }), []],
    [
      'signed with a signed trailer',
      frame([big, small], { signed: true, trailers: [crc] }),
      expectation(data, { seed, ...declared }),
      [crc],
    ],
    [
      'padded signatures',
      frame([small], { signed: true, trailers: [crc], pad: '*'.repeat(80) }),
      expectation(small, { seed, ...declared }),
      [crc],
    ],
    ['no data', frame([], { signed: true }), expectation(Buffer.alloc(0), { seed }), []],
    ['one chunk', frame([data], { signed: true }), expectation(data, { seed }), []],
  ]
  for (const [name, wire, expected, trailers] of forms) {
    it(name, () => {
      const whole = decode(wire, expected)
      const plain = expected.decodedBytes === data.length ? data : expected.decodedBytes === 0 ? Buffer.alloc(0) : small
      assert.ok(whole.data.equals(plain))
      assert.deepEqual(whole.trailers, trailers)
      const bytewise = decode(
        wire,
        expected,
        Array.from({ length: wire.length - 1 }, (_, at) => at + 1),
      )
      assert.ok(bytewise.data.equals(plain))
      assert.deepEqual(bytewise.trailers, trailers)
    })
    it(`${name}, cut in two anywhere`, () => {
      // Every cut around the framing; within the data one in a hundred.
      for (let cut = 1; cut < wire.length; cut += cut > 200 && cut < 8100 ? 97 : 1) {
        assert.equal(decode(wire, expected, [cut]).data.length, expected.decodedBytes)
      }
    })
  }

  it('data is handed on before its chunk is complete, as views of what came', () => {
    const decoder = new ChunkDecoder(expectation(Buffer.alloc(1_000_000)))
    const out: Buffer[] = []
    const piece = Buffer.alloc(65_536)
    decoder.push(Buffer.from('f4240\r\n'), out)
    for (let n = 0; n < 15; n++) decoder.push(piece, out)
    assert.equal(out.length, 15)
    assert.ok(out.every((chunk) => chunk.buffer === piece.buffer))
  })

  // minio-go ends trailers with LF alone and puts an empty line before their signature; others leave the last line out.
  it('trailers as different clients write them', () => {
    const head = '4\r\nlast\r\n0\r\n'
    const forms = [
      `${crc.join(':')}\r\n\r\n`,
      `${crc.join(':')}\n\r\n\r\n`,
      `${crc.join(':')}\r\n`,
      `\r\n${crc.join(':')}\r\n\r\n`,
      `X-Amz-Checksum-Crc32c : ${crc[1]} \r\n`,
    ]
    for (const form of forms)
      assert.deepEqual(decode(Buffer.from(head + form), expectation(small, declared)).trailers, [crc])
    const signed = frame([small], { signed: true, trailers: [crc] }).toString()
    const minio = signed.replace(`${crc.join(':')}\r\n`, `${crc.join(':')}\n\r\n`)
    assert.deepEqual(decode(Buffer.from(minio), expectation(small, { seed, ...declared })).trailers, [crc])
  })
  it('sizes in upper case, with leading zeros, chunk extensions where nothing is signed', () => {
    const ten = Buffer.alloc(10)
    for (const size of ['A', 'a', '000000000000000000a', 'a;chunk-signature=x', 'a;ext']) {
      decode(Buffer.concat([Buffer.from(`${size}\r\n`), ten, Buffer.from('\r\n0\r\n\r\n')]), expectation(ten))
    }
  })
})

describe('framing that is wrong', () => {
  const plain = expectation(small)
  const incomplete = { code: 'IncompleteBody', status: 400 }
  const cases: [string, string, ChunkExpectation, Refusal][] = [
    ['nothing', '', plain, incomplete],
    ['no last chunk', '4\r\nlast\r\n', plain, incomplete],
    ['cut in the data', '4\r\nla', plain, incomplete],
    ['cut in the header', '4', plain, incomplete],
    ['no size', '\r\nlast\r\n0\r\n\r\n', plain, incomplete],
    ['a size that is no number', 'x\r\nlast\r\n0\r\n\r\n', plain, incomplete],
    ['a negative size', '-4\r\nlast\r\n0\r\n\r\n', plain, incomplete],
    ['a size of 2^64', '10000000000000000\r\nlast', plain, incomplete],
    ['more than announced', '5\r\nlast!\r\n0\r\n\r\n', plain, incomplete],
    ['less than announced', '3\r\nlas\r\n0\r\n\r\n', plain, incomplete],
    ['data longer than its chunk', '4\r\nlast!\r\n0\r\n\r\n', plain, incomplete],
    ['a header that ends with LF alone', '4\nlast\r\n0\r\n\r\n', plain, incomplete],
    ['an endless header', `4;${'x'.repeat(600)}`, plain, incomplete],
    ['trailers that were not announced', `4\r\nlast\r\n0\r\n${crc.join(':')}\r\n\r\n`, plain, incomplete],
    ['no signature', '4\r\nlast\r\n0\r\n\r\n', expectation(small, { seed }), incomplete],
    [
      'another trailer',
      '4\r\nlast\r\n0\r\nx-amz-other:1\r\n\r\n',
      expectation(small, declared),
      { code: 'MalformedTrailerError', status: 400 },
    ],
    ['a missing trailer', '4\r\nlast\r\n0\r\n\r\n', expectation(small, declared), { code: 'MalformedTrailerError' }],
    [
      'a trailer twice',
      `4\r\nlast\r\n0\r\n${crc.join(':')}\r\n${crc.join(':')}\r\n\r\n`,
      expectation(small, declared),
      { code: 'MalformedTrailerError' },
    ],
    [
      'a trailer without a colon',
      '4\r\nlast\r\n0\r\nnonsense\r\n\r\n',
      expectation(small, declared),
      { code: 'MalformedTrailerError' },
    ],
    [
      'endless trailers',
      `4\r\nlast\r\n0\r\n${'x'.repeat(20_000)}`,
      expectation(small, declared),
      { code: 'MalformedTrailerError' },
    ],
  ]
  for (const [name, wire, expected, fault] of cases) it(name, () => void refusal(wire, expected, fault))

  // Recorded: versity/versitygw#1683 (body) and aws/aws-sdk-cpp#2727 (status).
  it('a chunk below 8192 bytes that is not the last', () => {
    refusal('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', expectation(Buffer.alloc(5)), {
      code: 'InvalidChunkSizeError',
      status: 403,
      message: 'Only the last chunk is allowed to have a size less than 8192 bytes',
      fields: { Chunk: 2, BadChunkSize: 3 },
    })
  })

  it('a wrong signature of any link breaks the chain', () => {
    const wire = frame([big, small], { signed: true, trailers: [crc] }).toString('latin1')
    const signatures = [...wire.matchAll(/signature[=:]([0-9a-f]{64})/g)].map((match) => match[1] as string)
    assert.equal(signatures.length, 4)
    for (const signature of signatures) {
      const caught = refusal(
        Buffer.from(wire.replace(signature, '0'.repeat(64)), 'latin1'),
        expectation(data, { seed, ...declared }),
        {
          code: 'SignatureDoesNotMatch',
          status: 403,
          fields: { AWSAccessKeyId: accessKeyId, SignatureProvided: '0'.repeat(64) },
        },
      )
      assert.match(String(caught.fields.StringToSign), /^AWS4-HMAC-SHA256-(PAYLOAD|TRAILER)\n20130524T000000Z\n/)
      assert.equal(caught.fields.CanonicalRequest, undefined)
    }
  })
  it('changed data and changed trailers', () => {
    const wire = frame([big, small], { signed: true, trailers: [crc] }).toString('latin1')
    for (const [from, to] of [
      ['last', 'lost'],
      ['sOO8', 'sOO9'],
    ] as const) {
      refusal(Buffer.from(wire.replace(from, to), 'latin1'), expectation(data, { seed, ...declared }), {
        code: 'SignatureDoesNotMatch',
      })
    }
  })
  it('signed trailers without their signature', () => {
    const wire = frame([small], { signed: true, trailers: [crc] })
      .toString()
      .replace(/x-amz-trailer-signature.*\r\n/, '')
    refusal(wire, expectation(small, { seed, ...declared }), { code: 'MalformedTrailerError' })
  })

  it('garbage and damaged framing throw AWS errors only', () => {
    let state = 7
    const random = (below: number): number => {
      state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
      return state % below
    }
    const good = frame([big, small], { signed: true, trailers: [crc] })
    for (let round = 0; round < 2000; round++) {
      const wire =
        round % 2 === 0 ? Buffer.from(good) : Buffer.from(Array.from({ length: random(300) }, () => random(256)))
      for (let n = 0; n < 1 + random(3); n++) wire[random(wire.length || 1)] = random(256)
      const cuts = [random(wire.length + 1), random(wire.length + 1)].sort((a, b) => a - b)
      try {
        decode(wire, expectation(data, { seed: round % 4 < 2 ? seed : undefined, ...declared }), cuts)
      } catch (cause) {
        assert.equal((cause as Error).name, 'AwsError', String((cause as Error).stack))
      }
    }
  })
})

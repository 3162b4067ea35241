import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checksumOf, createHasher, type Hasher } from '../../../src/digest/hasher.ts'
import { algorithmNames, algorithms, declaredChecksum, isChecksumValue } from '../../../src/s3/lib/checksum.ts'
import { combineCrcs } from '../../../src/s3/lib/crc-combine.ts'
import type { ChecksumAlgorithm } from '../../../src/store/records.ts'
import { refused } from '../support.ts'

const hex = async (algorithm: ChecksumAlgorithm, text: string) =>
  Buffer.from(await checksumOf(algorithm, Buffer.from(text)), 'base64').toString('hex')

/** Check values of "123456789": the CRC RevEng catalogue, RFC 1321, FIPS 180-4 tools, and xxHash's xxhsum. */
const checkValues: Record<ChecksumAlgorithm, string> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
  SHA512:
    'd9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85',
  MD5: '25f9e794323b453885f5181f1b624d0b',
  XXHASH64: '8cb841db40e6ae83',
  XXHASH3: '72dcb18b67a17dff',
  XXHASH128: '33119477ede5dcd5e9716427681d5860',
}

/** Values of the empty text: FIPS 180-4, RFC 1321, xxHash's documentation. */
const emptyValues: Partial<Record<ChecksumAlgorithm, string>> = {
  CRC32: '00000000',
  CRC32C: '00000000',
  CRC64NVME: '0000000000000000',
  SHA1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  SHA256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  MD5: 'd41d8cd98f00b204e9800998ecf8427e',
  XXHASH64: 'ef46db3751d8e999',
  XXHASH3: '2d06800538d394c2',
  XXHASH128: '99aa06d3014798d86001c324468d497f',
}

/** What S3 answered for "test data.." (recorded, test_put_object_checksum) and its twins. */
const recorded: [ChecksumAlgorithm, string, string][] = [
  ['CRC32', 'test data..', 'cZWHwQ=='],
  ['CRC32C', 'test data..', 'Pf4upw=='],
  ['CRC64NVME', 'test data..', 'qUVrWYOrIAM='],
  ['SHA1', 'test data..', 'B++3uSfJMSHWToQMQ1g6lIJY5Eo='],
  ['SHA256', 'test data..', '2l26x0trnT0r2AvakoFk2MB7eKVKzYESLMxSAKAzoik='],
  ['CRC64NVME', 'test-checksum', '1f2xscCCZCU='],
  ['CRC32C', 'test content 123', 'fwuu0Q=='],
]

describe('checksums', () => {
  for (const algorithm of algorithmNames) {
    it(`${algorithm} gives its published check value`, async () => {
      assert.equal(await hex(algorithm, '123456789'), checkValues[algorithm])
      assert.equal((checkValues[algorithm] as string).length, algorithms[algorithm].sizeBytes * 2)
    })
    it(`${algorithm} does not depend on how the bytes are cut`, async () => {
      const bytes = Buffer.alloc(200_000, 'abcdefghijk')
      const whole = await checksumOf(algorithm, bytes)
      for (const cut of [1, 7, 16_384, 65_537]) {
        const hasher = await createHasher(algorithm)
        hasher.update(bytes.subarray(0, cut))
        hasher.update(bytes.subarray(cut))
        assert.equal(hasher.digest().toString('base64'), whole)
      }
    })
    const empty = emptyValues[algorithm]
    if (empty !== undefined) {
      it(`${algorithm} of nothing is known`, async () => assert.equal(await hex(algorithm, ''), empty))
    }
  }

  for (const [algorithm, text, value] of recorded) {
    it(`${algorithm} of '${text}' is what S3 answered`, async () =>
      assert.equal(await checksumOf(algorithm, Buffer.from(text)), value))
  }

  it('two hashers of one algorithm at a time do not disturb each other', async () => {
    for (const algorithm of algorithmNames) {
      const [a, b] = (await Promise.all([createHasher(algorithm), createHasher(algorithm)])) as [Hasher, Hasher]
      a.update(Buffer.from('12345'))
      b.update(Buffer.from('other'))
      a.update(Buffer.from('6789'))
      assert.equal(a.digest().toString('hex'), checkValues[algorithm])
      b.digest()
    }
  })

  it('a used hasher is reused without a promise', async () => {
    await checksumOf('CRC64NVME', Buffer.from('x'))
    const hasher = createHasher('CRC64NVME')
    assert.ok(!(hasher instanceof Promise))
    hasher.digest()
  })

  it('a value must be canonical Base64 of the right length', () => {
    assert.ok(isChecksumValue('CRC32', 'cZWHwQ=='))
    for (const value of ['', 'cZWHwQ', 'cZWHwR==', 'cZWHwQ==\n', 'AAAAAAAA', '!!!!!!==']) {
      assert.ok(!isChecksumValue('CRC32', value), value)
    }
  })
})

describe('combined CRCs', () => {
  const bytes = Buffer.alloc(100_003)
  for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + (at >> 8)) & 0xff
  for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME'] as const) {
    it(`${algorithm} of parts of any size is that of the whole`, async () => {
      for (const cuts of [[], [0], [1], [50_000], [1, 2, 3, 70_000], [99_999, 100_002]]) {
        const edges = [0, ...cuts, bytes.length]
        const parts = []
        for (let at = 1; at < edges.length; at++) {
          const part = bytes.subarray(edges[at - 1], edges[at])
          parts.push({ value: await checksumOf(algorithm, part), sizeBytes: part.length })
        }
        assert.equal(combineCrcs(algorithm, parts), await checksumOf(algorithm, bytes))
      }
    })
  }

  it('the parts of a recorded upload combine to what S3 answered (test_complete_multipart_parts_checksum_full_object)', () => {
    const large = { value: 'Kg7TOs6algM=', sizeBytes: 5_242_881 }
    assert.equal(combineCrcs('CRC64NVME', [large, large, { value: 'DBqAA21lxVU=', sizeBytes: 10 }]), 'ZMNX55lZurA=')
  })

  it('10,000 parts of 5 GiB combine quickly', () => {
    const parts = Array.from({ length: 10_000 }, () => ({ value: 'Kg7TOs6algM=', sizeBytes: 5 * 1024 ** 3 }))
    const startedMs = performance.now()
    combineCrcs('CRC64NVME', parts)
    assert.ok(performance.now() - startedMs < 2000)
  })
})

describe('declared checksums', () => {
  const cases: [string, Parameters<typeof declaredChecksum>, unknown][] = [
    ['none', [{}, undefined], undefined],
    ['a header', [{ ChecksumCRC32: 'cZWHwQ==' }, []], { algorithm: 'CRC32', value: 'cZWHwQ==' }],
    ['a trailer', [{}, ['x-amz-checksum-crc32c']], { algorithm: 'CRC32C', value: undefined }],
    [
      'a header and the SDK naming it in lower case',
      [{ ChecksumCRC32: 'cZWHwQ==', ChecksumAlgorithm: 'crc32' }, []],
      { algorithm: 'CRC32', value: 'cZWHwQ==' },
    ],
  ]
  for (const [name, args, expected] of cases) {
    it(name, () => assert.deepEqual(declaredChecksum(...args), expected))
  }

  // Texts: recorded, test_s3_checksum_no_algorithm; versity/versitygw issues 1593 and 1659.
  const refusals: [string, Parameters<typeof declaredChecksum>, string][] = [
    ['a bad value', [{ ChecksumSHA256: 'abc' }, []], 'Value for x-amz-checksum-sha256 header is invalid.'],
    [
      'two values',
      [{ ChecksumSHA256: 'abc', ChecksumCRC32: 'cZWHwQ==' }, []],
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    ],
    // versity/versitygw's suite, run against AWS.
    ...['x-amz-meta-a', 'x-amz-checksum-sha3', 'x-amz-trailer-signature'].map(
      (name): [string, Parameters<typeof declaredChecksum>, string] => [
        `the trailer ${name}`,
        [{}, [name]],
        'The value specified in the x-amz-trailer header is not supported',
      ],
    ),
    [
      'a header and a trailer',
      [{ ChecksumCRC32: 'cZWHwQ==' }, ['x-amz-checksum-crc32c']],
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    ],
    [
      'an algorithm without a value',
      [{ ChecksumAlgorithm: 'CRC32' }, []],
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    ],
    [
      'another algorithm than the value',
      [{ ChecksumAlgorithm: 'SHA1' }, ['x-amz-checksum-crc64nvme']],
      'Value for x-amz-sdk-checksum-algorithm header is invalid.',
    ],
    [
      'an unknown algorithm',
      [{ ChecksumAlgorithm: 'CRC16' }, []],
      'Value for x-amz-sdk-checksum-algorithm header is invalid.',
    ],
  ]
  for (const [name, args, message] of refusals) {
    it(`${name} is refused`, () =>
      refused(
        Promise.resolve().then(() => declaredChecksum(...args)),
        'InvalidRequest',
        { status: 400, message },
      ))
  }
})

/**
 * Each of the ten algorithms on every way in and out. Values are those of `checksumOf`, which has known answers.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checksumOf } from '../../src/digest/hasher.ts'
import { algorithmNames, algorithms } from '../../src/s3/lib/checksum.ts'
import { handlers } from '../../src/s3/index.ts'
import { allowsChecksumType } from '../../src/s3/lib/uploads.ts'
import { Bucket, Upload, withUploads } from './multipart-support.ts'
import { bodyOf, refused, withWorld } from './support.ts'

const text = 'all of the bytes'
const bytes = Buffer.from(text)

for (const algorithm of algorithmNames) {
  const { member, header } = algorithms[algorithm]
  const of = (content: string) => checksumOf(algorithm, Buffer.from(content))

  describe(algorithm, () => {
    it('of a write comes as a header or a trailer, is verified, and shown where it is asked for', () =>
      withWorld(handlers, async (w) => {
        await w.bucket()
        const value = await checksumOf(algorithm, bytes)
        const other = await of('other bytes')
        const shown = { [member]: value, ChecksumType: 'FULL_OBJECT' }
        const pick = (output: object) =>
          Object.fromEntries(
            Object.entries(output).filter(([name, one]) => /^Checksum/.test(name) && one !== undefined),
          )
        await refused(w.put('key', text, { [member]: other }), 'BadDigest', { status: 400 })
        const trailers = (sent: string) => ({ body: bodyOf(text, { trailers: { [header]: sent } }) })
        await refused(w.put('key', text, {}, trailers(other)), 'BadDigest')
        assert.deepEqual(pick(await w.put('key', text, { [member]: value })), shown)
        assert.deepEqual(pick(await w.put('key', text, {}, trailers(value))), shown)
        const Key = 'key'
        const read = { Bucket, Key, ChecksumMode: 'ENABLED' }
        assert.deepEqual(pick(await w.call('HeadObject', read)), shown)
        assert.deepEqual(pick(await w.call('GetObject', read)), shown)
        assert.deepEqual(pick(await w.call('GetObject', { ...read, Range: 'bytes=0-3' })), {})
        assert.deepEqual(pick(await w.call('HeadObject', { Bucket, Key })), {})
        const attributes = { Bucket, Key, ObjectAttributes: ['Checksum'] }
        assert.deepEqual((await w.call('GetObjectAttributes', attributes)).Checksum, shown)
        const [listed] = (await w.call('ListObjectsV2', { Bucket })).Contents ?? []
        assert.deepEqual(pick(listed ?? {}), { ChecksumAlgorithm: [algorithm], ChecksumType: 'FULL_OBJECT' })
        await w.put('plain', text)
        for (const CopySource of ['bucket/key', 'bucket/plain']) {
          const ChecksumAlgorithm = CopySource === 'bucket/key' ? undefined : algorithm
          const { CopyObjectResult = {} } = await w.call('CopyObject', {
            ...{ Bucket, Key: 'copy', CopySource, ChecksumAlgorithm },
          })
          assert.deepEqual(pick(CopyObjectResult), shown)
        }
      }))

    for (const ChecksumType of ['COMPOSITE', 'FULL_OBJECT'] as const) {
      if (!allowsChecksumType(algorithm, ChecksumType)) continue
      it(`of parts is verified and listed, and makes up a ${ChecksumType} one`, () =>
        withUploads(async (w) => {
          const upload = await Upload.begin(w, { ChecksumAlgorithm: algorithm, ChecksumType })
          const pieces = [text.slice(0, 7), text.slice(7)]
          await refused(upload.part(1, 'x', { [member]: await of('y') }), 'BadDigest')
          const values = await Promise.all(pieces.map(of))
          for (const [at, piece] of pieces.entries()) await upload.part(at + 1, piece, { [member]: values[at] })
          assert.deepEqual(
            (await upload.list()).Parts?.map((part) => part[member]),
            values,
          )
          const digests = Buffer.concat(values.map((value) => Buffer.from(value, 'base64')))
          const expected =
            ChecksumType === 'FULL_OBJECT'
              ? await checksumOf(algorithm, bytes)
              : `${await checksumOf(algorithm, digests)}-2`
          const completed = await upload.complete()
          assert.deepEqual([completed[member], completed.ChecksumType], [expected, ChecksumType])
          const head = await w.call('HeadObject', { Bucket, Key: 'key', ChecksumMode: 'ENABLED' })
          assert.deepEqual([head[member], head.ChecksumType], [expected, ChecksumType])
          const first = await w.call('GetObject', { Bucket, Key: 'key', PartNumber: 1, ChecksumMode: 'ENABLED' })
          assert.equal(first[member], ChecksumType === 'COMPOSITE' ? values[0] : undefined)
        }))
    }
  })
}

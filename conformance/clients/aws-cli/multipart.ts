/** Multipart uploads by `aws s3api`, step by step, and what S3 refuses of them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { etag, MiB, noise } from '../../lib/bytes.ts'
import type { Check } from '../../lib/scenario.ts'
import type { Aws } from './client.ts'

export function multipartChecks(aws: Aws): Check[] {
  return [
    ['s3api multipart: create, parts, list, complete', () => complete(aws)],
    ['s3api multipart: a part copied from a range of an object', () => copyPart(aws)],
    ['s3api multipart: abort, and an upload that is not there', () => abort(aws)],
    ['s3api multipart: part too small, unknown, out of order', () => refusals(aws)],
    ['s3api list-parts and list-multipart-uploads in pages', () => pages(aws)],
  ]
}

interface Upload {
  bucket: string
  /** The arguments that name the upload. */
  args: string[]
  /** Sends a part. @returns its ETag */
  part(number: number, file: string): Promise<string>
  /** The arguments of complete-multipart-upload for these parts. */
  done(...parts: readonly (readonly [number: number, etag: string])[]): string[]
}

async function begin(aws: Aws, bucket: string, key: string, ...args: string[]): Promise<Upload> {
  const name = ['--bucket', bucket, '--key', key]
  const id = await aws.query('UploadId', 's3api', 'create-multipart-upload', ...name, ...args)
  const upload = [...name, '--upload-id', String(id)]
  return {
    bucket,
    args: upload,
    part: async (number, file) =>
      String(
        await aws.query('ETag', 's3api', 'upload-part', ...upload, '--part-number', String(number), '--body', file),
      ),
    done(...parts) {
      const Parts = parts.map(([PartNumber, ETag]) => ({ PartNumber, ETag }))
      return ['s3api', 'complete-multipart-upload', ...upload, '--multipart-upload', JSON.stringify({ Parts })]
    },
  }
}

/** The ETag of an object of several parts: the MD5 of their MD5s, and their number. */
function etagOfParts(...parts: readonly Buffer[]): string {
  const digests = parts.map((part) => createHash('md5').update(part).digest())
  return `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}"`
}

async function complete(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('parts')
  const first = noise(5 * MiB, 11)
  const last = noise(1000, 12)
  const upload = await begin(aws, bucket, 'dir/whole', '--metadata', 'a=1', '--content-type', 'text/x-parts')
  const one = await upload.part(1, await aws.file('one', first))
  assert.equal(one, etag(first))
  await upload.part(7, await aws.file('seven', 'replaced'))
  const seven = await upload.part(7, await aws.file('seven', last))
  const listed = await aws.query('Parts[].[PartNumber, Size, ETag]', 's3api', 'list-parts', ...upload.args)
  assert.deepEqual(listed, [
    [1, first.length, one],
    [7, last.length, seven],
  ])
  const going = await aws.query('Uploads[].Key', 's3api', 'list-multipart-uploads', '--bucket', bucket)
  assert.deepEqual(going, ['dir/whole'])
  await aws.refused(/\(404\)/, 's3api', 'head-object', '--bucket', bucket, '--key', 'dir/whole')
  const result = await aws.query('[ETag, Bucket, Key]', ...upload.done([1, one], [7, seven]))
  assert.deepEqual(result, [etagOfParts(first, last), bucket, 'dir/whole'])
  const key = ['--bucket', bucket, '--key', 'dir/whole']
  const fields = '[ContentLength, ContentType, Metadata]'
  assert.deepEqual(await aws.query(fields, 's3api', 'get-object', ...key, aws.path('whole')), [
    first.length + last.length,
    'text/x-parts',
    { a: '1' },
  ])
  assert.ok(Buffer.concat([first, last]).equals(await readFile(aws.path('whole'))))
  const second = await aws.query(
    '[ContentLength, PartsCount, ContentRange]',
    's3api',
    'get-object',
    ...key,
    '--part-number',
    '2',
    aws.path('second'),
  )
  assert.deepEqual(second, [1000, 2, `bytes ${first.length}-${first.length + 999}/${first.length + 1000}`])
  assert.ok(last.equals(await readFile(aws.path('second'))))
  assert.equal((await aws.query('Uploads', 's3api', 'list-multipart-uploads', '--bucket', bucket)) ?? null, null)
}

async function copyPart(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('copied')
  const body = noise(6 * MiB, 13)
  await aws.ok('s3api', 'put-object', '--bucket', bucket, '--key', 'source', '--body', await aws.file('source', body))
  const upload = await begin(aws, bucket, 'target')
  const copy = (number: number, range: string) => {
    const args = ['--part-number', String(number), '--copy-source', `${bucket}/source`, '--copy-source-range', range]
    return aws.query('CopyPartResult.ETag', 's3api', 'upload-part-copy', ...upload.args, ...args).then(String)
  }
  const one = await copy(1, `bytes=0-${5 * MiB - 1}`)
  const two = await copy(2, `bytes=${5 * MiB}-${6 * MiB - 1}`)
  await aws.refused(
    /InvalidArgument|InvalidRange/,
    's3api',
    'upload-part-copy',
    ...upload.args,
    '--part-number',
    '3',
    '--copy-source',
    `${bucket}/source`,
    '--copy-source-range',
    `bytes=0-${6 * MiB}`,
  )
  await aws.ok(...upload.done([1, one], [2, two]))
  await aws.ok('s3api', 'get-object', '--bucket', bucket, '--key', 'target', aws.path('target'))
  assert.ok(body.equals(await readFile(aws.path('target'))))
}

async function abort(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('abort')
  const upload = await begin(aws, bucket, 'k')
  const part = await upload.part(1, await aws.file('part', 'part'))
  await aws.ok('s3api', 'abort-multipart-upload', ...upload.args)
  const gone =
    /NoSuchUpload.*The specified upload does not exist\. The upload ID may be invalid, or the upload may have been aborted or completed\./s
  await aws.refused(gone, 's3api', 'list-parts', ...upload.args)
  await aws.refused(gone, ...upload.done([1, part]))
  await aws.refused(gone, 's3api', 'upload-part', ...upload.args, '--part-number', '1', '--body', aws.path('part'))
  await aws.ok('s3api', 'delete-bucket', '--bucket', bucket)
}

async function refusals(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('refused')
  const upload = await begin(aws, bucket, 'k')
  const small = await aws.file('small', 'small')
  const one = await upload.part(1, small)
  const two = await upload.part(2, small)
  await aws.refused(
    /EntityTooSmall.*Your proposed upload is smaller than the minimum allowed size/s,
    ...upload.done([1, one], [2, two]),
  )
  await aws.refused(
    /InvalidPart\b.*One or more of the specified parts could not be found/s,
    ...upload.done([1, one], [3, two]),
  )
  await aws.refused(/InvalidPart\b/, ...upload.done([1, etag('other')]))
  await aws.refused(/InvalidPartOrder.*Parts must be ordered by part number/s, ...upload.done([2, two], [1, one]))
  const badNumber = /InvalidArgument.*Part number must be an integer between 1 and 10000, inclusive/s
  await aws.refused(badNumber, 's3api', 'upload-part', ...upload.args, '--part-number', '10001', '--body', small)
  await aws.ok(...upload.done([2, two]))
}

async function pages(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('pages')
  const upload = await begin(aws, bucket, 'b/1')
  const file = await aws.file('part', 'part')
  for (const number of [1, 2, 5, 9, 10000]) await upload.part(number, file)
  const numbers = await aws.query('Parts[].PartNumber', 's3api', 'list-parts', ...upload.args, '--page-size', '2')
  assert.deepEqual(numbers, [1, 2, 5, 9, 10000])
  for (const key of ['a', 'b/2', 'c']) await begin(aws, bucket, key)
  const list = ['s3api', 'list-multipart-uploads', '--bucket', bucket]
  assert.deepEqual(await aws.query('Uploads[].Key', ...list, '--page-size', '1'), ['a', 'b/1', 'b/2', 'c'])
  const grouped = await aws.query('[Uploads[].Key, CommonPrefixes[].Prefix]', ...list, '--delimiter', '/')
  assert.deepEqual(grouped, [['a', 'c'], ['b/']])
}

/** Listings and their paginators. */
import assert from 'node:assert/strict'
import {
  type ListObjectsV2CommandInput,
  paginateListBuckets,
  paginateListObjectsV2,
  paginateListParts,
  type S3,
} from '@aws-sdk/client-s3'
import { bucket, type Check, client, refused } from './checks.ts'

export const listingChecks: Check[] = [
  ['paginators: objects, prefixes, buckets, parts', pages],
  ['list: V1 markers, V2 start-after and tokens, delimiter', options],
]

const names = Array.from({ length: 60 }, (_, at) => `${'abc'[at % 3]}/k${String(at).padStart(2, '0')}`).sort()

async function filled(s3: S3, hint: string): Promise<string> {
  const Bucket = await bucket(s3, hint)
  await Promise.all(names.map((Key) => s3.putObject({ Bucket, Key, Body: Key })))
  return Bucket
}

async function keysOf(
  s3: S3,
  input: ListObjectsV2CommandInput,
  pageSize: number,
): Promise<[keys: unknown[], prefixes: unknown[]]> {
  const keys: unknown[] = []
  const prefixes: unknown[] = []
  for await (const page of paginateListObjectsV2({ client: s3, pageSize }, input)) {
    keys.push(...(page.Contents ?? []).map((object) => object.Key))
    prefixes.push(...(page.CommonPrefixes ?? []).map((prefix) => prefix.Prefix))
  }
  return [keys, prefixes]
}

async function pages(): Promise<void> {
  const s3 = client()
  const Bucket = await filled(s3, 'pages')
  assert.deepEqual(await keysOf(s3, { Bucket }, 7), [names, []])
  assert.deepEqual(await keysOf(s3, { Bucket, Delimiter: '/' }, 1), [[], ['a/', 'b/', 'c/']])
  assert.deepEqual(await keysOf(s3, { Bucket, Prefix: 'b/' }, 6), [names.filter((name) => name.startsWith('b/')), []])
  let found = 0
  for await (const page of paginateListBuckets({ client: s3, pageSize: 1 }, {})) found += page.Buckets?.length ?? 0
  assert.equal(found, (await s3.listBuckets({})).Buckets?.length)
  const { UploadId } = await s3.createMultipartUpload({ Bucket, Key: 'parts' })
  const upload = { Bucket, Key: 'parts', UploadId }
  for (const PartNumber of [1, 3, 9999]) await s3.uploadPart({ ...upload, PartNumber, Body: 'x' })
  const parts: unknown[] = []
  for await (const page of paginateListParts({ client: s3, pageSize: 2 }, upload)) {
    parts.push(...(page.Parts ?? []).map((part) => part.PartNumber))
    // The SDK itself never ends: it does not look at this (aws-sdk-go-v2#1140 tells the same of another SDK).
    if (!page.IsTruncated) break
  }
  assert.deepEqual(parts, [1, 3, 9999])
}

async function options(): Promise<void> {
  const s3 = client()
  const Bucket = await filled(s3, 'options')
  const keys = (found: { Contents?: { Key?: string | undefined }[] | undefined }) =>
    (found.Contents ?? []).map((object) => object.Key)
  const first = await s3.listObjects({ Bucket, MaxKeys: 5 })
  assert.deepEqual([keys(first), first.IsTruncated, first.NextMarker], [names.slice(0, 5), true, undefined])
  assert.deepEqual(keys(await s3.listObjects({ Bucket, MaxKeys: 5, Marker: names[4] })), names.slice(5, 10))
  const grouped = await s3.listObjects({ Bucket, MaxKeys: 1, Delimiter: '/' })
  assert.deepEqual([grouped.CommonPrefixes, grouped.NextMarker], [[{ Prefix: 'a/' }], 'a/'])
  const after = await s3.listObjectsV2({ Bucket, StartAfter: names[50], FetchOwner: true })
  assert.deepEqual(keys(after), names.slice(51))
  assert.ok(after.Contents?.[0]?.Owner?.ID)
  assert.deepEqual([after.Contents?.[0]?.Size, after.Contents?.[0]?.StorageClass], [5, 'STANDARD'])
  const none = await s3.listObjectsV2({ Bucket, MaxKeys: 0 })
  assert.deepEqual([none.KeyCount, none.IsTruncated], [0, false])
  await refused('InvalidArgument', 400, s3.listObjectsV2({ Bucket, ContinuationToken: 'nonsense' }))
  await refused('InvalidArgument', 400, s3.listObjectsV2({ Bucket, EncodingType: 'base64' as 'url' }))
}

/** Every listing ends, page by page, and gives each thing once, whatever it is asked for. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { handlers } from '../../src/s3/index.ts'
import { randomOf } from '../policy/support.ts'
import { bodyOf, type World, withWorld } from './support.ts'

const Bucket = 'bucket'

/** One page: what it lists, and the request for the next one; undefined when it is the last. */
interface Step<Input> {
  items: string[]
  next: Input | undefined
}

/** Follows a listing to its end as a client does. */
async function follow<Input>(first: Input, page: (input: Input) => Promise<Step<Input>>): Promise<string[]> {
  const all: string[] = []
  let next: Input | undefined = first
  for (let pages = 0; next !== undefined; pages++) {
    assert.ok(pages < 200, `no end: ${JSON.stringify(next)}`)
    const step: Step<Input> = await page(next)
    all.push(...step.items)
    next = step.next
  }
  return all
}

interface Asked {
  Prefix?: string
  Delimiter?: string
  EncodingType?: string
}

const prefixesOf = (list: { Prefix?: string | undefined }[] | undefined) =>
  (list ?? []).map(({ Prefix }) => `${Prefix}*`)
const plain = (text: string | undefined, { EncodingType }: Asked) =>
  EncodingType === undefined ? text : text && decodeURIComponent(text.replaceAll('+', ' '))

type Listing = (world: World, asked: Asked, max: number | undefined, from?: string) => Promise<string[]>

const listings: Record<string, Listing> = {
  ListObjects: (world, asked, MaxKeys, Marker) =>
    follow({ Marker }, async (markers) => {
      const page = await world.call('ListObjects', { Bucket, ...asked, MaxKeys, ...markers })
      const keys = (page.Contents ?? []).map(({ Key }) => Key as string)
      const last = page.NextMarker ?? keys.at(-1)
      const next = page.IsTruncated ? { Marker: plain(last, asked) } : undefined
      return { items: [...keys, ...prefixesOf(page.CommonPrefixes)], next }
    }),
  ListObjectsV2: (world, asked, MaxKeys, StartAfter) =>
    follow<{ StartAfter?: string | undefined; ContinuationToken?: string | undefined }>(
      { StartAfter },
      async (markers) => {
        const page = await world.call('ListObjectsV2', { Bucket, ...asked, MaxKeys, ...markers })
        const keys = (page.Contents ?? []).map(({ Key }) => Key as string)
        const next = page.IsTruncated ? { ContinuationToken: page.NextContinuationToken } : undefined
        return { items: [...keys, ...prefixesOf(page.CommonPrefixes)], next }
      },
    ),
  ListObjectVersions: (world, asked, MaxKeys, KeyMarker) =>
    follow<{ KeyMarker?: string | undefined; VersionIdMarker?: string | undefined }>({ KeyMarker }, async (markers) => {
      const page = await world.call('ListObjectVersions', { Bucket, ...asked, MaxKeys, ...markers })
      const listed = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
      const items = [...listed.map(({ Key, VersionId }) => `${Key} ${VersionId}`), ...prefixesOf(page.CommonPrefixes)]
      const next = { KeyMarker: plain(page.NextKeyMarker, asked), VersionIdMarker: page.NextVersionIdMarker }
      return { items, next: page.IsTruncated ? next : undefined }
    }),
  ListMultipartUploads: (world, asked, MaxUploads, KeyMarker) =>
    follow<{ KeyMarker?: string | undefined; UploadIdMarker?: string | undefined }>({ KeyMarker }, async (markers) => {
      const page = await world.call('ListMultipartUploads', { Bucket, ...asked, MaxUploads, ...markers })
      const listed = (page.Uploads ?? []).map(({ Key, UploadId }) => `${Key} ${UploadId}`)
      const next = { KeyMarker: plain(page.NextKeyMarker, asked), UploadIdMarker: page.NextUploadIdMarker }
      return { items: [...listed, ...prefixesOf(page.CommonPrefixes)], next: page.IsTruncated ? next : undefined }
    }),
}

/** Keys that make groups of every kind: nested, empty names, delimiters at either end, of several characters. */
const keys = [
  'a',
  'a/',
  'a/a',
  'a/b/',
  'a/b/c',
  'a/b/d',
  'a//x',
  'a--b--c',
  'a--d',
  '/a',
  '/',
  '//',
  'b',
  'b/c',
  'é/é',
  'b c/d+e',
  'z',
]

async function fill(world: World): Promise<void> {
  await world.bucket(Bucket, { versioning: 'Enabled' })
  for (const [at, Key] of keys.entries()) {
    for (let version = 0; version <= at % 3; version++) await world.put(Key, `${version}`)
    if (at % 4 === 0) await world.call('DeleteObject', { Bucket, Key })
    for (let upload = 0; upload <= at % 3; upload++) await world.call('CreateMultipartUpload', { Bucket, Key })
  }
}

describe('listings by pages', () => {
  for (const [name, list] of Object.entries(listings)) {
    it(`${name}: any prefix, delimiter, page size, marker and encoding`, () =>
      withWorld(handlers, async (world) => {
        await fill(world)
        const random = randomOf(7)
        const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T
        for (let round = 0; round < 400; round++) {
          const Prefix = pick(['', 'a', 'a/', 'a/b', 'a--', '/', 'b', 'é', 'nothing'])
          const Delimiter = pick([undefined, '', '/', '--', 'b', 'c/', 'é'])
          const EncodingType = pick([undefined, 'url'])
          const asked = { Prefix, ...(Delimiter !== undefined && { Delimiter }), ...(EncodingType && { EncodingType }) }
          const from = pick([undefined, undefined, 'a', 'a/', 'a/b/', 'a/b/c', 'a--b', '/', 'm', 'zz'])
          const whole = await list(world, asked, undefined, from)
          assert.equal(new Set(whole).size, whole.length)
          const paged = await list(world, asked, pick([1, 2, 3, 5, 1000]), from)
          assert.deepEqual(paged.sort(), whole.sort(), JSON.stringify({ asked, from }))
        }
      }))
  }

  it('ListParts, ListBuckets', () =>
    withWorld(handlers, async (world) => {
      await world.bucket()
      for (const name of ['bucket-a', 'bucket-b', 'bucket-b2', 'other']) await world.bucket(name)
      const { UploadId } = await world.call('CreateMultipartUpload', { Bucket, Key: 'k' })
      const upload = { Bucket, Key: 'k', UploadId: UploadId as string }
      for (const PartNumber of [1, 2, 5, 7, 10_000]) {
        await world.call('UploadPart', { ...upload, PartNumber }, { body: bodyOf('x') })
      }
      for (const max of [1, 2, 3, 5, 1000, undefined]) {
        const parts = await follow<{ PartNumberMarker?: string | undefined }>({}, async (markers) => {
          const page = await world.call('ListParts', { ...upload, MaxParts: max, ...markers })
          const items = (page.Parts ?? []).map(({ PartNumber }) => String(PartNumber))
          return { items, next: page.IsTruncated ? { PartNumberMarker: page.NextPartNumberMarker } : undefined }
        })
        assert.deepEqual(parts, ['1', '2', '5', '7', '10000'])
        for (const [Prefix, expected] of [
          [undefined, ['bucket', 'bucket-a', 'bucket-b', 'bucket-b2', 'other']],
          ['bucket-b', ['bucket-b', 'bucket-b2']],
          ['nothing', []],
        ] as const) {
          const names = await follow<{ ContinuationToken?: string | undefined }>({}, async (markers) => {
            const page = await world.call('ListBuckets', { MaxBuckets: max, Prefix, ...markers })
            const items = (page.Buckets ?? []).map(({ Name }) => Name as string)
            return { items, next: page.ContinuationToken ? { ContinuationToken: page.ContinuationToken } : undefined }
          })
          assert.deepEqual(names, expected)
        }
      }
    }))
})

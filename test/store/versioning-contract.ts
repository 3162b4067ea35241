/** The stack of versions of a key: a table of states, and random walks against a naive model. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ObjectRecord } from '../../src/store/records.ts'
import type { Store } from '../../src/store/store.ts'
import { verifyStore } from '../../src/store/verify.ts'
import { blobIds, type Mode, makeBucket, must, put, randomNumbers, setVersioning, withStore } from './support.ts'

/**
 * p puts, d deletes (without version id), E enables, S suspends, x removes the newest version for good, o the oldest,
 * n the null version.
 */
type Step = string

/** What each sequence of steps leaves, newest first: `0` the null version, `v` another, in capitals (`N`, `V`) if a delete marker. */
const table: [Step, string][] = [
  ['p', '0'],
  ['pp', '0'],
  ['d', ''],
  ['pd', ''],
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/versioning-workflows.html
  ['Ep', 'v'],
  ['Epp', 'vv'],
  ['pE', '0'],
  ['pEp', 'v0'],
  ['pEpp', 'vv0'],
  ['Ed', 'V'],
  ['Edd', 'VV'],
  ['pEd', 'V0'],
  ['Epd', 'Vv'],
  ['EpdpS', 'vVv'],
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/AddingObjectstoVersionSuspendedBuckets.html
  ['EpSp', '0v'],
  ['EpSpp', '0v'],
  ['pEpSp', '0v'],
  ['pEppSp', '0vv'],
  ['EpSpEp', 'v0v'],
  ['EpSpEpSp', '0vv'],
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersionSuspendedBuckets.html
  ['Sd', 'N'],
  ['Sdd', 'N'],
  ['pSd', 'N'],
  ['EpSd', 'Nv'],
  ['pEpSd', 'Nv'],
  ['EpSpd', 'Nv'],
  ['EpSdp', '0v'],
  ['EpSdEp', 'vNv'],
  ['EpSdEpSp', '0vv'],
  // Removing versions for good.
  ['px', ''],
  ['Epx', ''],
  ['Eppx', 'v'],
  ['Eppo', 'v'],
  ['Epppo', 'vv'],
  ['pEpn', 'v'],
  ['pEpnp', 'vv'],
  ['pEpx', '0'],
  ['pEpxp', 'v0'],
  ['pEdx', '0'],
  ['Epdx', 'v'],
  ['Epdo', 'V'],
  ['Epdxp', 'vv'],
  ['pEpxSp', '0'],
  ['EpSdn', 'v'],
  ['EpppxxpS', 'vv'],
  ['EpSpEpnSp', '0vv'],
  ['EpSpEpxx', 'v'],
]

async function walk(store: Store, name: string, steps: Step): Promise<string> {
  let bucket = await makeBucket(store, name)
  for (const step of steps) {
    const versions = await stackOf(store, name)
    const newest = versions[0]?.VersionId ?? 'null'
    if (step === 'p') await put(store, bucket, 'k', 'x')
    if (step === 'd') await store.objects.delete(bucket, 'k', 1)
    if (step === 'E') bucket = await setVersioning(store, bucket, 'Enabled')
    if (step === 'S') bucket = await setVersioning(store, bucket, 'Suspended')
    if (step === 'x') await store.objects.deleteVersion(bucket, 'k', newest)
    if (step === 'o') await store.objects.deleteVersion(bucket, 'k', versions.at(-1)?.VersionId ?? 'null')
    if (step === 'n') await store.objects.deleteVersion(bucket, 'k', 'null')
  }
  const rest = await stackOf(store, name)
  return rest.map((each) => letter(each)).join('')
}

const letter = ({ VersionId, isDeleteMarker }: ObjectRecord): string => {
  const name = VersionId === 'null' ? (isDeleteMarker === true ? 'N' : '0') : 'v'
  return isDeleteMarker === true ? name.toUpperCase() : name
}

/** All versions of key `k`, checked for consistency with the other ways to see them. */
async function stackOf(store: Store, name: string): Promise<ObjectRecord[]> {
  const bucket = must(await store.buckets.get(name))
  const page = await store.objects.listVersions(bucket, { limit: 1000 })
  const versions = page.entries.map((entry) => ('record' in entry ? entry.record : assert.fail()))
  for (const [i, version] of versions.entries()) {
    assert.equal(version.isLatest, i === 0)
    const { isLatest: _, ...record } = version
    assert.deepEqual(await store.objects.version(bucket, 'k', version.VersionId), record)
  }
  const latest = await store.objects.latest(bucket, 'k')
  assert.equal(latest?.VersionId, versions[0]?.VersionId)
  assert.equal(latest?.hasOlder === true, versions.length > 1)
  return versions
}

export function versioningContract(mode: Mode): void {
  describe(`versioning: ${mode}`, () => {
    it('every sequence of states leaves the versions that AWS documents', () =>
      withStore(mode, async ({ store, kv, collector }) => {
        for (const [i, [steps, expected]] of table.entries()) {
          assert.equal(await walk(store, `b${i}`, steps), expected, `after ${steps}`)
        }
        await collector.idle()
        assert.deepEqual(await verifyStore(kv, []), [])
      }))

    it('writing, deleting and removing at random agrees with a plain list', () =>
      withStore(mode, async (opened, dataDir) => {
        for (let seed = 1; seed <= 10; seed++) await agreesWithModel(opened.store, seed)
        await opened.collector.idle()
        assert.deepEqual(await verifyStore(opened.kv, await blobIds(opened, dataDir)), [])
      }))

    it('writes within one millisecond keep their order', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
        const ids: string[] = []
        for (let i = 0; i < 50; i++) ids.unshift((await put(store, bucket, 'k', 'x', { lastModifiedMs: 7 })).VersionId)
        assert.deepEqual(
          (await stackOf(store, 'b')).map(({ VersionId }) => VersionId),
          ids,
        )
      }))

    it('a version id is 32 characters that need no escaping', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
        assert.match((await put(store, bucket, 'k', 'x')).VersionId, /^[A-Za-z0-9._]{32}$/)
      }))

    it('the state that counts is that of the commit, not that of the caller', () =>
      withStore(mode, async ({ store }) => {
        const stale = await makeBucket(store, 'b')
        const bucket = await setVersioning(store, stale, 'Enabled')
        await put(store, bucket, 'k', 'one')
        const second = await put(store, stale, 'k', 'two')
        assert.notEqual(second.VersionId, 'null')
        assert.equal((await stackOf(store, 'b')).length, 2)
      }))

    it('removals of different versions at the same time leave nothing behind', () =>
      withStore(mode, async ({ store, kv, collector }) => {
        for (let round = 0; round < 10; round++) {
          const bucket = await makeBucket(store, `b${round}`, { versioning: 'Enabled' })
          const ids: string[] = []
          for (let i = 0; i < 8; i++) ids.push((await put(store, bucket, 'k', 'x')).VersionId)
          const kept = ids[round % 8]
          const doomed = ids.filter((id) => id !== kept)
          await Promise.all(doomed.map((id) => store.objects.deleteVersion(bucket, 'k', id)))
          const [only, ...others] = await stackOf(store, `b${round}`)
          assert.equal(only?.VersionId, kept)
          assert.equal(others.length, 0)
        }
        await collector.idle()
        assert.deepEqual(await verifyStore(kv, []), [])
      }))

    it('tags and locks change any version, and nothing else of it', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
        const first = await put(store, bucket, 'k', 'one')
        const second = await put(store, bucket, 'k', 'two')
        for (const { VersionId } of [first, second]) {
          const changed = must(
            await store.objects.update(bucket, 'k', VersionId, (record) => ({
              ...record,
              VersionId: 'other',
              sizeBytes: 99,
              tags: [{ Key: 'a', Value: 'b' }],
            })),
          )
          assert.equal(changed.VersionId, VersionId)
          assert.equal(changed.sizeBytes, 3)
          assert.deepEqual((await store.objects.version(bucket, 'k', VersionId))?.tags, [{ Key: 'a', Value: 'b' }])
        }
        assert.equal((await stackOf(store, 'b')).length, 2)
        assert.equal(await store.objects.update(bucket, 'k', 'none', (record) => record), undefined)
      }))

    it('a refusal keeps the version', () =>
      withStore(mode, async ({ store }) => {
        const bucket = await makeBucket(store, 'b', { versioning: 'Enabled' })
        const { VersionId } = await put(store, bucket, 'k', 'one')
        const refuse = () => {
          throw new Error('locked')
        }
        await assert.rejects(store.objects.deleteVersion(bucket, 'k', VersionId, refuse), /locked/)
        await assert.rejects(store.objects.delete(bucket, 'k', 1, refuse), /locked/)
        assert.equal((await stackOf(store, 'b')).length, 1)
      }))
  })
}

/** The model: a list of version ids, newest first, marked with `!` when a delete marker. */
async function agreesWithModel(store: Store, seed: number): Promise<void> {
  const random = randomNumbers(seed)
  let bucket = await makeBucket(store, `r${seed}`)
  let model: { id: string; isMarker: boolean }[] = []
  for (let i = 0; i < 60; i++) {
    const dice = random(10)
    if (dice === 0) bucket = await setVersioning(store, bucket, random(2) === 0 ? 'Enabled' : 'Suspended')
    else if (dice < 6) {
      const { VersionId } = await put(store, bucket, 'k', 'x')
      if (VersionId === 'null') model = model.filter(({ id }) => id !== 'null')
      model.unshift({ id: VersionId, isMarker: false })
    } else if (dice < 8) {
      const { marker } = await store.objects.delete(bucket, 'k', 1)
      if (bucket.versioning !== 'Enabled') model = model.filter(({ id }) => id !== 'null')
      if (marker !== undefined) model.unshift({ id: marker.VersionId, isMarker: true })
    } else {
      const doomed = model[random(model.length + 1)]?.id ?? 'none'
      const removed = await store.objects.deleteVersion(bucket, 'k', doomed)
      assert.equal(removed?.VersionId, doomed === 'none' ? undefined : doomed)
      model = model.filter(({ id }) => id !== doomed)
    }
    const seen = await stackOf(store, `r${seed}`)
    assert.deepEqual(
      seen.map(({ VersionId, isDeleteMarker }) => ({ id: VersionId, isMarker: isDeleteMarker === true })),
      model,
    )
  }
}

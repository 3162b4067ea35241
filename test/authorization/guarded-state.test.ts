// What a read shows of an object's tags and lock only to those who may read these.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (x-amz-object-lock-mode: "only returned if the requester
// has the s3:GetObjectRetention permission"; x-amz-tagging-count: "when you have the relevant permission to read object tags")
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openScene, type Scene, type Statement } from './support.ts'

let scene: Scene
let Bucket: string
let VersionId: string
before(async () => {
  scene = await openScene()
  Bucket = 'guarded'
  await scene.must(scene.a, 'CreateBucket', { Bucket, ObjectLockEnabledForBucket: true })
  const lock = { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: new Date(Date.now() + 86_400_000) }
  const more = { Tagging: 'a=1&b=2', ...lock, ObjectLockLegalHoldStatus: 'ON', ChecksumAlgorithm: 'CRC32' }
  const { output } = await scene.put(Bucket, 'k', more)
  VersionId = output.VersionId as string
})
after(() => scene.close())

const may = (...actions: string[]): Statement => ({ Effect: 'Allow', Action: actions, Resource: '*' })

const cases: [actions: string[], shown: { tags: boolean; retention: boolean; hold: boolean }][] = [
  [[], { tags: false, retention: false, hold: false }],
  [['s3:GetObjectTagging'], { tags: true, retention: false, hold: false }],
  [['s3:GetObjectVersionTagging'], { tags: false, retention: false, hold: false }],
  [['s3:GetObjectRetention'], { tags: false, retention: true, hold: false }],
  [['s3:GetObjectLegalHold'], { tags: false, retention: false, hold: true }],
]

describe('reads show of tags and locks what may be read', () => {
  for (const [actions, shown] of cases) {
    it(`with s3:GetObject and ${actions.join(', ') || 'nothing more'}`, async () => {
      const u = await scene.user({ allow: [may('s3:GetObject', ...actions)] })
      for (const operation of ['GetObject', 'HeadObject']) {
        const { output } = await scene.must(u, operation, { Bucket, Key: 'k' })
        assert.equal(output.TagCount, shown.tags ? 2 : undefined)
        assert.equal(output.ObjectLockMode, shown.retention ? 'GOVERNANCE' : undefined)
        assert.equal(output.ObjectLockRetainUntilDate !== undefined, shown.retention)
        assert.equal(output.ObjectLockLegalHoldStatus, shown.hold ? 'ON' : undefined)
      }
    })
  }

  it('of a version the tags need the action of versions', async () => {
    const u = await scene.user({ allow: [may('s3:GetObjectVersion', 's3:GetObjectVersionTagging')] })
    const { output } = await scene.must(u, 'HeadObject', { Bucket, Key: 'k', VersionId })
    assert.equal(output.TagCount, 2)
    const plain = await scene.user({ allow: [may('s3:GetObjectVersion', 's3:GetObjectTagging')] })
    assert.equal((await scene.must(plain, 'HeadObject', { Bucket, Key: 'k', VersionId })).output.TagCount, undefined)
  })

  it('the owner sees all, and an answer that hides something counts as allowed', async () => {
    const { output } = await scene.must(scene.a, 'HeadObject', { Bucket, Key: 'k' })
    assert.deepEqual(
      [output.TagCount, output.ObjectLockMode, output.ObjectLockLegalHoldStatus],
      [2, 'GOVERNANCE', 'ON'],
    )
    const u = await scene.user({ allow: [may('s3:GetObject')] })
    const answer = await scene.must(u, 'GetObject', { Bucket, Key: 'k' })
    const { requestId } = answer.output.$metadata as { requestId: string }
    const explained = await fetch(`${scene.server.url}/_sandbucket/explain/${requestId}`)
    assert.equal(((await explained.json()) as { outcome: string }).outcome, 'allowed')
  })
})

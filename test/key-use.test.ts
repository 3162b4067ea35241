/** GetAccessKeyLastUsed knows of every way to sign. */
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { controlRequest } from './authorization/control-request.ts'
import { createPresignedPost } from './authorization/post-form.ts'
import { accountA, type Asker, openScene, type Scene } from './authorization/support.ts'

let scene: Scene
before(async () => {
  scene = await openScene()
})
after(() => scene.close())

async function lastUsedFor({ key }: Asker): Promise<string | undefined> {
  const said = await scene.iam('A', 'GetAccessKeyLastUsed', { AccessKeyId: key.accessKeyId })
  return (said.AccessKeyLastUsed as { ServiceName?: string }).ServiceName
}

it('browser forms count, also those that are refused', async () => {
  const user = await scene.user()
  const Bucket = await scene.bucket()
  assert.equal(await lastUsedFor(user), 'N/A')
  const body = createPresignedPost(user.key, Bucket, 'k')
  assert.equal((await fetch(`${scene.server.url}/${Bucket}`, { method: 'POST', body })).status, 403)
  assert.equal(await lastUsedFor(user), 's3')
})

it('calls of S3 Control count', async () => {
  const user = await scene.user()
  const path = '/v20180820/configuration/publicAccessBlock'
  assert.equal((await controlRequest(scene, user.key, accountA, 'GET', path)).status, 403)
  assert.equal(await lastUsedFor(user), 's3')
})

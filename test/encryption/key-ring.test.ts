import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { keysAt, memoryKeys } from '../../src/encryption/key-file.ts'
import { type ConfiguredKmsKey, KeyRing } from '../../src/encryption/key-ring.ts'

const place = { accountId: '111111111111', region: 'us-east-1' }
const configured = (more: Partial<ConfiguredKmsKey> = {}): ConfiguredKmsKey => ({
  aliases: [],
  state: 'Enabled',
  accountId: place.accountId,
  ...more,
})

async function withFile(run: (path: string) => Promise<void> | void): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'keys-'))
  try {
    await run(join(dir, 'keys.json'))
  } finally {
    await rm(dir, { recursive: true })
  }
}

describe('the key ring', () => {
  it('finds keys by id and alias, in their account and region only', () => {
    const ring = new KeyRing(memoryKeys(), [
      configured({ id: 'here', aliases: ['alias/one', 'alias/two'] }),
      configured({ id: 'there', region: 'eu-west-1' }),
      configured({ aliases: ['alias/three'] }),
    ])
    assert.equal(ring.byId('here', place)?.arn, 'arn:aws:kms:us-east-1:111111111111:key/here')
    assert.equal(ring.byAlias('alias/two', place)?.arn, 'arn:aws:kms:us-east-1:111111111111:key/here')
    assert.match(ring.byAlias('alias/three', place)?.arn ?? '', /:key\/[0-9a-f-]{36}$/)
    assert.equal(ring.byId('there', place), undefined)
    assert.ok(ring.byId('there', { ...place, region: 'eu-west-1' }))
    assert.equal(ring.byId('here', { ...place, accountId: '2' }), undefined)
    assert.equal(ring.byAlias('alias/here', place), undefined)
  })

  it('makes the key of S3 itself when it is asked for, one per account and region', () => {
    const ring = new KeyRing(memoryKeys())
    const arn = ring.byAlias('alias/aws/s3', place)?.arn
    assert.match(arn ?? '', /^arn:aws:kms:us-east-1:111111111111:key\/[0-9a-f-]{36}$/)
    assert.equal(ring.byAlias('alias/aws/s3', place)?.arn, arn)
    assert.notEqual(ring.byAlias('alias/aws/s3', { ...place, region: 'eu-west-1' })?.arn, arn)
  })

  it('is kept in a file that only its owner reads, and the same after a restart', () =>
    withFile(async (path) => {
      const first = new KeyRing(keysAt(path), [configured({ aliases: ['alias/one'] })])
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      const s3 = first.s3.generate()
      const kms = first.byAlias('alias/one', place)?.sealer('context').generate()
      const managed = first.byAlias('alias/aws/s3', place)
      const again = new KeyRing(keysAt(path), [configured({ aliases: ['alias/one', 'alias/more'] })])
      assert.equal(again.fingerprint, first.fingerprint)
      assert.deepEqual(again.s3.open(s3.sealed), s3.key)
      assert.deepEqual(
        again
          .byAlias('alias/more', place)
          ?.sealer('context')
          .open(kms?.sealed ?? ''),
        kms?.key,
      )
      assert.equal(again.byAlias('alias/aws/s3', place)?.arn, managed?.arn)
    }))

  it('takes states and aliases from the configuration, and keeps keys that it no longer names', () =>
    withFile((path) => {
      const first = new KeyRing(keysAt(path), [configured({ id: 'a', aliases: ['alias/x'] }), configured({ id: 'b' })])
      const data = first.byId('a', place)?.sealer(undefined).generate()
      const again = new KeyRing(keysAt(path), [configured({ id: 'b', aliases: ['alias/x'], state: 'Disabled' })])
      assert.equal(again.byAlias('alias/x', place)?.arn, again.byId('b', place)?.arn)
      assert.equal(again.byId('b', place)?.state, 'Disabled')
      assert.deepEqual(
        again
          .byId('a', place)
          ?.sealer(undefined)
          .open(data?.sealed ?? ''),
        data?.key,
      )
    }))

  it('does not write a file that has not changed', () =>
    withFile(async (path) => {
      new KeyRing(keysAt(path), [configured({ id: 'a' })])
      const before = (await stat(path)).mtimeMs
      new KeyRing(keysAt(path), [configured({ id: 'a' })])
      assert.equal((await stat(path)).mtimeMs, before)
    }))

  it('refuses a file that is none', () =>
    withFile(async (path) => {
      new KeyRing(keysAt(path))
      const file = JSON.parse(await readFile(path, 'utf8'))
      for (const text of ['', 'null', '{}', '{"version":2}', JSON.stringify({ ...file, master: 'short' })]) {
        await writeFile(path, text)
        assert.throws(() => new KeyRing(keysAt(path)), /Restore it/)
        assert.equal(await readFile(path, 'utf8'), text)
      }
    }))
})

/** Data directories of every earlier format: all of it is there, and what was secret in plain no longer is. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { IAMClient, ListAccessKeysCommand, ListServiceSpecificCredentialsCommand } from '@aws-sdk/client-iam'
import { GetObjectCommand, ListPartsCommand, S3Client } from '@aws-sdk/client-s3'
import { startSandbucket } from '../../src/index.ts'
import { openWithParts } from '../../src/store/open.ts'
import { verifyStore } from '../../src/store/verify.ts'
import { blobIds } from './support.ts'

const here = dirname(fileURLToPath(import.meta.url)).replace(join('dist', 'test'), 'test')

interface Made {
  objects: { Bucket: string; Key: string; sha256: string; VersionId?: string }[]
  uploads: { Bucket: string; Key: string; UploadId: string; parts: number }[]
  secrets: Record<string, string>
  alice?: string
  ca?: string
}

function unpacked(t: TestContext, format: number): { dataDir: string; made: Made } {
  const folder = mkdtempSync(join(tmpdir(), 'format-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { status, stderr } = spawnSync('tar', ['-xzf', join(here, 'formats', `format-${format}.tar.gz`), '-C', folder])
  assert.equal(status, 0, stderr.toString())
  const made = JSON.parse(readFileSync(join(here, 'formats', `format-${format}.json`), 'utf8')) as Made
  return { dataDir: join(folder, 'data'), made }
}

const filesOf = (dataDir: string): string[] =>
  readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dataDir, name))
    .filter((path) => lstatSync(path).isFile())

/** Names of the secrets that stand in some file of a folder. */
function secretsIn(dataDir: string, secrets: Record<string, string>): string[] {
  const files = filesOf(dataDir).map((path) => readFileSync(path))
  // A table is compressed: a text may be broken where it repeats something. Most of its quarters still stand there.
  return Object.keys(secrets).filter((name) => {
    const secret = secrets[name] as string
    const size = Math.ceil(secret.length / 4)
    const quarters = [0, 1, 2, 3]
      .map((at) => secret.slice(at * size, (at + 1) * size))
      .filter((text) => text.length > 5)
    return quarters.some((quarter) => files.some((bytes) => bytes.includes(quarter)))
  })
}

/** The secrets that were noted, and the private keys in the folder itself. */
function allSecrets(dataDir: string, made: Made): Record<string, string> {
  const secrets = { ...made.secrets }
  for (const name of ['ca-key.pem', 'key.pem']) {
    const path = join(dataDir, 'tls', name)
    if (existsSync(path)) secrets[name] = readFileSync(path, 'utf8').split('\n')[2] as string
  }
  return secrets
}

for (const format of [1, 2, 3]) {
  describe(`a data directory of format ${format}`, () => {
    it('is opened with all that was in it', async (t) => {
      const { dataDir, made } = unpacked(t, format)
      const secrets = allSecrets(dataDir, made)
      for (const round of ['the first start', 'the next one']) {
        const server = await startSandbucket({ data: dataDir, tls: made.ca !== undefined })
        t.after(() => server.close())
        const s3 = new S3Client(server.clientConfig())
        for (const { Bucket, Key, sha256, VersionId } of made.objects) {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }) }))
          const bytes = await Body?.transformToByteArray()
          assert.equal(
            createHash('sha256')
              .update(bytes ?? '')
              .digest('hex'),
            sha256,
            `${round}: ${Key}`,
          )
        }
        for (const { Bucket, Key, UploadId, parts } of made.uploads) {
          const listed = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }))
          assert.equal(listed.Parts?.length, parts)
        }
        if (made.alice !== undefined) {
          assert.equal(server.ca, made.ca)
          const iam = new IAMClient(server.clientConfig())
          const keys = await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }))
          assert.equal(keys.AccessKeyMetadata?.length, 2)
          const services = await iam.send(new ListServiceSpecificCredentialsCommand({ UserName: 'alice' }))
          assert.equal(services.ServiceSpecificCredentials?.length, 1)
          const secretAccessKey = made.secrets['access key of alice'] ?? ''
          const alice = new S3Client(server.clientConfig({ accessKeyId: made.alice, secretAccessKey }))
          await alice.send(new GetObjectCommand({ Bucket: 'photos', Key: 'small' }))
        }
        // Also while it runs: what is in files now is what a crash would leave.
        assert.deepEqual(secretsIn(dataDir, secrets), [], round)
        await server.close()
        assert.deepEqual(secretsIn(dataDir, secrets), [], round)
      }
      const written = JSON.parse(readFileSync(join(dataDir, 'format.json'), 'utf8'))
      assert.equal(written.version, 4)
      assert.match(written.keys, /^[0-9a-f]{16}$/)
    })

    it('is consistent, and nobody else may look into it any more', async (t) => {
      const { dataDir } = unpacked(t, format)
      const notes: string[] = []
      const umask = process.umask(0o077)
      t.after(() => process.umask(umask))
      const log = {
        error: (_: object, text: string) => assert.fail(text),
        warn: (_: object, text: string) => notes.push(text),
      }
      const opened = await openWithParts({ dataDir, log })
      await opened.swept
      await opened.collector.idle()
      assert.deepEqual(await verifyStore(opened.kv, await blobIds(opened, dataDir)), [])
      assert.match(notes.join('\n'), /could be read by other users/)
      assert.match(notes.join('\n'), new RegExp(`from format ${format} to 4`))
      await opened.store.close()
      for (const name of ['.', ...readdirSync(dataDir, { recursive: true, encoding: 'utf8' })]) {
        const stats = statSync(join(dataDir, name))
        assert.equal(stats.mode & 0o777, stats.isDirectory() ? 0o700 : 0o600, name)
      }
    })

    if (format > 1) {
      it('had its secrets in plain, so the search finds what is there', (t) => {
        const { dataDir, made } = unpacked(t, format)
        const secrets = allSecrets(dataDir, made)
        assert.deepEqual(secretsIn(dataDir, secrets), Object.keys(secrets))
      })
    }
  })
}

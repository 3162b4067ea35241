/** restic, as Debian packages it: a backup program whose repository is a bucket. */
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { MiB, noise } from '../lib/bytes.ts'
import { run } from '../lib/command.ts'
import { type CommandLine, commandLine } from '../lib/command-line.ts'
import { bucketName, type Check, type Client, runChecks, type Target } from '../lib/scenario.ts'
import { baseEnv } from '../lib/server.ts'

const program = process.env.CONFORMANCE_RESTIC ?? '/usr/bin/restic'

interface Restic extends CommandLine {
  /** Makes a repository in a bucket of its own. @returns `restic ARGS...` for that repository */
  repository(hint: string): Promise<CommandLine>
}

export const restic: Client = {
  name: 'restic',
  styles: ['path'],
  install: 'apt-get install -y restic',
  async version() {
    const result = await run([program, 'version'], { env: baseEnv('/nonexistent') })
    return result.code === 0 ? result.stdout.trim() : undefined
  },
  run: (target, report) => runChecks(resticChecks(connect(target)), `restic/${target.style}`, report),
}

function connect(target: Target): Restic {
  const env = { ...target.env, RESTIC_PASSWORD: 'of the repository', RESTIC_CACHE_DIR: `${target.dir}/cache` }
  return {
    ...commandLine([program], env, target.dir),
    async repository(hint) {
      const url = `s3:${target.endpoint}/${bucketName(hint)}`
      const line = commandLine([program, '-r', url], env, target.dir)
      await line.ok('init')
      return line
    },
  }
}

function resticChecks(restic: Restic): Check[] {
  return [
    ['init, backup, check --read-data, restore', () => backup(restic)],
    ['a second backup sends only what changed; forget --prune gives space back', () => forget(restic)],
    ['a wrong password and a missing repository', () => refusals(restic)],
  ]
}

async function backup(restic: Restic): Promise<void> {
  const repository = await restic.repository('backup')
  const body = noise(12 * MiB + 5, 21)
  await restic.file('home/large', body)
  await restic.file('home/ü b/small', 'small')
  await repository.ok('backup', 'home')
  await repository.ok('check', '--read-data')
  await repository.ok('restore', 'latest', '--target', 'restored')
  assert.ok(body.equals(await readFile(restic.path('restored', 'home', 'large'))))
  assert.equal(await readFile(restic.path('restored', 'home', 'ü b', 'small'), 'utf8'), 'small')
}

async function forget(restic: Restic): Promise<void> {
  const repository = await restic.repository('forget')
  await restic.file('docs/kept', noise(2 * MiB, 22))
  await restic.file('docs/gone', noise(6 * MiB, 23))
  await repository.ok('backup', 'docs')
  await rm(restic.path('docs', 'gone'))
  assert.match((await repository.ok('backup', 'docs')).stdout, /Added to the repository: +[\d.]+ (B|KiB)/)
  const forgotten = await repository.ok('forget', '--keep-last', '1', '--prune')
  assert.match(forgotten.stdout, /total prune: .*[56]\.\d+ MiB/)
  await repository.ok('check', '--read-data')
  const snapshots: unknown = JSON.parse((await repository.ok('snapshots', '--json')).stdout)
  assert.equal(Array.isArray(snapshots) ? snapshots.length : undefined, 1)
}

async function refusals(restic: Restic): Promise<void> {
  const repository = await restic.repository('refused')
  await restic.file('password', 'another')
  await repository.refused(/wrong password/, '--password-file', 'password', 'snapshots')
  const missing = `s3:http://127.0.0.1:1/${bucketName('missing')}`
  await restic.refused(/connection refused|unable to open/i, '-r', missing, '--no-lock', 'snapshots')
}

/** s3cmd, as Debian packages it, with the file that `sandbucket s3cfg` writes. */
import { type CommandResult, run } from '../lib/command.ts'
import { bucketName, type Client, fail, runChecks, succeed, type Target } from '../lib/scenario.ts'
import { type Scratch, scratchIn } from '../lib/scratch.ts'
import { baseEnv } from '../lib/server.ts'
import { bucketChecks } from './s3cmd/buckets.ts'
import { objectChecks } from './s3cmd/objects.ts'
import { syncChecks } from './s3cmd/sync.ts'

const program = process.env.CONFORMANCE_S3CMD ?? '/usr/bin/s3cmd'

/** s3cmd against one server. */
export interface S3cmd extends Scratch {
  target: Target
  /** The executable. */
  program: string
  /** Its whole environment. */
  env: Record<string, string>
  /** Runs `s3cmd ARGS...` in the scratch directory, which must succeed. */
  ok(...args: string[]): Promise<CommandResult>
  /** The same in `cwd`. */
  okIn(cwd: string, ...args: string[]): Promise<CommandResult>
  /** The same with `input` on standard input. */
  piped(input: string | Uint8Array, ...args: string[]): Promise<CommandResult>
  /** Runs `s3cmd ARGS...`, which must fail and say `why`. */
  refused(why: RegExp, ...args: string[]): Promise<CommandResult>
  /** Makes a bucket of a name not used before. */
  bucket(hint: string): Promise<string>
}

export const s3cmd: Client = {
  name: 's3cmd',
  styles: ['path', 'virtual'],
  install: 'apt-get install -y s3cmd',
  async version() {
    const result = await run([program, '--version'], { env: baseEnv('/nonexistent') })
    return result.code === 0 ? result.stdout.trim() : undefined
  },
  async run(target, report) {
    const client = connect(target)
    const checks = [bucketChecks, objectChecks, syncChecks]
    await runChecks(
      checks.flatMap((make) => make(client)),
      `s3cmd/${target.style}`,
      report,
    )
  },
}

function connect(target: Target): S3cmd {
  // It reads the keys from its file: nothing in the environment may help.
  const keyless = Object.entries(target.env).filter(([name]) => !name.startsWith('AWS_'))
  const env = Object.fromEntries(keyless)
  const host = `localhost:${target.server.port}`
  const named = ['--host', host, '--host-bucket', `%(bucket)s.${host}`]
  const argv = [program, '-c', target.server.s3cfg, '--no-progress', ...(target.style === 'virtual' ? named : [])]
  const options = { env, cwd: target.dir }
  return {
    target,
    program,
    env,
    ok: (...args) => succeed([...argv, ...args], options),
    okIn: (cwd, ...args) => succeed([...argv, ...args], { env, cwd }),
    piped: (input, ...args) => succeed([...argv, ...args], { ...options, input }),
    refused: (why, ...args) => fail([...argv, ...args], why, options),
    async bucket(hint) {
      const name = bucketName(hint)
      await succeed([...argv, 'mb', `s3://${name}`], options)
      return name
    },
    ...scratchIn(target.dir),
  }
}

/** The AWS CLI as a client of the run: how it is called, and the list of its scenarios. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandResult, run } from '../../lib/command.ts'
import { bucketName, type Client, fail, runChecks, succeed, type Target } from '../../lib/scenario.ts'
import { type Scratch, scratchIn } from '../../lib/scratch.ts'
import { baseEnv } from '../../lib/server.ts'
import { documentsChecks } from './documents.ts'
import { errorChecks } from './errors.ts'
import { identityChecks } from './identities.ts'
import { keyChecks } from './keys.ts'
import { listingChecks } from './listing.ts'
import { multipartChecks } from './multipart.ts'
import { objectChecks } from './objects.ts'
import { transferChecks } from './transfer.ts'

export interface AwsVersion {
  name: string
  /** The executable. */
  program: string
  /** What `aws --version` must begin with. */
  is: RegExp
  install: string
}

/** Environment variables to set, or with undefined to unset. */
export type Settings = Record<string, string | undefined>

/** One installed AWS CLI that talks to one server. */
export interface Aws extends Scratch {
  target: Target
  /** 1 or 2. */
  major: number
  /** Runs `aws ARGS...`, however it ends. */
  run(...args: string[]): Promise<CommandResult>
  /** Runs `aws ARGS...`, which must succeed. @returns its result */
  ok(...args: string[]): Promise<CommandResult>
  /** The same with settings that differ from `sandbucket env`. */
  okWith(env: Settings, ...args: string[]): Promise<CommandResult>
  /** The same with `input` on standard input. */
  piped(input: string | Uint8Array, ...args: string[]): Promise<CommandResult>
  /** Runs `aws ARGS...`, which must fail and say `why`. */
  refused(why: RegExp, ...args: string[]): Promise<CommandResult>
  refusedWith(env: Settings, why: RegExp, ...args: string[]): Promise<CommandResult>
  /** The JSON that `aws ARGS... --query PATH` prints; undefined when it prints nothing. */
  query(path: string, ...args: string[]): Promise<unknown>
  /** Makes a bucket of a name not used before. */
  bucket(hint: string): Promise<string>
}

/** The client of one installed version. */
export function awsClient(version: AwsVersion): Client {
  return {
    name: version.name,
    styles: ['path', 'virtual'],
    install: version.install,
    async version() {
      const result = await run([version.program, '--version'], { env: baseEnv('/nonexistent') })
      const text = (result.stdout || result.stderr).trim()
      return result.code === 0 && version.is.test(text) ? text : undefined
    },
    async run(target, report) {
      const { stdout, stderr } = await run([version.program, '--version'], { env: target.env })
      const aws = await connect(version, stdout || stderr, target)
      const common = [transferChecks, multipartChecks, keyChecks, errorChecks]
      // Headers, listings, configuration files and identities do not depend on where the bucket's name is written.
      const once = target.style === 'path' ? [objectChecks, listingChecks, documentsChecks, identityChecks] : []
      const checks = [...common, ...once]
      const prefix = `${version.name}/${target.style}`
      await runChecks(
        checks.flatMap((make) => make(aws)),
        prefix,
        report,
      )
    },
  }
}

async function connect(version: AwsVersion, versionText: string, target: Target): Promise<Aws> {
  const [, major = '', minor = ''] = /aws-cli\/(\d+)\.(\d+)/.exec(versionText) ?? []
  // AWS_ENDPOINT_URL is read from 1.29 and 2.13 on; before, the README says: --endpoint-url.
  const reads = major === '1' ? Number(minor) >= 29 : Number(minor) >= 13
  const argv = reads ? [version.program] : [version.program, '--endpoint-url', target.endpoint]
  if (target.style === 'virtual') {
    await mkdir(join(target.dir, '.aws'), { recursive: true })
    await writeFile(join(target.dir, '.aws', 'config'), '[default]\ns3 =\n    addressing_style = virtual\n')
  }
  const options = (env: Settings = {}) => ({ env: changed(target.env, env), cwd: target.dir })
  const aws: Aws = {
    target,
    major: Number(major),
    run: (...args) => run([...argv, ...args], options()),
    ok: (...args) => succeed([...argv, ...args], options()),
    okWith: (env, ...args) => succeed([...argv, ...args], options(env)),
    piped: (input, ...args) => succeed([...argv, ...args], { ...options(), input }),
    refused: (why, ...args) => fail([...argv, ...args], why, options()),
    refusedWith: (env, why, ...args) => fail([...argv, ...args], why, options(env)),
    async query(path, ...args) {
      const { stdout } = await aws.ok(...args, '--query', path, '--output', 'json')
      return stdout.trim() === '' ? undefined : JSON.parse(stdout)
    },
    async bucket(hint) {
      const name = bucketName(hint)
      await aws.ok('s3', 'mb', `s3://${name}`)
      return name
    },
    ...scratchIn(target.dir),
  }
  return aws
}

function changed(env: Record<string, string>, changes: Settings): Record<string, string> {
  const result = { ...env }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete result[name]
    else result[name] = value
  }
  return result
}

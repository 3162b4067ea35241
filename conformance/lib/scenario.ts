/** What a scenario file gives and gets. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandOptions, type CommandResult, describe, run } from './command.ts'
import { source } from './paths.ts'
import type { Report } from './report.ts'
import { baseEnv, type Server } from './server.ts'

/** How a bucket is addressed: `host/bucket/key` or `bucket.host/key`. */
export type Style = 'path' | 'virtual'

/** A server, and the place from which one client talks to it. */
export interface Target {
  style: Style
  server: Server
  /** As the client is told it: by address for path style, by name for virtual-host style. */
  endpoint: string
  /** The whole environment of the client: what `sandbucket env` exports, and an empty home. */
  env: Record<string, string>
  /** A scratch directory; `HOME` of the client. */
  dir: string
}

/** A client that may be missing. */
export interface Client {
  /** As given on the command line. */
  name: string
  styles: readonly Style[]
  /** The command that installs it. */
  install: string
  /** The version of what is installed, or undefined. */
  version(): Promise<string | undefined>
  /** Runs every scenario; a failing one does not stop the next. */
  run(target: Target, report: Report): Promise<void>
}

/** One scenario: its title and its steps. It fails by throwing. */
export type Check = readonly [title: string, steps: () => Promise<void>]

/** A target on `server` with a home of its own under `dir`. */
export async function targetFor(server: Server, style: Style, dir: string): Promise<Target> {
  const home = await mkdtemp(join(dir, 'home-'))
  const endpoint = style === 'path' ? server.url : `http://localhost:${server.port}`
  const env = { ...baseEnv(home), ...server.exports }
  if (style === 'virtual') {
    env.AWS_ENDPOINT_URL = endpoint
    // Few resolvers know that names under .localhost are this machine: Python's is taught.
    env.PYTHONPATH = source('lib', 'python')
  }
  return { style, server, endpoint, env, dir: home }
}

/** Runs the checks one after the other. */
export async function runChecks(checks: readonly Check[], prefix: string, report: Report): Promise<void> {
  for (const [title, steps] of checks) {
    const name = `${prefix}: ${title}`
    try {
      await steps()
      report.add('passed', name)
    } catch (cause) {
      report.add('failed', name, cause instanceof Error ? cause.message : String(cause))
    }
  }
}

/** Runs a command that must succeed. @throws Error with its output */
export async function succeed(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const result = await run(argv, options)
  if (result.code !== 0) throw new Error(describe(result))
  return result
}

/** Runs a command that must fail and say `why`. @throws Error with its output */
export async function fail(argv: readonly string[], why: RegExp, options: CommandOptions): Promise<CommandResult> {
  const result = await run(argv, options)
  const said = result.stderr + result.stdout
  if (result.code === 0) throw new Error(`succeeded, expected ${why}\n${describe(result)}`)
  if (!why.test(said)) throw new Error(`failed without ${why}\n${describe(result)}`)
  return result
}

let bucketCount = 0

/** A bucket name that no other scenario of this run uses. */
export function bucketName(hint: string): string {
  bucketCount++
  return `${hint}-${process.pid}-${bucketCount}`
}

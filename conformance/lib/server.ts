/** One server process per scenario file: free port, fresh data directory, configured by flags alone. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, run } from './command.ts'
import { serverProgram } from './paths.ts'

export interface Server {
  /** `http://127.0.0.1:PORT` */
  url: string
  port: number
  /** What `eval "$(sandbucket env)"` exports. */
  exports: Record<string, string>
  /** The file that `sandbucket s3cfg` wrote. */
  s3cfg: string
  /** Stops it as an operator would. @returns what an operator would complain about: errors in the log, an unclean end */
  stop(): Promise<string[]>
}

export interface ServerSettings {
  /** Added to the command line of every subcommand. */
  flags?: readonly string[]
  /** Added to the little that the server's environment has. */
  env?: Record<string, string>
}

/** Starts a server whose data and generated files live in `dir`. */
export async function startServer(dir: string, { flags = [], env = {} }: ServerSettings = {}): Promise<Server> {
  const dataFlags = ['--data', join(dir, 'data'), ...flags]
  const child = spawn(process.execPath, [serverProgram, '--port', '0', ...dataFlags, '--log-format', 'json'], {
    env: { ...baseEnv(dir), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const problems: string[] = []
  child.stderr.on('data', (chunk: Buffer) => problems.push(`stderr: ${chunk.toString().trim()}`))
  const url = await listening(child, problems)
  const port = Number(new URL(url).port)
  const same = ['--port', String(port), ...dataFlags]
  return {
    url,
    port,
    exports: await exportsOf(dir, same, env),
    s3cfg: await s3cfgOf(dir, same, env),
    stop: () => stop(child, problems),
  }
}

/** The little that every program gets: no setting of the person who runs this reaches a client. */
export function baseEnv(home: string): Record<string, string> {
  const path = process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'
  const quiet = { AWS_EC2_METADATA_DISABLED: 'true', PYTHONDONTWRITEBYTECODE: '1' }
  return { PATH: path, HOME: home, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', ...quiet }
}

async function listening(child: ChildProcess, problems: string[]): Promise<string> {
  if (!child.stdout) throw new Error('no standard output')
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`the server did not listen within 20 s\n${problems.join('\n')}`))
    }, 20_000)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the server ended with ${code} before it listened\n${problems.join('\n')}`))
    })
    lines.on('line', (line) => {
      const entry = parse(line)
      if (entry?.event === 'listening' && typeof entry.url === 'string') {
        clearTimeout(timer)
        resolve(entry.url.replace(/\/$/, ''))
      }
      if (isError(entry)) problems.push(`log: ${line.slice(0, 2000)}`)
    })
  })
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** Whether a log line says that the server itself failed. */
function isError(entry: Record<string, unknown> | undefined): boolean {
  const level = entry?.level
  return level === 'error' || level === 'fatal' || (typeof level === 'number' && level >= 50)
}

async function exportsOf(
  dir: string,
  flags: readonly string[],
  extra: Record<string, string>,
): Promise<Record<string, string>> {
  const command = `eval "$("$@")" && env -0`
  const env = { ...baseEnv(dir), ...extra }
  const argv = ['sh', '-c', command, 'sh', process.execPath, serverProgram, 'env', ...flags]
  const result = await run(argv, { env })
  if (result.code !== 0) throw new Error(describe(result))
  const pairs = result.stdout.split('\0').map((pair): [string, string] => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at), pair.slice(at + 1)]
  })
  return Object.fromEntries(pairs.filter(([name]) => name.startsWith('AWS_')))
}

async function s3cfgOf(dir: string, flags: readonly string[], extra: Record<string, string>): Promise<string> {
  const result = await run([process.execPath, serverProgram, 's3cfg', ...flags], {
    env: { ...baseEnv(dir), ...extra },
  })
  if (result.code !== 0) throw new Error(describe(result))
  const file = join(dir, 's3cfg')
  await writeFile(file, result.stdout)
  return file
}

async function stop(child: ChildProcess, problems: string[]): Promise<string[]> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return [...problems, `the server was already gone: ${child.exitCode ?? child.signalCode}`]
  }
  const timer = setTimeout(() => {
    problems.push('the server did not stop within 15 s of SIGTERM')
    child.kill('SIGKILL')
  }, 15_000)
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  clearTimeout(timer)
  // 143 = 128 + SIGTERM: both say that the stop was asked for.
  if (code !== 0 && code !== 143) problems.push(`the server ended with ${code}`)
  return problems
}

/** The built server as a child process, watched from outside: its exit, its log, its descriptors, its heap. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { serverProgram } from '../lib/paths.ts'
import { baseEnv } from '../lib/server.ts'
import type { Measurement } from './preload.ts'
import { key } from './sign.ts'

/** Lines of the log that are kept for a report. */
const keptLines = 40

export class FuzzedServer {
  readonly #child: ChildProcess
  readonly #dir: string
  port = 0
  /** What the log says of failures of the server itself. */
  readonly problems: string[] = []
  readonly #lastWords: string[] = []

  private constructor(child: ChildProcess, dir: string) {
    this.#child = child
    this.#dir = dir
  }

  static async start(dir: string): Promise<FuzzedServer> {
    const preload = fileURLToPath(import.meta.resolve('./preload.js'))
    const options = [
      '--port',
      '0',
      '--data',
      join(dir, 'data'),
      '--tls',
      '--log-format',
      'json',
      '--bucket',
      'fuzz-one',
      '--bucket',
      'fuzz-two',
      '--bucket',
      'fuzz-versions',
    ]
    const keys = { SANDBUCKET_ACCESS_KEY_ID: key.accessKeyId, SANDBUCKET_SECRET_ACCESS_KEY: key.secretAccessKey }
    const child = spawn(process.execPath, ['--expose-gc', '--import', preload, serverProgram, ...options], {
      env: { ...baseEnv(dir), ...keys },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const server = new FuzzedServer(child, dir)
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => server.#read(line))
    child.stderr?.on('data', (chunk: Buffer) => server.#keep(`stderr: ${chunk.toString().trim()}`))
    const [event] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown]
    const url = (event as { url?: string } | null)?.url
    if (url === undefined) throw new Error(`the server did not start\n${server.#lastWords.join('\n')}`)
    server.port = Number(new URL(url).port)
    return server
  }

  /** How it ended, when it has. */
  get end(): string | undefined {
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) return undefined
    return `the server ended with ${exitCode ?? signalCode}\n${this.#lastWords.join('\n')}`
  }

  /** Descriptors by what they lead to; those of the database vary with its files and are left out. */
  async descriptors(): Promise<string[]> {
    const folder = `/proc/${this.#child.pid}/fd`
    const names = await readdir(folder).catch(() => [])
    const links = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')))
    return links.filter((link) => link !== '' && !link.startsWith(join(this.#dir, 'data', 'db')))
  }

  /** Live heap and the longest stall since the last time. */
  async measure(): Promise<Measurement> {
    this.#child.send('measure')
    for (;;) {
      const [message] = (await once(this.#child, 'message', { signal: AbortSignal.timeout(30_000) })) as [Measurement]
      if (message.kind === 'measurement') return message
    }
  }

  /** Stops it as an operator would. @returns whether it ended in time, by itself */
  async stop(): Promise<boolean> {
    if (this.end !== undefined) return false
    this.#child.kill('SIGTERM')
    await Promise.race([once(this.#child, 'exit'), delay(15_000)])
    if (this.#child.exitCode === 143) return true
    this.#child.kill('SIGKILL')
    return false
  }

  #read(line: string): void {
    this.#keep(line)
    if (line.startsWith('{"level":"error"')) this.problems.push(line.slice(0, 3000))
  }

  #keep(line: string): void {
    this.#lastWords.push(line.slice(0, 3000))
    if (this.#lastWords.length > keptLines) this.#lastWords.shift()
  }
}

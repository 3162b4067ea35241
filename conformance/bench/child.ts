/** Starts a server as a process of its own and watches its memory and CPU through /proc. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export interface Child {
  url: string
  port: number
  /** From spawn to the line that says it listens, ms. */
  readyMs: number
  /** Resident memory now, bytes. */
  rssBytes(): number
  /** CPU used so far, user and system, ms. */
  cpuMs(): number
  stop(): Promise<void>
}

/** Runs `node args` until it prints the JSON line `{"event":"listening","url":...}`; gives up after 20 s. */
export async function startChild(args: string[], env: Record<string, string> = {}): Promise<Child> {
  const started = process.hrtime.bigint()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const url = await listeningUrl(child)
  const readyMs = Number(process.hrtime.bigint() - started) / 1e6
  const stat = () => readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  return {
    url,
    port: Number(new URL(url).port),
    readyMs,
    rssBytes: () => Number(stat()[21]) * 4096,
    cpuMs: () => (Number(stat()[11]) + Number(stat()[12])) * 10,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
      await gone
      clearTimeout(timer)
    },
  }
}

async function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the server did not listen within 20 s')), 20_000)
    child.once('exit', (code) => reject(new Error(`the server stopped with ${code} before it listened`)))
    if (child.stdout === null) return reject(new Error('no stdout'))
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      if (!line.includes('"listening"')) return
      clearTimeout(timer)
      // What follows is the log: it must flow, but reading it line by line would slow the load generator.
      lines.close()
      child.stdout?.resume()
      resolve((JSON.parse(line) as { url: string }).url)
    })
  })
}

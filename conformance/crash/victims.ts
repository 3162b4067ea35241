/** Processes that write until they are killed: the store's writer, or a server with the writers on this side of the wire. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { httpTarget } from './http-target.ts'
import type { Ledger } from './ledger.ts'
import { runWorkload } from './workload.ts'

export interface Victim {
  /** Kills it without warning. Resolves when it is gone and all that it told has been noted. */
  kill(): Promise<void>
}

/** Starts it; resolves when it writes. */
export type StartVictim = (dataDir: string, seed: number, ledger: Ledger) => Promise<Victim>

/** Writes through the store's own interface, in a process of its own. */
export function storeVictim(durable: boolean): StartVictim {
  return async (dataDir, seed, ledger) => {
    const program = fileURLToPath(new URL(`./store-writer${extname(import.meta.url)}`, import.meta.url))
    const child = spawn(process.execPath, [...process.execArgv, program, dataDir, String(seed), String(durable)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })
    const ended = once(lines, 'close')
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the writer ended before it began')))
      lines.on('line', (line) => {
        const told = parse(line)
        if (told?.[0] === 'ready') resolve()
        if (told?.[0] === 'begin') ledger.begin(told[1], told[2])
        if (told?.[0] === 'acknowledge') ledger.acknowledge(told[1], told[2])
      })
    })
    return { kill: () => killed(child, ended) }
  }
}

/**
 * A server, written to over HTTP.
 * @param command its command line; `{dataDir}` is replaced. It must log `"event":"listening"` with `"url"` as JSON.
 */
export function serverVictim(command: string[]): StartVictim {
  return async (dataDir, seed, ledger) => {
    const [program = '', ...args] = command.map((word) => word.replaceAll('{dataDir}', dataDir))
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })
    const ended = once(lines, 'close')
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => reject(new Error('the server ended before it listened')))
      lines.on('line', (line) => {
        const found = /"url":"([^"]+)"/.exec(line)
        if (line.includes('"listening"') && found?.[1] !== undefined) resolve(found[1])
      })
    })
    const { target, close } = await httpTarget(url)
    let isDying = false
    const options = { seed, writers: 8, changes: 100_000, minPartSizeBytes: 5 * 1024 * 1024 }
    const workload = runWorkload(target, ledger, options).catch((error: unknown) => {
      if (!isDying) throw error
    })
    workload.catch(() => {})
    return {
      async kill() {
        isDying = true
        await killed(child, ended)
        close()
        await workload
      },
    }
  }
}

async function killed(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL')
  await ended
}

/** A line of the store's writer; undefined when it was torn by the end of the process. */
function parse(line: string): [string, string, [number, number][] | null] | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

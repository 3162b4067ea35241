/** Runs a program to its end: captured output, a time limit, and no process of its group left behind. */
import { spawn } from 'node:child_process'

export interface CommandOptions {
  /** The whole environment of the program: nothing is inherited. */
  env: Record<string, string>
  cwd?: string
  /** Written to standard input, which is then closed. */
  input?: string | Uint8Array
  /** Default 120,000 ms. */
  timeoutMs?: number
}

export interface CommandResult {
  /** The command line, for messages. */
  line: string
  /** Exit code; -1 when it was killed, could not start or ran out of time. */
  code: number
  stdout: string
  stderr: string
  /** Standard output as it came. */
  bytes: Buffer
}

/** Runs `argv`; never rejects: a program that cannot start has code -1 and the reason in `stderr`. */
export function run(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [program = '', ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: options.env, cwd: options.cwd, detached: true, stdio: 'pipe' })
    const out: Buffer[] = []
    const err: Buffer[] = []
    const timeoutMs = options.timeoutMs ?? 120_000
    const timer = setTimeout(() => {
      err.push(Buffer.from(`\nstopped after ${timeoutMs} ms`))
      killGroup(child.pid)
    }, timeoutMs)
    let done = false
    const finish = (code: number) => {
      if (done) return
      done = true
      clearTimeout(timer)
      const bytes = Buffer.concat(out)
      const stderr = Buffer.concat(err).toString()
      resolve({ line: argv.join(' '), code, stdout: bytes.toString(), stderr, bytes })
    }
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', (cause) => {
      err.push(Buffer.from(cause.message))
      finish(-1)
    })
    child.on('close', (code) => finish(code ?? -1))
    // A program may end without reading its input.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
  })
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}

/** The result as the text of a failure message. */
export function describe(result: CommandResult): string {
  const tail = (text: string) => text.trimEnd().slice(-2000)
  return `$ ${result.line}\nexit ${result.code}\nstdout: ${tail(result.stdout)}\nstderr: ${tail(result.stderr)}`
}

/** A client that is a program of the command line: how its scenarios call it. */
import type { CommandResult } from './command.ts'
import { fail, succeed } from './scenario.ts'
import { type Scratch, scratchIn } from './scratch.ts'

/** One installed program with its fixed first arguments, its environment and its scratch directory. */
export interface CommandLine extends Scratch {
  /** Runs the program with `args` in the scratch directory. It must succeed. */
  ok(...args: string[]): Promise<CommandResult>
  /** The same in the directory `cwd`. */
  okIn(cwd: string, ...args: string[]): Promise<CommandResult>
  /** The same with `input` on standard input. */
  piped(input: string | Uint8Array, ...args: string[]): Promise<CommandResult>
  /** Runs the program with `args`. It must fail, and its output must match `why`. */
  refused(why: RegExp, ...args: string[]): Promise<CommandResult>
}

/**
 * @param argv the program and the arguments that every call begins with
 * @param env the whole environment of the program
 * @param dir the scratch directory; it exists
 */
export function commandLine(argv: readonly string[], env: Record<string, string>, dir: string): CommandLine {
  const options = { env, cwd: dir }
  return {
    ok: (...args) => succeed([...argv, ...args], options),
    okIn: (cwd, ...args) => succeed([...argv, ...args], { env, cwd }),
    piped: (input, ...args) => succeed([...argv, ...args], { ...options, input }),
    refused: (why, ...args) => fail([...argv, ...args], why, options),
    ...scratchIn(dir),
  }
}

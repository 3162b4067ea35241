/** Where values come from. A layer is one source (flags, environment, file, ...); an earlier layer wins per option. */
import type { OptionName } from './options.ts'

/** A value as found, and how its source calls it, for messages: `--port`, `SANDBUCKET_PORT`, `port in FILE`. */
export interface Given {
  value: unknown
  from: string
}

export type Layer = Partial<Record<OptionName, Given>>

/** The environment, as `process.env` gives it. An empty variable counts as not set, as compose files need. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What reading a source may say: `notes` are shown at start, `problems` end it. */
export interface Findings {
  notes: string[]
  problems: string[]
}

/** A mistake in flags, environment, file or options. `problems` are whole sentences that say what to do. */
export interface UsageError extends Error {
  exitCode: 2
  problems: readonly string[]
}

/** Makes a UsageError of everything that is wrong, so that one run shows all of it. */
export function usageError(problems: readonly string[]): UsageError {
  return Object.assign(new Error(problems.join('\n')), { name: 'UsageError', exitCode: 2 as const, problems })
}

/** Reads a variable or the file its `_FILE` variant names. Undefined when neither is set. */
export function readVariable(
  name: string,
  env: Environment,
  hasFileVariant: boolean,
  readText: (path: string) => string,
  findings: Findings,
): Given | undefined {
  const direct = env[name]
  const fileName = `${name}_FILE`
  const path = hasFileVariant ? env[fileName] : undefined
  if (direct !== undefined && direct !== '') {
    if (path) findings.problems.push(`${name} and ${fileName} are both set; keep one of them`)
    return { value: direct, from: name }
  }
  if (!path) return undefined
  try {
    // An editor's last newline is not part of a secret.
    return { value: readText(path).replace(/\r?\n$/, ''), from: fileName }
  } catch (cause) {
    findings.problems.push(`${fileName}: cannot read ${path} (${(cause as Error).message}); name a readable file`)
    return undefined
  }
}

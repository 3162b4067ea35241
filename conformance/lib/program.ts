/**
 * Scenarios written as a program of the client's own language. It prints one JSON line a check,
 * `{"check": title, "error": text or null}`, and ends with 0 whatever the checks say.
 */
import { describe, run } from './command.ts'
import type { Report } from './report.ts'
import type { Target } from './scenario.ts'

/** Runs the program with the environment of `target` and reports its checks. */
export async function runProgram(
  argv: readonly string[],
  target: Target,
  prefix: string,
  report: Report,
): Promise<void> {
  const env = { ...target.env, CONFORMANCE_STYLE: target.style }
  const result = await run(argv, { env, cwd: target.dir, timeoutMs: 600_000 })
  let count = 0
  for (const line of result.stdout.split('\n')) {
    const entry = parse(line)
    if (!entry) continue
    count++
    report.add(entry.error === null ? 'passed' : 'failed', `${prefix}: ${entry.check}`, entry.error ?? undefined)
  }
  if (result.code !== 0 || count === 0) report.add('failed', `${prefix}: runs to its end`, describe(result))
}

function parse(line: string): { check: string; error: string | null } | undefined {
  if (!line.startsWith('{"check":')) return undefined
  const { check, error }: { check: string; error: string | null } = JSON.parse(line)
  return { check, error }
}

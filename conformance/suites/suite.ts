/** A public pytest suite against a server of our own: run it, and hold every outcome against what is expected by name. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, run } from '../lib/command.ts'
import { root, source } from '../lib/paths.ts'
import { baseEnv, type Server, type ServerSettings, startServer } from '../lib/server.ts'

export interface Suite {
  name: string
  /** Environment variable with the directory of a checkout. */
  variable: string
  /** How to get that checkout. */
  get: string
  /** Its Python packages: a file of `conformance/suites/`. */
  requirements: string
  /** Tests that fail, with reasons: a file of `conformance/expected-failures/`. */
  expected: string
  server: ServerSettings
  /** Arguments of pytest, where the command line gives none. */
  tests: readonly string[]
  /** Further arguments of pytest, and its environment. */
  prepare(checkout: string, server: Server, dir: string): Promise<{ args: string[]; env: Record<string, string> }>
}

interface Result {
  test: string
  outcome: 'passed' | 'failed' | 'skipped'
  why?: string
}

const python = join(
  process.env.CONFORMANCE_SUITES_VENV ?? join(root, 'node_modules', '.cache', 'suites-venv'),
  'bin',
  'python3',
)

/** Runs the suite with the command line's arguments for pytest and sets the exit code. */
export async function runSuite(suite: Suite, args: readonly string[]): Promise<void> {
  const given = process.env[suite.variable]
  if (!given) {
    console.log(`${suite.name} does not run: ${suite.variable} names no checkout.\nGet one with: ${suite.get}`)
    console.log('0 passed, 0 failed, 0 skipped')
    return
  }
  const checkout = resolve(given)
  const dir = await mkdtemp(join(tmpdir(), 'sandbucket-suite-'))
  try {
    await install(suite.requirements, dir)
    const server = await startServer(dir, suite.server)
    try {
      const results = await pytest(suite, checkout, server, dir, args)
      if (!judge(results, await expectations(suite.expected), args.length > 0)) process.exitCode = 1
    } finally {
      for (const problem of await server.stop()) console.log(problem)
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** The Python environment of the suites, made once. */
async function install(requirements: string, dir: string): Promise<void> {
  const env = { ...baseEnv(dir), ...pipSettings() }
  const venv = join(python, '..', '..')
  const commands = [
    ...(existsSync(python) ? [] : [['python3', '-m', 'venv', venv]]),
    [python, '-m', 'pip', 'install', '--quiet', '-r', source('suites', requirements)],
  ]
  for (const command of commands) {
    const result = await run(command, { env, timeoutMs: 600_000 })
    if (result.code !== 0) throw new Error(describe(result))
  }
}

/** How this machine reaches its package index is its own affair. */
function pipSettings(): Record<string, string> {
  const known = Object.entries(process.env).filter(([name]) => /^(PIP_|https?_proxy|no_proxy|SSL_CERT)/i.test(name))
  return Object.fromEntries(known.map(([name, value]) => [name, value ?? '']))
}

async function pytest(
  suite: Suite,
  checkout: string,
  server: Server,
  dir: string,
  args: readonly string[],
): Promise<Result[]> {
  const prepared = await suite.prepare(checkout, server, dir)
  const file = join(dir, 'results')
  const paths = [source('suites'), source('lib', 'python'), prepared.env.PYTHONPATH].filter(Boolean).join(':')
  const env = { ...baseEnv(dir), ...prepared.env, RESULT_LINES: file, PYTHONPATH: paths, PYTHONDONTWRITEBYTECODE: '1' }
  const flags = ['-p', 'result_lines', '-p', 'no:cacheprovider', '-q', '--no-header', '--tb=no', '-W', 'ignore']
  const command = [
    resolve(python),
    '-m',
    'pytest',
    ...flags,
    ...prepared.args,
    ...(args.length > 0 ? args : suite.tests),
  ]
  const result = await run(command, { env, cwd: checkout, timeoutMs: 3 * 3_600_000 })
  if (!existsSync(file)) throw new Error(describe(result))
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const results: Result[] = lines.filter(Boolean).map((line) => JSON.parse(line))
  if (results.length === 0) throw new Error(describe(result))
  return results
}

/** Test names and reasons: `NAME  # reason` a line; `#` alone begins a comment. */
async function expectations(file: string): Promise<Map<string, string>> {
  const lines = (await readFile(source('expected-failures', file), 'utf8')).split('\n')
  const entries = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'))
  return new Map(
    entries.map((line) => {
      const [name = '', reason] = line.split(/\s+# /)
      if (!reason) throw new Error(`${file}: no reason is given for ${name}`)
      return [name.trim(), reason.trim()]
    }),
  )
}

/** Prints what is not as expected, then the totals. Expected failures count as skipped. @returns whether all is as expected */
function judge(results: readonly Result[], expected: ReadonlyMap<string, string>, isPartial: boolean): boolean {
  const totals = { passed: 0, failed: 0, skipped: 0 }
  let passedInFact = 0
  const count = (outcome: keyof typeof totals, line?: string) => {
    totals[outcome]++
    if (line) console.log(line)
  }
  const seen = new Set<string>()
  for (const { test, outcome, why } of results) {
    seen.add(test)
    if (outcome === 'passed') passedInFact++
    if (outcome === 'failed' && !expected.has(test)) count('failed', `failed ${test}\n    ${why ?? ''}`)
    else if (outcome === 'passed' && expected.has(test)) count('failed', `passed, though expected to fail: ${test}`)
    else count(outcome === 'failed' ? 'skipped' : outcome)
  }
  for (const name of isPartial ? [] : expected.keys()) {
    if (!seen.has(name)) count('failed', `expected to fail, but there is no such test: ${name}`)
  }
  console.log(`\n${passedInFact} of ${results.filter((result) => result.outcome !== 'skipped').length} tests pass`)
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
  return totals.failed === 0
}

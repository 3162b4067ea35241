/**
 * `npm run bench [-- SECTION ...]`: speed and memory as ratios taken in one run, printed as a table. Each section starts
 * the servers it compares as processes of their own and takes turns between them, so that a noisy machine disturbs both.
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { chunked } from './chunked.ts'
import { copy } from './copy.ts'
import { encryption } from './encryption.ts'
import { large } from './large.ts'
import { listing } from './listing.ts'
import { multipart } from './multipart.ts'
import { policy } from './policy.ts'
import { formatTable, type Row } from './report.ts'
import { small } from './small.ts'
import { start } from './start.ts'
import { users } from './users.ts'

const sections: Record<string, () => Promise<Row[]>> = {
  start,
  small,
  users,
  policy,
  multipart,
  copy,
  chunked,
  encryption,
  large,
  listing,
}

/** Marks the process of one section. */
const sectionFlag = '--section'

/** A section in a process of its own: what one leaves in memory does not weigh on the generator of the next. */
function runApart(name: string): Row[] {
  process.stderr.write(`bench: ${name}\n`)
  const command = [fileURLToPath(import.meta.url), sectionFlag, name]
  const result = spawnSync(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`the section ${name} failed`)
  return JSON.parse(result.stdout) as Row[]
}

const [flag, section = ''] = process.argv.slice(2)
if (flag === sectionFlag) process.stdout.write(JSON.stringify(await sections[section]?.()))
else {
  const names = process.argv.slice(2)
  const rows = Object.keys(sections)
    .filter((name) => names.length === 0 || names.includes(name))
    .flatMap(runApart)
  process.stdout.write(
    `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n\n`,
  )
  process.stdout.write(formatTable(rows))
  if (rows.some((row) => row.isMet === false)) process.exitCode = 1
}

/**
 * `npm run bench [-- SECTION ...]`: speed and memory as ratios taken in one run, printed as a table. Each section starts
 * the servers it compares as processes of their own and takes turns between them, so that a noisy machine disturbs both.
 */
import { cpus } from 'node:os'
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

const names = process.argv.slice(2)
const rows: Row[] = []
for (const [name, run] of Object.entries(sections)) {
  if (names.length > 0 && !names.includes(name)) continue
  process.stderr.write(`bench: ${name}\n`)
  rows.push(...(await run()))
}
process.stdout.write(
  `${cpus().length} x ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n\n`,
)
process.stdout.write(formatTable(rows))
if (rows.some((row) => row.isMet === false)) process.exitCode = 1

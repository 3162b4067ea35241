/**
 * `node dist/conformance/crash/main.js [--rounds 50] [--seed 1] [--durable] [--server COMMAND...]`: kills a writing process
 * with SIGKILL at random moments, and checks each time that every acknowledged change is there with the right bytes,
 * that no other is there by half, and that nothing is left over. With `--server` (the last option; `{dataDir}` stands
 * for the data directory) a server is killed, written to over HTTP; otherwise a process that uses the store itself.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { checkAfterCrash } from './check.ts'
import { randomNumbers } from './content.ts'
import { Ledger } from './ledger.ts'
import { serverVictim, storeVictim } from './victims.ts'

const argv = process.argv.slice(2)
const serverAt = argv.indexOf('--server')
const command = serverAt === -1 ? [] : argv.slice(serverAt + 1)
const { values } = parseArgs({
  args: serverAt === -1 ? argv : argv.slice(0, serverAt),
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    durable: { type: 'boolean', default: false },
  },
})

const start = command.length === 0 ? storeVictim(values.durable) : serverVictim(command)
const random = randomNumbers(Number(values.seed))
const ledger = new Ledger()
const dataDir = await mkdtemp(join(tmpdir(), 'sandbucket-crash-'))
let failures = 0
for (let round = 1; round <= Number(values.rounds); round++) {
  const victim = await start(dataDir, Number(values.seed) * 10_000 + round, ledger)
  await sleep(20 + random(command.length === 0 ? 400 : 1500))
  await victim.kill()
  const problems = await checkAfterCrash(dataDir, ledger)
  failures += problems.length
  for (const problem of problems.slice(0, 20)) console.log(`round ${round}: ${problem}`)
}
console.log(`${values.rounds} kills, ${ledger.acknowledgedCount} acknowledged changes, ${failures} problems`)
if (failures === 0) await rm(dataDir, { recursive: true })
else console.log(`The data directory is kept: ${dataDir}`)
process.exitCode = failures === 0 ? 0 : 1

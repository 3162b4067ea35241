/**
 * `node dist/conformance/fuzz/main.js [--seed 1] [--requests 20000] [--only NUMBER] [--clients 24]`: sends what programs do
 * not send to the built server, and looks for what no input may bring about: the end of the process, answers from 500
 * (but 501), failures in the log, connections and descriptors that stay, a heap that grows, an event loop that stands
 * still. The same seed makes the same requests; `--only` plays one of them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { fetchRaw } from '../lib/http.ts'
import { createReport } from '../lib/report.ts'
import { type Case, described } from './case.ts'
import { play } from './client.ts'
import { families } from './connections.ts'
import { Random } from './random.ts'
import { FuzzedServer } from './server.ts'
import { key, signedHeaders } from './sign.ts'

/** The event loop may not stand still for longer, ms. */
const longestStallMs = 250
/** What the live heap of an emptied server may grow in the second half of a run. */
const heapLeewayBytes = 6 * 2 ** 20
/** What the server remembers of its last requests (16 MiB) is full at the half of a run of so many. */
const longRun = 16_000
const shortRunLeewayBytes = 16 * 2 ** 20
/** Failures that are shown in full. */
const shownFailures = 20

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    requests: { type: 'string', default: '20000' },
    only: { type: 'string' },
    clients: { type: 'string', default: '24' },
  },
})
const seed = Number(values.seed)
const report = createReport()
const names = Object.keys(families)

function caseOf(index: number): Case {
  const make = families[names[index % names.length] as string] as (random: Random) => Case
  return make(new Random(seed, index))
}

/** Which request it was, and how to play it again. */
function told(index: number): string {
  return `request ${index} of seed ${seed} (again: node dist/conformance/fuzz/main.js --seed ${seed} --only ${index})\n${described(caseOf(index))}`
}

/** An empty server has two buckets and an object that takes more than one write. */
async function prepare(server: FuzzedServer): Promise<void> {
  const url = `http://127.0.0.1:${server.port}`
  const basic = Buffer.from(`${key.accessKeyId}:${key.secretAccessKey}`).toString('base64')
  const reset = await fetchRaw(`${url}/_sandbucket/reset`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
  })
  const body = Buffer.alloc(3_000_000, 'large')
  const headers = signedHeaders({ method: 'PUT', target: '/fuzz-one/large', body, host: `127.0.0.1:${server.port}` })
  const stored = await fetchRaw(`${url}/fuzz-one/large`, { method: 'PUT', headers: Object.fromEntries(headers), body })
  if (reset.status !== 200 || stored.status !== 200)
    throw new Error(`cannot prepare the server: ${reset.text} ${stored.text}`)
}

/** Waits until only the descriptors of `before` are there. @returns those that stay */
async function left(server: FuzzedServer, before: readonly string[]): Promise<string[]> {
  for (let waitedMs = 0; ; waitedMs += 200) {
    const now = await server.descriptors()
    if (now.length <= before.length) return []
    if (waitedMs >= 30_000) return now.filter((link) => !before.includes(link))
    await delay(200)
  }
}

const failures = new Map<string, string[]>()
const fail = (family: string, text: string): void => void failures.set(family, [...(failures.get(family) ?? []), text])

/** The numbers of the requests that the clients play, or have just played. */
const recent: number[] = []

async function playRange(server: FuzzedServer, from: number, to: number): Promise<void> {
  let next = from
  const client = async (): Promise<void> => {
    while (next < to && server.end === undefined) {
      const index = next++
      const one = caseOf(index)
      recent.push(index)
      if (recent.length > 4 * Number(values.clients)) recent.shift()
      const logged = server.problems.length
      const problem = await play(server.port, one)
      if (server.end !== undefined) return
      if (problem !== undefined) fail(one.family, `${problem}\n${told(index)}`)
      else if (server.problems.length > logged)
        fail(one.family, `the log has, at about this time: ${server.problems.at(-1)}\n${told(index)}`)
    }
  }
  await Promise.all(Array.from({ length: Number(values.clients) }, client))
}

/** Plays what was under way when the server ended, one by one, each against a server of its own. */
async function findCulprit(dir: string): Promise<string> {
  for (const index of recent.toReversed()) {
    const server = await FuzzedServer.start(await mkdtemp(join(dir, 'again-')))
    await prepare(server)
    await play(server.port, caseOf(index))
    await delay(200)
    const hasEnded = server.end !== undefined
    await server.stop()
    if (hasEnded) return `alone it is enough: ${told(index)}`
  }
  return `none of these is enough alone:\n${recent.map(told).join('\n')}`
}

async function measured(server: FuzzedServer): Promise<number> {
  await prepare(server)
  const { heapBytes, stallMs } = await server.measure()
  if (stallMs > longestStallMs)
    fail(
      'the event loop',
      `it stood still for ${Math.round(stallMs)} ms, in the last requests before request ${recent.at(-1)}`,
    )
  return heapBytes
}

async function run(dir: string): Promise<void> {
  const server = await FuzzedServer.start(dir)
  const count = Number(values.requests)
  const only = values.only === undefined ? undefined : Number(values.only)
  await prepare(server)
  await server.measure()
  const before = await server.descriptors()
  const heaps: number[] = []
  if (only !== undefined) console.log(told(only))
  // The heap is compared from the half on: by then code is compiled, and what is remembered of the last requests is full.
  const rounds = only === undefined ? 8 : 1
  for (let round = 0; round < rounds && server.end === undefined; round++) {
    if (only !== undefined) await playRange(server, only, only + 1)
    else await playRange(server, Math.floor((count * round) / rounds), Math.floor((count * (round + 1)) / rounds))
    if (server.end !== undefined) break
    heaps.push(await measured(server))
    console.log(
      `# ${Math.floor((count * (round + 1)) / rounds)} requests, live heap ${((heaps.at(-1) as number) / 2 ** 20).toFixed(1)} MiB`,
    )
  }
  if (server.end !== undefined) fail('the process goes on', `${server.end}\n${await findCulprit(dir)}`)
  else {
    const stays = await left(server, before)
    if (stays.length > 0) fail('no descriptor stays open', stays.join('\n'))
    const grown = (heaps.at(-1) ?? 0) - (heaps[rounds / 2 - 1] ?? heaps[0] ?? 0)
    if (grown > (count < longRun ? shortRunLeewayBytes : heapLeewayBytes))
      fail(
        'the live heap does not grow',
        `by ${(grown / 2 ** 20).toFixed(1)} MiB: ${heaps.map((one) => (one / 2 ** 20).toFixed(1)).join(', ')}`,
      )
    if (!(await server.stop())) fail('the server stops when asked', server.end ?? 'it did not end within 15 s')
  }
  for (const name of [
    ...names,
    'the process goes on',
    'no descriptor stays open',
    'the live heap does not grow',
    'the event loop',
    'the server stops when asked',
  ]) {
    const found = failures.get(name) ?? []
    report.add(found.length === 0 ? 'passed' : 'failed', name, found.slice(0, shownFailures).join('\n\n') || undefined)
  }
}

console.log(`# seed ${seed}, ${values.requests} requests`)
const dir = await mkdtemp(join(tmpdir(), 'sandbucket-fuzz-'))
try {
  await run(dir)
} finally {
  await rm(dir, { recursive: true, force: true })
}
process.exitCode = report.finish() ? 0 : 1

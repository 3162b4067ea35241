/** What encryption at rest costs: the same server with it and without, taking turns. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Child, startChild } from './child.ts'
import { prepare, timed } from './client.ts'
import { median } from './load.ts'
import { atLeast, type Row } from './report.ts'
import { withTemporary } from './sandbucket.ts'

const sizeBytes = 64 * 2 ** 20
const rounds = 11
/** Requests timed together. */
const inRound = 2

const kinds = ['encrypted', 'plain'] as const
type Kind = (typeof kinds)[number]

/** Unsigned payloads, as over HTTPS: where there is less to hash, encryption weighs more. */
const upload = { method: 'PUT', path: '/bench/body', headers: { 'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD' } }
const download = { method: 'GET', path: '/bench/body' }

export async function encryption(): Promise<Row[]> {
  return withTemporary(async (directory) => {
    const encrypted = await startKind(directory, 'encrypted')
    try {
      const plain = await startKind(directory, 'plain')
      try {
        return await compare({ encrypted, plain })
      } finally {
        await plain.stop()
      }
    } finally {
      await encrypted.stop()
    }
  })
}

/** Both run from the same files, so that only encryption differs. */
function startKind(directory: string, kind: Kind): Promise<Child> {
  return startChild([fileURLToPath(new URL('./unencrypted.js', import.meta.url)), kind, join(directory, kind)])
}

async function compare(servers: Record<Kind, Child>): Promise<Row[]> {
  const body = randomBytes(sizeBytes)
  const seconds = { encrypted: { put: [], get: [] }, plain: { put: [], get: [] } } as Record<
    Kind,
    { put: number[]; get: number[] }
  >
  for (let round = 0; round <= rounds; round++) {
    // Who is first changes, in case that matters.
    for (const kind of round % 2 === 0 ? kinds : kinds.toReversed()) {
      const put = await timed(repeated(servers[kind], { ...upload, body }))
      const get = await timed(repeated(servers[kind], download))
      if (round === 0) continue
      seconds[kind].put.push(put)
      seconds[kind].get.push(get)
    }
  }
  return (['put', 'get'] as const).map((name) => {
    const rate = (kind: Kind) => (inRound * sizeBytes) / 2 ** 20 / median(seconds[kind][name])
    const measured = `${rate('encrypted').toFixed(0)} MiB/s against ${rate('plain').toFixed(0)} MiB/s`
    return atLeast(
      `${name.toUpperCase()} of 64 MiB, encrypted at rest / in plain`,
      measured,
      rate('encrypted') / rate('plain'),
      0.7,
    )
  })
}

function repeated(server: Child, request: Parameters<typeof prepare>[1]): () => Promise<void> {
  const requests = Array.from({ length: inRound }, () => prepare(server, request))
  return async () => {
    for (const one of requests) await one()
  }
}

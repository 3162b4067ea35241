/** Listing: cost must follow what is returned, not what is stored. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Child } from './child.ts'
import { median } from './load.ts'
import { atMost, type Row } from './report.ts'
import { keys, startSandbucket, withTemporary } from './sandbucket.ts'
import { signedHeaders } from './sign.ts'

const run = promisify(execFile)
const sizes = { small: 10_000, big: 1_000_000 }

export async function listing(): Promise<Row[]> {
  return withTemporary(async (directory) => {
    const fill = fileURLToPath(new URL('./fill.js', import.meta.url))
    for (const [bucket, count] of Object.entries(sizes))
      await run(process.execPath, [fill, directory, bucket, String(count)])
    const server = await startSandbucket(directory)
    try {
      const page = '?list-type=2&start-after=p5%2F'
      const delimited = '?list-type=2&delimiter=%2F'
      return [
        await compare(server, 'Page of 1,000 keys, out of 1,000,000 / out of 10,000', page, '<Contents>', 1000),
        await compare(
          server,
          '10 common prefixes over 1,000,000 keys / over 10,000',
          delimited,
          '<CommonPrefixes>',
          10,
        ),
      ]
    } finally {
      await server.stop()
    }
  })
}

async function compare(server: Child, what: string, query: string, element: string, expected: number): Promise<Row> {
  const times: Record<string, number[]> = { small: [], big: [] }
  for (let round = 0; round < 25; round++) {
    for (const bucket of Object.keys(sizes)) {
      const path = `/${bucket}${query}`
      const headers = signedHeaders(server.port, keys, { method: 'GET', path })
      const started = process.hrtime.bigint()
      const answer = await fetch(`${server.url}${path}`, { headers })
      const text = await answer.text()
      const found = text.split(element).length - 1
      if (found !== expected)
        throw new Error(`${path} answered ${answer.status} with ${found} ${element}: ${text.slice(0, 300)}`)
      if (round >= 5) times[bucket]?.push(Number(process.hrtime.bigint() - started) / 1e6)
    }
  }
  const smallMs = median(times.small ?? [])
  const bigMs = median(times.big ?? [])
  return atMost(what, `${bigMs.toFixed(2)} ms against ${smallMs.toFixed(2)} ms`, bigMs / smallMs, 2)
}

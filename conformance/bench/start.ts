/** Start and rest: time from spawn to ready, and memory when idle. */
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from './load.ts'
import { atMost, type Row } from './report.ts'
import { startSandbucket, withTemporary } from './sandbucket.ts'

export async function start(): Promise<Row[]> {
  const ready: number[] = []
  const node: number[] = []
  let rssMiB = 0
  for (let round = 0; round < 5; round++) {
    node.push(nodeMs())
    await withTemporary(async (directory) => {
      const server = await startSandbucket(directory)
      try {
        const answer = await fetch(`${server.url}/_sandbucket/health/ready`)
        if (!answer.ok) throw new Error(`not ready after listening: ${answer.status}`)
        ready.push(server.readyMs)
        await sleep(1000)
        rssMiB = Math.max(rssMiB, server.rssBytes() / 2 ** 20)
      } finally {
        await server.stop()
      }
    })
  }
  const text = `median of ${ready.map((ms) => ms.toFixed(0)).join(', ')} ms; Node alone ${median(node).toFixed(0)} ms`
  return [
    atMost('Ready, from spawn', text, median(ready), 300, ' ms'),
    atMost('Idle memory (RSS)', 'largest of 5 starts, after 1 s', rssMiB, 90, ' MiB'),
  ]
}

/** How long Node takes for nothing. */
function nodeMs(): number {
  const started = process.hrtime.bigint()
  execFileSync(process.execPath, ['-e', '0'])
  return Number(process.hrtime.bigint() - started) / 1e6
}

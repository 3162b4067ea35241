/** The process that is killed: writes through the store and tells its parent, line by line, what it does. */
import { writeSync } from 'node:fs'
import { openStore } from '../../src/store/open.ts'
import type { Content } from './content.ts'
import { openBucket, storeTarget } from './store-target.ts'
import { runWorkload } from './workload.ts'

const [, , dataDir = '', seed = '1', durable = 'false'] = process.argv

/** Synchronously: a line that was acknowledged here is not lost with the process. */
const tell = (kind: string, key: string, content: Content): void => {
  writeSync(1, `${JSON.stringify([kind, key, content])}\n`)
}

const store = await openStore({ dataDir, durable: durable === 'true' })
const target = storeTarget(store, await openBucket(store))
tell('ready', '', null)
await runWorkload(
  target,
  {
    begin: (key, content) => tell('begin', key, content),
    acknowledge: (key, content) => tell('acknowledge', key, content),
  },
  { seed: Number(seed), writers: 8, changes: 100_000, minPartSizeBytes: 1 },
)

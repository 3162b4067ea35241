/**
 * A server that stores bodies in plain, which users cannot have: `unencrypted.js plain|encrypted DIR`. What is compared
 * runs from the same file.
 */
import { resolveOptions } from '../../src/config/resolve.ts'
import { letHeapGrow } from '../../src/lib/heap.ts'
import { createLog } from '../../src/lib/log.ts'
import { createServer } from '../../src/server.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { keys } from './sandbucket.ts'

letHeapGrow()
const [kind, dataDir] = process.argv.slice(2)

/** Writers get no key; what they write is then read without one. */
function inPlain(store: Store): Store {
  const { bodies } = store
  return {
    ...store,
    bodies: {
      writer: () => bodies.writer(),
      stage: (plain) => bodies.stage(plain),
      read: (...args) => bodies.read(...args),
      slice: (...args) => bodies.slice(...args),
      reseal: (...args) => bodies.reseal(...args),
    },
  }
}

if (dataDir === undefined || (kind !== 'plain' && kind !== 'encrypted')) {
  process.stderr.write('usage: unencrypted.js plain|encrypted DIR\n')
  process.exitCode = 2
} else {
  const store = await openStore({ dataDir, durable: false })
  const { config } = resolveOptions({ ...keys, port: 0, buckets: ['bench'], logLevel: 'info', logFormat: 'json' })
  const log = await createLog({ level: config.logLevel, format: config.logFormat })
  const server = await createServer(config, log, { store: kind === 'plain' ? inPlain(store) : store })
  process.stdout.write(`${JSON.stringify({ event: 'listening', url: server.url })}\n`)
  process.once('SIGTERM', () => void server.close())
}

/** The thread of `digest-thread.ts`: takes its messages one after the other. */
import { parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './digest-thread.ts'
import { type Digests, localDigests } from './digests.ts'
import { createHasher } from './hasher.ts'

const bodies = new Map<number, Digests>()

function send(message: FromThread): void {
  parentPort?.postMessage(message, message.kind === 'taken' ? [message.block] : [])
}

async function take(message: ToThread): Promise<void> {
  const { body } = message
  if (message.kind === 'begin') {
    bodies.set(body, await localDigests(message.algorithms))
    return
  }
  const digests = bodies.get(body)
  if (digests === undefined) throw new Error(`a message about body ${body}, which has not begun`)
  if (message.kind === 'bytes') {
    digests.update(new Uint8Array(message.block, 0, message.sizeBytes))
    send({ kind: 'taken', body, block: message.block })
    return
  }
  bodies.delete(body)
  if (message.kind === 'end') send({ kind: 'values', body, values: await digests.digest() })
}

// Nearly every body needs it, and the module takes a moment to load.
await createHasher('CRC64NVME')
let last = Promise.resolve()
parentPort?.on('message', (message: ToThread) => {
  last = last.then(() => take(message))
})
send({ kind: 'ready' })

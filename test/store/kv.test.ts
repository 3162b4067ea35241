import { rm } from 'node:fs/promises'
import { kvContract } from './kv-contract.ts'
import { openWithParts } from '../../src/store/open.ts'
import { temporaryDir } from './support.ts'

kvContract('memory', async (test) => {
  const { kv, store } = await openWithParts({})
  await test(kv).finally(() => store.close())
})

for (const durable of [false, true]) {
  kvContract(durable ? 'LevelDB, durable' : 'LevelDB', async (test) => {
    const dataDir = await temporaryDir()
    const { kv, store, swept } = await openWithParts({ dataDir, durable })
    await swept
    await test(kv).finally(() => store.close())
    await rm(dataDir, { recursive: true })
  })
}

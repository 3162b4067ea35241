/**
 * Brings a data directory of an earlier version to this format: what is secret is sealed, and no plain byte of it stays
 * in rows, tables, logs or files.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecretSealer } from '../encryption/secret-sealer.ts'
import type { DiskDatabase } from './disk-database.ts'
import { fileMode } from './folder-modes.ts'
import { iamRange, iamRowOf, secretsRange } from './keys.ts'
import { errorCode } from './store-error.ts'

const rowsAtOnce = 256
/** Below and above every row: all keys begin with a letter. */
const ends = [Buffer.of(0), Buffer.of(0xff)]

/** Seals what formats 1 to 3 stored in plain. It may be cut short and done again. @throws LevelDB's error */
export async function sealSecrets(database: DiskDatabase, sealer: SecretSealer): Promise<void> {
  const batch = database.batch()
  let count = 0
  for (const { gte, lt } of [iamRange(), secretsRange()]) {
    const rows = database.iterator({ gte, lt, reverse: false, highWaterMarkBytes: 1024 * 1024 })
    try {
      for (let page = await rows.nextv(rowsAtOnce); page.length > 0; page = await rows.nextv(rowsAtOnce)) {
        for (const [key, value] of page) {
          const isRevision = gte.equals(iamRange().gte) && iamRowOf(key).kindNumber === 0
          // Sealed already, when a former try was cut short.
          if (isRevision || sealer.open(value, key) !== undefined) continue
          batch.put(key, sealer.seal(value, key))
          count++
        }
      }
    } finally {
      await rows.close()
    }
  }
  await batch.write({ sync: true })
  // Even without a secret left: one that was deleted may still stand in a table.
  if (count > 0 || (await hasRows(database))) await forgetOldRows(database)
}

async function hasRows(database: DiskDatabase): Promise<boolean> {
  const rows = database.iterator({
    gte: ends[0] as Buffer,
    lt: ends[1] as Buffer,
    reverse: false,
    highWaterMarkBytes: 1,
  })
  const found = (await rows.nextv(1)).length > 0
  await rows.close()
  return found
}

/**
 * Writes every table anew, without what was replaced or deleted. LevelDB leaves tables alone that nothing lies over: so
 * after all has sunk to the lowest level, a pair of rows is laid over everything, and sinks as well.
 */
async function forgetOldRows(database: DiskDatabase): Promise<void> {
  await database.compact()
  const over = database.batch()
  for (const key of ends) over.put(key, Buffer.alloc(0))
  await over.write({ sync: true })
  await database.compact()
  const away = database.batch()
  for (const key of ends) away.del(key)
  await away.write({ sync: true })
}

/** Private keys of TLS, which were files in plain: `tls/NAME.pem` becomes `tls/NAME.sealed`. @throws the system's error */
export async function sealKeyFiles(path: string, sealer: SecretSealer): Promise<void> {
  for (const name of ['ca-key', 'key']) {
    const plainFile = join(path, 'tls', `${name}.pem`)
    const place = `tls/${name}.sealed`
    const plain = await readFile(plainFile).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    })
    if (plain === undefined) continue
    const aside = join(path, `${place}.new`)
    await writeFile(aside, sealer.seal(plain, Buffer.from(place)), { mode: fileMode, flush: true })
    await rename(aside, join(path, place))
    await rm(plainFile)
  }
}

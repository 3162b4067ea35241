/** Which rows out of a damaged block of a table are sound: those whose own checks, and whose keys, fit. */
import type { SecretSealer } from '../encryption/secret-sealer.ts'
import { isRowKey, keyOfNewest, keyOfOlder } from './keys.ts'
import type { Salvage } from './rebuild.ts'
import { decodeJson, decodeObject } from './record-rows.ts'
import type { BucketRecord } from './records.ts'
import { checkBytes, checked } from './row-check.ts'
import { decodeReferences } from './transaction.ts'

const newest = 0
const older = 1

/** @param sealer opens records of IAM and secrets */
export function salvageWith(sealer: SecretSealer): Salvage {
  return (key, value) => {
    try {
      return isRowKey(key) ? soundValue(key, value, sealer) : undefined
    } catch {
      return undefined
    }
  }
}

/** @throws Error when it is not sound */
function soundValue(key: Buffer, value: Buffer, sealer: SecretSealer): Buffer | undefined {
  const space = key.toString('latin1', 0, 1)
  if (space === 'o') {
    const kind = key[2 + (key[1] ?? 0)]
    if (kind !== newest && kind !== older) return value
    return decodeObject(value).Key === (kind === newest ? keyOfNewest(key) : keyOfOlder(key)) ? value : undefined
  }
  if (space === 'b') return decodeJson<BucketRecord>(value).Name === key.toString('utf8', 1) ? value : undefined
  if (space === 'i' || space === 's') {
    // The revision of an account is a text of its own.
    const isRevision = space === 'i' && key.length === 3 + (key[1] ?? 0)
    return isRevision || sealer.open(value, key) !== undefined ? value : undefined
  }
  if (space === 'd') return soundBody(value)
  if (space === 'r') decodeReferences(value)
  else if (space !== 'x') decodeJson(value)
  return value
}

/** Bytes with their check; or a list; of a file, without its tags, the file. */
function soundBody(value: Buffer): Buffer | undefined {
  for (const isSound of [() => value.length > checkBytes && checked(value), () => decodeJson(value)]) {
    try {
      if (isSound()) return value
    } catch {
      // It may be of another kind.
    }
  }
  return value.length % 8 === 0 ? Buffer.alloc(0) : undefined
}

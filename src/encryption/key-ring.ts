/**
 * The local key ring: the master key of SSE-S3, and KMS keys with ids and aliases. Keys come from the configuration,
 * which also says their state, or are made on demand (`alias/aws/s3`, one per account and region). A key once made stays,
 * because what was encrypted under it does. There is no KMS endpoint, no key policy and no rotation.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { dataKeyBytes } from './body-cipher.ts'
import type { KeyFile, KeyState, KeyStorage, StoredKmsKey } from './key-file.ts'
import { deriveKey, masterSealer, type Sealer, wrappingSealer } from './sealer.ts'
import { type SecretSealer, secretSealer } from './secret-sealer.ts'

/** A key the configuration asks for. */
export interface ConfiguredKmsKey {
  /** Undefined: a random one, kept by its first alias. */
  id?: string | undefined
  /** Each with its `alias/`. */
  aliases: string[]
  state: KeyState
  accountId: string
  /** Undefined: in every region. */
  region?: string | undefined
}

/** Whose keys are looked at, and where. */
export interface KeyPlace {
  accountId: string
  region: string
}

export interface KmsKey {
  arn: string
  state: KeyState
  /** @param context of the encryption; the same at opening */
  sealer(context: string | undefined): Sealer
}

export const s3Alias = 'alias/aws/s3'

export class KeyRing {
  readonly #storage: KeyStorage
  readonly #file: KeyFile
  /** Seals for SSE-S3. */
  readonly s3: Sealer
  /** Seals secrets of IAM, of this server and of TLS. */
  readonly secrets: SecretSealer
  /** For tags that tell whether a file is as it was written: 16 bytes. */
  readonly tagKey: Buffer
  /** Tells one master key from another, without giving it away. */
  readonly fingerprint: string

  /** Reads the ring, and on first use makes and saves it. @throws what the storage throws */
  constructor(storage: KeyStorage, configured: readonly ConfiguredKmsKey[] = []) {
    this.#storage = storage
    const read = storage.read()
    this.#file = read ?? { version: 1, master: newMaterial(), kms: [] }
    const before = JSON.stringify(read)
    for (const key of configured) this.#configure(key)
    if (JSON.stringify(this.#file) !== before) storage.save(this.#file)
    const master = Buffer.from(this.#file.master, 'base64')
    this.s3 = masterSealer(master)
    this.secrets = secretSealer(deriveKey(master, 'secrets'))
    this.tagKey = deriveKey(master, 'tags').subarray(0, 16)
    this.fingerprint = createHash('sha256').update('fingerprint').update(master).digest('hex').slice(0, 16)
  }

  /** The key of an id. */
  byId(id: string, place: KeyPlace): KmsKey | undefined {
    return this.#find(place, (key) => key.id === id)
  }

  /** The key of an alias (`alias/NAME`). That of S3 itself is made when it is first asked for. */
  byAlias(alias: string, place: KeyPlace): KmsKey | undefined {
    return (
      this.#find(place, (key) => key.aliases.includes(alias)) ?? (alias === s3Alias ? this.#make(place) : undefined)
    )
  }

  #find({ accountId, region }: KeyPlace, isMeant: (key: StoredKmsKey) => boolean): KmsKey | undefined {
    const found = this.#file.kms.find(
      (key) => key.accountId === accountId && (key.region === undefined || key.region === region) && isMeant(key),
    )
    return found && open(found, region)
  }

  #make({ accountId, region }: KeyPlace): KmsKey {
    const key: StoredKmsKey = {
      id: randomUUID(),
      material: newMaterial(),
      accountId,
      region,
      aliases: [s3Alias],
      state: 'Enabled',
    }
    this.#file.kms.push(key)
    this.#storage.save(this.#file)
    return open(key, region)
  }

  /** Adds a configured key, or takes over its aliases and state. */
  #configure({ id, aliases, state, accountId, region }: ConfiguredKmsKey): void {
    const all = this.#file.kms
    const isSamePlace = (key: StoredKmsKey): boolean => key.accountId === accountId && key.region === region
    const known = all.find(
      (key) =>
        isSamePlace(key) && (id === undefined ? key.aliases.some((name) => aliases.includes(name)) : key.id === id),
    )
    // An alias names one key.
    for (const key of all.filter((other) => other !== known && isSamePlace(other))) {
      key.aliases = key.aliases.filter((name) => !aliases.includes(name))
    }
    if (known !== undefined) {
      known.aliases = [...aliases]
      known.state = state
      return
    }
    const key: StoredKmsKey = {
      id: id ?? randomUUID(),
      material: newMaterial(),
      accountId,
      aliases: [...aliases],
      state,
    }
    if (region !== undefined) key.region = region
    all.push(key)
  }
}

function open(key: StoredKmsKey, region: string): KmsKey {
  return {
    arn: `arn:aws:kms:${region}:${key.accountId}:key/${key.id}`,
    state: key.state,
    sealer: (context) => wrappingSealer(Buffer.from(key.material, 'base64'), context),
  }
}

const newMaterial = (): string => randomBytes(dataKeyBytes).toString('base64')

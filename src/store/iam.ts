/**
 * IAM's state over the `Kv`: a row per entity, and per account a revision that every commit replaces. A commit holds only
 * if the revision is still the one it was built on, so a change may look at the whole account and decide: AWS's rules
 * span entities (no policy is deleted while it is attached). Readers compare the revision's row, which is in memory, and
 * otherwise work on the account's snapshot; another process that writes is noticed at the next read.
 *
 * Records and secrets are sealed in their rows, whole: nobody has to know which member is a secret.
 */
import type { SecretSealer } from '../encryption/secret-sealer.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { claimsOf, type IamAccount, type IamClaim, IamSnapshot, iamKinds, rowNameOf } from './iam-account.ts'
import type { IamKind, IamRecords, LastUse } from './iam-records.ts'
import {
  iamAccountRange,
  iamClaimKey,
  iamClaimsRange,
  iamKey,
  iamLastUseKey,
  iamLastUseRange,
  iamRange,
  iamRevisionKey,
  iamRowOf,
  secretKey,
} from './keys.ts'
import { whenReady } from '../lib/when-ready.ts'
import { randomId } from './random.ts'
import { decodeJson, encodeJson } from './record-rows.ts'
import { StoreError } from './store-error.ts'
import { type Engine, type Transaction, transact } from './transaction.ts'
import { Turns } from './turns.ts'

/** An account with changes that are not committed yet; reading it sees them. */
export interface IamDraft extends IamAccount {
  /** Adds or replaces the record of that name (without case). A rename is `delete`, then `put`. */
  put<K extends IamKind>(kind: K, record: IamRecords[K]): void
  delete(kind: IamKind, name: string): void
}

/** How `Store` shows it. */
export interface IamStore {
  /** The account as it is now. Synchronous but for the first time. It must not be kept across requests. */
  account(accountId: string): MaybePromise<IamAccount>
  /**
   * Changes an account atomically. `build` throws to refuse; it runs again when another writer came between, so it must
   * do nothing else. Without changes nothing is written.
   * @throws ClaimTaken when an access key id or alias is in use
   */
  change<T>(accountId: string, build: (draft: IamDraft) => T): Promise<T>
  /** Who has an access key id: its account and user (undefined: root). */
  keyOwner(accessKeyId: string): MaybePromise<(IamClaim & { accountId: string }) | undefined>
  /** Which account has an alias. */
  aliasOwner(alias: string): MaybePromise<string | undefined>
  /** Notes a use of an access key or role (by id). Written now and then only. */
  noteUse(id: string, use: LastUse): void
  lastUse(id: string): MaybePromise<LastUse | undefined>
  /** A secret of this server, made when first asked for: 32 random bytes unless `make` makes it. */
  secret(name: string, make?: () => MaybePromise<Buffer>): MaybePromise<Buffer>
  /** Removes everything. */
  reset(): Promise<void>
}

/** An access key id or alias that another entity has. */
export class ClaimTaken extends Error {
  readonly claim: string

  constructor(claim: string) {
    super(`The ${claim} is taken.`)
    this.name = 'ClaimTaken'
    this.claim = claim
  }
}

/** Uses are written at most so often per key. AWS, too, reports them with a delay. */
const useIntervalMs = 60_000
const maxUses = 10_000

type Claimant = IamClaim & { accountId: string }

/** A snapshot, and the row of the revision that it was found to be of. */
interface KnownAccount {
  readonly snapshot: IamSnapshot
  readonly revisionKey: Buffer
  row: Buffer | undefined
}

interface KnownClaim {
  readonly key: Buffer
  readonly row: Buffer
  readonly claimant: Claimant
}

export class Iam implements IamStore {
  readonly #engine: Engine
  readonly #turns = new Turns()
  readonly #snapshots = new Map<string, KnownAccount>()
  readonly #loading = new Map<string, Promise<IamSnapshot>>()
  readonly #claimants = new Map<string, KnownClaim>()
  readonly #uses = new Map<string, { use: LastUse; writtenMs: number }>()
  readonly #sealer: SecretSealer
  /** Opened, by name, with the row that each was in. Their names are few. */
  readonly #secrets = new Map<string, { row: Buffer; secret: Buffer }>()

  constructor(engine: Engine, sealer: SecretSealer) {
    this.#engine = engine
    this.#sealer = sealer
  }

  account(accountId: string): MaybePromise<IamSnapshot> {
    const known = this.#snapshots.get(accountId)
    const row = this.#engine.kv.get(known?.revisionKey ?? iamRevisionKey(accountId))
    // The row that was compared last is usually the very same bytes.
    if (known !== undefined && row !== undefined && row === known.row) return known.snapshot
    return whenReady(row, (ready) => this.#compared(accountId, known, ready))
  }

  #compared(accountId: string, known: KnownAccount | undefined, row: Buffer | undefined): MaybePromise<IamSnapshot> {
    if (known !== undefined && known.snapshot.revision === revisionOf(row)) {
      known.row = row
      return known.snapshot
    }
    // An account without rows is not kept: anyone may ask for any account.
    return row === undefined ? new IamSnapshot(accountId, '') : this.#load(accountId)
  }

  change<T>(accountId: string, build: (draft: IamDraft) => T): Promise<T> {
    return this.#turns.take(accountId, () =>
      transact(this.#engine, async (transaction) => {
        const account = await this.account(accountId)
        const draft = new Draft(account)
        const result = build(draft)
        await this.#fill(transaction, account, draft)
        return result
      }),
    )
  }

  keyOwner(accessKeyId: string): MaybePromise<Claimant | undefined> {
    return this.#claimant(`key ${accessKeyId}`)
  }

  aliasOwner(alias: string): MaybePromise<string | undefined> {
    return whenReady(this.#claimant(`alias ${alias}`), (claimant) => claimant?.accountId)
  }

  noteUse(id: string, use: LastUse): void {
    const known = this.#uses.get(id)
    const isDue = known === undefined || use.usedMs - known.writtenMs >= useIntervalMs
    if (!isDue) {
      known.use = use
      return
    }
    if (this.#uses.size >= maxUses) this.#uses.clear()
    this.#uses.set(id, { use, writtenMs: use.usedMs })
    // A use that is not written is only forgotten at the next start.
    this.#engine.kv.commit([], [{ kind: 'put', key: iamLastUseKey(id), value: encodeJson(use) }]).catch(() => {})
  }

  lastUse(id: string): MaybePromise<LastUse | undefined> {
    const known = this.#uses.get(id)
    if (known !== undefined) return known.use
    return whenReady(this.#engine.kv.get(iamLastUseKey(id)), (row) => row && decodeJson<LastUse>(row))
  }

  secret(name: string, make = randomSecret): MaybePromise<Buffer> {
    const key = secretKey(name)
    return whenReady(this.#engine.kv.get(key), (row) =>
      row === undefined ? this.#makeSecret(key, name, make) : this.#openSecret(key, name, row),
    )
  }

  #openSecret(key: Buffer, name: string, row: Buffer): Buffer {
    const known = this.#secrets.get(name)
    if (known?.row.equals(row) === true) return known.secret
    const secret = openRow(this.#sealer, key, row, `secret "${name}" of this server`)
    this.#secrets.set(name, { row, secret })
    return secret
  }

  async reset(): Promise<void> {
    await this.#deleteRange(iamRange())
    await this.#deleteRange(iamClaimsRange())
    await this.#deleteRange(iamLastUseRange())
    this.#snapshots.clear()
    this.#claimants.clear()
    this.#uses.clear()
  }

  async #makeSecret(key: Buffer, name: string, make: () => MaybePromise<Buffer>): Promise<Buffer> {
    const fresh = await make()
    const value = this.#sealer.seal(fresh, key)
    const isMade = await this.#engine.kv.commit([{ kind: 'absent', key }], [{ kind: 'put', key, value }])
    const row = isMade ? undefined : await this.#engine.kv.get(key)
    return row === undefined ? fresh : this.#openSecret(key, name, row)
  }

  /** Rows of revisions come first, so a change that is under way meanwhile fails and starts again on an empty account. */
  async #deleteRange(range: { gte: Buffer; lt: Buffer }): Promise<void> {
    const cursor = this.#engine.kv.range(range)
    try {
      for (let rows = await cursor.next(256); rows.length > 0; rows = await cursor.next(256)) {
        await this.#engine.kv.commit(
          [],
          rows.map(([key]) => ({ kind: 'delete', key })),
        )
      }
    } finally {
      await cursor.close()
    }
  }

  #claimant(claim: string): MaybePromise<Claimant | undefined> {
    const known = this.#claimants.get(claim)
    const key = known?.key ?? iamClaimKey(claim)
    return whenReady(this.#engine.kv.get(key), (row) => {
      if (row === undefined) return undefined
      if (known !== undefined && (known.row === row || known.row.equals(row))) return known.claimant
      const claimant = decodeJson<Claimant>(row)
      if (this.#claimants.size >= maxUses) this.#claimants.clear()
      this.#claimants.set(claim, { key, row, claimant })
      return claimant
    })
  }

  #keep(snapshot: IamSnapshot): IamSnapshot {
    this.#snapshots.set(snapshot.id, { snapshot, revisionKey: iamRevisionKey(snapshot.id), row: undefined })
    return snapshot
  }

  #load(accountId: string): Promise<IamSnapshot> {
    let loading = this.#loading.get(accountId)
    if (loading === undefined) {
      loading = this.#read(accountId).finally(() => this.#loading.delete(accountId))
      this.#loading.set(accountId, loading)
    }
    // What was loaded may be older than what the caller has just seen.
    return loading.then(() => this.account(accountId))
  }

  async #read(accountId: string): Promise<IamSnapshot> {
    const cursor = this.#engine.kv.range(iamAccountRange(accountId))
    try {
      const snapshot = new IamSnapshot(accountId, '')
      for (let rows = await cursor.next(512); rows.length > 0; rows = await cursor.next(512)) {
        for (const [key, value] of rows) {
          const { kindNumber, name } = iamRowOf(key)
          const kind = iamKinds[kindNumber - 1]
          if (kindNumber === 0) snapshot.revision = revisionOf(value)
          else if (kind !== undefined) {
            const json = openRow(this.#sealer, key, value, `${kind} ${name} of account ${accountId}`)
            snapshot.set(kind, name, JSON.parse(json.toString()) as never)
          }
        }
      }
      return this.#keep(snapshot)
    } finally {
      await cursor.close()
    }
  }

  /** Puts the changes of a draft into a transaction. */
  async #fill(transaction: Transaction, account: IamSnapshot, draft: Draft): Promise<void> {
    const changes = draft.changes()
    if (changes.length === 0) return
    const revisionKey = iamRevisionKey(account.id)
    const before = account.revision
    transaction.expect(revisionKey, before === '' ? undefined : Buffer.from(before))
    const revision = randomId()
    transaction.put(revisionKey, Buffer.from(revision))
    const given = new Map<string, IamClaim>()
    const taken = new Map<string, IamClaim>()
    for (const { kind, name, record } of changes) {
      const key = iamKey(account.id, iamKinds.indexOf(kind) + 1, name)
      if (record === undefined) transaction.delete(key)
      else transaction.put(key, this.#sealer.seal(Buffer.from(JSON.stringify(record)), key))
      for (const [claim, by] of claimsOf(kind, account.get(kind, name))) given.set(claim, by)
      for (const [claim, by] of claimsOf(kind, record)) taken.set(claim, by)
    }
    for (const [claim, by] of taken) {
      const key = iamClaimKey(claim)
      if (given.has(claim)) continue
      if ((await this.#engine.kv.get(key)) !== undefined) throw new ClaimTaken(claim)
      transaction.expect(key, undefined)
      transaction.put(key, encodeJson({ accountId: account.id, ...by } satisfies Claimant))
    }
    for (const claim of given.keys()) if (!taken.has(claim)) transaction.delete(iamClaimKey(claim))
    transaction.join({
      beforeCommit: () => {},
      afterCommit: (isCommitted) => {
        // Another process may have written since: then the rows are read again.
        if (!isCommitted || account.revision !== before) this.#snapshots.delete(account.id)
        else {
          for (const { kind, name, record } of changes) account.set(kind, name, record as never)
          account.revision = revision
          this.#keep(account)
        }
      },
    })
  }
}

/** @throws StoreError CORRUPT: half an account could allow what the other half denies */
function openRow(sealer: SecretSealer, key: Buffer, row: Buffer, what: string): Buffer {
  const plain = sealer.open(row, key)
  if (plain !== undefined) return plain
  throw new StoreError('CORRUPT', `The ${what} cannot be read. Stop the server and run: sandbucket check`)
}

const randomSecret = (): MaybePromise<Buffer> => Buffer.from(randomId() + randomId(), 'hex')

const revisionOf = (row: Buffer | undefined): string => row?.toString('latin1') ?? ''

interface Change {
  kind: IamKind
  /** Lower case. */
  name: string
  record: IamRecords[IamKind] | undefined
}

/** Changes over a snapshot. */
class Draft implements IamDraft {
  readonly #base: IamSnapshot
  readonly #changes = new Map<string, Change>()

  constructor(base: IamSnapshot) {
    this.#base = base
  }

  get id(): string {
    return this.#base.id
  }
  get revision(): string {
    return this.#base.revision
  }

  changes(): Change[] {
    return [...this.#changes.values()]
  }

  get<K extends IamKind>(kind: K, name: string): IamRecords[K] | undefined {
    const change = this.#changes.get(`${kind} ${name.toLowerCase()}`)
    return change === undefined ? this.#base.get(kind, name) : (change.record as IamRecords[K] | undefined)
  }

  byId<K extends IamKind>(kind: K, id: string): IamRecords[K] | undefined {
    const record = this.#base.byId(kind, id)
    return record && this.get(kind, rowNameOf(kind, record))
  }

  list<K extends IamKind>(kind: K): readonly IamRecords[K][] {
    if (this.#changes.size === 0) return this.#base.list(kind)
    const byName = new Map(this.#base.list(kind).map((record) => [rowNameOf(kind, record), record]))
    for (const change of this.#changes.values()) {
      if (change.kind !== kind) continue
      if (change.record === undefined) byName.delete(change.name)
      else byName.set(change.name, change.record as IamRecords[K])
    }
    return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record)
  }

  put<K extends IamKind>(kind: K, record: IamRecords[K]): void {
    const name = rowNameOf(kind, record)
    this.#changes.set(`${kind} ${name}`, { kind, name, record })
  }

  delete(kind: IamKind, name: string): void {
    const lower = name.toLowerCase()
    this.#changes.set(`${kind} ${lower}`, { kind, name: lower, record: undefined })
  }
}

/**
 * One account's IAM in memory, as its rows say. Reading it is synchronous: a request asks it several times. It is small:
 * AWS lets an account have some thousands of entities.
 */
import type { AccessKeyRecord, IamKind, IamRecords } from './iam-records.ts'

/** How a kind is named (names are unique without case), and its unique id where it has one. */
const traits: { [K in IamKind]: { name(record: IamRecords[K]): string; id?(record: IamRecords[K]): string } } = {
  user: { name: (record) => record.UserName, id: (record) => record.UserId },
  group: { name: (record) => record.GroupName, id: (record) => record.GroupId },
  role: { name: (record) => record.RoleName, id: (record) => record.RoleId },
  policy: { name: (record) => record.PolicyName, id: (record) => record.PolicyId },
  instanceProfile: { name: (record) => record.InstanceProfileName, id: (record) => record.InstanceProfileId },
  oidcProvider: { name: (record) => record.Url },
  samlProvider: { name: (record) => record.Name },
  mfaDevice: { name: (record) => record.SerialNumber },
  serverCertificate: {
    name: (record) => record.ServerCertificateName,
    id: (record) => record.ServerCertificateId,
  },
  account: { name: () => '' },
}

/** In the order of their row numbers: append only. */
export const iamKinds = Object.freeze(Object.keys(traits)) as readonly IamKind[]

/** The name of a record as its row has it: lower case. */
export const rowNameOf = <K extends IamKind>(kind: K, record: IamRecords[K]): string =>
  traits[kind].name(record).toLowerCase()

/** An account as it is: what handlers and authorization read. */
export interface IamAccount {
  readonly id: string
  /** Changes with every commit: caches may hang on it. Empty before the first. */
  readonly revision: string
  /** By name, without case. */
  get<K extends IamKind>(kind: K, name: string): IamRecords[K] | undefined
  /** By unique id. */
  byId<K extends IamKind>(kind: K, id: string): IamRecords[K] | undefined
  /** All of a kind, ordered by name without case. */
  list<K extends IamKind>(kind: K): readonly IamRecords[K][]
}

interface Shelf {
  byName: Map<string, unknown>
  byId: Map<string, unknown>
  sorted: readonly unknown[] | undefined
}

const newShelf = (): Shelf => ({ byName: new Map(), byId: new Map(), sorted: undefined })

/** The records of an account. Only the store changes it. */
export class IamSnapshot implements IamAccount {
  readonly id: string
  revision: string
  readonly #shelves: Partial<Record<IamKind, Shelf>> = {}

  constructor(id: string, revision: string) {
    this.id = id
    this.revision = revision
  }

  get<K extends IamKind>(kind: K, name: string): IamRecords[K] | undefined {
    return this.#shelves[kind]?.byName.get(name.toLowerCase()) as IamRecords[K] | undefined
  }

  byId<K extends IamKind>(kind: K, id: string): IamRecords[K] | undefined {
    return this.#shelves[kind]?.byId.get(id) as IamRecords[K] | undefined
  }

  list<K extends IamKind>(kind: K): readonly IamRecords[K][] {
    const shelf = this.#shelves[kind]
    if (shelf === undefined) return []
    shelf.sorted ??= [...shelf.byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record)
    return shelf.sorted as readonly IamRecords[K][]
  }

  /** @param name in lower case */
  set<K extends IamKind>(kind: K, name: string, record: IamRecords[K] | undefined): void {
    const shelf = this.#shelves[kind] ?? newShelf()
    this.#shelves[kind] = shelf
    const before = shelf.byName.get(name) as IamRecords[K] | undefined
    const { id } = traits[kind]
    shelf.sorted = undefined
    if (before !== undefined && id !== undefined && shelf.byId.get(id(before)) === before) shelf.byId.delete(id(before))
    if (record === undefined) shelf.byName.delete(name)
    else {
      shelf.byName.set(name, record)
      if (id !== undefined) shelf.byId.set(id(record), record)
    }
  }
}

/** Names that are unique across accounts: access key ids, account aliases. */
export function claimsOf<K extends IamKind>(kind: K, record: IamRecords[K] | undefined): Map<string, IamClaim> {
  const claims = new Map<string, IamClaim>()
  if (record === undefined) return claims
  const addKeys = (keys: readonly AccessKeyRecord[], userId: string | undefined): void => {
    for (const { AccessKeyId } of keys) claims.set(`key ${AccessKeyId}`, { userId })
  }
  if (kind === 'user') {
    const user = record as IamRecords['user']
    addKeys(user.accessKeys, user.UserId)
  } else if (kind === 'account') {
    const account = record as IamRecords['account']
    addKeys(account.accessKeys, undefined)
    if (account.alias !== undefined) claims.set(`alias ${account.alias}`, { userId: undefined })
  }
  return claims
}

export interface IamClaim {
  /** The user that has the key; undefined: root, or the account itself. */
  userId: string | undefined
}

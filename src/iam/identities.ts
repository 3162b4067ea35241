/**
 * Who signs with a key, and which policies count for a principal: what every request asks. Answers are those of now,
 * because they hang on the revision of the account; they are given synchronously once the account is in memory, and
 * policies are compiled once per record.
 */
import type { Credential, CredentialSource } from '../auth/keys.ts'
import type { CallerPolicies } from '../authorization/identities.ts'
import type { Account, Principal, PrincipalSession } from '../context.ts'
import { parseArn, rootArn } from '../lib/arn.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { IamStore } from '../store/iam.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { IamTag, RoleRecord, UserRecord } from '../store/iam-records.ts'
import { whenReady } from '../lib/when-ready.ts'
import { roleArn, userArn } from './lib/arns.ts'
import { compiledInline, compiledManaged, compiledSession } from './lib/compiled.ts'
import { uniqueIdIn } from './lib/unique-id.ts'
import { openSession, type SessionClaims } from './session-tokens.ts'

/** How many credentials and opened tokens are remembered. */
const capacity = 4096

interface Known {
  revision: string
  credential: Credential
}

const noPolicies: CallerPolicies = Object.freeze({ identity: [] })

export class IamIdentities implements CredentialSource {
  readonly #iam: IamStore
  readonly #account: (id: string) => Account | undefined
  /** By access key id, or by token. */
  readonly #known = new Map<string, Known>()
  readonly #claims = new Map<string, SessionClaims>()
  readonly #policies = new WeakMap<Principal, { revision: string; policies: CallerPolicies; isCurrent: boolean }>()
  /** Principals of credentials: another revision of their account has others. */
  readonly #current = new WeakSet<Principal>()

  /** @param account the accounts of the configuration, by id */
  constructor(iam: IamStore, account: (id: string) => Account | undefined) {
    this.#iam = iam
    this.#account = account
  }

  /**
   * The credential of an access key that IAM or STS has made. Undefined when there is none, and when its user or role is
   * gone. @param token what the request carries; temporary credentials are in it
   */
  find(accessKeyId: string, token?: string): MaybePromise<Credential | undefined> {
    if (accessKeyId.startsWith('ASIA')) return token === undefined ? undefined : this.#session(accessKeyId, token)
    const known = this.#known.get(accessKeyId)
    if (known === undefined) return this.#look(accessKeyId)
    const account = this.#iam.account(known.credential.principal.accountId)
    return account instanceof Promise
      ? account.then((loaded) => this.#ifCurrent(accessKeyId, known, loaded))
      : this.#ifCurrent(accessKeyId, known, account)
  }

  /** Keys come and go with revisions of their account. */
  #ifCurrent(accessKeyId: string, known: Known, { revision }: IamAccount): MaybePromise<Credential | undefined> {
    return revision === known.revision ? known.credential : this.#look(accessKeyId)
  }

  #look(accessKeyId: string): MaybePromise<Credential | undefined> {
    return whenReady(this.#iam.keyOwner(accessKeyId), (owner) => {
      if (owner === undefined) return undefined
      return whenReady(this.#iam.account(owner.accountId), (account) =>
        this.#remembered(accessKeyId, account, () => this.#longTerm(account, accessKeyId, owner.userId)),
      )
    })
  }

  /** The policies on a caller's own side, and its tags. */
  policiesOf(principal: Principal): MaybePromise<CallerPolicies> {
    if (principal.kind === 'anonymous' || (principal.kind === 'root' && principal.session === undefined)) {
      return noPolicies
    }
    const known = this.#policies.get(principal)
    // The revision was looked at when the request was authenticated.
    if (known?.isCurrent) return known.policies
    return whenReady(this.#iam.account(principal.accountId), (account) => {
      const { revision } = account
      if (known !== undefined && known.revision === revision) return known.policies
      const policies = policiesIn(account, principal)
      this.#policies.set(principal, { revision, policies, isCurrent: this.#current.has(principal) })
      return policies
    })
  }

  /** The unique id that the ARN of a user or role stands for now; undefined when there is none. */
  uniqueIdOf(arn: string): MaybePromise<string | undefined> {
    const parts = parseArn(arn)
    if (parts === undefined || this.#account(parts.account)?.id !== parts.account) return undefined
    return whenReady(this.#iam.account(parts.account), (account) => uniqueIdIn(account, arn))
  }

  #session(accessKeyId: string, token: string): MaybePromise<Credential | undefined> {
    return whenReady(this.#open(token), (claims) => {
      // The token is not ours, or another key's: authentication compares it with this one and says that it is wrong.
      if (claims?.accessKeyId !== accessKeyId) return impostor(accessKeyId)
      return whenReady(this.#iam.account(claims.accountId), (account) =>
        this.#remembered(token, account, () => this.#temporary(account, claims, token)),
      )
    })
  }

  #open(token: string): MaybePromise<SessionClaims | undefined> {
    const known = this.#claims.get(token)
    if (known !== undefined) return known
    return whenReady(this.#iam.secret('session'), (key) => {
      const claims = openSession(token, key)
      if (claims !== undefined) remember(this.#claims, token, claims)
      return claims
    })
  }

  #remembered(name: string, { revision }: IamAccount, make: () => Credential | undefined): Credential | undefined {
    const known = this.#known.get(name)
    if (known !== undefined && known.revision === revision) return known.credential
    const credential = make()
    if (credential === undefined) this.#known.delete(name)
    else {
      remember(this.#known, name, { revision, credential })
      this.#current.add(credential.principal)
    }
    return credential
  }

  #longTerm(account: IamAccount, accessKeyId: string, userId: string | undefined): Credential | undefined {
    const user = userId === undefined ? undefined : account.byId('user', userId)
    if (userId !== undefined && user === undefined) return undefined
    const keys = user?.accessKeys ?? account.get('account', '')?.accessKeys ?? []
    const key = keys.find((one) => one.AccessKeyId === accessKeyId)
    if (key === undefined) return undefined
    const principal = user === undefined ? this.#root(account.id) : this.#user(account.id, user)
    return {
      accessKeyId,
      secretAccessKey: key.SecretAccessKey,
      principal: { ...principal, accessKeyId },
      isActive: key.Status === 'Active',
    }
  }

  #temporary(account: IamAccount, claims: SessionClaims, token: string): Credential | undefined {
    const { accessKeyId, secretAccessKey, session } = claims
    const principal = this.#behind(account, claims)
    if (principal === undefined) return undefined
    return {
      accessKeyId,
      secretAccessKey,
      principal: { ...principal, accessKeyId, session },
      isActive: true,
      session: { token, expiresMs: session.expiresMs },
    }
  }

  /** Undefined when the user or role has gone. */
  #behind(account: IamAccount, { kind, uniqueId, name = '' }: SessionClaims): Principal | undefined {
    const { id } = account
    const user = uniqueId === undefined ? undefined : account.byId('user', uniqueId)
    if (kind === 'root') return this.#root(id)
    if (kind === 'user') return user && this.#user(id, user)
    if (kind === 'role') {
      const role = uniqueId === undefined ? undefined : account.byId('role', uniqueId)
      return role && this.#roleSession(id, role, name)
    }
    if (uniqueId !== undefined && user === undefined) return undefined
    return {
      ...this.#root(id),
      kind: 'federated',
      arn: `arn:aws:sts::${id}:federated-user/${name}`,
      userId: `${id}:${name}`,
      issuerArn: user === undefined ? rootArn(id) : userArn(id, user),
      ...(uniqueId !== undefined && { uniqueId }),
    }
  }

  #root(accountId: string): Principal {
    const account = this.#account(accountId)
    return {
      kind: 'root',
      accountId,
      arn: rootArn(accountId),
      userId: accountId,
      canonicalId: account?.canonicalId ?? '',
      displayName: account?.displayName ?? '',
      accessKeyId: undefined,
    }
  }

  #user(accountId: string, user: UserRecord): Principal {
    const { UserId, UserName } = user
    const arn = userArn(accountId, user)
    return { ...this.#root(accountId), kind: 'user', arn, userId: UserId, uniqueId: UserId, userName: UserName }
  }

  #roleSession(accountId: string, role: RoleRecord, name: string): Principal {
    return {
      ...this.#root(accountId),
      kind: 'role',
      arn: `arn:aws:sts::${accountId}:assumed-role/${role.RoleName}/${name}`,
      userId: `${role.RoleId}:${name}`,
      uniqueId: role.RoleId,
      issuerArn: roleArn(accountId, role),
    }
  }
}

/** A credential that fits no token and no signature. */
function impostor(accessKeyId: string): Credential {
  const principal: Principal = {
    kind: 'anonymous',
    accountId: '',
    arn: '',
    userId: '',
    canonicalId: '',
    displayName: '',
    accessKeyId,
  }
  const session = { token: '', expiresMs: Number.POSITIVE_INFINITY }
  return { accessKeyId, secretAccessKey: '', principal, isActive: true, session }
}

function remember<T>(map: Map<string, T>, name: string, value: T): void {
  if (map.size >= capacity) map.clear()
  map.set(name, value)
}

/** The policies of a principal of this account. */
function policiesIn(account: IamAccount, { kind, uniqueId = '', session }: Principal): CallerPolicies {
  const user = kind === 'user' || kind === 'federated' ? account.byId('user', uniqueId) : undefined
  const holder = kind === 'role' ? account.byId('role', uniqueId) : user
  const boundary = holder?.PermissionsBoundary
  const groups = (user?.groups ?? []).flatMap((id) => account.byId('group', id) ?? [])
  const holders = holder === undefined ? [] : [holder, ...groups]
  return {
    identity: holders.flatMap((one) => [
      ...compiledInline(one),
      ...one.attached.flatMap((arn) => compiledManaged(account, arn) ?? []),
    ]),
    boundary: boundary === undefined ? undefined : (compiledManaged(account, boundary) ?? nothingAllowed),
    session: session && sessionPolicies(account, session),
    tags: tagsOf(holder?.Tags, session),
  }
}

function sessionPolicies(account: IamAccount, session: PrincipalSession): CallerPolicies['session'] {
  const managed = session.policyArns.flatMap((arn) => compiledManaged(account, arn) ?? [])
  const all = [...compiledSession(session), ...managed]
  // Policies that were given and have gone since leave nothing allowed.
  if (all.length === 0 && session.policyArns.length > 0) return [nothingAllowed]
  // AWS's policies for tasks of root only deny: they take from what root may do.
  return session.by === 'AssumeRoot' ? [...all, compiledManaged(account, everything) ?? nothingAllowed] : all
}

const everything = 'arn:aws:iam::aws:policy/AdministratorAccess'

const nothingAllowed: NonNullable<CallerPolicies['session']>[number] = {
  source: 'a deleted policy',
  document: { version: '2012-10-17', id: undefined, statements: [] },
  statements: [],
  isPublic: false,
}

/** Session tags win over those of the user or role; tag keys compare without case. */
function tagsOf(own: readonly IamTag[] = [], session: PrincipalSession | undefined): Record<string, string> {
  const given = session?.tags ?? {}
  const overridden = new Set(Object.keys(given).map((key) => key.toLowerCase()))
  const kept = own.filter(({ Key }) => !overridden.has(Key.toLowerCase())).map(({ Key, Value }) => [Key, Value])
  return { ...Object.fromEntries(kept), ...given }
}

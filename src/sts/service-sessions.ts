/**
 * Sessions of roles that services of AWS hand to code without keys: EC2 to what runs on an instance, ECS, Lambda and EKS
 * to what they run. A session is made when first asked for and renewed long before it expires.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
import type { Config } from '../config/config.ts'
import type { Ctx } from '../context.ts'
import { instanceProfileArn, roleArn } from '../iam/lib/arns.ts'
import { compiledTrust } from '../iam/lib/compiled.ts'
import type { Credentials } from '../model/sts.types.gen.ts'
import { contextOf } from '../policy/context-source.ts'
import { decide } from '../policy/decide.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { InstanceProfileRecord, RoleRecord } from '../store/iam-records.ts'
import { issueCredentials } from './issue.ts'

/** What a service gives to code. */
export interface ServiceSession {
  roleArn: string
  issuedMs: number
  credentials: Credentials
}

/** `missing`: there is no such role; `untrusted`: its trust policy names none of the services. */
export type ServiceAnswer = ServiceSession | 'missing' | 'untrusted'

/** The role of an instance profile, and what IMDS tells of them. */
export interface ProfileOfInstance {
  accountId: string
  profile: InstanceProfileRecord
  /** Of the profile. */
  arn: string
  role: RoleRecord
}

/** As EC2's. MaxSessionDuration does not bound sessions that services make. */
const sessionSeconds = 6 * 3600
/** AWS promises new credentials five minutes before the end; SDKs ask up to 20 minutes before it. */
const renewMs = 3600_000
const maxKept = 1000

const ec2 = ['ec2.amazonaws.com']
/** Assumed: one endpoint stands for those of all services that give a role to code, because AWS has one in each. */
const codeServices = [
  'ecs-tasks.amazonaws.com',
  'lambda.amazonaws.com',
  'pods.eks.amazonaws.com',
  'codebuild.amazonaws.com',
  ...ec2,
]

type Deps = Pick<Ctx, 'store' | 'clock'> & { config: Pick<Config, 'accounts' | 'instanceProfile'> }

export class ServiceSessions {
  readonly #deps: Deps
  readonly #kept = new Map<string, ServiceSession>()

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** For a container or function. @param accountId default: the first account */
  async ofRole(name: string, accountId = this.#firstAccount()): Promise<ServiceAnswer> {
    const account = await this.#account(accountId)
    const role = account?.get('role', name)
    // Names of roles are unique without case, and yet spelled in one way.
    if (account === undefined || role?.RoleName !== name) return 'missing'
    return this.#session(account, role, codeServices, 'container')
  }

  /** The configured instance profile, or the only one of the first account that has a role. */
  async instanceProfile(): Promise<ProfileOfInstance | undefined> {
    const account = await this.#account(this.#firstAccount())
    if (account === undefined) return undefined
    const { instanceProfile: name } = this.#deps.config
    const named = name === undefined ? undefined : account.get('instanceProfile', name)
    const all = name === undefined ? account.list('instanceProfile') : named === undefined ? [] : [named]
    const found = all.flatMap((profile): ProfileOfInstance[] => {
      const role = profile.roles[0] === undefined ? undefined : account.byId('role', profile.roles[0])
      return role === undefined
        ? []
        : [{ accountId: account.id, profile, arn: instanceProfileArn(account.id, profile), role }]
    })
    return found.length === 1 ? found[0] : undefined
  }

  /** For what runs on the instance. @param instanceId name of the session, as on EC2 */
  async ofInstance({ accountId, role }: ProfileOfInstance, instanceId: string): Promise<ServiceAnswer> {
    const account = await this.#account(accountId)
    return account === undefined ? 'missing' : this.#session(account, role, ec2, instanceId)
  }

  #firstAccount(): string {
    return this.#deps.config.accounts[0]?.id ?? ''
  }

  async #account(id: string): Promise<IamAccount | undefined> {
    if (!this.#deps.config.accounts.some((account) => account.id === id)) return undefined
    return this.#deps.store.iam.account(id)
  }

  async #session(
    account: IamAccount,
    role: RoleRecord,
    services: readonly string[],
    sessionName: string,
  ): Promise<ServiceAnswer> {
    const { clock } = this.#deps
    const arn = roleArn(account.id, role)
    const nowMs = clock.now()
    if (!services.some((service) => trusts(role, arn, account.id, service, nowMs))) return 'untrusted'
    const key = `${role.RoleId} ${sessionName}`
    const kept = this.#kept.get(key)
    if (kept !== undefined && isFresh(kept, nowMs)) return kept
    const subject = { accountId: account.id, kind: 'role' as const, uniqueId: role.RoleId, name: sessionName }
    const draft = { by: 'AssumeRole' as const, policies: [], policyArns: [] }
    const credentials = await issueCredentials(this.#deps, subject, draft, sessionSeconds)
    const session = { roleArn: arn, issuedMs: nowMs, credentials }
    if (this.#kept.size >= maxKept) this.#kept.clear()
    this.#kept.set(key, session)
    return session
  }
}

/** The clock may have been set back since. */
const isFresh = ({ issuedMs, credentials }: ServiceSession, nowMs: number): boolean =>
  issuedMs <= nowMs && Number(credentials.Expiration) - nowMs > renewMs

/** Whether the trust policy lets a service assume the role. */
function trusts(role: RoleRecord, arn: string, accountId: string, service: string, nowMs: number): boolean {
  const context = contextOf({
    'aws:principalisawsservice': 'true',
    'aws:principalservicename': service,
    'aws:sourceaccount': accountId,
    'aws:resourceaccount': accountId,
    'aws:currenttime': new Date(nowMs).toISOString(),
    'aws:epochtime': String(Math.floor(nowMs / 1000)),
  })
  const { decision } = decide({
    principal: { kind: 'service', accountId: '', arn: '', canonicalId: '', services: [service] },
    action: 'sts:AssumeRole',
    resource: arn,
    resourceAccount: accountId,
    context,
    policies: { identity: [], resource: compiledTrust(role, arn), isResourceRequired: true },
  })
  return decision === 'allowed'
}

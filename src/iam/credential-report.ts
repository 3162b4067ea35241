/** The credential report: a line for root and each user. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html */
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import { rootArn } from '../lib/arn.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { AccessKeyRecord, UserRecord } from '../store/iam-records.ts'
import { userArn } from './lib/arns.ts'

const keyColumns = (n: number) =>
  ['active', 'last_rotated', 'last_used_date', 'last_used_region', 'last_used_service'].map(
    (name) => `access_key_${n}_${name}`,
  )

const header = [
  'user',
  'arn',
  'user_creation_time',
  'password_enabled',
  'password_last_used',
  'password_last_changed',
  'password_next_rotation',
  'mfa_active',
  ...keyColumns(1),
  ...keyColumns(2),
  'cert_1_active',
  'cert_1_last_rotated',
  'cert_2_active',
  'cert_2_last_rotated',
].join(',')

const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, '+00:00')

export const credentialReport = {
  async GenerateCredentialReport(_input, ctx) {
    const isFirst = await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const before = draft.get('account', '') ?? { accessKeys: [] }
      draft.put('account', { ...before, reportMs: ctx.clock.now() })
      return before.reportMs === undefined
    })
    if (!isFirst) return { State: 'COMPLETE' }
    return { State: 'STARTED', Description: 'No report exists. Starting a new report generation task' }
  },

  async GetCredentialReport(_input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const reportMs = account.get('account', '')?.reportMs
    if (reportMs === undefined) throw error('ReportNotPresent')
    const devices = new Set(account.list('mfaDevice').map(({ owner }) => owner))
    const lines = [header]
    const rootKeys = [...configuredKeys(ctx), ...(account.get('account', '')?.accessKeys ?? [])]
    const common = 'not_supported,not_supported,not_supported,not_supported'
    const rootMfa = devices.has(account.id)
    lines.push(
      `<root_account>,${rootArn(account.id)},${time(0)},${common},${rootMfa},${await keysText(ctx, rootKeys)},${certificatesText([])}`,
    )
    for (const user of account.list('user')) {
      const password = user.loginProfile
      const changed =
        password === undefined ? 'false,N/A,N/A,N/A' : `true,no_information,${time(password.createdMs)},N/A`
      const keys = await keysText(ctx, user.accessKeys)
      const head = `${user.UserName},${userArn(account.id, user)},${time(user.createdMs)},${changed}`
      lines.push(`${head},${devices.has(user.UserId)},${keys},${certificatesText(user.signingCertificates)}`)
    }
    return { Content: Buffer.from(lines.join('\n')), ReportFormat: 'text/csv', GeneratedTime: reportMs }
  },
} satisfies Partial<IamHandlers>

type ReportedKey = Pick<AccessKeyRecord, 'AccessKeyId' | 'Status'> & { createdMs?: number }

/** Keys of root that the configuration gives. They are active, and have no time of their making. */
function configuredKeys({ config, principal }: Ctx): ReportedKey[] {
  const keys = config.accounts.find(({ id }) => id === principal.accountId)?.keys ?? []
  return keys.map(({ accessKeyId }) => ({ AccessKeyId: accessKeyId, Status: 'Active' }))
}

/** Two columns for each of two signing certificates. */
function certificatesText(certificates: UserRecord['signingCertificates'] = []): string {
  const texts = [0, 1].map((at) => {
    const certificate = certificates[at]
    return certificate === undefined ? 'false,N/A' : `${certificate.Status === 'Active'},${time(certificate.createdMs)}`
  })
  return texts.join(',')
}

async function keysText(ctx: Ctx, keys: readonly ReportedKey[]): Promise<string> {
  const parts = [0, 1].map(async (at) => {
    const key = keys[at]
    if (key === undefined) return 'false,N/A,N/A,N/A,N/A'
    const use = await ctx.store.iam.lastUse(key.AccessKeyId)
    const used = use === undefined ? 'N/A,N/A,N/A' : `${time(use.usedMs)},${use.region},${use.service}`
    const rotated = key.createdMs === undefined ? 'N/A' : time(key.createdMs)
    return `${key.Status === 'Active'},${rotated},${used}`
  })
  return (await Promise.all(parts)).join(',')
}

/** How many entities an account may have. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
import type { IamAccount } from '../../store/iam-account.ts'
import { limitExceeded } from './find.ts'

/** Name of the quota, and AWS's default. */
export const quotas = {
  user: ['UsersPerAccount', 5000],
  group: ['GroupsPerAccount', 300],
  role: ['RolesPerAccount', 1000],
  policy: ['PoliciesPerAccount', 1500],
  instanceProfile: ['InstanceProfilesPerAccount', 1000],
  oidcProvider: ['OpenIdConnectProvidersPerAccount', 100],
  samlProvider: ['SAMLProvidersPerAccount', 100],
  serverCertificate: ['ServerCertificatesPerAccount', 20],
} as const

/** Whether there is room for one more. @throws AwsError LimitExceeded */
export function checkQuota(account: IamAccount, kind: keyof typeof quotas): void {
  const [name, limit] = quotas[kind]
  if (account.list(kind).length >= limit) throw limitExceeded(name, limit)
}

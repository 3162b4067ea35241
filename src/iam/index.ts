/** All IAM handlers. Operations without one answer 501 NotImplemented by name. */
import type { IamHandlers } from '../model/iam.types.gen.ts'
import { accessKeys } from './access-keys.ts'
import { attachments } from './attachments.ts'
import { boundaries } from './boundaries.ts'
import { groups } from './groups.ts'
import { inlinePolicies } from './inline-policies.ts'
import { managedPolicyHandlers } from './managed-policies.ts'
import { policyVersions } from './policy-versions.ts'
import { oidc } from './oidc.ts'
import { roles } from './roles.ts'
import { users } from './users.ts'

export const handlers = {
  ...users,
  ...groups,
  ...roles,
  ...accessKeys,
  ...inlinePolicies,
  ...managedPolicyHandlers,
  ...policyVersions,
  ...attachments,
  ...boundaries,
  ...oidc,
} satisfies Partial<IamHandlers>

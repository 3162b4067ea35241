/** All IAM handlers. Operations without one are in not-implemented.ts. */
import type { IamHandlers } from '../model/iam.types.gen.ts'
import { accessKeys } from './access-keys.ts'
import { account } from './account.ts'
import { attachments } from './attachments.ts'
import { authorizationDetails } from './authorization-details.ts'
import { boundaries } from './boundaries.ts'
import { credentialReport } from './credential-report.ts'
import { groups } from './groups.ts'
import { inlinePolicies } from './inline-policies.ts'
import { instanceProfiles } from './instance-profiles.ts'
import { loginProfiles } from './login-profiles.ts'
import { managedPolicyHandlers } from './managed-policies.ts'
import { mfa } from './mfa.ts'
import { oidc } from './oidc.ts'
import { outboundFederation } from './outbound-federation.ts'
import { policyVersions } from './policy-versions.ts'
import { roles } from './roles.ts'
import { saml } from './saml.ts'
import { serverCertificates } from './server-certificates.ts'
import { serviceAccess } from './service-access.ts'
import { serviceCredentials } from './service-credentials.ts'
import { serviceLinkedRoles } from './service-linked-roles.ts'
import { simulate } from './simulate.ts'
import { tags } from './tags.ts'
import { userCredentials } from './user-credentials.ts'
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
  ...tags,
  ...instanceProfiles,
  ...serviceLinkedRoles,
  ...oidc,
  ...saml,
  ...outboundFederation,
  ...mfa,
  ...loginProfiles,
  ...userCredentials,
  ...serviceCredentials,
  ...serviceAccess,
  ...serverCertificates,
  ...account,
  ...authorizationDetails,
  ...credentialReport,
  ...simulate,
} satisfies Partial<IamHandlers>

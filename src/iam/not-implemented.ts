/** Operations of IAM that answer 501 NotImplemented, each with the reason. The compiler holds it against the model. */
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { handlers } from './index.ts'

const delegation = 'requests for temporary delegation come from partners of AWS'
const organizations = 'there is no AWS Organizations here'
const lastAccess = 'AWS tracks the use of services that are not here'
const templates = 'role templates are published by AWS and its services'

export const notImplemented: Readonly<Record<Exclude<keyof IamHandlers, keyof typeof handlers>, string>> = {
  AcceptDelegationRequest: delegation,
  AssociateDelegationRequest: delegation,
  CreateDelegationRequest: delegation,
  GetDelegationRequest: delegation,
  ListDelegationRequests: delegation,
  RejectDelegationRequest: delegation,
  SendDelegationToken: delegation,
  UpdateDelegationRequest: delegation,
  DisableOrganizationsRootCredentialsManagement: organizations,
  DisableOrganizationsRootSessions: organizations,
  EnableOrganizationsRootCredentialsManagement: organizations,
  EnableOrganizationsRootSessions: organizations,
  GenerateOrganizationsAccessReport: organizations,
  GetOrganizationsAccessReport: organizations,
  ListOrganizationsFeatures: organizations,
  GenerateServiceLastAccessedDetails: lastAccess,
  GetServiceLastAccessedDetails: lastAccess,
  GetServiceLastAccessedDetailsWithEntities: lastAccess,
  AcquireRole: templates,
  GetRoleTemplateVersion: templates,
  GetAccountProperties: 'AWS does not publish which properties there are',
  PutAccountProperties: 'AWS does not publish which properties there are',
  GetHumanReadableSummary: 'summaries are written by a language model of AWS',
}

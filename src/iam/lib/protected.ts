/** Roles that belong to a service of AWS. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html */
import { error } from '../../errors.ts'
import type { PolicyHolder, RoleRecord } from '../../store/iam-records.ts'

/** @throws AwsError UnmodifiableEntity for a service-linked role */
export function checkModifiable(holder: PolicyHolder | RoleRecord): void {
  if (!('linkedService' in holder) || holder.linkedService === undefined) return
  // Observed: the words (published error texts of DeleteRole).
  const message = `Cannot perform the operation on the protected role '${holder.RoleName}' - this role is only modifiable by AWS`
  throw error('UnmodifiableEntity', {}, { message })
}

/** What inputs of several operations share: paths, the caller's own user, policy documents. */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import { policySize } from '../../policy/limits.ts'
import { validateIdentityPolicy } from '../../policy/validate-identity.ts'
import { invalid } from './find.ts'

/** `/` unless given. @throws AwsError ValidationError */
export function readPath(path: string | undefined, member = 'path'): string {
  if (path === undefined) return '/'
  // Observed: the wording (published error texts of CreateUser).
  if (!/^\/(?:[\u0021-\u007e]*\/)?$/.test(path)) {
    throw invalid(
      `The specified value for ${member} is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.`,
    )
  }
  return path
}

/** The prefix of a list. Unlike a path it need not end with `/`. @throws AwsError ValidationError */
export function readPathPrefix(prefix: string | undefined): string {
  if (prefix === undefined) return '/'
  if (/^\/[\u0021-\u007e]*$/.test(prefix)) return prefix
  throw invalid(
    'The specified value for pathPrefix is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  )
}

/**
 * The user a call is about: the named one, or the caller. Undefined: root calls for itself.
 * @throws AwsError ValidationError when the caller is no user
 */
export function userNameOf(name: string | undefined, { principal }: Ctx): string | undefined {
  if (name !== undefined) return name
  if (principal.kind === 'user') return principal.userName
  if (principal.kind === 'root') return undefined
  throw invalid('Must specify userName when calling with non-User credentials')
}

/** Checks an identity policy as Put and Create do. @throws AwsError MalformedPolicyDocument */
export function checkDocument(text: string, isManaged: boolean): void {
  const result = validateIdentityPolicy(text, { isManaged })
  if (!result.ok) throw error('MalformedPolicyDocument', {}, { message: result.message })
}

/** Size of all inline policies together. */
export function inlineSize(inline: Readonly<Record<string, string>>): number {
  let size = 0
  for (const text of Object.values(inline)) size += policySize(text)
  return size
}

/** The policies of a configuration, checked before the server starts: what is wrong in which of them, and where. */
import type { ConfigFile } from './config/file.ts'
import type { IamSeed, SeedDocument } from './config/iam.ts'
import { usageError } from './config/layer.ts'
import { findPolicyFault, type PolicyUse } from './find-policy-fault.ts'
import { validateIdentityPolicy } from './policy/validate-identity.ts'

/** One document, with where it stands in the configuration. */
interface Found {
  document: SeedDocument
  path: (string | number)[]
  use: PolicyUse
}

/**
 * Checks them all.
 * @param file the configuration file that the policies come from; undefined: the options of a program, or a variable
 * @throws UsageError with a sentence for each policy that AWS would refuse
 */
export async function checkConfigPolicies(seeds: readonly IamSeed[], file: ConfigFile | undefined): Promise<void> {
  const isList = file === undefined ? seeds.length > 1 : Array.isArray((file.value as { iam?: unknown } | null)?.iam)
  const found = seeds.flatMap((seed, index) => documentsOf(seed, isList ? ['iam', index] : ['iam']))
  const problems: string[] = []
  for (const one of found) {
    const problem = await problemOf(one, file)
    if (problem !== undefined) problems.push(problem)
  }
  if (problems.length > 0) throw usageError(problems)
}

function documentsOf(
  { policies = [], users = [], groups = [], roles = [] }: IamSeed,
  base: (string | number)[],
): Found[] {
  const holders = { users, groups, roles }
  const inline = Object.entries(holders).flatMap(([kind, all]) =>
    all.flatMap((holder, index) =>
      Object.entries(holder.policies ?? {}).map(
        ([name, document]): Found => ({ document, path: [...base, kind, index, 'policies', name], use: 'inline' }),
      ),
    ),
  )
  return [
    ...policies.map(
      ({ document }, index): Found => ({ document, path: [...base, 'policies', index, 'document'], use: 'managed' }),
    ),
    ...inline,
    ...roles.map(
      ({ trust }, index): Found => ({ document: trust, path: [...base, 'roles', index, 'trust'], use: 'trust' }),
    ),
  ]
}

async function problemOf({ document, path, use }: Found, file: ConfigFile | undefined): Promise<string | undefined> {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const checked = use === 'trust' ? undefined : validateIdentityPolicy(text, { isManaged: use === 'managed' })
  if (checked?.ok) return undefined
  const fault = findPolicyFault(text, use)
  // Whom a trust policy names is looked up when the roles are made.
  if (fault === undefined && checked === undefined) return undefined
  const answer = checked === undefined || checked.ok ? 'MalformedPolicyDocument' : checked.message
  const inside = fault?.path ?? []
  const where = [...path, ...inside].join('.')
  const place = await placeIn(file, path, inside, typeof document === 'string' ? document : undefined)
  return `${place}${where} ${fault?.problem ?? 'is a policy that AWS refuses'} (AWS answers: ${answer})`
}

/** `FILE:LINE:COLUMN: `; of a policy in a file of its own, in that. */
async function placeIn(
  file: ConfigFile | undefined,
  path: readonly (string | number)[],
  inside: readonly (string | number)[],
  ownText: string | undefined,
): Promise<string> {
  if (file === undefined) return ''
  const own = file.files?.get(path.join('.'))
  const text = own === undefined ? file.text : ownText
  const name = own ?? file.path
  if (text === undefined) return `${name}: `
  const { placeOf } = await import('./config/read-yaml.ts')
  const found = placeOf(text, own === undefined ? [...path, ...inside] : inside)
  return found === undefined ? `${name}: ` : `${name}:${found.line}:${found.column}: `
}

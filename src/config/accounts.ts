/** The accounts of a configuration: their schema, and what is filled in where they say nothing. */
import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { AccessKeyConfig, AccountConfig } from './config.ts'
import { accessKeyPair, type Kind, organization } from './values.ts'

/** An account as the file and the Node API write it. */
export interface AccountOptions {
  /** Usually 12 digits; any text is accepted. */
  id: string
  /** Default: 64 hex digits derived from `id`, always the same. */
  canonicalId?: string | undefined
  /** Default: `id`. */
  displayName?: string | undefined
  /** Default: `ID@example.com`. */
  email?: string | undefined
  /** Id of the organization it belongs to, or its path there: `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111`. Empty: none. */
  organization?: string | undefined
  /** Root keys, at least one. */
  keys: AccessKeyConfig[]
}

export const defaultAccountId = '000000000000'

/**
 * The keys that work until one is configured: our own, and the pairs that images of other servers made common, so
 * that replacing such an image needs no new credentials. Signatures are verified with all of them.
 */
export const wellKnownKeys: readonly AccessKeyConfig[] = [
  ['sandbucket', 'sandbucket'],
  ['minioadmin', 'minioadmin'],
  ['miniouser', 'miniopassword'],
  ['test', 'test'],
  ['testing', 'testing'],
  ['foo', 'bar'],
  ['S3RVER', 'S3RVER'],
  ['rustfsadmin', 'rustfsadmin'],
  ['accessKey1', 'verySecretKey1'],
  ['sail', 'password'],
].map(([id, key]) => ({ accessKeyId: id as string, secretAccessKey: key as string }))

const name = v.pipe(v.string(), v.nonEmpty())
/** One account. */
export const accountSchema: v.GenericSchema<unknown, AccountOptions> = v.strictObject({
  id: name,
  canonicalId: v.optional(name),
  displayName: v.optional(v.string()),
  email: v.optional(v.string()),
  organization: v.optional(v.union([v.literal(''), organization.schema])),
  keys: v.pipe(v.array(accessKeyPair), v.minLength(1)),
})

/** A list of accounts, as an array or as JSON text. */
export const accounts: Kind<AccountOptions[]> = {
  schema: v.pipe(
    v.union([v.array(v.unknown()), v.pipe(v.string(), v.parseJson(), v.array(v.unknown()))]),
    v.array(accountSchema),
    v.minLength(1),
  ),
  must:
    'a list of accounts, each { "id", "keys": [{ "accessKeyId", "secretAccessKey" }] } ' +
    'with "canonicalId", "displayName", "email" and "organization" where they matter',
}

/** The canonical user id of an account that names none: stable across starts and machines, 64 hex digits as on AWS. */
export function deriveCanonicalId(accountId: string): string {
  return createHash('sha256').update(`sandbucket canonical user ${accountId}`).digest('hex')
}

/** Fills in what an account leaves out. @param organization of accounts that name none */
export function completeAccount(options: AccountOptions, organization?: string): AccountConfig {
  const path = options.organization ?? organization ?? ''
  return {
    id: options.id,
    canonicalId: options.canonicalId ?? deriveCanonicalId(options.id),
    displayName: options.displayName ?? (options.id === defaultAccountId ? 'sandbucket' : options.id),
    email: options.email ?? `${options.id.replace(/[^A-Za-z0-9._-]/g, '-')}@example.com`,
    ...(path !== '' && { organization: path.endsWith('/') ? path : `${path}/` }),
    keys: options.keys,
  }
}

/** Says which ids or keys appear twice; one sentence each. */
export function findDuplicates(all: readonly AccountConfig[]): string[] {
  const problems: string[] = []
  const check = (what: string, values: string[]): void => {
    const twice = values.filter((value, at) => values.indexOf(value) !== at)
    for (const value of new Set(twice))
      problems.push(`accounts: the ${what} "${value}" appears twice; give each account its own`)
  }
  check(
    'account id',
    all.map((one) => one.id),
  )
  check(
    'canonical id',
    all.map((one) => one.canonicalId),
  )
  check(
    'access key id',
    all.flatMap((one) => one.keys.map((key) => key.accessKeyId)),
  )
  return problems
}

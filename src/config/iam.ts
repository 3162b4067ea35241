/** IAM in a configuration: users, groups, roles and policies that are there from the start. */
import * as v from 'valibot'
import { recordOf } from '../lib/record-schema.ts'
import type { AccessKeyConfig } from './config.ts'
import { accessKeyPair, flag, type Kind } from './values.ts'

/** A policy document, as text or as the object it stands for. */
export type SeedDocument = string | Record<string, unknown>

interface SeedHolder {
  name: string
  /** Default: `/`. */
  path?: string | undefined
  /** Managed policies: ARNs, or names of the account's own or of AWS's. */
  attach?: string[] | undefined
  /** Inline policies by name. */
  policies?: Record<string, SeedDocument> | undefined
}

export interface SeedUser extends SeedHolder {
  /** Two at most. */
  keys?: AccessKeyConfig[] | undefined
  groups?: string[] | undefined
  /** ARN or name of a managed policy. */
  boundary?: string | undefined
  tags?: Record<string, string> | undefined
}

export type SeedGroup = SeedHolder

export interface SeedRole extends SeedHolder {
  trust: SeedDocument
  boundary?: string | undefined
  tags?: Record<string, string> | undefined
  description?: string | undefined
  /** Seconds. */
  maxSessionDuration?: number | undefined
  /** Makes an instance profile of the same name. */
  instanceProfile?: boolean | undefined
}

export interface SeedPolicy {
  name: string
  path?: string | undefined
  description?: string | undefined
  document: SeedDocument
}

export interface SeedOidcProvider {
  url: string
  clientIds: string[]
  /** A JSON Web Key Set that tokens are verified with. */
  jwks?: { keys: Record<string, unknown>[] } | undefined
}

/** What one account has. */
export interface IamSeed {
  /** Account id. Default: the default account. */
  account?: string | undefined
  policies?: SeedPolicy[] | undefined
  groups?: SeedGroup[] | undefined
  users?: SeedUser[] | undefined
  roles?: SeedRole[] | undefined
  oidcProviders?: SeedOidcProvider[] | undefined
}

const name = v.pipe(v.string(), v.regex(/^[\w+=,.@-]{1,128}$/))
/** In YAML a number is text. */
const seconds = v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,6}$/), v.transform(Number))])
/** A policy document. */
export const documentSchema = v.union([v.string(), recordOf(v.string(), v.unknown())])
const tags = v.optional(recordOf(v.string(), v.string()))
const texts = v.optional(v.array(v.string()))
const holder = {
  name,
  path: v.optional(v.string()),
  attach: texts,
  policies: v.optional(recordOf(name, documentSchema)),
}

/** What one account has. */
export const seedSchema: v.GenericSchema<unknown, IamSeed> = v.strictObject({
  account: v.optional(v.pipe(v.string(), v.nonEmpty())),
  policies: v.optional(
    v.array(
      v.strictObject({
        name,
        path: v.optional(v.string()),
        description: v.optional(v.string()),
        document: documentSchema,
      }),
    ),
  ),
  groups: v.optional(v.array(v.strictObject(holder))),
  users: v.optional(
    v.array(
      v.strictObject({
        ...holder,
        keys: v.optional(v.pipe(v.array(accessKeyPair), v.maxLength(2))),
        groups: texts,
        boundary: v.optional(v.string()),
        tags,
      }),
    ),
  ),
  roles: v.optional(
    v.array(
      v.strictObject({
        ...holder,
        trust: documentSchema,
        boundary: v.optional(v.string()),
        tags,
        description: v.optional(v.string()),
        maxSessionDuration: v.optional(v.pipe(seconds, v.integer(), v.minValue(3600), v.maxValue(43_200))),
        instanceProfile: v.optional(flag.schema),
      }),
    ),
  ),
  oidcProviders: v.optional(
    v.array(
      v.strictObject({
        url: v.string(),
        clientIds: v.array(v.string()),
        jwks: v.optional(v.object({ keys: v.array(recordOf(v.string(), v.unknown())) })),
      }),
    ),
  ),
})

const list = v.pipe(
  v.union([
    v.array(v.unknown()),
    v.pipe(
      recordOf(v.string(), v.unknown()),
      v.transform((one) => [one]),
    ),
  ]),
  v.array(seedSchema),
)

/** One account's IAM as an object, several as an array, either as JSON text too. */
export const iamSeeds: Kind<IamSeed[]> = {
  schema: v.union([list, v.pipe(v.string(), v.parseJson(), list)]),
  must:
    'an object with "users", "groups", "roles", "policies" and "oidcProviders" (or one for each account, with "account"): ' +
    'users { "name", "keys", "groups", "attach", "policies" }, roles { "name", "trust", ... }, policies { "name", "document" }',
}

/** Says which keys of users are someone else's already; one sentence each. */
export function findTakenKeys(seeds: readonly IamSeed[], rootKeys: readonly string[]): string[] {
  const taken = new Set(rootKeys)
  const problems: string[] = []
  for (const { users = [] } of seeds) {
    for (const { name: user, keys = [] } of users) {
      for (const { accessKeyId: id } of keys) {
        if (taken.has(id)) problems.push(`iam: the access key id "${id}" of user ${user} is in use; give each its own`)
        taken.add(id)
      }
    }
  }
  return problems
}

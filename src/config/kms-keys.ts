/** KMS keys of a configuration: their schema, and what is filled in where they say nothing. */
import * as v from 'valibot'
import type { KmsKeyConfig } from './config.ts'
import type { Kind } from './values.ts'

/** A KMS key as the file and the Node API write it. */
export interface KmsKeyOptions {
  /** Usually a UUID; any text that fits into an ARN. Default: a random UUID, kept in the data directory. */
  id?: string | undefined
  /** `alias/NAME`, one or several. */
  alias?: string | string[] | undefined
  /** Default: `Enabled`. In another state S3 answers as AWS does for a key that cannot be used. */
  state?: KmsKeyConfig['state'] | undefined
  /** Default: the default account. */
  accountId?: string | undefined
  /** Default: the key is there in every region. */
  region?: string | undefined
}

const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,256}$/))
const alias = v.pipe(v.string(), v.regex(/^alias\/(?!aws\/)[A-Za-z0-9/_-]{1,250}$/))
/** One key, as an object. */
export const kmsKeySchema = v.pipe(
  v.strictObject({
    id: v.optional(id),
    alias: v.optional(v.union([alias, v.array(alias)])),
    state: v.optional(v.picklist(['Enabled', 'Disabled', 'PendingDeletion'])),
    accountId: v.optional(v.pipe(v.string(), v.nonEmpty())),
    region: v.optional(v.pipe(v.string(), v.nonEmpty())),
  }),
  v.check((one) => one.id !== undefined || (one.alias !== undefined && one.alias.length > 0)),
)

/** A bare text is an alias when it begins with `alias/`, otherwise an id. */
const bare = v.union([
  v.pipe(
    alias,
    v.transform((text): KmsKeyOptions => ({ alias: text })),
  ),
  v.pipe(
    id,
    v.transform((text): KmsKeyOptions => ({ id: text })),
  ),
])

const split = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')

const entries: v.GenericSchema<unknown, unknown[]> = v.union([
  v.array(v.unknown()),
  v.pipe(v.string(), v.trim(), v.startsWith('['), v.parseJson(), v.array(v.unknown())),
  v.pipe(v.string(), v.transform(split)),
])

/** KMS keys: an array of ids, aliases and objects, the same as JSON text, or ids and aliases with commas between. */
export const kmsKeys: Kind<KmsKeyOptions[]> = {
  schema: v.pipe(entries, v.array(v.union([bare, kmsKeySchema]))),
  must:
    'ids or aliases (alias/NAME) of KMS keys with a comma between two, or a list of ' +
    '{ "id", "alias", "state", "accountId", "region" } with at least "id" or "alias"',
}

/** Fills in what a key leaves out. */
export function completeKmsKey(options: KmsKeyOptions, defaultAccountId: string): KmsKeyConfig {
  const { id: keyId, alias: names = [], state = 'Enabled', accountId = defaultAccountId, region } = options
  return { id: keyId, aliases: typeof names === 'string' ? [names] : names, state, accountId, region }
}

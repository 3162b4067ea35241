/**
 * What kinds of values an option may have: how each is read from text (flags, environment) or taken as it is (file,
 * Node API), and how to say what is wrong. One valibot schema per kind reads both.
 */
import * as v from 'valibot'
import { nameMap } from '../lib/name-map.ts'

/** A kind of value: its schema, and the words that complete "X must be ...". */
export interface Kind<T> {
  schema: v.GenericSchema<unknown, T>
  /** A noun phrase: `a whole number from 0 to 65535`. */
  must: string
}

const trimmed = v.pipe(v.string(), v.trim())

/** Non-empty text. */
export const text: Kind<string> = { schema: v.pipe(trimmed, v.nonEmpty()), must: 'text that is not empty' }

/** Any non-empty text, kept to the last space: secrets may begin or end with one. */
export const secret: Kind<string> = { schema: v.pipe(v.string(), v.nonEmpty()), must: 'text that is not empty' }

/** An access key id: any text that survives inside a credential scope and an Authorization header. */
export const accessKeyId: Kind<string> = {
  schema: v.pipe(v.string(), v.regex(/^[^\s/,;=&]+$/)),
  must: 'text without spaces and without any of / , ; = &',
}

/** A key pair. The AWS SDK writes `$source` into the credentials it is given, which may be the same object. */
export const accessKeyPair = v.pipe(
  v.strictObject({ accessKeyId: accessKeyId.schema, secretAccessKey: secret.schema, $source: v.optional(v.unknown()) }),
  v.transform(({ accessKeyId: id, secretAccessKey }) => ({ accessKeyId: id, secretAccessKey })),
)

/** Id of an organization, or the path of an account in it, as aws:PrincipalOrgPaths has it. */
export const organization: Kind<string> = {
  schema: v.pipe(trimmed, v.regex(/^o-[a-z0-9]+(?:\/r-[a-z0-9]+(?:\/ou-[a-z0-9-]+)*)?\/?$/)),
  must: 'the id of an organization such as o-a1b2c3d4e5, or a path in it such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111',
}

/** `true`, or words such as 1, yes, on. */
export const flag: Kind<boolean> = {
  schema: v.union([
    v.boolean(),
    v.pipe(
      trimmed,
      v.toLowerCase(),
      v.picklist(['1', 'true', 'yes', 'on']),
      v.transform(() => true),
    ),
    v.pipe(
      trimmed,
      v.toLowerCase(),
      v.picklist(['0', 'false', 'no', 'off']),
      v.transform(() => false),
    ),
  ]),
  must: 'true or false (1/0, yes/no and on/off work as well)',
}

/** A TCP port; 0 asks for a free one. */
export const port: Kind<number> = {
  schema: v.pipe(
    v.union([v.number(), v.pipe(trimmed, v.regex(/^\d{1,5}$/), v.transform(Number))]),
    v.integer(),
    v.minValue(0),
    v.maxValue(65535),
  ),
  must: 'a whole number from 0 to 65535, 0 for a free port',
}

const sizeUnits: Record<string, number> = nameMap({ '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 })

/** Bytes, from a number or `5MiB`, `64k`. Units are powers of 1,024, as in the AWS CLI. */
export const size: Kind<number> = {
  schema: v.union([
    v.pipe(v.number(), v.integer(), v.minValue(0)),
    v.pipe(
      trimmed,
      v.toLowerCase(),
      v.regex(/^\d{1,12}\s*([kmg]?)(i?b)?$/),
      v.transform((value) => {
        const [, digits = '', unit = ''] = /^(\d+)\s*([kmg]?)/.exec(value) ?? []
        return Number(digits) * (sizeUnits[unit] ?? 1)
      }),
    ),
  ]),
  must: 'a size such as 5MiB, 64k or a number of bytes',
}

const durationUnits: Record<string, number> = nameMap({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 })

/** Milliseconds, from a number or `15m`, `900s`; `off` is Infinity. */
export const duration: Kind<number> = {
  schema: v.union([
    v.pipe(v.number(), v.minValue(0)),
    v.pipe(
      trimmed,
      v.toLowerCase(),
      v.literal('off'),
      v.transform(() => Number.POSITIVE_INFINITY),
    ),
    v.pipe(
      trimmed,
      v.toLowerCase(),
      v.regex(/^\d{1,12}\s*(ms|s|m|h|d)$/),
      v.transform((value) => {
        const [, digits = '', unit = ''] = /^(\d+)\s*(\w+)$/.exec(value) ?? []
        return Number(digits) * (durationUnits[unit] ?? 1)
      }),
    ),
  ]),
  must: 'a time with its unit, such as 15m, 90s or 500ms, or "off"',
}

/** One of a few words. */
export function choice<const T extends readonly [string, ...string[]]>(...words: T): Kind<T[number]> {
  return { schema: v.pipe(trimmed, v.picklist(words)), must: `one of ${words.join(', ')}` }
}

/** A list: an array, or text with commas between the entries. Empty entries are dropped, repeats kept once. */
function list(entry: v.GenericSchema<string, string>): v.GenericSchema<unknown, string[]> {
  const split = (value: string): string[] => value.split(',')
  return v.pipe(
    v.union([
      v.pipe(v.string(), v.transform(split)),
      v.pipe(
        v.array(v.string()),
        v.transform((all) => all.flatMap(split)),
      ),
    ]),
    v.transform((all) => [...new Set(all.map((one) => one.trim()).filter((one) => one !== ''))]),
    v.array(entry),
  )
}

/** Bucket names. Only their shape is checked here; CreateBucket's further rules apply when they are made. */
export const bucketNames: Kind<string[]> = {
  schema: list(v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/))),
  must: 'bucket names: 3 to 63 lower-case letters, digits, dots and hyphens each, with a comma between two names',
}

/** Domain names, no port. */
export const domains: Kind<string[]> = {
  schema: list(v.pipe(v.string(), v.toLowerCase(), v.regex(/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/))),
  must: 'host names without a port, such as s3.example.test, with a comma between two names',
}

/** `host` or `host:port`; a whole URL is reduced to that. */
export const publicHosts: Kind<string[]> = {
  schema: list(
    v.pipe(
      v.string(),
      v.toLowerCase(),
      v.transform((value) => value.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '')),
      v.regex(/^(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?)(:\d{1,5})?$/),
    ),
  ),
  must: 'host or host:port, such as s3.example.test:9000, with a comma between two of them',
}

/** Origins as browsers send them, `scheme://host[:port]`; one `*` in each stands for any text. */
export const origins: Kind<string[]> = {
  schema: list(
    v.pipe(
      v.string(),
      v.toLowerCase(),
      v.transform((value) => value.replace(/\/$/, '')),
      v.check((value) => value.split('*').length <= 2),
      v.regex(/^(?:\*|[a-z*][a-z0-9+.*-]*:\/\/[^\s/?#@]+)$/),
    ),
  ),
  must: 'origins such as https://app.example.com or https://*.example.com, or *, with a comma between two of them',
}

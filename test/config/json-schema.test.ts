/** The JSON schema takes what the program takes, and refuses mistakes. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { configSchema } from '../../src/config/json-schema.ts'
import { resolveOptions } from '../../src/config/resolve.ts'

type Schema = Record<string, unknown>

const root = configSchema()

function resolveRef(ref: string): Schema {
  return ref
    .slice(2)
    .split('/')
    .reduce<Schema>((node, step) => node[step] as Schema, root)
}

/** As much of JSON Schema as ours uses. */
function fits(schema: Schema, value: unknown): boolean {
  if (typeof schema.$ref === 'string') return fits(resolveRef(schema.$ref), value)
  if (Array.isArray(schema.anyOf)) return (schema.anyOf as Schema[]).some((one) => fits(one, value))
  if ('const' in schema) return schema.const === value
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false
  switch (schema.type) {
    case undefined:
      return true
    case 'string':
      return (
        typeof value === 'string' &&
        value.length >= ((schema.minLength as number | undefined) ?? 0) &&
        new RegExp((schema.pattern as string | undefined) ?? '', 'u').test(value)
      )
    case 'integer':
    case 'number':
      return (
        typeof value === 'number' &&
        (schema.type === 'number' || Number.isInteger(value)) &&
        value >= ((schema.minimum as number | undefined) ?? -Infinity) &&
        value <= ((schema.maximum as number | undefined) ?? Infinity)
      )
    case 'boolean':
      return typeof value === 'boolean'
    case 'array':
      return (
        Array.isArray(value) &&
        value.length >= ((schema.minItems as number | undefined) ?? 0) &&
        value.length <= ((schema.maxItems as number | undefined) ?? Infinity) &&
        value.every((item) => fits((schema.items as Schema | undefined) ?? {}, item))
      )
    case 'object':
      return fitsObject(schema, value)
    default:
      return assert.fail(`the schema has the type ${schema.type}`)
  }
}

function fitsObject({ properties = {}, required = [], additionalProperties = true }: Schema, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const known = properties as Record<string, Schema>
  return (
    (required as string[]).every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, member]) => {
      if (Object.hasOwn(known, name)) return fits(known[name] as Schema, member)
      return typeof additionalProperties === 'boolean'
        ? additionalProperties
        : fits(additionalProperties as Schema, member)
    })
  )
}

const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }
const trust = { Statement: { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' } }

describe('the JSON schema of the configuration', () => {
  const good: [string, Record<string, unknown>][] = [
    ['nothing', {}],
    [
      'scalars',
      { port: 9001, tls: true, maxClockSkew: '15m', minPartSize: 5, logLevel: 'warn', bucketDefaults: 'aws' },
    ],
    [
      'lists',
      {
        buckets: ['photos'],
        publicHosts: 's3.test:9000',
        kmsKeys: ['alias/a', { id: 'k', alias: ['alias/b'], state: 'Disabled' }],
      },
    ],
    ['accounts', { accounts: [{ id: '1', organization: 'o-a1', keys: [{ accessKeyId: 'a', secretAccessKey: 'b' }] }] }],
    [
      'IAM',
      {
        iam: {
          users: [
            {
              name: 'ann',
              keys: [{ accessKeyId: 'a', secretAccessKey: 'b' }],
              policies: { own: policy },
              tags: { a: 'b' },
            },
          ],
          roles: [
            { name: 'r', trust, attach: ['AmazonS3FullAccess'], maxSessionDuration: 3600, instanceProfile: true },
          ],
          policies: [{ name: 'p', document: JSON.stringify(policy) }],
        },
      },
    ],
    ['IAM of several', { iam: [{ users: [{ name: 'a' }] }, { account: '000000000000', groups: [{ name: 'g' }] }] }],
  ]
  for (const [name, value] of good) {
    it(`takes ${name}, as the program does`, () => {
      assert.ok(fits(root, value))
      resolveOptions(value)
    })
  }

  it('takes $schema, and the text of a file where a text may stand', () => {
    const $file = { $file: 'x' }
    const keys = [{ accessKeyId: 'a', secretAccessKey: $file }]
    assert.ok(
      fits(root, {
        $schema: './x.json',
        secretAccessKey: $file,
        iam: { users: [{ name: 'a', keys, policies: { p: $file } }] },
      }),
    )
  })

  const bad: [string, Record<string, unknown>][] = [
    ['an unknown option', { prot: 9000 }],
    ['a port that is none', { port: 70_000 }],
    ['a level that is none', { logLevel: 'loud' }],
    ['an account without keys', { accounts: [{ id: '1', keys: [] }] }],
    ['a key without secret', { accounts: [{ id: '1', keys: [{ accessKeyId: 'a' }] }] }],
    ['a member that means nothing', { iam: { users: [{ nam: 'a' }] } }],
    ['a role without trust', { iam: { roles: [{ name: 'r' }] } }],
  ]
  for (const [name, value] of bad) {
    it(`refuses ${name}, as the program does`, () => {
      assert.ok(!fits(root, value))
      assert.throws(() => resolveOptions(value))
    })
  }

  it('refuses a policy with a misspelt member', () => {
    const wrong = { Statement: { Effect: 'Allow', Acton: 's3:*' } }
    assert.ok(!fits(root, { iam: { users: [{ name: 'a', policies: { p: wrong } }] } }))
  })
})

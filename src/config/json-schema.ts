/**
 * The JSON schema of the configuration file, made from the schemas that read it: editors then complete and check what
 * `$schema` names. `npm run readme` writes it to data/sandbucket.config.schema.json.
 */
import { nameMap } from '../lib/name-map.ts'
import { accountSchema } from './accounts.ts'
import { documentSchema, seedSchema } from './iam.ts'
import { kmsKeySchema } from './kms-keys.ts'
import { type OptionName, optionRows } from './options.ts'
import { flag, port } from './values.ts'

/** The file in the package. */
export const schemaFile = 'data/sandbucket.config.schema.json'

type JsonSchema = Record<string, unknown>

/** What is looked at of a valibot schema or an action in its pipe. */
interface Node {
  kind: 'schema' | 'validation' | 'transformation' | 'metadata'
  type: string
  pipe?: readonly Node[]
  entries?: Readonly<Record<string, Node>>
  item?: Node
  wrapped?: Node
  options?: readonly unknown[]
  literal?: unknown
  value?: Node
  requirement?: unknown
}

const file: JsonSchema = { $ref: '#/$defs/file' }

/** Values of other forms than their text: what a list, an account or a policy looks like. */
const shapes: Partial<Record<OptionName, () => JsonSchema>> = {
  accounts: () => ({ type: 'array', minItems: 1, items: convert(accountSchema) }),
  iam: () => ({ anyOf: [{ $ref: '#/$defs/iam' }, { type: 'array', items: { $ref: '#/$defs/iam' } }] }),
  kmsKeys: () => ({ type: 'array', items: { anyOf: [{ type: 'string' }, convert(kmsKeySchema)] } }),
}

/** Kinds that a file writes in one way; texts that mean the same are for flags and the environment. */
const plainKinds = new Map<unknown, JsonSchema>([
  [flag, { type: 'boolean' }],
  [port, { type: 'integer', minimum: 0, maximum: 65_535 }],
])

const lists: ReadonlySet<OptionName> = new Set(optionRows.flatMap(([name, row]) => (row.isList ? [name] : [])))

/** The schema of a whole file. */
export function configSchema(): JsonSchema {
  const properties = nameMap<JsonSchema>({ $schema: { type: 'string' } })
  for (const [name, { kind, help, default: byDefault }] of optionRows) {
    const shape = shapes[name]?.() ?? (lists.has(name) ? listOfTexts : (plainKinds.get(kind) ?? convert(kind.schema)))
    const description = byDefault === '' ? help : `${help} (default: ${byDefault})`
    properties[name] = { description, ...shape }
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of Sandbucket',
    type: 'object',
    additionalProperties: false,
    properties,
    $defs: {
      file: {
        description: 'the text of another file, beside this one',
        type: 'object',
        properties: { $file: { type: 'string' } },
        required: ['$file'],
        additionalProperties: false,
      },
      iam: convert(seedSchema),
      policy,
    },
  }
}

const listOfTexts: JsonSchema = { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'string' }] }

const texts: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }

const policy: JsonSchema = {
  description: 'a policy document: as an object, as JSON text, or in a file of its own',
  anyOf: [
    { type: 'string' },
    file,
    {
      type: 'object',
      properties: {
        Version: { enum: ['2012-10-17', '2008-10-17'] },
        Id: { type: 'string' },
        Statement: {
          anyOf: [
            { $ref: '#/$defs/policy/$defs/statement' },
            { type: 'array', items: { $ref: '#/$defs/policy/$defs/statement' } },
          ],
        },
      },
      required: ['Statement'],
      additionalProperties: false,
    },
  ],
  $defs: {
    statement: {
      type: 'object',
      properties: {
        Sid: { type: 'string', pattern: '^[A-Za-z0-9]*$' },
        Effect: { enum: ['Allow', 'Deny'] },
        Principal: {},
        NotPrincipal: {},
        Action: texts,
        NotAction: texts,
        Resource: texts,
        NotResource: texts,
        Condition: { type: 'object', additionalProperties: { type: 'object' } },
      },
      required: ['Effect'],
      additionalProperties: false,
    },
  },
}

/** What a schema takes; of a pipe what its first schema does, with the checks up to the first change. */
function convert(given: unknown): JsonSchema {
  if (given === documentSchema) return { $ref: '#/$defs/policy' }
  if (given === flag.schema) return { type: 'boolean' }
  const node = given as Node
  const { pipe } = node
  if (pipe !== undefined) {
    // `recordOf` reads its values as those of a map.
    const map = pipe.find(({ type }) => type === 'map')
    if (map !== undefined) return { type: 'object', additionalProperties: convert(map.value) }
    const [first, ...rest] = pipe
    const changed = rest.findIndex(({ kind }) => kind === 'transformation')
    const base = plain(first as Node)
    for (const action of rest.slice(0, changed === -1 ? undefined : changed)) Object.assign(base, check(action, base))
    return withFile(base)
  }
  return withFile(plain(node))
}

/** Where a text may stand, `{ "$file": "PATH" }` may. */
const withFile = (schema: JsonSchema): JsonSchema => (schema.type === 'string' ? { anyOf: [schema, file] } : schema)

function plain(node: Node): JsonSchema {
  switch (node.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return { type: node.type }
    case 'literal':
      return { const: node.literal }
    case 'picklist':
      return { enum: [...(node.options ?? [])] }
    case 'array':
      return { type: 'array', items: convert(node.item) }
    case 'record':
      return { type: 'object', additionalProperties: convert(node.value) }
    case 'optional':
      return convert(node.wrapped)
    case 'union':
      return anyOf((node.options ?? []).map(convert))
    case 'object':
    case 'strict_object':
      return objectOf(node)
    default:
      return {}
  }
}

/** Alternatives without repetitions, and without alternatives inside. */
function anyOf(schemas: readonly JsonSchema[]): JsonSchema {
  const flat = schemas.flatMap((schema) => (Array.isArray(schema.anyOf) ? (schema.anyOf as JsonSchema[]) : [schema]))
  return { anyOf: [...new Map(flat.map((schema) => [JSON.stringify(schema), schema])).values()] }
}

function objectOf({ type, entries = {} }: Node): JsonSchema {
  const all = Object.entries(entries).filter(([name]) => !name.startsWith('$'))
  const required = all.flatMap(([name, entry]) => (entry.type === 'optional' ? [] : [name]))
  return {
    type: 'object',
    properties: Object.fromEntries(all.map(([name, entry]) => [name, convert(entry)])),
    ...(required.length > 0 && { required }),
    ...(type === 'strict_object' && { additionalProperties: false }),
  }
}

function check({ kind, type, requirement, ...rest }: Node, base: JsonSchema): JsonSchema {
  if (kind === 'schema') return rest.options === undefined ? {} : { enum: [...rest.options] }
  const isList = base.type === 'array'
  switch (type) {
    case 'regex':
      return { pattern: (requirement as RegExp).source }
    case 'integer':
      return base.type === 'number' ? { type: 'integer' } : {}
    case 'min_value':
      return base.anyOf === undefined ? { minimum: requirement } : {}
    case 'max_value':
      return base.anyOf === undefined ? { maximum: requirement } : {}
    case 'non_empty':
      return isList ? { minItems: 1 } : { minLength: 1 }
    case 'min_length':
      return isList ? { minItems: requirement } : { minLength: requirement }
    case 'max_length':
      return isList ? { maxItems: requirement } : { maxLength: requirement }
    default:
      return {}
  }
}

/**
 * Reads the schemas that an official SDK client publishes and turns them into a plain model that patches can address
 * by path. The schemas say everything about the wire but which strings are enums: that is in the type declarations.
 */
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type Service = 's3' | 'iam' | 'sts'
export type Location = 'label' | 'query' | 'header' | 'prefix' | 'payload' | 'hostLabel' | 'status'

export interface MemberModel {
  /** `string`, `integer`, `boolean`, `blob`, `timestamp`, `dateTime`, `httpDate`, a shape's name, or `string[]`, `string{}`. */
  type: string
  required?: boolean
  location?: Location
  /** Name of the query key, header or XML element. */
  wire?: string
  flattened?: boolean
  enum?: string
  attribute?: boolean
  /** prefix, URI */
  namespace?: [string, string]
  sensitive?: boolean
  streaming?: boolean
  token?: boolean
  /** Bounds of a text's length, a list's length or a number's value. Only constraints and patches say them. */
  min?: number
  max?: number
  /** What a text must match as a whole. Only constraints and patches say it. */
  pattern?: string
  /** The same of each item of a list of texts. Only constraints say it. */
  item?: { min?: number; max?: number; pattern?: string }
}

export interface ShapeModel {
  kind: 'structure' | 'union' | 'list' | 'map'
  xmlName?: string
  members?: Record<string, MemberModel>
  /** Members that come first on the wire, in this order; the others follow in the model's. Only patches say it. */
  order?: string[]
  /** The root element holds the text of the only member. Only patches say it. */
  unwrapped?: boolean
  /** Of a list. */
  item?: string
  itemName?: string
  /** Of a map. */
  key?: string
  value?: string
}

export interface OperationModel {
  method: string
  uri: string
  status: number
  input?: string
  output?: string
  /** Documented by AWS but absent from the published model. Only patches say it. */
  synthetic?: boolean
  /** Only `x-id` tells it from another operation. Only patches say it. */
  routedById?: boolean
}

export interface Model {
  service: Service
  /** Name and version of the package read. */
  source: string
  operations: Record<string, OperationModel>
  shapes: Record<string, ShapeModel>
  enums: Record<string, string[]>
}

type Traits = number | Record<string, unknown>
type Schema = number | string | unknown[] | (() => Schema)

const PRIMITIVES: Record<number, string> = {
  0: 'string',
  1: 'integer',
  2: 'boolean',
  4: 'timestamp',
  5: 'dateTime',
  6: 'httpDate',
  21: 'blob',
  42: 'blob',
}

/** @throws Error when the package publishes something this reader does not know: a model update must be looked at. */
export async function readSdk(service: Service): Promise<Model> {
  const packageName = `@aws-sdk/client-${service}`
  const require = createRequire(import.meta.url)
  const root = dirname(dirname(require.resolve(packageName)))
  const exported = require(packageName) as Record<string, Schema>
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  const declarations = await readDeclarations(root)
  const model: Model = { service, source: `${packageName} ${version}`, operations: {}, shapes: {}, enums: {} }
  const reader = shapeReader(model, exported, declarations)
  for (const schema of Object.values(exported)) {
    if (!Array.isArray(schema) || schema[0] !== 9) continue
    const [, , name, traits, input, output] = schema as [9, string, string, Traits, Schema, Schema]
    const [method, uri, status] = (bag(traits).http ?? ['POST', '/', 200]) as [string, string, number]
    const operation: OperationModel = { method, uri, status }
    if (resolve(input) !== 'unit') operation.input = reader.reference(input)
    if (resolve(output) !== 'unit') operation.output = reader.reference(output)
    model.operations[name] = operation
  }
  model.operations = sorted(model.operations)
  model.shapes = sorted(model.shapes)
  model.enums = sorted(model.enums)
  return model
}

function shapeReader(model: Model, exported: Record<string, Schema>, declarations: Map<string, Map<string, string>>) {
  function reference(ref: Schema): string {
    const schema = resolve(ref)
    if (typeof schema === 'number') return primitive(schema)
    if (!Array.isArray(schema)) throw new Error(`unknown schema ${String(schema)}`)
    if (schema.length === 2) return reference(schema[0] as Schema)
    const name = String(schema[2])
    if (schema[0] === 0) return reference(schema[4] as Schema)
    if (model.shapes[name] === undefined) addShape(name, schema)
    return name
  }
  function addShape(name: string, schema: unknown[]): void {
    const shape: ShapeModel = { kind: 'structure' }
    model.shapes[name] = shape
    const xmlName = bag(schema[3] as Traits).xmlName
    if (typeof xmlName === 'string') shape.xmlName = xmlName
    if (schema[0] === 1) {
      shape.kind = 'list'
      shape.item = reference(schema[4] as Schema)
      shape.itemName = String(memberTraits(schema[4] as Schema).xmlName ?? 'member')
    } else if (schema[0] === 2) {
      Object.assign(shape, { kind: 'map', key: reference(schema[4] as Schema), value: reference(schema[5] as Schema) })
    } else if (schema[0] === 3 || schema[0] === 4) {
      if (schema[0] === 4) shape.kind = 'union'
      shape.members = {}
      const names = schema[4] as string[]
      const types = schema[5] as Schema[]
      const requiredCount = schema[0] === 3 ? Number(schema[6] ?? 0) : 0
      names.forEach((member, i) => {
        const read = readMember(member, types[i] as Schema, declarations.get(name)?.get(member))
        if (i < requiredCount) read.required = true
        ;(shape.members as Record<string, MemberModel>)[member] = read
      })
    } else throw new Error(`unknown kind ${String(schema[0])} of shape ${name}`)
  }
  function readMember(name: string, ref: Schema, declared: string | undefined): MemberModel {
    const traits = memberTraits(ref)
    const member: MemberModel = { type: reference(ref) }
    if (traits.httpLabel) member.location = 'label'
    if (traits.httpQuery) Object.assign(member, { location: 'query', wire: traits.httpQuery })
    if (traits.httpHeader) Object.assign(member, { location: 'header', wire: String(traits.httpHeader) })
    if (traits.httpPrefixHeaders) Object.assign(member, { location: 'prefix', wire: traits.httpPrefixHeaders })
    if (traits.httpPayload) member.location = 'payload'
    if (traits.hostLabel) member.location = 'hostLabel'
    const isNamed = traits.xmlName !== undefined && (traits.xmlName !== name || member.location === 'payload')
    if (isNamed) member.wire = String(traits.xmlName)
    if (traits.xmlFlattened) member.flattened = true
    if (traits.xmlAttribute) member.attribute = true
    if (traits.xmlNamespace) member.namespace = traits.xmlNamespace as [string, string]
    if (traits.idempotencyToken) member.token = true
    if (isSensitive(ref)) member.sensitive = true
    if (isStreaming(ref)) member.streaming = true
    const enumName = declared?.replace(/^Partial<Record<.*>>$|\[\]$/, '')
    const values = enumName === undefined ? undefined : exported[enumName]
    if (enumName !== undefined && isEnum(values)) {
      member.enum = enumName
      model.enums[enumName] = Object.values(values) as string[]
    }
    return member
  }
  return { reference }
}

function isEnum(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function primitive(code: number): string {
  const kind = code >= 128 ? '{}' : code >= 64 ? '[]' : ''
  const name = PRIMITIVES[code & 63]
  if (name === undefined) throw new Error(`unknown simple schema ${code}`)
  return name + kind
}

function resolve(schema: Schema): Exclude<Schema, () => Schema> {
  return typeof schema === 'function' ? resolve(schema()) : schema
}

function bag(traits: Traits): Record<string, unknown> {
  if (typeof traits !== 'number') return traits
  const names = ['httpLabel', 'idempotent', 'idempotencyToken', 'sensitive', 'httpPayload']
  return Object.fromEntries(names.filter((_, i) => (traits >> i) & 1).map((name) => [name, 1]))
}

function memberTraits(ref: Schema): Record<string, unknown> {
  const schema = resolve(ref)
  return Array.isArray(schema) && schema.length === 2 ? bag(schema[1] as Traits) : {}
}

function isSensitive(ref: Schema): boolean {
  const schema = resolve(ref)
  if (!Array.isArray(schema)) return false
  if (schema.length === 2) return Boolean(bag(schema[1] as Traits).sensitive) || isSensitive(schema[0] as Schema)
  return schema[0] === 0 && Boolean(bag(schema[3] as Traits).sensitive)
}

function isStreaming(ref: Schema): boolean {
  const schema = resolve(ref)
  if (!Array.isArray(schema)) return false
  if (schema.length === 2) return isStreaming(schema[0] as Schema)
  return (schema[0] === 0 || schema[0] === 4) && Boolean(bag(schema[3] as Traits).streaming)
}

/** interface -> member -> type text without `| undefined`. */
async function readDeclarations(root: string): Promise<Map<string, Map<string, string>>> {
  const folder = join(root, 'dist-types', 'models')
  const found = new Map<string, Map<string, string>>()
  for (const file of (await readdir(folder)).filter((name) => name.startsWith('models_'))) {
    let members: Map<string, string> | undefined
    for (const line of (await readFile(join(folder, file), 'utf8')).split('\n')) {
      const opened = /^export interface (\w+)/.exec(line)
      if (opened || line === '}') members = opened ? new Map() : undefined
      if (opened && members) found.set((opened[1] as string).replace(/^_/, ''), members)
      const member = /^ {4}(\w+)\??: (.+?)(?: \| undefined)?;$/.exec(line)
      if (member) members?.set(member[1] as string, member[2] as string)
    }
  }
  return found
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Sample values for every shape, by the model: all members filled, different texts for different members. */
import type { MemberRow, ServiceTable } from '../../src/model/shape.ts'

export interface SampleOptions {
  /** Milliseconds of every time. */
  timeMs: number
  /** Members left out, by `Shape.Member` or `Member`. */
  skip?: ReadonlySet<string>
}

export type Sample = Record<string, unknown>

const MAX_DEPTH = 8

/** All members of a structure, nested ones included; streams are left out. */
export function sampleOf(table: ServiceTable, shape: string, options: SampleOptions, depth = 0): Sample {
  const row = table.shapes[shape]
  if (row === undefined || row[0] === 'l' || row[0] === 'm') throw new Error(`no structure ${shape}`)
  const rows = row[0] === 'u' ? row[1].slice(0, 1) : row[1]
  const output: Sample = {}
  for (const member of rows) {
    if (member[5]?.streaming || options.skip?.has(member[0]) || options.skip?.has(`${shape}.${member[0]}`)) continue
    if (depth >= MAX_DEPTH && member[4] === 0) continue
    output[member[0]] = sampleValue(table, member[1], member, options, depth + 1)
  }
  return output
}

function sampleValue(
  table: ServiceTable,
  type: string,
  member: MemberRow,
  options: SampleOptions,
  depth: number,
): unknown {
  const shape = table.shapes[type]
  const next = (inner: string) => sampleValue(table, inner, member, options, depth)
  if (shape?.[0] === 's' || shape?.[0] === 'u' || shape?.[0] === 'w') return sampleOf(table, type, options, depth)
  if (shape?.[0] === 'l') return depth > MAX_DEPTH ? [] : [next(shape[1]), next(shape[1])]
  if (shape?.[0] === 'm') return { key1: next(shape[2]) }
  if (type.endsWith('[]')) return [next(type.slice(0, -2)), next(type.slice(0, -2))]
  if (type.endsWith('{}')) return { key1: next(type.slice(0, -2)), 'key-2': next(type.slice(0, -2)) }
  if (type === 'integer') return Math.max(member[5]?.min ?? 7, 7)
  if (type === 'boolean') return true
  if (type === 'blob') return Buffer.from('blob')
  if (type !== 'string') return options.timeMs
  const values = member[5]?.enum === undefined ? undefined : table.enums[member[5].enum]
  return values?.[0] ?? textOf(member[0], member[1] === type ? member[5] : member[5]?.item)
}

interface Bounds {
  min?: number
  max?: number
  pattern?: string
}

/** The first of some texts that the bounds of a member let pass. */
function textOf(name: string, { min = 0, max = 1000, pattern = '[^]*' }: Bounds = {}): string {
  const fits = new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '')
  const texts = [name === 'Bucket' ? 'bucket-1' : `${name}-text`, `${name}Text`, name.toUpperCase(), `/${name}/`]
  const sized = [...texts, ...known].map((text) => text.padEnd(min, text.endsWith('/') ? '/' : 'x').slice(0, max))
  const found = sized.find((text) => fits.test(text) && text.length >= min)
  if (found === undefined) throw new Error(`no sample of ${name} fits ${pattern}`)
  return found
}

/** Texts of forms that names do not have. */
const known = [
  '123456789012',
  '123456',
  'v1',
  '/',
  'A1B2C3D4E5F6G7H8I9J0K1L2',
  'o-a1b2c3d4e5/r-a1b2',
  'o-a1b2c3d4e5',
  'p-a1b2c3d4',
  'https://example.com/',
  'some-alias',
]

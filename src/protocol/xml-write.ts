/**
 * Typed values -> XML text, by concatenation. Writers are compiled once per shape: a listing of 1,000 keys is 1,000
 * calls of the same closures. Absent members write nothing; an empty list writes its empty wrapper.
 */
import { elementSequence, type SequencedElement } from '../lib/element-sequence.ts'
import { nameMap } from '../lib/name-map.ts'
import type { MemberRow, ServiceTable, StructureRow } from '../model/shape.ts'
import { formatIso, formatIsoPlain, formatIsoSeconds } from './values.ts'

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

type Write = (value: never) => string
type WriteMember = (owner: Record<string, unknown>) => string

/** The two XML dialects: S3's, and that of the Query protocol (IAM, STS). */
export type XmlDialect = 's3' | 'query'

export interface ShapeWriter {
  /** The elements of a structure's members that are in the body, in wire order. */
  members(shape: string): WriteMember
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what has to be written as a reference
const SPECIAL = /[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/
const QUOTED_TOKEN = /^"[\w-]*"$/

/**
 * Text as AWS escapes it. Characters that XML 1.0 cannot carry become references all the same, which is why clients
 * list such keys with encoding-type=url. Observed: `&#x1;` breaks botocore's parser (boto/botocore issues).
 */
export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text
  // An ETag: every key of a listing has one.
  if (QUOTED_TOKEN.test(text)) return `&quot;${text.slice(1, -1)}&quot;`
  let escaped = ''
  let done = 0
  for (let at = 0; at < text.length; at++) {
    const reference = referenceFor(text.charCodeAt(at))
    if (reference === undefined) continue
    escaped += text.slice(done, at) + reference
    done = at + 1
  }
  return escaped + text.slice(done)
}

function referenceFor(code: number): string | undefined {
  if (code === 0x26) return '&amp;'
  if (code === 0x3c) return '&lt;'
  if (code === 0x3e) return '&gt;'
  if (code === 0x22) return '&quot;'
  const isControl = code < 0x20 && code !== 9 && code !== 10
  return isControl || code === 0xfffe || code === 0xffff ? `&#x${code.toString(16).toUpperCase()};` : undefined
}

/** Compiles writers of one service's shapes and keeps them. */
export function createShapeWriter(table: ServiceTable, dialect: XmlDialect): ShapeWriter {
  const compiled = new Map<string, WriteMember>()
  const scalars = scalarWriters(dialect)

  function members(shape: string): WriteMember {
    const known = compiled.get(shape)
    if (known !== undefined) return known
    // Registered before it is compiled: a shape may contain itself.
    let writers: WriteMember[] = []
    const write: WriteMember = (owner) => {
      let text = ''
      for (const writer of writers) text += writer(owner)
      return text
    }
    compiled.set(shape, write)
    const rows = (table.shapes[shape] as StructureRow)[1]
    const bodyRows = rows.filter((row) => row[2] === '' && row[5]?.attribute !== 1)
    writers = bodyRows.map(compileMember)
    const mixed = mixedMembers[shape]
    if (mixed !== undefined) mixWriters(writers, bodyRows, mixed)
    return write
  }

  function compileMember(row: MemberRow): WriteMember {
    const [name, type, , wire, , extra] = row
    const attributes = attributeWriter(type, extra?.namespace)
    const { item, itemName } = listOf(type)
    if (item === undefined) {
      const write = compileValue(type)
      if (attributes === undefined) return simpleMember(name, `<${wire}>`, `</${wire}>`, write)
      return (owner) => {
        const value = owner[name]
        if (value === undefined || value === null) return ''
        return `<${wire}${attributes(value as Record<string, unknown>)}>${write(value as never)}</${wire}>`
      }
    }
    const write = compileValue(item)
    const tag = extra?.flat === 1 ? wire : itemName
    return listMember(name, wire, extra?.flat === 1, `<${tag}>`, `</${tag}>`, write, attributeWriter(item, undefined))
  }

  function listOf(type: string): { item?: string; itemName: string } {
    const shape = table.shapes[type]
    if (shape?.[0] === 'l') return { item: shape[1], itemName: shape[2] }
    return type.endsWith('[]') ? { item: type.slice(0, -2), itemName: 'member' } : { itemName: '' }
  }

  function compileValue(type: string): Write {
    const shape = table.shapes[type]
    if (shape?.[0] === 's' || shape?.[0] === 'u') return members(type) as Write
    if (shape?.[0] === 'm') return mapWriter(compileValue(shape[2]))
    if (type.endsWith('{}')) return mapWriter(compileValue(type.slice(0, -2)))
    const { item, itemName } = listOf(type)
    if (item !== undefined) return itemsWriter(`<${itemName}>`, `</${itemName}>`, compileValue(item))
    const scalar = scalars[type]
    if (scalar === undefined) throw new Error(`no XML form of ${type}`)
    return scalar
  }

  /** Attributes of an element: its namespace declaration and the members of its type that travel as attributes. */
  function attributeWriter(type: string, namespace: readonly [string, string] | undefined): WriteMember | undefined {
    const shape = table.shapes[type]
    const rows = shape?.[0] === 's' ? shape[1].filter((row) => row[5]?.attribute === 1) : []
    if (rows.length === 0) return undefined
    const declared = namespace === undefined ? '' : ` xmlns:${namespace[0]}="${namespace[1]}"`
    return (value) => {
      let text = declared
      for (const [name, , , wire] of rows) {
        if (value[name] !== undefined) text += ` ${wire}="${escapeXml(String(value[name]))}"`
      }
      return text
    }
  }

  return { members }
}

/** Members whose elements AWS writes in one sequence. Observed: by key, newest first (AWS's example of ListObjectVersions). */
const mixedMembers: Readonly<Record<string, readonly string[]>> = nameMap({
  ListObjectVersionsOutput: ['Versions', 'DeleteMarkers'],
})

/** Where an output gives the sequence, the first of the members writes all of it, the others nothing. */
function mixWriters(writers: WriteMember[], rows: readonly MemberRow[], mixed: readonly string[]): void {
  const single = new Map(rows.map((row, at) => [row[0], writers[at] as WriteMember]))
  for (const [at, [name]] of rows.entries()) {
    if (!mixed.includes(name)) continue
    const alone = writers[at] as WriteMember
    writers[at] = (owner) => {
      const sequence = (owner as { [elementSequence]?: SequencedElement<string>[] })[elementSequence]
      if (sequence === undefined) return alone(owner)
      if (name !== mixed[0]) return ''
      let text = ''
      for (const { member, value } of sequence) text += single.get(member)?.({ [member]: [value] }) ?? ''
      return text
    }
  }
}

function simpleMember(name: string, open: string, close: string, write: Write): WriteMember {
  return (owner) => {
    const value = owner[name]
    return value === undefined || value === null ? '' : open + write(value as never) + close
  }
}

function listMember(
  name: string,
  wire: string,
  isFlat: boolean,
  open: string,
  close: string,
  write: Write,
  attributes: WriteMember | undefined,
): WriteMember {
  const tag = open.slice(0, -1)
  return (owner) => {
    const values = owner[name] as readonly unknown[] | undefined | null
    if (values === undefined || values === null) return ''
    let text = ''
    for (const value of values) {
      const start = attributes === undefined ? open : `${tag}${attributes(value as Record<string, unknown>)}>`
      text += start + write(value as never) + close
    }
    if (isFlat) return text
    return text === '' ? `<${wire}/>` : `<${wire}>${text}</${wire}>`
  }
}

function itemsWriter(open: string, close: string, write: Write): Write {
  return (values: readonly unknown[]) => values.map((value) => open + write(value as never) + close).join('')
}

function mapWriter(write: Write): Write {
  return (values: Record<string, unknown>) => {
    let text = ''
    for (const key in values) {
      text += `<entry><key>${escapeXml(key)}</key><value>${write(values[key] as never)}</value></entry>`
    }
    return text
  }
}

function scalarWriters(dialect: XmlDialect): Readonly<Record<string, Write>> {
  const time = dialect === 'query' ? formatIsoPlain : formatIsoSeconds
  return {
    string: (value: string) => escapeXml(value),
    integer: (value: number) => String(value),
    boolean: (value: boolean) => (value ? 'true' : 'false'),
    blob: (value: Uint8Array) => Buffer.from(value).toString('base64'),
    timestamp: time,
    dateTime: formatIso,
    httpDate: time,
  }
}

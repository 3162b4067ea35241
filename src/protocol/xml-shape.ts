/**
 * Strict reading of a parsed document by a shape of the model: only known elements, required ones present, single ones
 * single, numbers, booleans, times and enums valid. Readers are compiled once per shape.
 */
import { error } from '../errors.ts'
import type { MemberRow, ServiceTable, StructureRow } from '../model/shape.ts'
import { parseHttpDate, parseIsoDate } from './values.ts'
import type { XmlElement } from './xml-read.ts'

type Read = (element: XmlElement) => unknown

interface MemberReader {
  readonly row: MemberRow
  readonly isList: boolean
  readonly isFlat: boolean
  readonly read: Read
}

/** Compiles readers of one service's shapes and keeps them. */
export interface ShapeReader {
  /** Reads an element as a structure or union. @throws MalformedXML */
  readStructure(shape: string, element: XmlElement): Record<string, unknown>
  /** Reads an element whose members are those of an operation's input that are in its body. @throws MalformedXML */
  readBodyMembers(shape: string, element: XmlElement): Record<string, unknown>
}

const malformed = (): Error => error('MalformedXML')

export function createShapeReader(table: ServiceTable): ShapeReader {
  const structures = new Map<string, ReadonlyMap<string, MemberReader>>()

  function structure(name: string): ReadonlyMap<string, MemberReader> {
    let readers = structures.get(name)
    if (readers === undefined) {
      readers = compileMembers(table.shapes[name] as StructureRow)
      structures.set(name, readers)
    }
    return readers
  }

  function compileMembers(shape: StructureRow): ReadonlyMap<string, MemberReader> {
    const readers = new Map<string, MemberReader>()
    for (const row of shape[1]) if (row[2] === '') readers.set(localName(row[3]), compileMember(row))
    return readers
  }

  function compileMember(row: MemberRow): MemberReader {
    const type = row[1]
    const values = row[5]?.enum === undefined ? undefined : table.enums[row[5].enum]
    const shape = table.shapes[type]
    const item = shape?.[0] === 'l' ? shape[1] : type.endsWith('[]') ? type.slice(0, -2) : undefined
    if (item === undefined) return { row, isList: false, isFlat: false, read: compileValue(type, values) }
    const isFlat = row[5]?.flat === 1
    const read = compileValue(item, values)
    if (isFlat) return { row, isList: true, isFlat, read }
    return { row, isList: true, isFlat, read: wrappedList(shape?.[0] === 'l' ? shape[2] : 'member', read) }
  }

  function compileValue(type: string, values: readonly string[] | undefined): Read {
    const shape = table.shapes[type]
    if (shape?.[0] === 's' || shape?.[0] === 'u') return (element) => readMembers(structure(type), shape[0], element)
    const scalar = SCALARS[type]
    if (scalar === undefined) throw new Error(`no XML form of ${type}`)
    return (element) => {
      if (element.children.length > 0) throw malformed()
      const value = scalar(element.text)
      if (value === undefined) throw malformed()
      if (values !== undefined && !values.includes(value as string)) throw malformed()
      return value
    }
  }

  return {
    readStructure: (name, element) => readMembers(structure(name), (table.shapes[name] as StructureRow)[0], element),
    readBodyMembers: (name, element) => readMembers(structure(name), 's', element),
  }
}

function readMembers(
  readers: ReadonlyMap<string, MemberReader>,
  kind: 's' | 'u' | 'w',
  element: XmlElement,
): Record<string, unknown> {
  if (element.text !== '' && element.text.trim() !== '') throw malformed()
  const output: Record<string, unknown> = {}
  for (const child of element.children) {
    const reader = readers.get(child.name)
    if (reader === undefined || reader.row[5]?.attribute === 1) throw malformed()
    const name = reader.row[0]
    const known = output[name]
    if (reader.isFlat && Array.isArray(known)) {
      if (known.length === reader.row[5]?.max) throw malformed()
      known.push(reader.read(child))
    } else if (known !== undefined) throw malformed()
    else output[name] = reader.isFlat ? [reader.read(child)] : reader.read(child)
  }
  for (const [wire, reader] of readers) {
    if (reader.row[5]?.attribute === 1) readAttribute(reader, wire, element, output)
    if (reader.row[4] === 1 && output[reader.row[0]] === undefined) throw malformed()
  }
  if (kind === 'u' && Object.keys(output).length !== 1) throw malformed()
  return output
}

function readAttribute(reader: MemberReader, wire: string, element: XmlElement, output: Record<string, unknown>): void {
  const text = element.attributes[wire]
  if (text !== undefined) output[reader.row[0]] = reader.read({ name: wire, attributes: {}, children: [], text })
}

function wrappedList(itemName: string, read: Read): Read {
  return (element) =>
    element.children.map((child) => {
      if (child.name !== itemName) throw malformed()
      return read(child)
    })
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** Text of an element -> value; undefined when it is none of that type. */
const SCALARS: Record<string, (text: string) => unknown> = {
  string: (text) => text,
  integer(text) {
    const trimmed = text.trim()
    const value = Number(trimmed)
    return /^[+-]?\d{1,19}$/.test(trimmed) ? value : undefined
  },
  boolean(text) {
    const lower = text.trim().toLowerCase()
    return lower === 'true' || lower === '1' ? true : lower === 'false' || lower === '0' ? false : undefined
  },
  blob: (text) => Buffer.from(text, 'base64'),
  timestamp: parseTime,
  dateTime: parseTime,
  httpDate: parseTime,
}

function parseTime(text: string): number | undefined {
  return parseIsoDate(text) ?? parseHttpDate(text)
}

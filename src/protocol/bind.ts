/**
 * Labels, query parameters and headers of a request -> members of the operation's input, by the model. Compiled once
 * per operation; values that AWS refuses are refused here in AWS's words, and so are names that it refuses.
 */
import { nameMap } from '../lib/name-map.ts'
import { keepSentText } from '../lib/sent-text.ts'
import type { MemberRow, OperationRow, ServiceTable, StructureRow } from '../model/shape.ts'
import {
  CASELESS_ENUMS,
  checkHeaderText,
  ENUM_REFUSALS,
  isNumericText,
  readBoolean,
  readInteger,
  refuseDate,
  refuseMissing,
} from './argument-errors.ts'
import { type Query, queryValue } from './query-string.ts'
import { isChecksumHeader, refusalsOf, refuseChecksumName, refusedParameters, refuseVersionId } from './untaken.ts'
import { parseHttpDate, parseIsoDate } from './values.ts'

export interface BindSource {
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly query: Query
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Names and values by turns, as they came; where it is missing no header was repeated. */
  readonly rawHeaders?: readonly string[] | undefined
}

export type Bind = (source: BindSource) => Record<string, unknown>

type Convert = (text: string) => unknown

interface Binder {
  readonly member: string
  /** Query key, or header in lower case. */
  readonly wire: string
  readonly isRequired: boolean
  /** The text is kept beside the value, because an error that a handler finds shows it. */
  readonly keepsText: boolean
  readonly convert: Convert
}

/** Builds the binder of one operation. */
export function compileBind(operation: OperationRow, table: ServiceTable): Bind {
  const shape = table.shapes[operation[4]] as StructureRow | undefined
  const rows = shape?.[1] ?? []
  const labels = rows.filter((row) => row[2] === 'L').map((row) => row[0])
  const queries = rows.filter((row) => row[2] === 'Q').map((row) => compileBinder(row, operation, table))
  const headers = rows
    .filter((row) => row[2] === 'H' || row[2] === 'HL')
    .map((row) => compileBinder(row, operation, table))
  const byHeader = new Map(headers.map((binder) => [binder.wire, binder]))
  const requiredHeaders = headers.filter((binder) => binder.isRequired)
  const prefix = rows.find((row) => row[2] === 'P')
  const takesBucket = labels.includes('Bucket')
  const takesKey = labels.includes('Key')
  const refusals = refusalsOf(operation, (header) => byHeader.has(header))
  // Operations with a checksum of their body know every algorithm: what is left in this family is none.
  const takesChecksum = byHeader.has('x-amz-checksum-crc32')
  const isRefusedParameter = (name: string) =>
    refusedParameters.has(name) && !queries.some((binder) => binder.wire === name)
  return (source) => {
    for (const { name, value } of source.query) if (isRefusedParameter(name)) throw refuseVersionId(value)
    const input: Record<string, unknown> = {}
    if (takesBucket) input.Bucket = source.bucket
    if (takesKey) input.Key = source.key
    for (const binder of queries) assign(input, binder, queryValue(source.query, binder.wire), false)
    // A request has a dozen headers, an operation may know four dozen.
    for (const name in source.headers) {
      const value = source.headers[name]
      const binder = byHeader.get(name)
      if (binder !== undefined && value !== undefined)
        assign(input, binder, sentText(value, name, source.rawHeaders), true)
      else if (prefix !== undefined && name.startsWith(prefix[3]))
        bindMetadata(input, prefix, name, value, source.rawHeaders)
      else if (value !== undefined) {
        const refuse = refusals.get(name)
        if (refuse !== undefined) throw refuse(textOf(value))
        if (takesChecksum && isChecksumHeader(name)) throw refuseChecksumName()
      }
    }
    for (const binder of requiredHeaders) {
      if (input[binder.member] === undefined) throw refuseMissing(binder.wire, true)
    }
    return input
  }
}

function assign(input: Record<string, unknown>, binder: Binder, text: string | undefined, isHeader: boolean): void {
  const value = text === undefined ? undefined : binder.convert(text)
  if (value !== undefined) {
    input[binder.member] = value
    if (binder.keepsText) keepSentText(input, binder.member, text as string)
  } else if (binder.isRequired) throw refuseMissing(binder.wire, isHeader)
}

function textOf(value: string | string[]): string {
  return typeof value === 'string' ? value : value.join(', ')
}

function bindMetadata(
  input: Record<string, unknown>,
  row: MemberRow,
  name: string,
  value: string | string[] | undefined,
  rawHeaders: readonly string[] | undefined,
): void {
  if (value === undefined) return
  input[row[0]] ??= nameMap<string>()
  const metadata = input[row[0]] as Record<string, string>
  metadata[name.slice(row[3].length)] = sentText(value, name, rawHeaders)
}

/** The text of a header as signatures have it, so that two headers mean no other thing than the one they are signed as. */
function sentText(value: string | string[], name: string, rawHeaders: readonly string[] | undefined): string {
  const text = textOf(value)
  return text.includes(', ') && name.startsWith('x-amz-') ? (repeatedText(rawHeaders, name) ?? text) : text
}

/**
 * The values of a header that came more than once, joined as AWS joins them: by a comma alone, where Node adds a blank.
 * Undefined when the header came once.
 */
function repeatedText(rawHeaders: readonly string[] | undefined, name: string): string | undefined {
  if (rawHeaders === undefined) return undefined
  const values: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if ((rawHeaders[at] as string).toLowerCase() === name) values.push(rawHeaders[at + 1] as string)
  }
  return values.length > 1 ? values.join(',') : undefined
}

function compileBinder(row: MemberRow, operation: OperationRow, table: ServiceTable): Binder {
  const isHeader = row[2] !== 'Q'
  const wire = isHeader ? row[3].toLowerCase() : row[3]
  return {
    member: row[0],
    wire,
    isRequired: row[4] === 1,
    keepsText: wire.startsWith('x-amz-object-lock-') && row[1] !== 'string',
    convert: compileConvert(row, wire, operation[0], table),
  }
}

function compileConvert(row: MemberRow, wire: string, operation: string, table: ServiceTable): Convert {
  const type = row[1]
  if (type === 'integer') return (text) => readInteger(text, wire, operation)
  if (type === 'boolean') return (text) => readBoolean(text, wire)
  // A conditional date that cannot be read is ignored (RFC 9110, section 13.1.3).
  if (type === 'timestamp' || type === 'httpDate') return (text) => parseHttpDate(text) ?? parseIsoDate(text)
  if (type === 'dateTime') {
    return (text) => {
      const time = parseIsoDate(text)
      if (time === undefined) throw refuseDate(text, wire)
      return time
    }
  }
  const check = compileCheck(row, wire, table)
  if (type === 'string[]') return (text) => splitList(text, check)
  if (type !== 'string') throw new Error(`no header form of ${type}`)
  if (wire.startsWith('response-')) {
    return (text) => {
      checkHeaderText(text, wire)
      return text
    }
  }
  if (isNumericText(wire)) return (text) => (readInteger(text, wire, operation) === undefined ? undefined : text)
  return (text) => check(text)
}

function splitList(text: string, check: (item: string, sent: string) => string): string[] | undefined {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  return items.length === 0 ? undefined : items.map((item) => check(item, text))
}

/** The check of one text; `sent` is the whole header where the text is an item of a list, and what an error shows. */
function compileCheck(row: MemberRow, wire: string, table: ServiceTable): (text: string, sent?: string) => string {
  const refuse = ENUM_REFUSALS[wire]
  const values = row[5]?.enum === undefined ? undefined : table.enums[row[5].enum]
  if (refuse === undefined || values === undefined) return (text) => text
  if (CASELESS_ENUMS.has(wire)) {
    return (text) => {
      const upper = text.toUpperCase()
      if (!values.includes(upper)) throw refuse(text, wire)
      return upper
    }
  }
  return (text, sent = text) => {
    if (!values.includes(text)) throw refuse(sent, wire)
    return text
  }
}

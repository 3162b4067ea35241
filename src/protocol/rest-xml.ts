/**
 * An S3 operation's output -> status, headers and body, by the model. Compiled once per operation. HEAD has headers
 * only; an output without body members has no body.
 */
import type { WireBody, WireResponse } from '../http/wire.ts'
import type { MemberRow, OperationRow, ServiceTable, StructureRow } from '../model/shape.ts'
import { formatHttpDate, formatIso } from './values.ts'
import { escapeXml, type ShapeWriter, XML_DECLARATION } from './xml-write.ts'

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

export type WriteOutput = (output: object | undefined, options: { isHead: boolean }) => WireResponse

type Output = Record<string, unknown>
type WriteBody = (output: Output, headers: WireResponse['headers']) => WireBody | undefined

/** Builds the writer of one operation's outputs. */
export function compileWrite(operation: OperationRow, table: ServiceTable, shapes: ShapeWriter): WriteOutput {
  const [, , , status, , outputShape] = operation
  const shape = table.shapes[outputShape] as StructureRow | undefined
  if (shape === undefined) return () => ({ status, headers: {} })
  const headerRows = new Map(shape[1].filter((row) => row[2] === 'H').map((row) => [row[0], row]))
  const prefix = shape[1].find((row) => row[2] === 'P')
  const statusMember = shape[1].find((row) => row[2] === 'S')?.[0]
  const hasRange = shape[1].some((row) => row[0] === 'ContentRange')
  const writeBody = compileBody(outputShape, shape, shapes)
  return (value, { isHead }) => {
    const output = (value ?? {}) as Output
    const headers: WireResponse['headers'] = {}
    // An output has a handful of members, an object's shape four dozen.
    for (const name in output) {
      const value = output[name]
      const row = value === undefined || value === null ? undefined : headerRows.get(name)
      if (row !== undefined) headers[row[3]] = headerText(row[1], value)
    }
    if (prefix !== undefined) writePrefix(prefix, output, headers)
    const body = isHead ? undefined : writeBody(output, headers)
    const response: WireResponse = { status: statusOf(output), headers }
    if (body !== undefined) response.body = body
    return response
  }

  function statusOf(output: Output): number {
    if (statusMember !== undefined && typeof output[statusMember] === 'number') return output[statusMember] as number
    return hasRange && output.ContentRange !== undefined ? 206 : status
  }
}

function headerText(type: string, value: unknown): string {
  switch (type) {
    case 'timestamp':
    case 'httpDate':
      return formatHttpDate(value as number)
    case 'dateTime':
      return formatIso(value as number)
    case 'string':
      return safeHeader(value as string)
    case 'string[]':
      return safeHeader((value as string[]).join(','))
    default:
      return String(value)
  }
}

/** What a header cannot carry. */
const UNSAFE = /[^\t\x20-\x7e\x80-\xff]/
const UNSAFES = new RegExp(UNSAFE, 'g')

/** Never lets a stored value split a header. What cannot be sent is refused when it comes in; this is the last line. */
function safeHeader(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFES, '?') : text
}

function writePrefix(row: MemberRow, output: Output, headers: WireResponse['headers']): void {
  const values = output[row[0]] as Record<string, string> | undefined
  if (values === undefined) return
  for (const name in values) headers[row[3] + name] = safeHeader(values[name] as string)
}

function compileBody(shapeName: string, shape: StructureRow, shapes: ShapeWriter): WriteBody {
  const [kind, rows, root] = shape
  const payload = rows.find((row) => row[2] === 'B')
  if (payload !== undefined) return compilePayload(payload, shapes)
  const bodyRows = rows.filter((row) => row[2] === '')
  if (bodyRows.length === 0) return () => undefined
  if (kind === 'w') {
    const member = (bodyRows[0] as MemberRow)[0]
    return (output, headers) => document(root, escapeXml(String(output[member] ?? '')), headers)
  }
  const write = shapes.members(shapeName)
  return (output, headers) => document(root, write(output), headers)
}

function compilePayload(row: MemberRow, shapes: ShapeWriter): WriteBody {
  const [member, type, , root, , extra] = row
  if (extra?.streaming === 1 || type === 'blob') return (output) => output[member] as WireBody | undefined
  if (type === 'string') {
    return (output, headers) => {
      const text = output[member] as string | undefined
      // The only text payload is a bucket policy.
      if (text !== undefined) headers['Content-Type'] = 'application/json'
      return text
    }
  }
  const write = shapes.members(type)
  return (output, headers) => {
    const value = output[member] as Output | undefined
    return value === undefined ? undefined : document(root, write(value), headers)
  }
}

/** Observed: the answer to a form is in no namespace (s3-tests test_post_object_set_success_code). */
const PLAIN_ROOTS: ReadonlySet<string> = new Set(['PostResponse'])

function document(root: string, content: string, headers: WireResponse['headers']): string {
  headers['Content-Type'] = 'application/xml'
  const open = `${XML_DECLARATION}<${root}${PLAIN_ROOTS.has(root) ? '' : ` xmlns="${S3_NAMESPACE}"`}`
  return content === '' ? `${open}/>` : `${open}>${content}</${root}>`
}

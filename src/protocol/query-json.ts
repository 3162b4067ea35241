/**
 * Answers of IAM and STS as JSON, for clients that accept it: names as in the model, times as numbers of seconds.
 * Observed: AWS answers so (LocalStack's suite says that it was tried; aws-iam-authenticator relies on it).
 */
import type { ServiceTable } from '../model/shape.ts'

/** Whether a client asks for JSON. @param accept its header */
export const acceptsJson = (accept: string | undefined): boolean => accept?.includes('application/json') === true

/** The document of an answer. @param output shape of the operation's output; empty: none */
export function jsonAnswer(
  table: ServiceTable,
  name: string,
  output: string,
  value: object,
  requestId: string,
): string {
  const result = output === '' ? {} : { [`${name}Result`]: jsonOf(table, output, value) }
  return JSON.stringify({ [`${name}Response`]: { ...result, ResponseMetadata: { RequestId: requestId } } })
}

/** The document of an error. @param type `Sender` or `Receiver` */
export const jsonError = (type: string, Code: string, Message: string, RequestId: string): string =>
  JSON.stringify({ Error: { Type: type, Code, Message }, RequestId })

function jsonOf(table: ServiceTable, type: string, value: unknown): unknown {
  if (value === undefined || value === null) return null
  const shape = table.shapes[type]
  if (shape?.[0] === 's' || shape?.[0] === 'u' || shape?.[0] === 'w') {
    const members = value as Record<string, unknown>
    return Object.fromEntries(shape[1].map(([name, of]) => [name, jsonOf(table, of, members[name])]))
  }
  const item = shape?.[0] === 'l' ? shape[1] : type.endsWith('[]') ? type.slice(0, -2) : undefined
  if (item !== undefined) return (value as unknown[]).map((each) => jsonOf(table, item, each))
  const mapped = shape?.[0] === 'm' ? shape[2] : type.endsWith('{}') ? type.slice(0, -2) : undefined
  if (mapped !== undefined) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, jsonOf(table, mapped, each)]))
  }
  if (type === 'timestamp' || type === 'dateTime') return Number(value) / 1000
  return Buffer.isBuffer(value) ? value.toString('base64') : value
}

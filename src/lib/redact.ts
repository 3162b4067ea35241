/** Keeping secrets out of logs: by the name of a field, and by the name of a query parameter inside text. */
import { isError } from './is-error.ts'
import { nameMap } from './name-map.ts'

const secretNames = new Set([
  'authorization',
  'cookie',
  'password',
  'secret',
  'secretaccesskey',
  'secretkey',
  'sessiontoken',
  'signature',
  'x-amz-signature',
  'x-amz-security-token',
  'x-amz-server-side-encryption-customer-key',
  'x-amz-copy-source-server-side-encryption-customer-key',
])
const hidden = '[redacted]'
const parameters =
  /((?:^|[?&\s"'])(?:x-amz-signature|x-amz-security-token|signature|x-amz-server-side-encryption-customer-key)=)[^&\s"']+/gi
const headers = /\b(AWS4-[A-Z0-9-]+ [^\n]*?Signature=|AWS [^\s:]+:|Basic )[A-Za-z0-9+/=]+/g

/** Text without the values of secret query parameters and without signatures of Authorization headers. */
export function redactText(text: string): string {
  if (!text.includes('=') && !text.includes(' ')) return text
  return text.replace(parameters, `$1${hidden}`).replace(headers, `$1${hidden}`)
}

/** What JSON can say of a value, four levels deep, without secrets. Errors keep their name, code and stack. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (depth === 4) return '...'
  if (Array.isArray(value)) return value.map((one) => redact(one, depth + 1))
  if (isError(value)) return redactError(value, depth)
  const result: Record<string, unknown> = nameMap()
  for (const [name, field] of Object.entries(value)) {
    result[name] = secretNames.has(name.toLowerCase()) ? hidden : redact(field, depth + 1)
  }
  return result
}

function redactError(error: Error & { code?: unknown }, depth: number): object {
  const { name, message, stack, code, cause } = error
  return {
    name,
    message: redactText(message),
    ...(code === undefined ? {} : { code }),
    stack: redactText(stack ?? ''),
    ...(cause === undefined ? {} : { cause: redact(cause, depth + 1) }),
  }
}

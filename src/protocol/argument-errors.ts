/** What AWS says about a query parameter or header whose value it cannot take. One row for each name it words specially. */
import { type AwsError, error } from '../errors.ts'
import { nameMap } from '../lib/name-map.ts'

type Refuse = (value: string, wire: string) => AwsError

const argument =
  (message: string, name?: string): Refuse =>
  (value, wire) =>
    error('InvalidArgument', { ArgumentName: name ?? wire, ArgumentValue: value }, { message })

const request =
  (message: string): Refuse =>
  () =>
    error('InvalidRequest', {}, { message })

const headerInvalid: Refuse = (value, wire) => request(`Value for ${wire} header is invalid.`)(value, wire)

/**
 * Enumerated headers and parameters that AWS validates by themselves; those not named here it takes as they are, and the
 * lock mode only beside its date (recorded, test_s3_object_lock_mode_validation).
 * Observed: encoding-type, x-amz-acl (empty message), storage class, ownership and checksum algorithm in
 * recorded AWS answers; legal hold in versity/versitygw#1775, attributes in #1000, encryption in aws/aws-sdk-cpp#1771.
 * Assumed: the directives and the headers with `Value for`, in AWS's wording for their neighbours.
 */
export const ENUM_REFUSALS: Readonly<Record<string, Refuse>> = nameMap({
  'encoding-type': argument('Invalid Encoding Method specified in Request'),
  'x-amz-acl': argument(''),
  'x-amz-checksum-algorithm': request(
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
  ),
  'x-amz-checksum-type': headerInvalid,
  'x-amz-metadata-directive': argument('Unknown metadata directive.'),
  'x-amz-object-annotation-directive': argument('Unknown annotation directive.'),
  'x-amz-object-attributes': argument('Invalid attribute name specified.'),
  'x-amz-object-lock-event-hold': argument("Event Hold must be either of 'ON' or 'OFF'"),
  'x-amz-object-lock-legal-hold': argument("Legal Hold must be either of 'ON' or 'OFF'"),
  'x-amz-object-ownership': (value, wire) =>
    error('InvalidArgument', { ArgumentName: wire }, { message: `Invalid x-amz-object-ownership header: ${value}` }),
  'x-amz-sdk-checksum-algorithm': headerInvalid,
  'x-amz-server-side-encryption': argument('The encryption method specified is not supported'),
  'x-amz-storage-class': (value) => error('InvalidStorageClass', { StorageClassRequested: value }),
  'x-amz-tagging-directive': argument('Unknown tagging directive.'),
})

/** Enumerated headers whose letters may be of either case. */
export const CASELESS_ENUMS: ReadonlySet<string> = new Set([
  'x-amz-checksum-algorithm',
  'x-amz-checksum-type',
  'x-amz-sdk-checksum-algorithm',
])

interface IntegerRule {
  readonly min: number
  readonly max: number
  readonly outside: Refuse
  readonly unreadable: Refuse
}

const MAX_INT = 2147483647
const unreadable: Refuse = (value, wire) =>
  argument(`Provided ${wire} not an integer or within integer range`)(value, wire)
const page = (name: string, min = 0, max = MAX_INT): IntegerRule => ({
  min,
  max,
  outside: argument(`Argument ${name} must be an integer between ${min} and ${max}`, name),
  unreadable,
})
const partNumber = argument('Part number must be an integer between 1 and 10000, inclusive')

/**
 * Observed: max-keys (brekkylab/backlot#192, where the name is `maxKeys` for a negative one), max-uploads, max-parts,
 * part-number-marker (versity/versitygw#1794, #1804), partNumber (recorded AWS answers), x-amz-mp-object-size (versitygw,
 * whose texts follow AWS). Assumed: max-buckets' range, which is the documented one.
 */
const INTEGER_RULES: Readonly<Record<string, IntegerRule>> = nameMap({
  'max-keys': page('maxKeys'),
  'max-uploads': page('max-uploads'),
  'max-parts': page('max-parts'),
  'part-number-marker': page('part-number-marker'),
  'max-buckets': page('max-buckets', 1, 10_000),
  'max-directory-buckets': page('max-directory-buckets', 0, 1000),
  partNumber: { min: 1, max: 10_000, outside: partNumber, unreadable: partNumber },
  'x-amz-mp-object-size': {
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    outside: (value, wire) => request(`Value for ${wire} header is less than zero: '${value}'`)(value, wire),
    unreadable: (value, wire) => request(`Value for ${wire} header is invalid: '${value}'`)(value, wire),
  },
})

/** Observed: `max-keys cannot be negative` for ListObjectVersions alone (versity/versitygw#1809). */
const VERSIONS_MAX_KEYS: IntegerRule = {
  min: 0,
  max: MAX_INT,
  outside: argument('max-keys cannot be negative'),
  unreadable,
}

/** Headers whose unreadable value AWS ignores. Observed: versity/versitygw#1806. */
const IGNORED_INTEGERS: ReadonlySet<string> = new Set(['x-amz-max-parts'])

/** Whether a text parameter must be a number all the same. */
export function isNumericText(wire: string): boolean {
  return wire === 'part-number-marker'
}

/**
 * Reads an integer parameter. An empty one counts as absent (Observed: brekkylab/backlot#204).
 * @throws InvalidArgument in AWS's words for that parameter
 */
export function readInteger(text: string, wire: string, operation: string): number | undefined {
  if (text === '') return undefined
  const value = /^[+-]?\d{1,19}$/.test(text) ? Number(text) : Number.NaN
  const rule = operation === 'ListObjectVersions' && wire === 'max-keys' ? VERSIONS_MAX_KEYS : INTEGER_RULES[wire]
  if (rule === undefined) {
    if (Number.isSafeInteger(value)) return value
    if (IGNORED_INTEGERS.has(wire)) return undefined
    throw headerInvalid(text, wire)
  }
  if (!(Math.abs(value) <= Math.max(rule.max, MAX_INT))) throw rule.unreadable(text, wire)
  if (value < rule.min || value > rule.max) throw rule.outside(text, wire)
  return value === 0 ? 0 : value
}

/** Assumed: the refusal, because AWS documents true and false only; the wording is that of its neighbours. */
export function readBoolean(text: string, wire: string): boolean | undefined {
  if (text === '') return undefined
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower === 'true'
  // Observed: clients send `fetch-owner=` with anything; what is not true is false.
  if (wire === 'fetch-owner') return false
  throw headerInvalid(text, wire)
}

/** Assumed: AWS's wording for a retention date it cannot read, as its forums quote it. */
export function refuseDate(text: string, wire: string): AwsError {
  return argument('The retain until date must be provided in ISO 8601 format')(text, wire)
}

/**
 * `response-*` overrides become headers, so they must fit into one.
 * Observed: the message, for text outside ISO-8859-1 (recorded AWS answers). Assumed: control characters likewise.
 */
export function checkHeaderText(text: string, wire: string): void {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) {
    throw argument('Header value cannot be represented using ISO-8859-1.')(text, wire)
  }
}

/** A required header or parameter that is not there. */
export function refuseMissing(wire: string, isHeader: boolean): AwsError {
  if (wire === 'x-amz-object-attributes') {
    // Observed: versity/versitygw#915.
    const message =
      'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty'
    return error('InvalidRequest', {}, { message })
  }
  if (isHeader) return error('MissingSecurityHeader', { MissingHeaderName: wire })
  // Assumed: AWS's words for a configuration id that is absent are not documented.
  return error(
    'InvalidArgument',
    { ArgumentName: wire, ArgumentValue: '' },
    { message: `Missing required parameter ${wire}` },
  )
}

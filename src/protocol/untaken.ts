/**
 * Headers and parameters that the operation of a request does not take. Each is refused where AWS is known to refuse it,
 * and ignored where AWS ignores it or where nobody knows and clients send it. Both are tables; a test holds them against
 * the model, so that a name of a newer model must be put into one of them.
 */
import { type AwsError, error } from '../errors.ts'
import type { OperationRow } from '../model/shape.ts'
import { resourceType } from './sub-resources.ts'

type Refuse = (value: string) => AwsError

/** What AWS answers when an operation meets a header that it does not take; undefined where it ignores the header. */
const REFUSED_HEADERS: Readonly<Record<string, (operation: OperationRow) => Refuse | undefined>> = {
  'x-amz-copy-source': refuseCopySource,
  'x-amz-server-side-encryption': refuseEncryption,
  'if-modified-since': (operation) => refuseCondition(operation, 'If-Modified-Since'),
  'if-unmodified-since': (operation) => refuseCondition(operation, 'If-Unmodified-Since'),
}

/** Parameters that an operation refuses unless it takes them. */
export const refusedParameters: ReadonlySet<string> = new Set(['versionId'])

/** The headers of `REFUSED_HEADERS`, for the test that compares with the model. */
export const refusedHeaders: readonly string[] = Object.keys(REFUSED_HEADERS)

/** Names that operations ignore unless they take them, with the reason. A `*` stands for the rest of a name. */
export const ignoredNames: readonly { readonly names: readonly string[]; readonly reason: string }[] = [
  {
    names: ['content-*', 'cache-control', 'expires', 'range', 'if-match', 'if-none-match'],
    reason: 'general headers of HTTP mean nothing where a method has no use for them (RFC 9110)',
  },
  {
    names: [
      'x-amz-acl',
      'x-amz-grant-*',
      'x-amz-storage-class',
      'x-amz-tagging',
      'x-amz-meta-*',
      'x-amz-object-lock-*',
      'x-amz-website-redirect-location',
      'x-amz-server-side-encryption-*',
    ],
    reason: 'clients send what describes a new object with the other requests of an upload too (s3cmd --add-header)',
  },
  {
    names: ['x-amz-checksum-*', 'x-amz-sdk-checksum-algorithm', 'x-amz-mp-object-size'],
    reason:
      'AWS ignores x-amz-checksum-type and -algorithm there (versity/versitygw); the others are no promise about a body',
  },
  {
    names: [
      'x-amz-copy-source-*',
      'x-amz-source-expected-bucket-owner',
      'x-amz-metadata-directive',
      'x-amz-tagging-directive',
      'x-amz-object-annotation-directive',
      'x-amz-rename-source*',
    ],
    reason: 'without a source they have nothing to apply to',
  },
  {
    names: [
      'x-amz-request-payer',
      'x-amz-expected-bucket-owner',
      'x-amz-mfa',
      'x-amz-bypass-governance-retention',
      'x-amz-client-token',
    ],
    reason: 'clients send with every request what is about the caller',
  },
  {
    names: [
      'x-amz-bucket-*',
      'x-amz-confirm-remove-self-bucket-access',
      'x-amz-create-session-mode',
      'x-amz-fwd-*',
      'x-amz-if-match-*',
      'x-amz-max-parts',
      'x-amz-object-attributes',
      'x-amz-object-if-match',
      'x-amz-object-ownership',
      'x-amz-object-version-id',
      'x-amz-optional-object-attributes',
      'x-amz-part-number-marker',
      'x-amz-request-route',
      'x-amz-request-token',
      'x-amz-skip-destination-validation',
      'x-amz-transition-default-minimum-object-size',
      'x-amz-write-offset-bytes',
    ],
    reason: 'no answer of AWS to a stray one is known, and no client sends it by mistake',
  },
  {
    names: [
      'annotation*',
      'bucket-region',
      'continuation-token',
      'delimiter',
      'encoding-type',
      'fetch-owner',
      'id',
      'key-marker',
      'marker',
      'max-*',
      'part-number-marker',
      'partNumber',
      'prefix',
      'response-*',
      'start-after',
      'upload-id-marker',
      'uploadId',
      'version-id-marker',
    ],
    reason:
      'AWS ignores parameters that an operation does not know; partNumber and uploadId already chose the operation',
  },
]

/** Whether a name is one of `ignoredNames`. */
export function isIgnored(name: string): boolean {
  return ignoredNames.some(({ names }) =>
    names.some((known) => (known.endsWith('*') ? name.startsWith(known.slice(0, -1)) : name === known)),
  )
}

/**
 * The headers that an operation refuses, in lower case, with the error for their value.
 * @param takes whether the operation has a member for a header
 */
export function refusalsOf(operation: OperationRow, takes: (header: string) => boolean): ReadonlyMap<string, Refuse> {
  const refusals = new Map<string, Refuse>()
  for (const [header, refuseIn] of Object.entries(REFUSED_HEADERS)) {
    const refuse = takes(header) ? undefined : refuseIn(operation)
    if (refuse !== undefined) refusals.set(header, refuse)
  }
  return refusals
}

/**
 * Observed: InvalidArgument for GET, HEAD, DELETE, and for POST with an uploadId; MethodNotAllowed for other POSTs
 * (versity/versitygw#1612, #1642). Assumed: PUTs of sub-resources as GET, because the message says "only".
 */
function refuseCopySource([name, method, uri]: OperationRow): Refuse {
  if (method === 'POST' && name !== 'CompleteMultipartUpload') {
    const level = uri.startsWith('/{Key+}') ? 'object' : 'bucket'
    const selector = /\?([^=&]+)(?:&|$)/.exec(uri)?.[1] ?? ''
    return () => error('MethodNotAllowed', { Method: method, ResourceType: resourceType(level, selector) })
  }
  return (value) =>
    error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-copy-source', ArgumentValue: value },
      { message: 'You can only specify a copy source header for copy requests.' },
    )
}

/**
 * Observed: for UploadPart, UploadPartCopy, CompleteMultipartUpload and listings (irods_resource_plugin_s3#1838,
 * fog-aws#589, ClickHouse#64570, s3cmd#276). A form has its fields instead.
 */
function refuseEncryption([name]: OperationRow): Refuse | undefined {
  if (name === 'PostObject') return undefined
  const header = 'x-amz-server-side-encryption'
  return (value) =>
    error(
      'InvalidArgument',
      { ArgumentName: header, ArgumentValue: value },
      { message: `${header} header is not supported for this operation.` },
    )
}

/**
 * Assumed: PutObject refuses a condition that it does not know, because AWS answered 501 to its If-Match before it knew
 * that one (ceph/s3-tests#218). Other writes ignore them: minio-go sends conditions with CreateMultipartUpload too.
 */
function refuseCondition([name]: OperationRow, header: string): Refuse | undefined {
  return name === 'PutObject' ? () => error('NotImplemented', { Header: header }) : undefined
}

/**
 * Observed: the message, recorded for UploadPart. Assumed: the fields, as every other InvalidArgument has them.
 * PutObject, CopyObject and CompleteMultipartUpload: scality/cloudserver#698, which was compared with AWS.
 */
export function refuseVersionId(value: string): AwsError {
  return error(
    'InvalidArgument',
    { ArgumentName: 'versionId', ArgumentValue: value },
    { message: 'This operation does not accept a version-id.' },
  )
}

/** Observed: 400 for `x-amz-checksum-sha256a` of PutObject (versity/versitygw#1104). */
export function refuseChecksumName(): AwsError {
  return error(
    'InvalidRequest',
    {},
    { message: 'The algorithm type you specified in x-amz-checksum- header is invalid.' },
  )
}

/** Names of the family that say something else than a checksum. */
const OTHER_CHECKSUM_HEADERS: ReadonlySet<string> = new Set([
  'x-amz-checksum-algorithm',
  'x-amz-checksum-mode',
  'x-amz-checksum-type',
])

/** Whether a header looks like a checksum of the body, by its name in lower case. */
export function isChecksumHeader(name: string): boolean {
  return name.startsWith('x-amz-checksum-') && !OTHER_CHECKSUM_HEADERS.has(name)
}

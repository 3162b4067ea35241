/**
 * What is refused, or let through without effect, before anything is read: headers that would change the meaning of a
 * request in a way this server does not honour. Nothing is ignored silently; `acceptedWithoutEffect` is part of the
 * coverage report.
 */
import { error } from './errors.ts'
import { header, type WireRequest } from './http/wire.ts'

/** Headers and parameters that are taken and change nothing here, each with the reason. */
export const acceptedWithoutEffect: readonly { name: string; reason: string }[] = [
  { name: 'x-amz-sdk-*, amz-sdk-*, x-amz-user-agent', reason: 'SDK bookkeeping; AWS ignores them too' },
  {
    name: 'x-amz-server-side-encryption-bucket-key-enabled',
    reason: 'stored and answered; there are no calls to KMS that a bucket key could save',
  },
  {
    name: 'x-amz-te',
    reason: 'the Java SDK asks for an MD5 behind the body; an answer without x-amz-transfer-encoding has none',
  },
  { name: 'x-id', reason: 'the SDK repeats the operation name; AWS ignores it too' },
]

const sse = 'x-amz-server-side-encryption'
/** The operations that begin an object, or a session in which objects begin. */
const takesEncryption: ReadonlySet<string> = new Set([
  'PutObject',
  'CopyObject',
  'CreateMultipartUpload',
  'CreateSession',
  'PostObject',
])

/** @throws AwsError NotImplemented naming the header, InvalidArgument */
export function screen(request: WireRequest, operation: string): void {
  const method = header(request, sse)
  if (method !== undefined && !takesEncryption.has(operation)) {
    // Observed: for UploadPart, UploadPartCopy, CompleteMultipartUpload and listings (irods_resource_plugin_s3#1838,
    // fog-aws#589, ClickHouse#64570, s3cmd#276).
    throw error(
      'InvalidArgument',
      { ArgumentName: sse, ArgumentValue: method },
      { message: `${sse} header is not supported for this operation.` },
    )
  }
  const coding = header(request, 'transfer-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'chunked' && coding.toLowerCase() !== 'identity') {
    // Recorded wording of AWS for codings other than chunked.
    throw error('NotImplemented', { Header: 'Transfer-Encoding' })
  }
}

/**
 * What is refused before a body is read, and what is let through without effect. Nothing is ignored silently:
 * `acceptedWithoutEffect` is part of the coverage report. Headers that one operation takes and another does not are in
 * `protocol/untaken.ts`.
 */
import type { PayloadMode } from './auth/payload.ts'
import { error } from './errors.ts'
import { header, type WireRequest } from './http/wire.ts'
import type { Plan } from './protocol/index.ts'

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
  {
    name: 'headers and parameters of other operations',
    reason: 'ignored where AWS is not known to refuse them; `GET /_sandbucket/coverage` lists them with the reasons',
  },
]

/**
 * Operations that begin an object or a part, and have no body of their own. Observed: 501 for CopyObject
 * (boto/botocore#35).
 */
const COPIES: ReadonlySet<string> = new Set(['CopyObject', 'UploadPartCopy'])

/**
 * Uploads and copies may not come with `Transfer-Encoding: chunked`, unless the body is framed as aws-chunked and so
 * tells its length. Observed: 501 naming the header (localstack/localstack#2925, JuliaWeb/HTTP.jl#98 and others).
 * Forms and operations that AWS does not have to measure may (minio/minio#21518, aws/aws-sdk-java#215).
 * Assumed: documents may too, because nobody has seen one refused.
 * @param payload what authentication found out about the body; undefined for forms
 * @throws AwsError NotImplemented naming the header, for any other coding as well (recorded)
 */
export function screen(
  request: WireRequest,
  plan: Pick<Plan, 'name' | 'bodyKind'>,
  payload: PayloadMode | undefined,
): void {
  const coding = header(request, 'transfer-encoding')?.toLowerCase()
  if (coding === undefined || coding === 'identity') return
  const needsLength = (plan.bodyKind === 'blob' || COPIES.has(plan.name)) && payload?.kind !== 'aws-chunked'
  if (coding !== 'chunked' || needsLength) throw error('NotImplemented', { Header: 'Transfer-Encoding' })
}

/**
 * What is refused, or let through without effect, before anything is read: headers that would change the meaning of a
 * request in a way this server does not honour. Nothing is ignored silently; `acceptedWithoutEffect` is part of the
 * coverage report.
 */
import { error } from './errors.ts'
import { header, type WireRequest } from './http/wire.ts'

/** Headers and parameters that are taken and change nothing here, each with the reason. */
export const acceptedWithoutEffect: readonly { name: string; reason: string }[] = [
  { name: 'x-amz-request-payer', reason: 'requester pays is stored with its issue; nothing is ever charged' },
  { name: 'x-amz-sdk-*, amz-sdk-*, x-amz-user-agent', reason: 'SDK bookkeeping; AWS ignores them too' },
  { name: 'x-id', reason: 'the SDK repeats the operation name; AWS ignores it too' },
]

/** @throws AwsError NotImplemented naming the header */
export function screen(request: WireRequest): void {
  const coding = header(request, 'transfer-encoding')
  if (coding !== undefined && coding.toLowerCase() !== 'chunked' && coding.toLowerCase() !== 'identity') {
    // Recorded wording of AWS for codings other than chunked.
    throw error('NotImplemented', { Header: 'Transfer-Encoding' })
  }
}

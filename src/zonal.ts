/** Directory buckets lack much, and the credentials of their sessions are good for nothing else. */
import type { Principal } from './context.ts'
import { error } from './errors.ts'
import { screenDirectory } from './s3/lib/directory-bucket.ts'
import type { BucketRecord } from './store/records.ts'

interface Asked {
  operation: string
  input: Readonly<Record<string, unknown>>
  maybeBucket: BucketRecord | undefined
  principal: Principal
}

/** @throws AwsError NotImplemented, AccessDenied, InvalidRequest, InvalidArgument */
export function screenBucketKind({ operation, input, maybeBucket: bucket, principal }: Asked): void {
  if (bucket?.type === 'directory') screenDirectory(operation, input, bucket, principal.zonal)
  else refuseZonal(principal)
}

/** For whatever is not about a directory bucket. @throws AwsError AccessDenied */
export function refuseZonal({ zonal }: Principal): void {
  if (zonal === undefined) return
  const reason =
    'session of a directory bucket: credentials of CreateSession are good for their directory bucket alone. Sign with the key that asked for the session.'
  throw error('AccessDenied', {}, { reason })
}

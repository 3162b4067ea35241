/** What a request carries along the path and all that a handler may touch. */
import type { Config } from './config/config.ts'
import type { RequestBody } from './http/request-body.ts'
import type { Clock } from './lib/clock.ts'
import type { Ids } from './lib/ids.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import type { PutObjectRequest } from './model/s3.types.gen.ts'
import type { BucketRecord } from './store/records.ts'
import type { Store } from './store/store.ts'

/** Who signed, as section 1.2 of AWS's evaluation logic names the kinds that exist so far. */
export interface Principal {
  kind: 'root' | 'anonymous'
  /** Empty for anonymous. */
  accountId: string
  /** `arn:aws:iam::ACCOUNT:root`; empty for anonymous. */
  arn: string
  userId: string
  canonicalId: string
  displayName: string
  /** Undefined for anonymous. */
  accessKeyId: string | undefined
}

/** An account as ACLs, Owner elements and grants show it. */
export interface Account {
  id: string
  canonicalId: string
  displayName: string
  email: string
}

/** How a request was authenticated; condition keys and POST forms need it later. */
export interface AuthInfo {
  authType: 'REST-HEADER' | 'REST-QUERY-STRING' | 'POST' | undefined
  signatureVersion: 'AWS4-HMAC-SHA256' | 'AWS4-ECDSA-P256-SHA256' | 'AWS' | undefined
  /** Region of the credential scope: the regional endpoint the client means. Undefined for SigV2, SigV4A and anonymous. */
  region?: string | undefined
}

/** A browser upload: the fields of its form (names in lower case), and what they ask of PutObject. */
export interface PostedForm {
  readonly fields: ReadonlyMap<string, string>
  readonly put: PutObjectRequest
}

export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Ctx {
  readonly config: Config
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly requestId: string
  readonly principal: Principal
  readonly auth: AuthInfo
  /** The addressed bucket: already looked up, NoSuchBucket already thrown. Throws when the operation addresses none. */
  readonly bucket: BucketRecord
  /** The body of an operation that streams (PutObject, UploadPart). Others get theirs parsed into `input`. */
  readonly body: RequestBody
  /** PostObject only: its form. `body` is the file. */
  readonly form?: PostedForm | undefined
  /** `http://host:port` as the client wrote it, for Location elements. */
  readonly baseUrl: string
  /** Accounts by id or canonical id, for Owner elements. */
  account(id: string): Account | undefined
  /**
   * Further permission checks of a composite operation (each key of DeleteObjects, the source of a copy).
   * `resource` is an ARN. Returns when allowed. @throws AwsError AccessDenied
   */
  authorize(action: string, resource: string, bucket: BucketRecord): MaybePromise<void>
}

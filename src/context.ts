/** What a request carries along the path and all that a handler may touch. */
import type { Config } from './config/config.ts'
import type { RequestBody } from './http/request-body.ts'
import type { Clock } from './lib/clock.ts'
import type { Ids } from './lib/ids.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import type { SessionEncryption } from './lib/zonal-session.ts'
import type { PutObjectRequest } from './model/s3.types.gen.ts'
import type { CompiledPolicy } from './policy/compile.ts'
import type { BucketRecord } from './store/records.ts'
import type { Store } from './store/store.ts'

/** Who makes a request, by AWS's kinds of principals. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable */
export interface Principal {
  /** `role`: a session of a role; `federated`: of GetFederationToken. A session of GetSessionToken stays `user` or `root`. */
  kind: 'root' | 'user' | 'role' | 'federated' | 'anonymous'
  /** Empty for anonymous. */
  accountId: string
  /** As messages show it: `arn:aws:iam::A:root`, `...:user/PATH/NAME`, `arn:aws:sts::A:assumed-role/ROLE/SESSION`, `...:federated-user/NAME`; empty for anonymous. */
  arn: string
  /** `aws:userid`: the account id of root, `AIDA...`, `AROA...:SESSION`, `A:NAME` of a federated user. */
  userId: string
  /** Of the account. */
  canonicalId: string
  displayName: string
  /** Undefined for anonymous. */
  accessKeyId: string | undefined
  /** Unique id of the user or role behind it; absent for root and what root issued. */
  uniqueId?: string
  /** Of a role session the role's ARN with its path (`aws:PrincipalArn`); of a federated user the ARN of the user or root who issued it. */
  issuerArn?: string
  /** `aws:username`: of IAM users only. */
  userName?: string
  /** Of temporary credentials only. */
  session?: PrincipalSession
  /** Of the credentials of CreateSession: the directory bucket they are for, and what may be done in it. */
  zonal?: { bucketId: string; mode: 'ReadWrite' | 'ReadOnly'; encryption: SessionEncryption }
}

/** What temporary credentials carry beside who they are. */
export interface PrincipalSession {
  by:
    | 'AssumeRole'
    | 'AssumeRoleWithWebIdentity'
    | 'AssumeRoleWithSAML'
    | 'AssumeRoot'
    | 'GetFederationToken'
    | 'GetSessionToken'
  /** `aws:TokenIssueTime`. */
  issuedMs: number
  expiresMs: number
  /** When a second factor was shown; undefined when none was. */
  mfaMs?: number
  sourceIdentity?: string
  /** `aws:FederatedProvider`: ARN of the provider, or its host name for the built-in ones. */
  federatedProvider?: string
  /** Condition keys (lower case) about the user that the provider vouched for: `saml:sub`, `ISSUER:aud`, ... */
  federation?: Readonly<Record<string, string>>
  /** Session tags; of a role they win over the role's own. */
  tags: Readonly<Record<string, string>>
  transitiveTagKeys: readonly string[]
  /** Inline session policies, as text. */
  policies: readonly string[]
  /** Managed policies that limit the session. */
  policyArns: readonly string[]
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
  /** When the client says it signed, in ms. Undefined where it does not say, and for anonymous. */
  signedAtMs?: number | undefined
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

/** What bucket policies and Block Public Access are checked against. */
export interface AccessFacts {
  /** The settings in force: those of the bucket or of its owner's account. */
  publicAccessBlock(bucket: BucketRecord): MaybePromise<EffectiveBlock>
  /** What an entry of a policy's Principal stands for: `arn` as the policy shows it from now on. Undefined: nobody. */
  resolvePrincipal(
    type: 'AWS' | 'CanonicalUser',
    value: string,
  ): MaybePromise<{ arn: string; uniqueId?: string } | undefined>
  /** The unique id that the ARN of a user or role stands for now; undefined when there is none. */
  uniqueIdOf(arn: string): MaybePromise<string | undefined>
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PublicAccessBlockConfiguration.html */
export interface EffectiveBlock {
  BlockPublicAcls?: boolean
  IgnorePublicAcls?: boolean
  BlockPublicPolicy?: boolean
  RestrictPublicBuckets?: boolean
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
   * `resource` is an ARN, `keys` are condition keys (in lower case) that differ from the request's. Returns when allowed.
   * @throws AwsError AccessDenied
   */
  authorize(
    action: string,
    resource: string,
    bucket: BucketRecord,
    versionId?: string,
    keys?: Readonly<Record<string, string | undefined>>,
  ): MaybePromise<void>
  /** Whether the caller may know something more, which is left out otherwise. */
  may(action: string, resource: string, bucket: BucketRecord, versionId?: string): MaybePromise<boolean>
  /** What handlers of access configurations need of the authorization that reads them. */
  readonly access: AccessFacts
  /** Whether the caller may become a role, by its trust policy and the caller's own. */
  mayBecome(question: RoleQuestion): Promise<boolean>
}

/** An action of STS on a role. */
export interface RoleQuestion {
  /** `sts:AssumeRole`, `sts:TagSession`, ... */
  action: string
  roleArn: string
  /** Of the role. */
  accountId: string
  trust: CompiledPolicy
  /** Condition keys that only the call knows, by name in lower case; undefined: absent. */
  keys: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The identity provider whose token the caller showed instead of signing. */
  provider?: string
}

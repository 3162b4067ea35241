/**
 * The resolved configuration: what flags, environment and file add up to. Everything below `main.ts` sees only this
 * type, never `process.env` or `process.argv`. Names and defaults are those of the README's table.
 */
import type { IamSeed } from './iam.ts'

/** A long-term key pair. It belongs to the root of the account that lists it. */
export interface AccessKeyConfig {
  accessKeyId: string
  secretAccessKey: string
}

/** One AWS account: who owns buckets, and which root keys sign for it. */
export interface AccountConfig {
  /** Usually 12 digits; any non-empty text is accepted, because public suites choose their own. */
  id: string
  /** The canonical user id in Owner and ACLs: 64 hex digits on AWS, any text here. */
  canonicalId: string
  displayName: string
  email: string
  /** Where it is in its organization, with a slash at the end: `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`, or the id alone; undefined: in none. */
  organization?: string | undefined
  keys: AccessKeyConfig[]
}

/** A KMS key that exists from the start. */
export interface KmsKeyConfig {
  /** Undefined: a random one, kept in the data directory by its first alias. */
  id: string | undefined
  /** Each with its `alias/`. */
  aliases: string[]
  state: 'Enabled' | 'Disabled' | 'PendingDeletion'
  accountId: string
  /** Undefined: in every region. */
  region: string | undefined
}

/** Whether a new bucket starts as on AWS since April 2023 (owner-enforced, public access blocked) or as before (ACLs on, nothing blocked). */
export type BucketDefaults = 'aws' | 'legacy'

export interface Config {
  host: string
  /** 0 asks the system for a free port. */
  port: number
  /** Where state lives; `undefined` keeps it in memory. */
  dataDir: string | undefined
  /** fsync before a write is acknowledged. */
  durable: boolean
  /** The region of new buckets without a LocationConstraint, and of the endpoint. */
  region: string
  /** Refuse a signature whose scope names another region (AuthorizationHeaderMalformed); otherwise any region is accepted. */
  regionStrict: boolean
  /** The first is the default account. At least one, with at least one key. */
  accounts: AccountConfig[]
  /** No key is configured: the well-known pairs work, and only known hosts and origins are answered. */
  hasWellKnownKeys: boolean
  bucketDefaults: BucketDefaults
  /** Suffixes under which `BUCKET.suffix` addresses a bucket, beside the built-in ones (localhost, s3.localhost, ...). Lower case, no port. */
  domains: string[]
  /** Other `host[:port]` names of this server, tried when a signature does not match the Host received (presigned URLs made in a container, used in a browser). */
  publicHosts: string[]
  /** Policies see the client's address and protocol as X-Forwarded-For and X-Forwarded-Proto tell them. */
  trustProxy: boolean
  /** Verify signatures against the received Host only: no aliases, configured or learned. */
  strictHost: boolean
  /** Largest accepted difference between the client's clock and ours, in ms; `undefined` accepts any. AWS: 900,000. */
  maxClockSkewMs: number | undefined
  /** The smallest part but the last of a multipart upload. AWS: 5 MiB. */
  minPartSizeBytes: number
  /** Buckets made at start, before readiness, owned by the default account. */
  buckets: string[]
  /** Open CORS for buckets that have no rules. */
  openCors: boolean
  /** Origins (patterns with at most one `*`) that are answered although the keys are the well-known ones. */
  allowedOrigins: string[]
  /** IAM made at start, before readiness. */
  iam?: readonly IamSeed[] | undefined
  /** The instance profile whose role the instance metadata hands out; undefined: the only one of the default account. */
  instanceProfile?: string | undefined
  /** What the container-credentials endpoint wants as Authorization; who shows it may come from anywhere. */
  credentialsToken?: string | undefined
  /** Hand out credentials of roles to other machines too. */
  remoteCredentials?: boolean | undefined
  /** Log would-be denials instead of refusing. */
  softMode: boolean
  /** The recorder is on from the start. */
  record: boolean
  /** KMS keys for server-side encryption, beside `alias/aws/s3` of each account. */
  kmsKeys: KmsKeyConfig[]
  /** Accept customers' keys (SSE-C) over plain HTTP, which AWS refuses. */
  allowSseCOverHttp: boolean
  /** Answer HTTPS as well, on the same port. */
  tls: boolean
  /** The certificate and key to show, each a path or PEM itself; both or neither. Neither: a generated one. */
  tlsCert: string | undefined
  tlsKey: string | undefined
  logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  logFormat: 'json' | 'pretty'
}

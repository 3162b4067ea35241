/**
 * Every option, once: flag, environment name, key in the configuration file and in the Node API, default and help.
 * Parsing, `--help` and the README's table all read this table; `Options` is its shape for TypeScript users.
 */
import type { GenericSchema } from 'valibot'
import { type AccountOptions, accounts, defaultAccountId } from './accounts.ts'
import type { BucketDefaults, Config } from './config.ts'
import { type IamSeed, iamSeeds } from './iam.ts'
import { type KmsKeyOptions, kmsKeys } from './kms-keys.ts'
import * as kinds from './values.ts'
import type { Kind } from './values.ts'

/** What a configuration file and `startSandbucket` accept. Everything has a default. */
export interface Options {
  /** Address to listen on. `127.0.0.1` answers on `::1` too, `0.0.0.0` on `::`. */
  host?: string | undefined
  /** 0 takes a free port. */
  port?: number | undefined
  /** Directory for everything that is stored. */
  data?: string | undefined
  /** Keep everything in memory; wins over `data` unless `data` comes from a stronger source. */
  inMemory?: boolean | undefined
  /** fsync before a write is acknowledged. */
  durable?: boolean | undefined
  region?: string | undefined
  /** Refuse signatures made for another region. */
  regionStrict?: boolean | undefined
  /** Root key of the default account; replaces the well-known pairs. */
  accessKeyId?: string | undefined
  secretAccessKey?: string | undefined
  /** The default account's id, where `accounts` is not given. */
  accountId?: string | undefined
  /** The organization of accounts that name none: its id, or a path in it. */
  organization?: string | undefined
  /** Several accounts, the first being the default one. */
  accounts?: AccountOptions[] | undefined
  /** Buckets made before the server is ready. */
  buckets?: string[] | undefined
  bucketDefaults?: BucketDefaults | undefined
  /** Users, groups, roles and policies made before the server is ready: of the default account, or a list with `account` each. */
  iam?: IamSeed | IamSeed[] | undefined
  /** Instance profile of the default account whose role `/_sandbucket/imds` hands out; default: the only one there is. */
  instanceProfile?: string | undefined
  /** What `/_sandbucket/credentials/ROLE` wants as Authorization. */
  credentialsToken?: string | undefined
  /** Log what would be denied, and let it pass. */
  softMode?: boolean | undefined
  /** Note from the start what every principal uses; `/_sandbucket/record` tells the least policies. */
  record?: boolean | undefined
  /** Hand out credentials of roles to other machines too. */
  remoteCredentials?: boolean | undefined
  /** `b.DOMAIN` addresses bucket b, beside `b.localhost` and the like. */
  domains?: string[] | undefined
  /** Other `host[:port]` names of this server, for presigned URLs. */
  publicHosts?: string[] | undefined
  /** A proxy in front says in X-Forwarded-For and X-Forwarded-Proto how clients came. */
  trustProxy?: boolean | undefined
  /** Verify signatures against the received Host only. */
  strictHost?: boolean | undefined
  /** Milliseconds, or text such as `15m`, or `off`. */
  maxClockSkew?: number | string | undefined
  /** Bytes, or text such as `5MiB`. */
  minPartSize?: number | string | undefined
  /** Open CORS for buckets without rules. */
  openCors?: boolean | undefined
  /** Origins of web pages that may use this server while its keys are the well-known ones; one `*` in each stands for any text. */
  allowedOrigins?: string[] | undefined
  /** KMS keys for server-side encryption: ids, aliases (`alias/NAME`) or objects. */
  kmsKeys?: (string | KmsKeyOptions)[] | undefined
  /** Accept customers' keys (SSE-C) over plain HTTP. */
  allowSseCOverHttp?: boolean | undefined
  /** Answer HTTPS as well, on the same port, with a certificate of a CA made for this purpose. */
  tls?: boolean | undefined
  /** Path of a PEM certificate with its chain, or PEM itself; implies `tls`. */
  tlsCert?: string | undefined
  /** Its private key. */
  tlsKey?: string | undefined
  logLevel?: Config['logLevel'] | undefined
  logFormat?: Config['logFormat'] | undefined
}

/** The name of an option in files and in the Node API. */
export type OptionName = keyof Options

/** Option values after their schema: sizes in bytes, times in milliseconds (Infinity for `off`). */
export type Values = Omit<
  { [K in OptionName]?: Exclude<Options[K], undefined> },
  'maxClockSkew' | 'minPartSize' | 'kmsKeys' | 'iam'
> & {
  maxClockSkew?: number
  minPartSize?: number
  kmsKeys?: KmsKeyOptions[]
  iam?: IamSeed[]
}

/** One row of the table. */
export interface OptionRow {
  kind: Kind<unknown>
  /** Long flag without dashes; undefined where a command line is no place for it. */
  flag: string | undefined
  short?: string
  /** Other spellings of the flag. */
  aliases?: readonly string[]
  env: string
  /** `FILE` variants of the environment name hold the path of a file with the value (Docker secrets). */
  isSecret?: boolean
  /** In help; undefined for switches. */
  placeholder: string | undefined
  isList?: boolean
  /** As help shows it. */
  default: string
  help: string
}

function row<T>(kind: { schema: GenericSchema<unknown, T>; must: string }, rest: Omit<OptionRow, 'kind'>): OptionRow {
  return { kind, ...rest }
}

export const options: Readonly<Record<OptionName, OptionRow>> = {
  host: row(kinds.text, {
    flag: 'host',
    short: 'a',
    aliases: ['address'],
    env: 'SANDBUCKET_HOST',
    placeholder: 'ADDRESS',
    default: '127.0.0.1',
    help: 'address to listen on; 127.0.0.1 answers on ::1 too, 0.0.0.0 on ::',
  }),
  port: row(kinds.port, {
    flag: 'port',
    short: 'p',
    env: 'SANDBUCKET_PORT',
    placeholder: 'PORT',
    default: '9000',
    help: 'port to listen on; 0 takes a free one',
  }),
  data: row(kinds.text, {
    flag: 'data',
    short: 'd',
    aliases: ['data-dir', 'directory'],
    env: 'SANDBUCKET_DATA',
    placeholder: 'DIR',
    default: './.sandbucket',
    help: 'directory for everything that is stored',
  }),
  inMemory: row(kinds.flag, {
    flag: 'in-memory',
    aliases: ['memory'],
    env: 'SANDBUCKET_IN_MEMORY',
    placeholder: undefined,
    default: 'false',
    help: 'keep everything in memory, forget it on exit',
  }),
  durable: row(kinds.flag, {
    flag: 'durable',
    env: 'SANDBUCKET_DURABLE',
    placeholder: undefined,
    default: 'false',
    help: 'fsync before a write is acknowledged (survives power loss, not only a crash)',
  }),
  bucketDefaults: row(kinds.choice('aws', 'legacy'), {
    flag: 'bucket-defaults',
    env: 'SANDBUCKET_BUCKET_DEFAULTS',
    placeholder: 'aws|legacy',
    default: 'aws',
    help: 'new buckets: aws = ACLs off, public access blocked (since 2023); legacy = ACLs on, nothing blocked',
  }),
  buckets: row(kinds.bucketNames, {
    flag: 'bucket',
    short: 'b',
    env: 'SANDBUCKET_BUCKETS',
    placeholder: 'NAME',
    isList: true,
    default: '',
    help: 'bucket to make before the server is ready; repeatable',
  }),
  accessKeyId: row(kinds.accessKeyId, {
    flag: 'access-key-id',
    aliases: ['access-key'],
    env: 'SANDBUCKET_ACCESS_KEY_ID',
    isSecret: true,
    placeholder: 'ID',
    default: 'sandbucket',
    help: 'root key of the default account; once set, the well-known pairs no longer work',
  }),
  secretAccessKey: row(kinds.secret, {
    flag: 'secret-access-key',
    aliases: ['secret-key'],
    env: 'SANDBUCKET_SECRET_ACCESS_KEY',
    isSecret: true,
    placeholder: 'KEY',
    default: 'sandbucket',
    help: 'its secret',
  }),
  accountId: row(kinds.text, {
    flag: 'account-id',
    env: 'SANDBUCKET_ACCOUNT_ID',
    placeholder: 'ID',
    default: defaultAccountId,
    help: 'id of the default account',
  }),
  organization: row(kinds.organization, {
    flag: 'organization',
    env: 'SANDBUCKET_ORGANIZATION',
    placeholder: 'ID',
    default: '',
    help: 'AWS organization of the accounts (aws:PrincipalOrgID): o-a1b2c3d4e5, or a path o-.../r-.../ou-...',
  }),
  accounts: row(accounts, {
    flag: undefined,
    env: 'SANDBUCKET_ACCOUNTS',
    isSecret: true,
    placeholder: 'JSON',
    default: '',
    help: 'several accounts: [{ id, canonicalId, displayName, email, organization, keys: [{ accessKeyId, secretAccessKey }] }]',
  }),
  iam: row(iamSeeds, {
    flag: undefined,
    env: 'SANDBUCKET_IAM',
    isSecret: true,
    placeholder: 'JSON',
    default: '',
    help: 'users, groups, roles and policies: { users: [{ name, keys, groups, attach, policies }], groups, roles, policies, oidcProviders }',
  }),
  instanceProfile: row(kinds.text, {
    flag: 'instance-profile',
    env: 'SANDBUCKET_INSTANCE_PROFILE',
    placeholder: 'NAME',
    default: '',
    help: 'instance profile whose role /_sandbucket/imds hands out; default: the only one of the default account',
  }),
  credentialsToken: row(kinds.secret, {
    flag: 'credentials-token',
    env: 'SANDBUCKET_CREDENTIALS_TOKEN',
    isSecret: true,
    placeholder: 'TOKEN',
    default: '',
    help: 'what /_sandbucket/credentials/ROLE wants as Authorization; who shows it may be another machine',
  }),
  remoteCredentials: row(kinds.flag, {
    flag: 'remote-credentials',
    env: 'SANDBUCKET_REMOTE_CREDENTIALS',
    placeholder: undefined,
    default: 'false',
    help: "hand out roles' credentials to other machines (containers) too, not only to this one",
  }),
  softMode: row(kinds.flag, {
    flag: 'soft-mode',
    env: 'SANDBUCKET_SOFT_MODE',
    placeholder: undefined,
    default: 'false',
    help: 'log what AWS would deny, and let it pass; wrong signatures stay errors',
  }),
  record: row(kinds.flag, {
    flag: 'record',
    env: 'SANDBUCKET_RECORD',
    placeholder: undefined,
    default: 'false',
    help: 'note from the first request what every principal uses; sandbucket record prints the least policy for each',
  }),
  region: row(kinds.text, {
    flag: 'region',
    env: 'SANDBUCKET_REGION',
    placeholder: 'REGION',
    default: 'us-east-1',
    help: 'region of new buckets and of the endpoint',
  }),
  regionStrict: row(kinds.flag, {
    flag: 'region-strict',
    env: 'SANDBUCKET_REGION_STRICT',
    placeholder: undefined,
    default: 'false',
    help: 'refuse signatures made for another region, as AWS does',
  }),
  domains: row(kinds.domains, {
    flag: 'domain',
    env: 'SANDBUCKET_DOMAINS',
    placeholder: 'NAME',
    isList: true,
    default: '',
    help: 'BUCKET.NAME addresses a bucket, beside BUCKET.localhost and the like; repeatable',
  }),
  publicHosts: row(kinds.publicHosts, {
    flag: 'public-host',
    env: 'SANDBUCKET_PUBLIC_HOSTS',
    placeholder: 'HOST[:PORT]',
    isList: true,
    default: '',
    help: 'another name of this server: presigned URLs may be made for it, and it is answered while no key is configured; repeatable',
  }),
  trustProxy: row(kinds.flag, {
    flag: 'trust-proxy',
    env: 'SANDBUCKET_TRUST_PROXY',
    placeholder: undefined,
    default: 'false',
    help: 'policies see address and protocol of clients (aws:SourceIp, aws:SecureTransport) as a proxy forwards them',
  }),
  strictHost: row(kinds.flag, {
    flag: 'strict-host',
    env: 'SANDBUCKET_STRICT_HOST',
    placeholder: undefined,
    default: 'false',
    help: 'verify signatures against the received Host only',
  }),
  maxClockSkew: row(kinds.duration, {
    flag: 'max-clock-skew',
    env: 'SANDBUCKET_MAX_CLOCK_SKEW',
    placeholder: 'TIME|off',
    default: '15m',
    help: "largest difference between a client's clock and this one",
  }),
  minPartSize: row(kinds.size, {
    flag: 'min-part-size',
    env: 'SANDBUCKET_MIN_PART_SIZE',
    placeholder: 'SIZE',
    default: '5MiB',
    help: 'smallest part but the last of a multipart upload',
  }),
  openCors: row(kinds.flag, {
    flag: 'open-cors',
    env: 'SANDBUCKET_OPEN_CORS',
    placeholder: undefined,
    default: 'true',
    help: 'let browsers use buckets that have no CORS rules; --no-open-cors answers as AWS',
  }),
  allowedOrigins: row(kinds.origins, {
    flag: 'allow-origin',
    env: 'SANDBUCKET_ALLOWED_ORIGINS',
    placeholder: 'ORIGIN',
    isList: true,
    default: '',
    help: 'origin of web pages that may use this server while no key is configured, beside those of local hosts; one * stands for any text; repeatable',
  }),
  kmsKeys: row(kmsKeys, {
    flag: 'kms-key',
    env: 'SANDBUCKET_KMS_KEYS',
    placeholder: 'ID|alias/NAME',
    isList: true,
    default: '',
    help: 'KMS key that objects can be encrypted with, beside alias/aws/s3; repeatable',
  }),
  allowSseCOverHttp: row(kinds.flag, {
    flag: 'allow-sse-c-over-http',
    env: 'SANDBUCKET_ALLOW_SSE_C_OVER_HTTP',
    placeholder: undefined,
    default: 'false',
    help: "accept customers' encryption keys (SSE-C) over plain HTTP, which AWS refuses",
  }),
  tls: row(kinds.flag, {
    flag: 'tls',
    env: 'SANDBUCKET_TLS',
    placeholder: undefined,
    default: 'false',
    help: 'answer HTTPS as well, on the same port; its CA is at /_sandbucket/ca.pem',
  }),
  tlsCert: row(kinds.text, {
    flag: 'tls-cert',
    env: 'SANDBUCKET_TLS_CERT',
    isSecret: true,
    placeholder: 'FILE',
    default: '',
    help: 'certificate for --tls with its chain, instead of a generated one: a PEM file, or PEM itself',
  }),
  tlsKey: row(kinds.text, {
    flag: 'tls-key',
    env: 'SANDBUCKET_TLS_KEY',
    isSecret: true,
    placeholder: 'FILE',
    default: '',
    help: 'its private key',
  }),
  logLevel: row(kinds.choice('silent', 'error', 'warn', 'info', 'debug'), {
    flag: 'log-level',
    env: 'SANDBUCKET_LOG_LEVEL',
    placeholder: 'LEVEL',
    default: 'info',
    help: 'silent, error, warn, info (one line per request) or debug',
  }),
  logFormat: row(kinds.choice('pretty', 'json'), {
    flag: 'log-format',
    env: 'SANDBUCKET_LOG_FORMAT',
    placeholder: 'pretty|json',
    default: 'pretty',
    help: 'json gives one object per line, the start included',
  }),
}

/** The rows with their names, in the order of help. */
export const optionRows = Object.entries(options) as [OptionName, OptionRow][]

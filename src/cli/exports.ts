/** What a client must be told to use this server, as the variables that every AWS SDK reads. */
import { join } from 'node:path'
import type { AccessKeyConfig, Config } from '../config/config.ts'
import { tlsPath } from '../tls/folder.ts'

/** The key that is shown and handed out: the first of the default account. */
export function firstKey(config: Config): AccessKeyConfig {
  const key = config.accounts[0]?.keys[0]
  if (key === undefined) throw new Error('a configuration has at least one account with a key')
  return key
}

/** `http://host:port`, `https://` with TLS, as a client on this machine writes it. Addresses, not names: SDKs then choose path style. */
export function clientUrl(host: string, port: number, isTls: boolean): string {
  const reachable = host === '0.0.0.0' || host === '::' || host === 'localhost' ? '127.0.0.1' : host
  return `${isTls ? 'https' : 'http'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

/** The file with the CA that clients have to trust, and whether they have to fetch it first. */
export interface CaFile {
  path: string
  isFetched: boolean
}

/**
 * Where the generated CA is for clients on this machine; undefined without TLS, or with a certificate that was given.
 * @param directory where a CA that is kept in memory is to be saved
 */
export function caFile(config: Config, directory: string): CaFile | undefined {
  if (!config.tls || config.tlsCert !== undefined) return undefined
  if (config.dataDir !== undefined) return { path: tlsPath(config.dataDir, 'ca.pem'), isFetched: false }
  return { path: join(directory, 'sandbucket-ca.pem'), isFetched: true }
}

/**
 * Comments for a shell: how other programs come to trust the CA. Their variables replace all other CAs, so that they
 * are not exported to a shell that reaches other servers too.
 */
export function trustHints(url: string, ca: CaFile | undefined): string {
  if (ca === undefined) return ''
  const path = shellQuote(ca.path)
  const plain = url.replace(/^https:/, 'http:')
  return [
    ...(ca.isFetched ? [`# The CA is in memory. Save it first: curl -fso ${path} ${plain}/_sandbucket/ca.pem`] : []),
    `# Python's requests: export REQUESTS_CA_BUNDLE=${path}`,
    `# curl: curl --cacert ${path} ${url}/`,
    '',
  ].join('\n')
}

/** What clients must know beside the address. */
export interface ClientFacts {
  key: AccessKeyConfig
  region: string
  /** Path of the CA to trust. */
  ca?: string | undefined
}

/** Names and values. Some SDKs read only one of the two region variables; Node and AWS's Python programs each have their own for the CA. */
export function awsEnvironment(url: string, { key, region, ca }: ClientFacts): Record<string, string> {
  const { accessKeyId, secretAccessKey } = key
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca, AWS_CA_BUNDLE: ca }),
  }
}

/** What would send clients to another server, or spoil the key: the JavaScript SDK, for one, prefers a profile to keys. */
const contrary = [
  'AWS_SESSION_TOKEN',
  'AWS_SECURITY_TOKEN',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_ENDPOINT_URL_S3',
  'AWS_ENDPOINT_URL_IAM',
  'AWS_ENDPOINT_URL_STS',
  'AWS_ENDPOINT_URL_S3_CONTROL',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
]

/** An `unset` line for those of them that the shell has; empty when it has none. */
export function shellUnsets(env: Readonly<Record<string, string | undefined>>): string {
  const present = contrary.filter((name) => env[name] !== undefined && env[name] !== '')
  return present.length === 0 ? '' : `unset ${present.join(' ')}\n`
}

/** A word that a POSIX shell reads back as it is. */
export function shellQuote(value: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}

/** `export NAME=value` lines for `eval "$(sandbucket env)"`. */
export function shellExports(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
    .join('')
}

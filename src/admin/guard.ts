/**
 * Who may change something through the admin API, or read what policies say. The API is for the developer's machine: on
 * loopback it is open to programs, so that `curl -X POST` resets a fixture. From anywhere else it takes a root key as
 * HTTP Basic user and password. Pages are the danger on loopback: one of another origin may do nothing, nor may one
 * under a name of its own that resolves to 127.0.0.1 (DNS rebinding); one of our own origin, such as an HTML object of a
 * bucket, needs the key as well.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { Config } from '../config/config.ts'
import { readAuthority } from '../http/known-hosts.ts'

/** Why a request is refused: status and a sentence that says what to do. */
export interface Refusal {
  status: 401 | 403
  reason: string
}

/** What is known of a caller. */
export interface Reader {
  headers: Readonly<Record<string, string | string[] | undefined>>
  remoteAddress: string
}

/** Whether a caller may change something or read explanations. Undefined when the request may go on. */
export function refuse(caller: Reader, config: Config): Refusal | undefined {
  const refusal = refusePage(caller)
  if (refusal !== undefined) return refusal
  const { authorization } = caller.headers
  if (authorization === undefined) return refuseWithoutKey(caller, config)
  if (typeof authorization === 'string' && isRootKey(authorization, config)) return undefined
  return { status: 401, reason: 'the user and password are not a root key of this server' }
}

/** The same for an explanation beside an answer of S3, IAM or STS. @param isRoot whether a root key signed the request */
export function refuseBeside(caller: Reader, isRoot: boolean, config: Config): Refusal | undefined {
  return refusePage(caller) ?? (isRoot ? undefined : refuseWithoutKey(caller, config))
}

/** What a page of another origin has to do. */
const instead = 'ask from a program, such as curl, or from a page of this server with a root key'

/** Pages of other origins, whatever key they show. */
function refusePage({ headers }: Reader): Refusal | undefined {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (origin !== undefined && !isOwnOrigin(String(origin), String(host ?? ''))) {
    return { status: 403, reason: `requests of other web origins are refused: ${instead}` }
  }
  // No browser sends it to a name that is reached by plain HTTP, but for loopback: a further sign only.
  if (site === 'cross-site' || site === 'same-site')
    return { status: 403, reason: `cross-site requests are refused: ${instead}` }
  return undefined
}

function refuseWithoutKey(caller: Reader, config: Config): Refusal | undefined {
  const { origin, host = '', 'sec-fetch-site': site } = caller.headers
  if (origin !== undefined || site === 'same-origin') {
    return { status: 401, reason: 'a web page has to send a root key, as HTTP Basic user and password' }
  }
  if (!isOfThisMachine(caller)) {
    return { status: 401, reason: 'from another machine, send a root key: curl -u ACCESS_KEY_ID:SECRET_ACCESS_KEY ...' }
  }
  if (isOwnName(String(host), config)) return undefined
  return {
    status: 403,
    reason: `${host} is not a name of this server; use 127.0.0.1, or configure it with --public-host`,
  }
}

/**
 * Who may have a role's credentials: programs of this machine, others only when configured (or when `isTrusted`: they
 * showed the configured token). Never a browser: no page has business there. Undefined when the request may go on.
 */
export function refuseReader(reader: Reader, config: Config, isTrusted = false): Refusal | undefined {
  const { origin, host = '', 'sec-fetch-site': site } = reader.headers
  if (origin !== undefined || site !== undefined) return { status: 403, reason: 'credentials are not for web pages' }
  if (isTrusted) return undefined
  if (!isOfThisMachine(reader)) {
    if (config.remoteCredentials === true) return undefined
    return {
      status: 403,
      reason: 'credentials are for programs of this machine; --remote-credentials gives them to others',
    }
  }
  if (isOwnName(String(host), config)) return undefined
  return { status: 403, reason: `${host} is not a name of this server; use 127.0.0.1` }
}

/** Compares secrets in the same time whatever they are. */
export function isSameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

/** Both schemes share the port. */
function isOwnOrigin(origin: string, host: string): boolean {
  return host !== '' && /^https?:\/\/(.+)$/i.exec(origin)?.[1]?.toLowerCase() === host.toLowerCase()
}

/** 127.0.0.0/8 and ::1, the former also as IPv4-mapped IPv6. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

/** A proxy on this machine that says for whom it asks lends nobody its address. */
function isOfThisMachine({ headers, remoteAddress }: Reader): boolean {
  if (!isLoopback(remoteAddress)) return false
  if (headers.forwarded !== undefined) return false
  return String(headers['x-forwarded-for'] ?? remoteAddress)
    .split(',')
    .every((address) => isLoopback(address.trim()))
}

function isOwnName(host: string, config: Config): boolean {
  const name = readAuthority(host)
  if (name === undefined) return false
  if (name.startsWith('[') || isIP(name) === 4 || name === 'localhost' || name.endsWith('.localhost')) return true
  return (
    name === config.host.toLowerCase() ||
    config.publicHosts.some((own) => readAuthority(own) === name) ||
    config.domains.includes(name)
  )
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function isRootKey(authorization: string, config: Config): boolean {
  const [scheme = '', encoded = ''] = authorization.split(' ', 2)
  if (scheme.toLowerCase() !== 'basic') return false
  const given = digest(Buffer.from(encoded, 'base64').toString())
  let isKnown = false
  for (const account of config.accounts) {
    for (const key of account.keys) {
      if (timingSafeEqual(given, digest(`${key.accessKeyId}:${key.secretAccessKey}`))) isKnown = true
    }
  }
  return isKnown
}

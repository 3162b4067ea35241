/**
 * Who may change something through the admin API. The API is for the developer's machine: on loopback it is open, so
 * that `curl -X POST` resets a fixture. From anywhere else it takes a root key as HTTP Basic user and password.
 * Browsers are the danger on loopback: a page may not post across origins, nor reach us under a name of its own that
 * resolves to 127.0.0.1 (DNS rebinding).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Config } from '../config/config.ts'

/** Why a request is refused: status and a sentence that says what to do. */
export interface Refusal {
  status: 401 | 403
  reason: string
}

/** Undefined when the request may go on. */
export function refuse(req: IncomingMessage, config: Config): Refusal | undefined {
  const { origin, host = '', authorization } = req.headers
  if (origin !== undefined && hostOfOrigin(origin) !== host.toLowerCase()) {
    return { status: 403, reason: 'requests of other web origins are refused' }
  }
  if (req.headers['sec-fetch-site'] === 'cross-site') return { status: 403, reason: 'cross-site requests are refused' }
  if (authorization !== undefined) {
    if (isRootKey(authorization, config)) return undefined
    return { status: 401, reason: 'the user and password are not a root key of this server' }
  }
  if (!isLoopback(req.socket.remoteAddress ?? '')) {
    return { status: 401, reason: 'from another machine, send a root key: curl -u ACCESS_KEY_ID:SECRET_ACCESS_KEY ...' }
  }
  if (!isOwnName(host, config)) {
    return {
      status: 403,
      reason: `${nameOf(host)} is not a name of this server; use 127.0.0.1, or configure it with --public-host`,
    }
  }
  return undefined
}

/** What is known of a caller of the endpoints that hand out credentials. */
export interface Reader {
  headers: IncomingMessage['headers']
  remoteAddress: string
}

/**
 * Who may have a role's credentials: programs of this machine, others only when configured (or when `isTrusted`: they
 * showed the configured token). Never a browser: no page has business there. Undefined when the request may go on.
 */
export function refuseReader(reader: Reader, config: Config, isTrusted = false): Refusal | undefined {
  const { origin, host = '', 'sec-fetch-site': site } = reader.headers
  if (origin !== undefined || site !== undefined) return { status: 403, reason: 'credentials are not for web pages' }
  if (isTrusted) return undefined
  if (!isLoopback(reader.remoteAddress)) {
    if (config.remoteCredentials === true) return undefined
    return {
      status: 403,
      reason: 'credentials are for programs of this machine; --remote-credentials gives them to others',
    }
  }
  if (isOwnName(host, config)) return undefined
  return { status: 403, reason: `${nameOf(host)} is not a name of this server; use 127.0.0.1` }
}

/** Compares secrets in the same time whatever they are. */
export function isSameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function hostOfOrigin(origin: string): string {
  const scheme = origin.indexOf('://')
  return scheme < 0 ? '' : origin.slice(scheme + 3).toLowerCase()
}

/** 127.0.0.0/8 and ::1, the former also as IPv4-mapped IPv6. */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

function nameOf(host: string): string {
  return host.startsWith('[') ? host.slice(1, host.indexOf(']')) : host.replace(/:\d+$/, '').toLowerCase()
}

function isOwnName(host: string, config: Config): boolean {
  const name = nameOf(host)
  if (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost')) return true
  return (
    name === config.host.toLowerCase() ||
    config.publicHosts.some((own) => nameOf(own) === name) ||
    config.domains.some((domain) => domain === name)
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

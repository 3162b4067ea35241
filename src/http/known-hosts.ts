/**
 * Which hosts and which origins are known. A web page can reach a server on the developer's machine in two ways: across
 * origins, or under a name of the page's own that its DNS points at 127.0.0.1 (DNS rebinding). Neither gains anything
 * without a key; but until a key is configured, everybody knows the keys. Then only hosts are answered that no stranger
 * can own, and pages that came from such a host.
 */
import { BlockList, isIP } from 'node:net'
import type { MaybePromise } from '../lib/maybe-promise.ts'

/** Names that the public DNS does not give to strangers; so are the names below them. */
const closedNames = [
  'localhost',
  'local',
  'test',
  'internal',
  'svc',
  'home.arpa',
  'localdomain',
  'amazonaws.com',
  'amazonaws.com.cn',
  // These two always resolve to 127.0.0.1; other local servers made them common.
  'localhost.localstack.cloud',
  'localhost.floci.io',
]
const maxRemembered = 1000

/** This machine and the networks around it. @see https://www.rfc-editor.org/rfc/rfc6890 */
const ownNetworks = new BlockList()
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  ownNetworks.addSubnet(network, bits, 'ipv4')
}
for (const [network, bits] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  ownNetworks.addSubnet(network, bits, 'ipv6')
}
ownNetworks.addAddress('0.0.0.0', 'ipv4')

export interface KnownHostOptions {
  /** Names of this server, with or without a port. */
  names: readonly string[]
  /** Names whose buckets have names below them: `b.DOMAIN`. */
  domains: readonly string[]
  /** Origins that are answered beside the known ones: patterns with at most one `*`. */
  allowedOrigins: readonly string[]
  bucketExists(name: string): MaybePromise<boolean>
}

/** Tells hosts and origins that strangers cannot have from others. */
export class KnownHosts {
  /** Names of this server. */
  readonly #own: ReadonlySet<string>
  readonly #names: ReadonlySet<string>
  /** Names below these are known. */
  readonly #domains: readonly string[]
  readonly #allowedOrigins: readonly string[]
  readonly #bucketExists: (name: string) => MaybePromise<boolean>
  /** Hosts that are known whatever buckets there are. Bounded, since clients choose them. */
  readonly #remembered = new Set<string>()

  constructor({ names, domains, allowedOrigins, bucketExists }: KnownHostOptions) {
    const own = names.map((name) => readAuthority(name)).filter((name) => name !== undefined)
    this.#own = new Set(own)
    this.#names = new Set([...closedNames, ...domains, ...own])
    // A server may be called `dev` or `app`, but below those labels the public DNS has names of strangers.
    this.#domains = [...closedNames, ...domains, ...own.filter((name) => name.includes('.'))]
    this.#allowedOrigins = allowedOrigins.map((origin) => origin.toLowerCase())
    this.#bucketExists = bucketExists
  }

  /**
   * Whether a Host header has a name that no stranger can own: an address, a single label, a name of this server, a
   * name that the public DNS does not have, or a bucket as a whole (a website, a domain of its own).
   */
  knows(host: string): MaybePromise<boolean> {
    if (this.#remembered.has(host)) return true
    const name = readAuthority(host)
    if (name === undefined) return false
    if (!this.#isClosed(name)) return this.#bucketExists(name)
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear()
    this.#remembered.add(host)
    return true
  }

  /**
   * Whether an Origin header names a known host whose pages are not strangers', or is `null`, or one that the
   * configuration allows. A page of this server itself is no stranger's.
   * @param host the Host header of the request, which is known
   */
  knowsOrigin(origin: string, host: string): MaybePromise<boolean> {
    const text = origin.toLowerCase()
    if (text === 'null' || text === 'file://') return true
    if (this.#allowedOrigins.some((pattern) => matchesPattern(pattern, text))) return true
    const [, scheme, authority] = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/.exec(text) ?? []
    const name = authority === undefined ? undefined : readAuthority(authority)
    if (authority === undefined || name === undefined) return false
    // `capacitor://localhost` and `vscode-webview://ID` are programs of this machine, `chrome-extension://ID` may be anybody's.
    const isWeb = scheme === 'http' || scheme === 'https'
    if (!isWeb && scheme !== 'vscode-webview' && name !== 'localhost') return false
    if (authority === host.toLowerCase()) return true
    return (this.#own.has(name) || !isOfStrangers(name)) && this.knows(authority)
  }

  #isClosed(name: string): boolean {
    return (
      !name.includes('.') ||
      // `minio.project_default`, as Docker names a container of a network: no public top-level name has that character.
      name.lastIndexOf('_') > name.lastIndexOf('.') ||
      this.#names.has(name) ||
      isAddress(name) ||
      this.#domains.some((domain) => name.endsWith(`.${domain}`))
    )
  }
}

/**
 * The host name in `host[:port]`: lower case, without port and the dot at its end; IPv6 keeps its brackets. Undefined
 * when it is not written as a browser writes it: with a user, with characters that host names do not have.
 */
export function readAuthority(authority: string): string | undefined {
  const found = /^(\[[^\]]*\]|[A-Za-z0-9._-]*)(?::\d{0,5})?$/.exec(authority)?.[1]?.toLowerCase()
  if (found === undefined) return undefined
  if (found.startsWith('[')) return isIP(found.slice(1, -1)) === 6 ? found : undefined
  return found.endsWith('.') ? found.slice(0, -1) : found
}

/**
 * Whether strangers serve pages from a host that they cannot point at this server: an address of the public network, a
 * bucket or a machine at AWS.
 */
function isOfStrangers(name: string): boolean {
  if (name.endsWith('.amazonaws.com') || name.endsWith('.amazonaws.com.cn')) return true
  if (!isAddress(name)) return false
  if (!URL.canParse(`http://${name}`)) return true
  // In the usual form, whatever form it was written in.
  const address = new URL(`http://${name}`).hostname.replace(/^\[|\]$/g, '')
  return !ownNetworks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** An address in any of the forms that clients take: `127.0.0.1`, `127.1`, `0x7f.0.0.1`, `[::1]`. */
function isAddress(name: string): boolean {
  if (name.startsWith('[')) return true
  // A name whose last label is a number is an IPv4 address or nothing. @see https://url.spec.whatwg.org/#ends-in-a-number-checker
  return /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name) && URL.canParse(`http://${name}`)
}

/** Why a host is refused, and what admits it. @param option of the command line; by default the one for a name of this server */
export function hostRefusal(host: string, option?: string): string {
  const name = host.replace(/:\d*$/, '').slice(0, 255)
  return (
    `${name} is not a known name of this server, and no key is configured: a web page could point its own name at ` +
    `this server and use the well-known keys. Start the server with ${option ?? `--public-host ${name}`}, or configure a key.`
  )
}

/** Matches a text against a pattern with at most one `*`, which stands for any text. */
export function matchesPattern(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*')
  if (star < 0) return pattern === text
  const tail = pattern.length - star - 1
  return text.length >= star + tail && text.startsWith(pattern.slice(0, star)) && text.endsWith(pattern.slice(star + 1))
}

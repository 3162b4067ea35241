/**
 * Canonical requests of SigV4 that a client may have signed instead of the one that arrived: what proxies, port mappings
 * and libraries change on the way.
 */
import { nameMap } from '../lib/name-map.ts'
import { emptySha256 } from './hmac.ts'
import type { ProxyHints } from './proxy-hints.ts'

/** A canonical request taken apart. */
export interface Canonical {
  method: string
  path: string
  query: string
  headers: [name: string, value: string][]
  signedHeaders: string
  payloadHash: string
}

export interface Guess {
  /** The difference, as a sentence. */
  finding: string
  canonical: Canonical
}

/** Undefined when the text is no canonical request. */
export function parseCanonical(text: string): Canonical | undefined {
  const lines = text.split('\n')
  const end = lines.indexOf('', 3)
  const [method, path, query] = lines
  const [signedHeaders, payloadHash] = lines.slice(end + 1)
  if (end < 3 || method === undefined || path === undefined || query === undefined) return undefined
  if (signedHeaders === undefined || payloadHash === undefined) return undefined
  const headers = lines.slice(3, end).map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1)]
  })
  return { method, path, query, headers, signedHeaders, payloadHash }
}

/** The text of a canonical request. */
export function printCanonical({ method, path, query, headers, signedHeaders, payloadHash }: Canonical): string {
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('')
  return `${method}\n${path}\n${query}\n${lines}\n${signedHeaders}\n${payloadHash}`
}

/** What may have been signed instead of what arrived, the likeliest first. */
export function* guesses(base: Canonical, hosts: readonly string[], proxy?: ProxyHints): Generator<Guess> {
  const candidates = hostCandidates(base, [...(proxy?.hosts ?? []), ...hosts])
  yield* otherHosts(base, candidates)
  yield* otherPaths(base)
  yield* cutPaths(base, candidates, proxy)
  yield* otherQueries(base)
  for (const payloadHash of ['UNSIGNED-PAYLOAD', emptySha256, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER']) {
    if (payloadHash === base.payloadHash) continue
    yield { finding: `The payload hash was signed as ${payloadHash}.`, canonical: { ...base, payloadHash } }
  }
  for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
    if (method !== base.method) yield { finding: `The method was signed as ${method}.`, canonical: { ...base, method } }
  }
  yield* otherHeaders(base)
}

/** The value of a header, as it is signed. */
export const headerOf = ({ headers }: Canonical, wanted: string) => headers.find(([name]) => name === wanted)?.[1]

function withHeader(base: Canonical, name: string, value: string): Canonical {
  return { ...base, headers: base.headers.map((pair) => (pair[0] === name ? [name, value] : pair)) }
}

/** Hosts that may have been signed in place of the one that arrived. */
function hostCandidates(base: Canonical, hosts: readonly string[]): string[] {
  const host = headerOf(base, 'host')
  if (host === undefined) return []
  const [name = '', port] = host.split(':')
  const ports = port === undefined ? [':80', ':443'] : ['', ':80', ':443']
  const names = ['localhost', '127.0.0.1', '[::1]', 's3.amazonaws.com', ...hosts]
  const candidates = new Set([
    ...ports.map((each) => `${name}${each}`),
    ...names,
    ...(port === undefined ? [] : names.map((each) => `${each.split(':')[0]}:${port}`)),
  ])
  candidates.delete(host)
  return [...candidates]
}

function* otherHosts(base: Canonical, candidates: readonly string[]): Generator<Guess> {
  const host = headerOf(base, 'host')
  if (host === undefined) return
  const [, bucket = '', ...rest] = base.path.split('/')
  for (const candidate of candidates) {
    const finding = `The host was signed as ${candidate}, and arrived as ${host}: a proxy or a port mapping is between. Let it forward Host as it came, or name ${candidate} with --public-host.`
    yield { finding, canonical: withHeader(base, 'host', candidate) }
  }
  for (const candidate of [host, ...candidates]) {
    const finding = `It was signed for virtual-host style, ${bucket}.${candidate}, and arrived in path style.`
    yield { finding, canonical: { ...withHeader(base, 'host', `${bucket}.${candidate}`), path: `/${rest.join('/')}` } }
  }
}

/** Under which paths people put a server behind a proxy. */
const usualPrefixes = [
  '/s3',
  '/minio',
  '/storage',
  '/api',
  '/files',
  '/aws',
  '/sandbucket',
  '/objects',
  '/data',
  '/media',
]

/** A proxy that serves one path of a site cuts that path off, and often changes Host as well. */
function* cutPaths(base: Canonical, candidates: readonly string[], proxy: ProxyHints | undefined): Generator<Guess> {
  const host = headerOf(base, 'host')
  const { path } = base
  const prefixed = [...(proxy?.prefixes ?? []), ...usualPrefixes].map((prefix) => prefix.replace(/\/+$/, '') + path)
  const paths = new Set([...(proxy?.paths ?? []), ...prefixed])
  paths.delete(path)
  for (const signed of paths) {
    for (const other of [undefined, ...candidates]) {
      const canonical = { ...(other === undefined ? base : withHeader(base, 'host', other)), path: signed }
      const also = other === undefined ? '' : ` The host was signed as ${other}, and arrived as ${host}.`
      const finding = `The path was signed as ${signed}, and arrived as ${path}: a proxy changed it.${also} A signature covers both: let the proxy pass on Host and path as they came, and give this server a host name of its own.`
      yield { finding, canonical }
    }
  }
}

function* otherPaths(base: Canonical): Generator<Guess> {
  const { path } = base
  const candidates: [string, string][] = [
    ['encoded twice', path.split('/').map(encodeURIComponent).join('/')],
    ['without duplicate slashes', path.replace(/\/{2,}/g, '/')],
    ['with a slash at its end', `${path}/`],
    ['without the slash at its end', path.replace(/\/$/, '')],
    ['with its slashes encoded', `/${path.slice(1).replaceAll('/', '%2F')}`],
    ['without encoding', decode(path)],
    ['with its plus signs as they are', path.replaceAll('%2B', '+')],
    ['with its spaces as plus signs', path.replaceAll('%20', '+')],
  ]
  for (const [how, candidate] of candidates) {
    if (candidate !== path) {
      yield { finding: `The path was signed ${how}: ${candidate}.`, canonical: { ...base, path: candidate } }
    }
  }
}

function* otherQueries(base: Canonical): Generator<Guess> {
  const { query } = base
  const pairs = query === '' ? [] : query.split('&')
  const candidates: [string, string][] = [
    ['without the query', ''],
    ['with spaces of the query as plus signs', query.replaceAll('%20', '+')],
    ['with the query not encoded', decode(query)],
    ['without equals signs after names that have no value', pairs.map((pair) => pair.replace(/=$/, '')).join('&')],
    ...pairs.map((pair, at): [string, string] => [
      `without the parameter ${pair.split('=')[0]}`,
      pairs.filter((_, other) => other !== at).join('&'),
    ]),
  ]
  for (const [how, candidate] of candidates) {
    if (candidate !== query) yield { finding: `It was signed ${how}.`, canonical: { ...base, query: candidate } }
  }
}

/** Values that proxies and libraries put in place of what was signed. */
const rewritten: Readonly<Record<string, readonly string[]>> = nameMap({
  'accept-encoding': ['identity', 'gzip', 'gzip, deflate', 'gzip, deflate, br', 'amz-sdk-request'],
  connection: ['close', 'keep-alive', 'Keep-Alive'],
  expect: ['100-continue'],
  'content-length': ['0'],
  'content-type': [
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=utf-8',
    'application/octet-stream',
    'binary/octet-stream',
    'application/xml',
  ],
})

function* otherHeaders(base: Canonical): Generator<Guess> {
  for (const [name, value] of base.headers) {
    for (const candidate of ['', ...(rewritten[name] ?? [])]) {
      if (candidate === value) continue
      const signed = candidate === '' ? 'empty' : `"${candidate}"`
      const finding = `The header ${name} was signed as ${signed} and arrived as "${value}".`
      yield { finding, canonical: withHeader(base, name, candidate) }
    }
    const lines = base.headers.filter((pair) => pair[0] !== name)
    const signedHeaders = lines.map((pair) => pair[0]).join(';')
    const finding = `The header ${name} was not signed, though SignedHeaders lists it.`
    yield { finding, canonical: { ...base, headers: lines, signedHeaders } }
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Why a signature did not match: the ways in which what arrived may differ from what was signed are tried one by one
 * with the secret this server has. Only for explanations; nothing found here makes a request valid.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
import { createHash, createHmac } from 'node:crypto'
import { emptySha256 } from './hmac.ts'

/** What is known of the failed request, as the error told it. */
export interface FailedSignature {
  canonicalRequest: string
  stringToSign: string
  signature: string
}

export interface Diagnosis {
  /** The first difference that explains the signature, as a sentence; what is most likely when none does. */
  finding: string
  /** The canonical request that the client must have signed, where that is known. */
  signed?: string
}

interface Canonical {
  method: string
  path: string
  query: string
  headers: [name: string, value: string][]
  signedHeaders: string
  payloadHash: string
}

interface Guess {
  finding: string
  canonical: Canonical
}

/** Undefined when the text is no canonical request. */
function parse(text: string): Canonical | undefined {
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

function print({ method, path, query, headers, signedHeaders, payloadHash }: Canonical): string {
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('')
  return `${method}\n${path}\n${query}\n${lines}\n${signedHeaders}\n${payloadHash}`
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

function signatureOf(canonical: string, stringToSign: string, secret: string): string | undefined {
  const [algorithm, date, scope] = stringToSign.split('\n')
  if (algorithm !== 'AWS4-HMAC-SHA256' || scope === undefined) return undefined
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secret}`)
  const hash = createHash('sha256').update(canonical).digest('hex')
  return hmac(key, `${algorithm}\n${date}\n${scope}\n${hash}`).toString('hex')
}

/**
 * Finds the first difference that explains a signature.
 * @param secret what this server has for the key; undefined when the key is unknown
 * @param others secrets of other keys, by key id
 * @param hosts further names that clients may know this server by
 */
export function diagnoseSignature(
  failed: FailedSignature,
  secret: string | undefined,
  others: Iterable<readonly [keyId: string, secret: string]>,
  hosts: readonly string[],
): Diagnosis {
  const { canonicalRequest, stringToSign, signature } = failed
  const canonical = parse(canonicalRequest)
  if (canonical === undefined || !stringToSign.startsWith('AWS4-HMAC-SHA256\n')) {
    return { finding: 'Only SigV4 requests can be compared in detail. Check the secret, the clock and the path.' }
  }
  const fits = (text: string, key: string) => signatureOf(text, stringToSign, key) === signature
  if (secret !== undefined) {
    for (const { finding, canonical: guess } of guesses(canonical, hosts)) {
      const signed = print(guess)
      if (fits(signed, secret)) return { finding, signed }
    }
    const spaced = [
      `${secret}\n`,
      `${secret}\r\n`,
      ` ${secret}`,
      `${secret} `,
      secret.trim(),
      encodeURIComponent(secret),
    ]
    if (spaced.some((key) => key !== secret && fits(canonicalRequest, key))) {
      return {
        finding: 'The secret was used with white space around it, or percent-encoded.',
        signed: canonicalRequest,
      }
    }
  }
  for (const [keyId, key] of others) {
    if (key !== secret && fits(canonicalRequest, key)) {
      return { finding: `The request was signed with the secret of another key, ${keyId}.`, signed: canonicalRequest }
    }
  }
  const finding =
    'Everything that is usually changed on the way was tried and fits no better: most likely the client has another secret for this key than the server.'
  return { finding }
}

function* guesses(base: Canonical, hosts: readonly string[]): Generator<Guess> {
  yield* otherHosts(base, hosts)
  yield* otherPaths(base)
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

const headerOf = ({ headers }: Canonical, wanted: string) => headers.find(([name]) => name === wanted)?.[1]

function withHeader(base: Canonical, name: string, value: string): Canonical {
  return { ...base, headers: base.headers.map((pair) => (pair[0] === name ? [name, value] : pair)) }
}

function* otherHosts(base: Canonical, hosts: readonly string[]): Generator<Guess> {
  const host = headerOf(base, 'host')
  if (host === undefined) return
  const [name = '', port] = host.split(':')
  const ports = port === undefined ? [':80', ':443'] : ['', ':80', ':443']
  const names = ['localhost', '127.0.0.1', '[::1]', 's3.amazonaws.com', ...hosts]
  const candidates = new Set([
    ...ports.map((each) => `${name}${each}`),
    ...names,
    ...(port === undefined ? [] : names.map((each) => `${each.split(':')[0]}:${port}`)),
  ])
  candidates.delete(host)
  const [, bucket = '', ...rest] = base.path.split('/')
  for (const candidate of candidates) {
    const finding = `The host was signed as ${candidate}, and arrived as ${host}: a proxy or a port mapping is between. Name it with --public-host.`
    yield { finding, canonical: withHeader(base, 'host', candidate) }
  }
  for (const candidate of [host, ...candidates]) {
    const finding = `It was signed for virtual-host style, ${bucket}.${candidate}, and arrived in path style.`
    yield { finding, canonical: { ...withHeader(base, 'host', `${bucket}.${candidate}`), path: `/${rest.join('/')}` } }
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
const rewritten: Readonly<Record<string, readonly string[]>> = {
  'accept-encoding': ['identity', 'gzip', 'gzip, deflate', 'gzip, deflate, br', 'amz-sdk-request'],
  connection: ['close', 'keep-alive', 'Keep-Alive'],
  expect: ['100-continue'],
  'content-length': ['0'],
}

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

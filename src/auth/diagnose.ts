/**
 * Why a signature did not match: the ways in which what arrived may differ from what was signed are tried one by one
 * with the secrets this server has. Only for explanations; nothing found here makes a request valid.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
import { createHash, createHmac } from 'node:crypto'
import { type Canonical, guesses, headerOf, parseCanonical, printCanonical } from './diagnose-guesses.ts'
import { type TextGuess, formGuesses, v2Guesses } from './diagnose-texts.ts'
import type { ProxyHints } from './proxy-hints.ts'
import { ecdsaCheck, PublicKeys } from './sigv4a.ts'

/** What is known of the failed request. */
export interface FailedSignature {
  accessKeyId: string
  /** Empty where there is none: SigV2, forms, chunks. */
  canonicalRequest: string
  stringToSign: string
  signature: string
  /** Of a form signed with SigV4: the scope of its credential, behind the key id. */
  formScope?: string | undefined
  isForm?: boolean | undefined
  /** What a proxy told of the request it received. */
  proxy?: ProxyHints | undefined
}

export interface Diagnosis {
  /** The first difference that explains the signature, as a sentence; what is most likely when none does. */
  finding: string
  /** What the client must have signed, where that is known. */
  signed?: string
}

/** What the search has to go on. */
export interface DiagnosisFacts {
  /** What this server has for the key; undefined when the key is unknown. */
  secret: string | undefined
  /** Secrets of all keys, by key id. */
  others: Iterable<readonly [keyId: string, secret: string]>
  /** Further names that clients may know this server by. */
  hosts: readonly string[]
}

/** Whether the signature is that of a text, under a secret. */
type Fits = (text: string, secret: string) => boolean

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const signingKey = (secret: string, scope: string): Buffer =>
  scope.split('/').reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`))

/** Finds the first difference that explains a signature. */
export function diagnoseSignature(failed: FailedSignature, facts: DiagnosisFacts): Diagnosis {
  const { canonicalRequest, stringToSign, isForm = false } = failed
  if (/^AWS4-[A-Z0-9-]+-(?:PAYLOAD|TRAILER)\n/.test(stringToSign)) return brokenBody(stringToSign)
  if (isForm) return ofForm(failed, facts)
  const canonical = parseCanonical(canonicalRequest)
  if (canonical !== undefined) return ofCanonical(failed, canonical, facts)
  if (stringToSign === '') return { finding: 'Nothing is known of what was signed: see the message.' }
  const fits: Fits = (text, secret) => sha1(secret, text) === failed.signature
  return search(stringToSign, v2Guesses(stringToSign), fits, facts) ?? unknown
}

const sha1 = (secret: string, text: string): string => createHmac('sha1', secret).update(text).digest('base64')

/** The head's signature was right, or nothing of the body would have been looked at. */
function brokenBody(stringToSign: string): Diagnosis {
  const part = stringToSign.split('\n', 1)[0]?.endsWith('-TRAILER') ? 'the trailers' : 'a chunk of the body'
  const finding = `The head was signed well, but ${part} arrived with other bytes than were signed, or not in its place: something between changed the body, or the client began its chain of signatures anew.`
  return { finding }
}

const unknown: Diagnosis = {
  finding:
    'Everything that is usually changed on the way was tried and fits no better: most likely the client has another secret for this key than the server.',
}

const forwarding =
  'let the proxy pass on Host and the whole path as they came (nginx: proxy_set_header Host $http_host), or name the host that clients sign for with --public-host'

/** What can be said when nothing fits: a host that nobody has named cannot be guessed. */
function unknownRequest(host: string | undefined, isProxied: boolean): Diagnosis {
  if (host === undefined) return unknown
  const finding = isProxied
    ? `A proxy is between client and server, and most likely it changed the Host, which arrived as ${host}, or the path: ${forwarding}. If it did not, the client has another secret for this key than the server.`
    : `${unknown.finding} Unless a proxy changed the Host, which arrived as ${host}, or the path: ${forwarding}.`
  return { finding }
}

function ofCanonical(failed: FailedSignature, canonical: Canonical, facts: DiagnosisFacts): Diagnosis {
  function* texts(): Generator<TextGuess> {
    for (const { finding, canonical: guess } of guesses(canonical, facts.hosts, failed.proxy)) {
      yield { finding, text: printCanonical(guess) }
    }
  }
  const host = headerOf(canonical, 'host')
  return (
    search(failed.canonicalRequest, texts(), v4Fits(failed), facts) ??
    dropped(canonical) ??
    unknownRequest(host, failed.proxy?.isProxied === true)
  )
}

/** Of SigV4 and SigV4A. */
function v4Fits({ stringToSign, signature, accessKeyId }: FailedSignature): Fits {
  const [algorithm = '', date = '', scope = ''] = stringToSign.split('\n')
  const toSign = (text: string) => `${algorithm}\n${date}\n${scope}\n${createHash('sha256').update(text).digest('hex')}`
  if (algorithm === 'AWS4-HMAC-SHA256') {
    return (text, secret) => hmac(signingKey(secret, scope), toSign(text)).toString('hex') === signature
  }
  const keys = new PublicKeys()
  return (text, secret) => ecdsaCheck(keys.get(accessKeyId, secret))(toSign(text), signature)
}

/** What a proxy has taken out cannot be guessed, only noticed. */
function dropped({ headers }: Canonical): Diagnosis | undefined {
  const names = headers.filter(([, value]) => value === '').map(([name]) => name)
  if (names.length === 0) return undefined
  const finding = `SignedHeaders lists ${names.join(', ')}, which did not arrive or arrived empty: something between client and server dropped it.`
  return { finding }
}

function ofForm(failed: FailedSignature, facts: DiagnosisFacts): Diagnosis {
  const { stringToSign: policy, formScope, signature } = failed
  const fits: Fits = (text, secret) =>
    formScope === undefined
      ? sha1(secret, text) === signature
      : hmac(signingKey(secret, formScope), text).toString('hex') === signature
  const found = search(policy, formGuesses(policy), fits, facts)
  if (found !== undefined) return found
  const scope = formScope === undefined || facts.secret === undefined ? undefined : otherScope(failed, facts.secret)
  return scope ?? unknown
}

const dayMs = 86_400_000

/** The signing key may have been made for another scope than the field X-Amz-Credential says. */
function otherScope({ stringToSign, formScope = '', signature }: FailedSignature, secret: string) {
  const [date = '', region = '', service = '', terminal = ''] = formScope.split('/')
  const atMs = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3'))
  const days = Number.isNaN(atMs) ? [] : [atMs - dayMs, atMs + dayMs]
  const scopes = [
    ...days.map((ms) => [new Date(ms).toISOString().slice(0, 10).replaceAll('-', ''), region, service]),
    ...['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1'].map((other) => [date, other, service]),
    ...['s3', 's3express', 'iam', 'sts'].map((other) => [date, region, other]),
  ].map((parts) => [...parts, terminal].join('/'))
  const scope = scopes.find((one) => hmac(signingKey(secret, one), stringToSign).toString('hex') === signature)
  if (scope === undefined) return undefined
  return { finding: `The signing key was made for ${scope}, and the field X-Amz-Credential says ${formScope}.` }
}

/** Other texts under the key's secret, then the same text under other secrets. */
function search(
  text: string,
  guessed: Iterable<TextGuess>,
  fits: Fits,
  { secret, others }: DiagnosisFacts,
): Diagnosis | undefined {
  if (secret !== undefined) {
    for (const { finding, text: signed } of guessed)
      if (signed !== text && fits(signed, secret)) return { finding, signed }
    const spaced = [
      `${secret}\n`,
      `${secret}\r\n`,
      ` ${secret}`,
      `${secret} `,
      secret.trim(),
      encodeURIComponent(secret),
    ]
    if (spaced.some((key) => key !== secret && fits(text, key))) {
      return { finding: 'The secret was used with white space around it, or percent-encoded.', signed: text }
    }
  }
  for (const [keyId, key] of others) {
    if (key !== secret && fits(text, key)) {
      return { finding: `The request was signed with the secret of another key, ${keyId}.`, signed: text }
    }
  }
  return undefined
}

/** Requests that could not be authenticated, kept for explanations: the last few, of bounded size, without their tokens. */
import type { AuthenticationFault } from '../auth/advice.ts'
import type { Mismatch } from '../auth/faults.ts'
import type { ProxyHints } from '../auth/proxy-hints.ts'
import type { AwsError } from '../errors.ts'

/** What a failed signature was compared with. */
export interface SignatureFailure {
  readonly accessKeyId: string
  readonly signature: string
  readonly stringToSign: string
  /** Empty for SigV2, forms and chunks, which have none. */
  readonly canonicalRequest: string
  readonly isForm?: boolean | undefined
  /** Of a form signed with SigV4: the scope of its credential. */
  readonly formScope?: string | undefined
  /** What a proxy told of the request it received. */
  readonly proxy?: ProxyHints | undefined
}

export interface Failure {
  readonly requestId: string
  readonly atMs: number
  readonly operation: string
  readonly fault: AuthenticationFault
  /** Where a signature was compared. */
  readonly signature: SignatureFailure | undefined
  /** Of a form with temporary credentials: its session token, to find the secret with. Never told. */
  readonly token: string | undefined
}

/** Failures remembered: they hold whole requests without their bodies. */
const capacity = 64
const maxSignatureChars = 32_768
const maxFieldChars = 1024
/** Elements of errors that are told as the signature, or hold a token. */
const leftOut = /^(?:Token-\d|StringToSign|SignatureProvided|CanonicalRequest)/

export class Failures {
  readonly #entries: Failure[] = []

  add(requestId: string, atMs: number, operation: string, { code, message, fields, cause }: AwsError): void {
    const mismatch = code === 'SignatureDoesNotMatch' ? (cause as Mismatch | undefined) : undefined
    const kept = Object.entries(fields).filter(([name, value]) => value !== undefined && !leftOut.test(name))
    const texts = kept.map(([name, value]) => [name, String(value).slice(0, maxFieldChars)] as const)
    const fault = { code, message: message.slice(0, maxFieldChars), fields: Object.fromEntries(texts) }
    if (this.#entries.length === capacity) this.#entries.shift()
    const signature = mismatch && signatureOf(mismatch)
    this.#entries.push({ requestId, atMs, operation, fault, signature, token: mismatch?.form?.token })
  }

  find(requestId: string): Failure | undefined {
    return this.#entries.find((failure) => failure.requestId === requestId)
  }
}

/** Undefined when it is too large to be kept. */
function signatureOf(mismatch: Mismatch): SignatureFailure | undefined {
  const { accessKeyId, signature, stringToSign, canonicalRequest = '', form, proxy } = mismatch
  if (canonicalRequest.length + stringToSign.length > maxSignatureChars) return undefined
  const isForm = form === undefined ? undefined : true
  return { accessKeyId, signature, stringToSign, canonicalRequest, isForm, formScope: form?.scope, proxy }
}

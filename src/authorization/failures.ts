/** What an explanation needs of a wrong signature: of bounded size, and without its token. */
import type { Mismatch } from '../auth/faults.ts'
import type { AwsError } from '../errors.ts'
import type { Entry, SignatureFailure } from './journal-entry.ts'

const maxSignatureChars = 32_768

/** Notes on an entry what a wrong signature was compared with, where the error knows. */
export function noteSignature(entry: Entry, { code, cause }: AwsError): void {
  if (code !== 'SignatureDoesNotMatch' || cause === undefined) return
  const mismatch = cause as Mismatch
  entry.signature = signatureOf(mismatch)
  entry.token = mismatch.form?.token
}

/** Undefined when it is too large to be kept. */
function signatureOf(mismatch: Mismatch): SignatureFailure | undefined {
  const { accessKeyId, signature, stringToSign, canonicalRequest = '', form, proxy } = mismatch
  if (canonicalRequest.length + stringToSign.length > maxSignatureChars) return undefined
  const isForm = form === undefined ? undefined : true
  return { accessKeyId, signature, stringToSign, canonicalRequest, isForm, formScope: form?.scope, proxy }
}

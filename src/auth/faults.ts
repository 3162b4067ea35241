/**
 * What each kind of caller is told when authentication fails: S3 by header, S3 by query string, and the Query protocol
 * (IAM, STS) have different codes and words for the same fault. All wordings Observed (recorded against AWS by
 * LocalStack's and argmin's suites; the Query protocol's from published AWS error texts) unless marked.
 */
import { type AwsError, type ErrorFields, error } from '../errors.ts'
import type { ProxyHints } from './proxy-hints.ts'
import { isoBasic, isoSeconds } from './time.ts'

/** What a signature should have covered. Latin-1 text has been made readable already. */
export interface Mismatch {
  accessKeyId: string
  stringToSign: string
  stringToSignBytes: string
  signature: string
  /** SigV4 only; chunk, form and SigV2 signatures have none. */
  canonicalRequest?: string
  canonicalRequestBytes?: string
  /** SigV4 of requests only, for explanations: what a proxy tells of the request it received. */
  proxy?: ProxyHints
  /** Of a browser form, for explanations: what else its signature hangs on. `scope` is SigV4's. */
  form?: { scope: string | undefined; token: string | undefined }
}

/** The answers of one kind of caller. */
export interface Faults {
  noDate(): AwsError
  skewed(sent: string, sentMs: number, nowMs: number, maxMs: number): AwsError
  missingComponents(sent: string): AwsError
  badCredential(sent: string, expected: string): AwsError
  emptyRegion(sent: string): AwsError
  wrongRegion(sent: string, expected: string): AwsError
  wrongService(sent: string, expected: string): AwsError
  wrongTerminal(sent: string): AwsError
  wrongDate(scopeDate: string, requestDate: string): AwsError
  unknownKey(accessKeyId: string): AwsError
  expiredToken(token: string): AwsError
  wrongToken(token: string): AwsError
  signature(mismatch: Mismatch): AwsError
}

/** The element list of AWS's SignatureDoesNotMatch, in its order. */
export function mismatchFields(mismatch: Mismatch): ErrorFields {
  return {
    AWSAccessKeyId: mismatch.accessKeyId,
    StringToSign: mismatch.stringToSign,
    SignatureProvided: mismatch.signature,
    StringToSignBytes: mismatch.stringToSignBytes,
    CanonicalRequest: mismatch.canonicalRequest,
    CanonicalRequestBytes: mismatch.canonicalRequestBytes,
  }
}

/** Observed: AWS's message for a missing and for a second space. */
export const oneSpaceMessage = "Authorization header is invalid -- one and only one ' ' (space) required"

/** InvalidArgument about the whole Authorization header. */
export function invalidHeader(value: string, message: string): AwsError {
  return error('InvalidArgument', { ArgumentName: 'Authorization', ArgumentValue: value }, { message })
}

const noDateMessage = 'AWS authentication requires a valid Date or x-amz-date header'

function s3Faults(malformed: (problem: string, fields?: ErrorFields) => AwsError): Faults {
  return {
    noDate: () => error('AccessDenied', {}, { message: noDateMessage }),
    skewed: (sent, _sentMs, nowMs, maxMs) =>
      error('RequestTimeTooSkewed', {
        RequestTime: sent,
        ServerTime: isoSeconds(nowMs),
        MaxAllowedSkewMilliseconds: maxMs,
      }),
    missingComponents: () =>
      malformed('the authorization header requires three components: Credential, SignedHeaders, and Signature.'),
    badCredential: (_sent, expected) => malformed(`the Credential is mal-formed; expecting "${expected}".`),
    emptyRegion: () => malformed('a non-empty region must be provided in the credential.'),
    wrongRegion: (sent, expected) =>
      malformed(`the region '${sent}' is wrong; expecting '${expected}'`, { Region: expected }),
    wrongService: (sent, expected) => malformed(`incorrect service "${sent}". This endpoint belongs to "${expected}".`),
    wrongTerminal: (sent) => malformed(`incorrect terminal "${sent}". This endpoint uses "aws4_request".`),
    wrongDate: () => malformed('Invalid credential date. Date is not the same as X-Amz-Date.'),
    unknownKey: (accessKeyId) => error('InvalidAccessKeyId', { AWSAccessKeyId: accessKeyId }),
    expiredToken: (token) => error('ExpiredToken', { 'Token-0': token }),
    wrongToken: (token) => error('InvalidToken', { 'Token-0': token }),
    signature: (mismatch) => error('SignatureDoesNotMatch', mismatchFields(mismatch), { cause: mismatch }),
  }
}

/** S3, `Authorization` header. */
export const headerFaults: Faults = s3Faults((problem, fields) =>
  error('AuthorizationHeaderMalformed', fields, { message: `The authorization header is malformed; ${problem}` }),
)

/** S3, presigned URL. Forms use these too. */
export const queryFaults: Faults = {
  ...s3Faults((problem, fields) =>
    error('AuthorizationQueryParametersError', fields, {
      message: `Error parsing the X-Amz-Credential parameter; ${problem}`,
    }),
  ),
  wrongDate: (scopeDate, requestDate) =>
    error(
      'AuthorizationQueryParametersError',
      {},
      { message: `Invalid credential date "${scopeDate}". This date is not the same as X-Amz-Date: "${requestDate}".` },
    ),
}

const incomplete = (message: string): AwsError => error('IncompleteSignature', {}, { message })
const mismatched = (message: string, cause?: Mismatch): AwsError =>
  error('SignatureDoesNotMatch', {}, { message, cause })
const invalidClientToken = (): AwsError => error('InvalidClientTokenId')

/** IAM and STS. @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
export const queryProtocolFaults: Faults = {
  noDate: () => incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."),
  skewed: (sent, sentMs, nowMs, maxMs) => {
    const minutes = Math.round(maxMs / 60_000)
    const now = isoBasic(nowMs)
    return mismatched(
      sentMs < nowMs
        ? `Signature expired: ${sent} is now earlier than ${isoBasic(nowMs - maxMs)} (${now} - ${minutes} min.)`
        : `Signature not yet current: ${sent} is still later than ${isoBasic(nowMs + maxMs)} (${now} + ${minutes} min.)`,
    )
  },
  missingComponents: (sent) => {
    const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !sent.includes(`${name}=`))
    return incomplete(missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '))
  },
  badCredential: (sent) =>
    incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${sent}'`,
    ),
  emptyRegion: () => mismatched("Credential should be scoped to a valid region, not ''. "),
  wrongRegion: (sent) => mismatched(`Credential should be scoped to a valid region, not '${sent}'. `),
  wrongService: (_sent, expected) => mismatched(`Credential should be scoped to correct service: '${expected}'. `),
  wrongTerminal: (sent) =>
    mismatched(`Credential should be scoped with a valid terminator: 'aws4_request', not '${sent}'. `),
  wrongDate: (scopeDate, requestDate) =>
    mismatched(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scopeDate}' != '${requestDate.slice(0, 8)}', from '${requestDate}'.`,
    ),
  unknownKey: invalidClientToken,
  expiredToken: () =>
    error('ExpiredToken', {}, { status: 403, message: 'The security token included in the request is expired' }),
  wrongToken: invalidClientToken,
  signature: (mismatch) =>
    mismatched(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
      mismatch,
    ),
}

const authenticationCodes = new Set([
  'SignatureDoesNotMatch',
  'RequestTimeTooSkewed',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'ExpiredToken',
  'InvalidToken',
  'AuthorizationHeaderMalformed',
  'AuthorizationQueryParametersError',
  'IncompleteSignature',
  'MissingAuthenticationToken',
])

/** Whether an error says that a request could not be authenticated, which is worth an explanation. */
export function isAuthenticationFault({ code, fields, message }: AwsError): boolean {
  if (authenticationCodes.has(code)) return true
  if (code !== 'AccessDenied') return false
  return fields.HeadersNotSigned !== undefined || fields.ServerTime !== undefined || message === noDateMessage
}

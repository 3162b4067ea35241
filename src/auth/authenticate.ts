/**
 * Who signed a request: picks the mechanism (header, presigned query, SigV2, none) and hands over to its file. The order
 * in which faults are reported is AWS's: mechanism, date, form of the credential, scope, key, token, unsigned headers,
 * signature, payload. Permission comes later and elsewhere.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import type { AuthInfo } from '../context.ts'
import { error } from '../errors.ts'
import { header, type WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Query } from '../protocol/query-string.ts'
import { type AuthDeps, type Authenticated, type AuthTarget, isQueryProtocol } from './deps.ts'
import { authenticateHeader } from './header.ts'
import { anonymousPrincipal } from './keys.ts'
import { readPayloadMode, unverified } from './payload.ts'
import { authenticatePresigned } from './presigned.ts'
import { parameter } from './query.ts'
import { authenticateV2Query } from './sigv2.ts'

export { type AuthDeps, type Authenticated, type AuthTarget, createAuthDeps } from './deps.ts'

const noAuth: AuthInfo = Object.freeze({ authType: undefined, signatureVersion: undefined })

/**
 * Authenticates a request. Synchronous when the credential source is.
 * @throws AwsError every code of section "order of errors": InvalidArgument, AccessDenied, RequestTimeTooSkewed,
 * AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidAccessKeyId, ExpiredToken, InvalidToken,
 * SignatureDoesNotMatch, InvalidRequest; for IAM and STS their own codes
 */
export function authenticate(request: WireRequest, target: AuthTarget, deps: AuthDeps): MaybePromise<Authenticated> {
  const authorization = header(request, 'authorization')
  const { query } = target
  if (query.length > 0) {
    const isV4 = parameter(query, 'X-Amz-Algorithm') !== undefined
    const isV2 = !isQueryProtocol(target) && parameter(query, 'Signature') !== undefined
    if (Number(authorization !== undefined) + Number(isV4) + Number(isV2) > 1) throw severalMechanisms(authorization)
    if (isV4) return authenticatePresigned(request, target, deps)
    if (isV2) return authenticateV2Query(request, target, deps)
  }
  if (authorization !== undefined) return authenticateHeader(request, authorization, target, deps)
  return anonymous(request, target)
}

function anonymous(request: WireRequest, target: AuthTarget): Authenticated {
  if (isQueryProtocol(target)) {
    if (target.allowsAnonymous !== true) throw error('MissingAuthenticationToken')
    return { principal: anonymousPrincipal, auth: noAuth, payload: unverified }
  }
  const payload = readPayloadMode(request, header(request, 'x-amz-content-sha256'), undefined)
  return { principal: anonymousPrincipal, auth: noAuth, payload }
}

function severalMechanisms(authorization: string | undefined): Error {
  return error(
    'InvalidArgument',
    { ArgumentName: 'Authorization', ArgumentValue: authorization ?? '' },
    {
      message:
        'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    },
  )
}

/**
 * The service that a request says it was signed for, without checking anything: tells IAM and STS from S3 on one port.
 * Undefined when it is not signed with SigV4.
 */
export function signedService(request: WireRequest, query: Query): string | undefined {
  const authorization = header(request, 'authorization')
  const credential = authorization === undefined ? parameter(query, 'X-Amz-Credential') : credentialIn(authorization)
  const parts = credential?.split('/') ?? []
  return parts.length < 4 ? undefined : parts[parts.length - 2]
}

function credentialIn(authorization: string): string | undefined {
  return /(?:^|[ ,])Credential=([^,]*)/.exec(authorization)?.[1]?.trim()
}

/**
 * Who signed a browser upload. The fields of the form stand where headers do elsewhere; what is signed is the policy's
 * text. The operation itself (finding the file, storing it) is not here.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
 */
import { createHmac } from 'node:crypto'
import { error } from '../errors.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { equalsInConstantTime, spacedHex } from './bytes.ts'
import { checkCredential, checkStrayToken, withCredential } from './checks.ts'
import type { AuthDeps, Authenticated, AuthTarget } from './deps.ts'
import { invalidHeader, queryFaults } from './faults.ts'
import { anonymousPrincipal, type Credential } from './keys.ts'
import { unverified } from './payload.ts'
import { checkPolicy, type SizeRange } from './post-policy.ts'
import { checkScope, readScope, type V4Algorithm } from './scope.ts'
import { hmacCheck, scopeText } from './sigv4.ts'
import { ecdsaCheck } from './sigv4a.ts'
import { parseIsoBasic } from './time.ts'

/** A form as far as it has been read when the file begins. */
export interface PostForm {
  /** The fields before the file in their order, names as sent, values decoded as UTF-8. Of repeats the last one counts. */
  readonly fields: ReadonlyMap<string, string>
  /** The file's own name, for `${filename}`; undefined when it has none. */
  readonly fileName: string | undefined
  /** The request's Authorization header: a form cannot have one. */
  readonly authorization?: string | undefined
}

/** A form whose signature and policy are right, or that has neither. */
export interface AuthenticatedForm extends Authenticated {
  /** The key, `${filename}` expanded; undefined when the form has none. */
  readonly key: string | undefined
  /** The sizes that the policy allows the file; undefined allows any. See `checkSize`. */
  readonly sizeRange: SizeRange | undefined
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: AWS's own syntax for the file's name
const fileNameVariable = '${filename}'

/** Field names in lower case, the key expanded. */
function readFields(form: PostForm): Map<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of form.fields) fields.set(name.toLowerCase(), value)
  const key = fields.get('key')
  const { fileName } = form
  // Observed: without a name the variable stays as it is (recorded, test_post_object_with_file_as_string).
  if (fileName !== undefined && key?.includes(fileNameVariable) === true) {
    fields.set(
      'key',
      key.replaceAll(fileNameVariable, () => fileName),
    )
  }
  return fields
}

const v4Fields = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Signature']
const v2Fields = ['AWSAccessKeyId', 'Signature']

/** Observed: a policy alone makes no signature, the form is anonymous (LocalStack, 2026-02-21). Which kind is told by any of its fields. */
function has(fields: ReadonlyMap<string, string>, names: readonly string[]): boolean {
  return names.some((name) => fields.has(name.toLowerCase()))
}

/** @throws AwsError InvalidArgument naming the first field that is missing */
function requireFields(fields: ReadonlyMap<string, string>, names: readonly string[]): void {
  for (const name of names) {
    if (fields.has(name.toLowerCase())) continue
    throw error(
      'InvalidArgument',
      { ArgumentName: name, ArgumentValue: '' },
      {
        message: `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
      },
    )
  }
}

/**
 * Authenticates a form and checks its policy, so that what remains is permission and `checkSize`. The request's clock
 * does not count, only the policy's expiration.
 * @throws AwsError InvalidArgument, AuthorizationQueryParametersError, InvalidAccessKeyId, ExpiredToken, InvalidToken,
 * SignatureDoesNotMatch, InvalidPolicyDocument, AccessDenied
 */
export function authenticateForm(form: PostForm, target: AuthTarget, deps: AuthDeps): MaybePromise<AuthenticatedForm> {
  // Assumed: the wording, because AWS says only that forms carry their authentication in fields.
  if (form.authorization !== undefined) throw invalidHeader(form.authorization, 'Unsupported Authorization Type')
  const fields = readFields(form)
  if (has(fields, v4Fields)) return authenticateV4Form(fields, target, deps)
  if (has(fields, v2Fields)) return authenticateV2Form(fields, target, deps)
  return {
    principal: anonymousPrincipal,
    auth: { authType: undefined, signatureVersion: undefined },
    payload: unverified,
    key: fields.get('key'),
    sizeRange: undefined,
  }
}

function authenticateV4Form(
  fields: ReadonlyMap<string, string>,
  target: AuthTarget,
  deps: AuthDeps,
): MaybePromise<AuthenticatedForm> {
  requireFields(fields, ['Policy', ...v4Fields])
  const field = (name: string): string => fields.get(name) ?? ''
  const algorithm = field('x-amz-algorithm')
  if (algorithm !== 'AWS4-HMAC-SHA256' && algorithm !== 'AWS4-ECDSA-P256-SHA256') {
    const message = 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'
    throw error('InvalidArgument', { ArgumentName: 'X-Amz-Algorithm', ArgumentValue: algorithm }, { message })
  }
  const date = field('x-amz-date')
  const signedAtMs = parseIsoBasic(date)
  if (signedAtMs === undefined) {
    const message = `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`
    throw error('InvalidArgument', { ArgumentName: 'X-Amz-Date', ArgumentValue: date }, { message })
  }
  const scope = readScope(field('x-amz-credential'), algorithm, queryFaults)
  const rule = { region: deps.region, isStrict: deps.regionStrict }
  checkScope(scope, date, fields.get('x-amz-region-set'), target, rule, queryFaults)
  return withCredential(deps.credentials, scope.accessKeyId, fields.get('x-amz-security-token'), (found) => {
    const isGood = (policy: string, signature: string, { secretAccessKey }: Credential): boolean => {
      const check =
        algorithm === 'AWS4-HMAC-SHA256'
          ? hmacCheck(deps.signingKeys.get(scope, secretAccessKey))
          : ecdsaCheck(deps.publicKeys.get(scope.accessKeyId, secretAccessKey))
      return check(policy, signature)
    }
    const claim: FormClaim = {
      accessKeyId: scope.accessKeyId,
      signature: field('x-amz-signature'),
      isGood,
      version: algorithm,
      scope: scopeText(scope),
      region: scope.region,
    }
    return verifyForm(fields, claim, found, signedAtMs, target, deps)
  })
}

function authenticateV2Form(
  fields: ReadonlyMap<string, string>,
  target: AuthTarget,
  deps: AuthDeps,
): MaybePromise<AuthenticatedForm> {
  requireFields(fields, ['AWSAccessKeyId', 'Policy', 'Signature'])
  const accessKeyId = fields.get('awsaccesskeyid') ?? ''
  return withCredential(deps.credentials, accessKeyId, fields.get('x-amz-security-token'), (found) => {
    const isGood = (policy: string, signature: string, { secretAccessKey }: Credential): boolean =>
      equalsInConstantTime(createHmac('sha1', secretAccessKey).update(policy).digest('base64'), signature)
    const claim = { accessKeyId, signature: fields.get('signature') ?? '', isGood, version: 'AWS' as const }
    return verifyForm(fields, claim, found, undefined, target, deps)
  })
}

interface FormClaim {
  accessKeyId: string
  signature: string
  isGood: (policy: string, signature: string, credential: Credential) => boolean
  version: V4Algorithm | 'AWS'
  /** SigV4: what the signing key was made for. */
  scope?: string
  /** SigV4, not SigV4A: the region it was made for. */
  region?: string | undefined
}

/** Key, token, signature, policy, in this order. */
function verifyForm(
  fields: ReadonlyMap<string, string>,
  claim: FormClaim,
  found: Credential | undefined,
  signedAtMs: number | undefined,
  target: AuthTarget,
  deps: AuthDeps,
): AuthenticatedForm {
  const nowMs = deps.clock.now()
  const token = fields.get('x-amz-security-token')
  const credential = checkCredential(claim.accessKeyId, found, token, nowMs, queryFaults)
  const policy = fields.get('policy') ?? ''
  if (!claim.isGood(policy, claim.signature, credential)) {
    const stringToSignBytes = spacedHex(Buffer.from(policy, 'utf8').toString('latin1'))
    throw queryFaults.signature({
      accessKeyId: claim.accessKeyId,
      stringToSign: policy,
      stringToSignBytes,
      signature: claim.signature,
      form: { scope: claim.scope, token },
    })
  }
  checkStrayToken(credential, token, queryFaults)
  const checked = new Map(fields)
  // The bucket is addressed by the request, whatever a field of that name says.
  checked.set('bucket', target.bucket ?? '')
  return {
    principal: credential.principal,
    auth: { authType: 'POST', signatureVersion: claim.version, region: claim.region },
    payload: unverified,
    signedAtMs,
    key: fields.get('key'),
    sizeRange: checkPolicy(policy, checked, nowMs),
  }
}

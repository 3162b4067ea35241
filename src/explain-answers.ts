/** What each answer means and what to do about it, for explanations: a sentence or two for every code of `error-table.ts`. */
import { type AuthenticationFault, adviceOn, brokenUrl } from './auth/advice.ts'
import type { RequestExplanation } from './authorization/journal-explanation.ts'

/** What an advice may look at. */
interface Facts {
  message: string
  /** Further elements of the error document. */
  fields: Readonly<Record<string, string>>
  operation: string
  decisions: readonly unknown[]
  method: string
  path: string
}

type Advise = string | ((facts: Facts) => string)

/** A sentence or two on how a request ended. */
export function adviceOnAnswer(told: RequestExplanation): string {
  const { answer, decisions, outcome, status } = told
  if (answer === undefined) return adviceOnSuccess(told)
  if (answer.reason !== undefined) return sentenceIn(answer.reason)
  if (answer.isAuthentication) {
    const fault: AuthenticationFault = answer
    return adviceOn(fault) ?? fallback(status)
  }
  const isByPolicy = decisions.some(({ decision }) => decision !== 'allowed')
  if (outcome === 'denied' && isByPolicy) return 'Policies refuse it: the remedies below say what would allow it.'
  if (told.refusal !== undefined && outcome === 'denied') return sentenceIn(told.refusal)
  const advise = Object.hasOwn(advice, answer.code) ? advice[answer.code] : undefined
  if (advise === undefined) return fallback(status)
  return typeof advise === 'string' ? advise : advise({ ...told, ...answer })
}

/** A reason is a few words for the log, a colon, and a sentence. */
function sentenceIn(reason: string): string {
  const colon = reason.indexOf(': ')
  const sentence = colon === -1 ? reason : reason.slice(colon + 2)
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`
}

function fallback(status: number): string {
  if (status >= 500) return 'The server failed: its log has the cause, under the id of this request.'
  return 'The message says what is wrong with the request; nothing was changed.'
}

function adviceOnSuccess({ status, outcome, operation, decisions, refusal }: RequestExplanation): string {
  if (outcome === 'tolerated') {
    const why = refusal === undefined ? 'the remedies below say what would allow it' : sentenceIn(refusal)
    return `AWS would refuse this; soft mode (--soft-mode) let it pass: ${why}`
  }
  if (status >= 300 && status < 400) return 'The answer names another address: send the request there.'
  if (operation === 'OPTIONS') return "A browser's preflight, answered by the CORS rules of the bucket."
  const asked = decisions.length === 0 ? ' No permission was needed.' : ''
  return `It succeeded.${asked}`
}

const missing = (what: string): Advise =>
  `${what} Only what was put can be read: put it first, or treat this answer as "none".`

const document =
  'The body is not the XML document of this operation: an element is unknown, missing, twice or in the wrong place. Compare it with the request syntax of the operation in the API reference.'

const json = (text: string): boolean => /json/i.test(text)

/** Messages of codes that stand for many things. */
const invalidRequests: readonly [RegExp, Advise][] = [
  [
    /x-amz-content-sha256/,
    'A request signed with SigV4 must carry the header x-amz-content-sha256: the SHA-256 of the body in hex, or UNSIGNED-PAYLOAD. SDKs send it; a hand-made signature has to add and sign it.',
  ],
  [
    /Content-MD5|x-amz-checksum/,
    'This operation wants a digest of its body: send Content-MD5 or an x-amz-checksum-* header.',
  ],
  [
    /authorization mechanism|Signature Version/,
    'Sign with Signature Version 4 (AWS4-HMAC-SHA256): every current SDK does.',
  ],
  [
    /checksum|Value for x-amz-checksum/i,
    'The checksum header or its algorithm is wrong: send one algorithm of CRC32, CRC32C, CRC64NVME, SHA1, SHA256, with its value in Base64.',
  ],
  [
    /Object Lock/i,
    'Object Lock has to be on: create the bucket with --object-lock-enabled-for-bucket, or switch it on with put-object-lock-configuration (versioning must be on).',
  ],
  [
    /encrypt|SSE|Server Side Encryption/i,
    'The encryption headers do not fit the object or each other: an object encrypted with a customer key needs the same three x-amz-server-side-encryption-customer-* headers for each read.',
  ],
  [
    /copy/i,
    'A copy onto itself must change something: metadata (--metadata-directive REPLACE), storage class or encryption.',
  ],
  [
    /part/i,
    'The list of parts or the part does not fit the upload: send each part once, in ascending order, with the ETag and checksum of its answer.',
  ],
  [/ACL/i, 'Send either a canned ACL or grant headers, not both.'],
]

const invalidArguments: readonly [RegExp, Advise][] = [
  [
    /Unsupported Authorization Type/,
    'The Authorization header must begin with AWS4-HMAC-SHA256 (or AWS for SigV2): S3 takes neither Basic nor Bearer. Sign with an access key, or use a presigned URL. Basic is only for /_sandbucket/.',
  ],
  [
    /one and only one ' '/,
    'The Authorization header must have the scheme, one space, and the rest. Let an SDK make it.',
  ],
  [
    /Only one auth mechanism/,
    'Sign either in the Authorization header or in the URL, not both: a client adds its header to a presigned URL.',
  ],
  [/POST must contain a field named/, 'The form must have that field, and it must stand before the file.'],
]

const rowOf =
  (rows: readonly [RegExp, Advise][], otherwise: (facts: Facts) => string): Advise =>
  (facts) => {
    const found = rows.find(([pattern]) => pattern.test(facts.message))?.[1]
    if (found === undefined) return otherwise(facts)
    return typeof found === 'string' ? found : found(facts)
  }

const byArgument = ({ fields: { ArgumentName: name, ArgumentValue: value } }: Facts): string => {
  if (name === undefined)
    return 'A header or parameter has a value that S3 does not take: the message says which values it may have.'
  return `Change ${name}${value === undefined || value === '' ? '' : `, which is "${value}"`}: the message says which values it may have. Leave it out for the default.`
}

const denials: readonly [RegExp, Advise][] = [
  [
    /BlockPublicAcls/,
    'The ACL is public, and BlockPublicAcls of the bucket or of its account refuses it. Leave the ACL out, or turn it off: aws s3api put-public-access-block.',
  ],
  [/SSE-C/, 'The bucket blocks keys of customers (SSE-C): leave them out, or change it with put-bucket-encryption.'],
  [
    /Mfa|MFA|MultiFactor/,
    'Send the MFA device and its code: the header x-amz-mfa (--mfa "SERIAL CODE"), or --serial-number and --token-code.',
  ],
  [
    /according to Policy/,
    'The form breaks its own policy document: every field must meet a condition of it, and the time must not be over. Make the form anew with what is really sent.',
  ],
  [/^Invalid date \(should be seconds/, brokenUrl],
  [/Anonymous users/, 'Sign the request: anonymous callers may not do this.'],
  [/old password/, 'The old password is wrong.'],
  [
    /AssumeRoleWith/,
    'The trust policy of the role must name the identity provider as Federated principal, and its conditions must fit the claims of the token.',
  ],
]

/** What to do about each code. */
const advice: Readonly<Record<string, Advise>> = {
  AccessControlListNotSupported:
    'ACLs are off in this bucket (Object Ownership BucketOwnerEnforced, the default since 2023). Leave the ACL out and use a policy, or set Object Ownership to BucketOwnerPreferred or ObjectWriter (put-bucket-ownership-controls).',
  AccessDenied: rowOf(denials, ({ decisions }) =>
    decisions.length === 0
      ? 'Policies were not asked: the message above says why it was refused.'
      : 'Policies allow it: the message above says why it was refused all the same.',
  ),
  AccessForbidden:
    'The CORS rules of the bucket do not allow this origin, method or header. Add a rule with put-bucket-cors: AllowedOrigin, AllowedMethod and AllowedHeader must all fit.',
  AnnotationLimitExceeded: 'The object has as many annotations as it may have: delete one first.',
  AnnotationNameTooLong: 'Choose a shorter name: 512 bytes of UTF-8 are the limit.',
  AuthorizationHeaderMalformed: 'The Authorization header cannot be read: let an SDK make it.',
  AuthorizationQueryParametersError: brokenUrl,
  BadDigest:
    'The body that arrived has another digest than the request says: it was changed on the way, or the digest is of something else (another encoding, or the text before compression). Compute it from the bytes that are sent.',
  BadRequest:
    'The bytes are no request of HTTP: a header with a forbidden character, two Host headers, a broken chunk. A client library would not send it.',
  BucketAlreadyExists: 'Another account has a bucket of this name; names are shared by all. Choose another.',
  BucketAlreadyOwnedByYou:
    'The bucket is there and yours: nothing is to be done. Outside us-east-1 AWS answers this error, inside it 200.',
  BucketNotEmpty:
    'Delete all objects first: aws s3 rb --force, and with versioning every version and delete marker (list-object-versions shows them); unfinished uploads do not count.',
  ConcurrentModification: 'Somebody else changed the same at the same time: read it again, then repeat.',
  ConditionalRequestConflict: 'Another write came between the condition and this write: repeat the request.',
  DeleteConflict:
    'It is still in use: detach policies, delete keys, inline policies, group memberships and instance profiles of it first. The message names what is left.',
  EntityAlreadyExists:
    'One of this name is there already (names compare without case): choose another name, or use the one that is there.',
  EntityTemporarilyUnmodifiable: 'It is being changed: repeat the request in a moment.',
  EntityTooLarge:
    'The body is larger than allowed: 5 GiB in one PUT (use a multipart upload), or what the form policy allows (content-length-range).',
  EntityTooSmall:
    'Every part but the last must have 5 MiB (--min-part-size changes that here), or the file is smaller than the form policy wants.',
  ExpiredToken: 'The session has ended: ask STS for a new one.',
  ExpiredTokenException:
    'The token has expired (its claim exp is in the past): get a new one from the identity provider.',
  FeatureDisabled: 'Call EnableOutboundWebIdentityFederation first.',
  FeatureEnabled: 'It is on already: nothing is to be done.',
  IDPRejectedClaim:
    'The token does not verify, or its claims do not fit: check issuer, audience and the keys of the provider.',
  IdempotencyParameterMismatch: 'The same token was used with other parameters: use a new one for another request.',
  IllegalLocationConstraintException:
    'The region in CreateBucketConfiguration must be that of the endpoint: leave it out in us-east-1, send LocationConstraint elsewhere (--create-bucket-configuration LocationConstraint=REGION).',
  IllegalVersioningConfigurationException: 'The document needs <Status>Enabled</Status> or <Status>Suspended</Status>.',
  IncompleteBody:
    'The connection ended before Content-Length bytes had come: the client gave up, or counts characters instead of bytes.',
  IncompleteSignature: 'Something of the signature is missing: let an SDK make it.',
  InternalError: 'The server failed, which is a fault of it: its log has the cause, under the id of this request.',
  InvalidAccessKeyId:
    'The access key is not known here. Use the key that the server was started with; the export lines of its start name its id.',
  InvalidAction: ({ message }) =>
    /version/i.test(message)
      ? 'The Version of the call does not go with its Action: IAM has 2010-05-08, STS 2011-06-15.'
      : 'The service has no such Action, or Version is of another service (IAM 2010-05-08, STS 2011-06-15): check the spelling.',
  InvalidAnnotationName: 'Choose a name of the characters that the API reference of annotations allows.',
  InvalidArgument: rowOf(invalidArguments, byArgument),
  InvalidAuthenticationCode: 'The codes of the MFA device are wrong or old: send two in a row, of now.',
  InvalidAuthorizationMessageException:
    'Only messages that AWS services encoded can be decoded; S3, IAM and STS answer in plain text.',
  InvalidBucketAclWithBlockPublicAccessError:
    'Leave the public ACL out, or turn Block Public Access of the bucket off first.',
  InvalidBucketAclWithObjectOwnership:
    'A bucket with BucketOwnerEnforced has no ACLs: leave the ACL out, or choose ObjectOwnership BucketOwnerPreferred or ObjectWriter.',
  InvalidBucketName:
    'Bucket names have 3 to 63 lower-case letters, digits, dots and hyphens, begin and end with a letter or digit, and are no IP address: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html',
  InvalidNamespaceHeader:
    'The name does not fit the namespace: with x-amz-bucket-namespace: account-regional it ends in -ACCOUNT-REGION-an, and only then.',
  MissingNamespaceHeader:
    'A name that ends in -ACCOUNT-REGION-an needs the header x-amz-bucket-namespace: account-regional.',
  InvalidBucketOwnerAWSAccountID: 'x-amz-expected-bucket-owner takes an account id: 12 digits.',
  InvalidBucketState:
    'The bucket is not in the state for this: Object Lock needs versioning on, and forbids suspending it.',
  InvalidChunkSizeError: 'Every chunk of a signed aws-chunked body but the last needs 8 KiB or more.',
  InvalidClientTokenId:
    'The access key is not known here, or its session token is missing. Use the key that the server was started with; the export lines of its start name its id.',
  InvalidDigest: 'Content-MD5 must be the Base64 of the 16 bytes of the MD5, not its hex digits.',
  InvalidEncryptionAlgorithmError: 'The customer algorithm must be AES256.',
  InvalidHost: 'The Host header cannot be read: send host or host:port.',
  InvalidIdentityToken:
    'The token cannot be verified: its issuer must be an OIDC or SAML provider of the account, and its signature must fit the keys of that.',
  InvalidInput: 'A parameter has a value that IAM does not take: the message names it.',
  InvalidLocationConstraint: 'Send the name of a region, or leave LocationConstraint out for us-east-1.',
  InvalidObjectState: 'The object is archived: restore it first (restore-object), then read it.',
  InvalidParameterValue: 'A parameter has a value that is not allowed: the message names it.',
  InvalidPart:
    'A part was never uploaded, or has another ETag than the list says: list-parts shows what is there; the ETag must be taken from the answer of UploadPart.',
  InvalidPartNumber: 'The object has fewer parts: GetObject with partNumber counts from 1 to x-amz-mp-parts-count.',
  InvalidPartOrder: 'List the parts of CompleteMultipartUpload by ascending part number.',
  InvalidPolicyDocument:
    'The policy of the form is no JSON of the documented form, in Base64: it needs "expiration" and "conditions".',
  InvalidPrefix: 'The prefix of annotations has a character that is not allowed.',
  InvalidRange: ({ fields: { ActualObjectSize: size } }) =>
    `The range begins behind the end of the object${size === undefined ? '' : `, which has ${size} bytes`}: count from 0.`,
  InvalidRedirectLocation: 'The redirect must begin with /, http:// or https://.',
  InvalidRequest: rowOf(
    invalidRequests,
    () => 'The request contradicts itself or the state of what it is about: the message says how.',
  ),
  InvalidStorageClass:
    'Choose a class of S3: STANDARD, STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER, DEEP_ARCHIVE, REDUCED_REDUNDANCY.',
  InvalidTag:
    'Tags: at most 10 for an object and 50 for a bucket, each key once, up to 128 characters, values up to 256, letters, digits, blanks and + - = . _ : / @.',
  InvalidToken:
    'The session token is not that of the key: send both as STS gave them, and none beside a long-term key.',
  InvalidURI: 'The path is not valid percent-encoded UTF-8: encode each byte of the key as %XX.',
  InvalidUserType: 'This is for another kind of user: root and IAM users have different calls.',
  'KMS.DisabledException': 'The KMS key of the object is disabled: kmsKeys in the configuration says its state.',
  'KMS.KMSInvalidStateException': 'The KMS key waits for its deletion: kmsKeys in the configuration says its state.',
  'KMS.NotFoundException':
    'There is no such KMS key here: name it with --kms-key (kmsKeys in the configuration), or use alias/aws/s3.',
  InvalidWriteOffset: 'Append at the end of the object: x-amz-write-offset-bytes must be its present size.',
  JWTPayloadSizeExceededException: 'Ask for fewer or shorter claims.',
  KeyPairMismatch: 'The private key is not that of the certificate.',
  KeyTooLongError: 'Keys have at most 1,024 bytes of UTF-8.',
  LimitExceeded:
    'A quota of IAM is full (two keys for a user, ten attached policies, ...): delete one first. The message names the quota.',
  MalformedACLError:
    'The ACL document is not that of the schema: Owner, then AccessControlList with Grant elements, each Grantee with its xsi:type.',
  MalformedCertificate: 'Send an X.509 certificate in PEM that is still valid.',
  MalformedInput:
    'The call cannot be read as a form: parameters are NAME=VALUE with & between, lists are Name.member.N.',
  MalformedPolicyDocument: ({ message }) =>
    `The policy is not stored: ${json(message) ? 'it is no JSON.' : 'an element is wrong.'} Check spelling and case of Version, Statement, Effect, Action, Resource (trust policies: Principal instead) and Condition; actions are service:Name, resources are ARNs.`,
  MalformedPolicy: ({ message }) =>
    /resource/i.test(message)
      ? 'A bucket policy may name only its own bucket: "arn:aws:s3:::BUCKET" for actions on the bucket, "arn:aws:s3:::BUCKET/*" for those on objects.'
      : /principal/i.test(message)
        ? 'Every principal must exist: an account id, the ARN of a user or role that is there (no wildcards in it), a service, or "*".'
        : 'The bucket policy is not stored: check spelling and case of Version, Statement, Effect, Principal, Action and Resource; the message names what is wrong.',
  MalformedPOSTRequest:
    'The body is no multipart/form-data of the documented form: let the browser or a library write it.',
  MalformedQueryString: 'The parameters cannot be read: NAME=VALUE with & between, percent-encoded.',
  MalformedTrailerError:
    'The trailer behind the body must be the header that x-amz-trailer announced, with CRLF at its end.',
  MalformedXML: document,
  MaxMessageLengthExceeded: 'The document is larger than S3 reads: send a smaller one.',
  MaxPostPreDataLengthExceeded:
    'The fields before the file have more than 20 KiB: put large ones behind the file, or send less.',
  MetadataTooLarge: 'All x-amz-meta-* headers together have at most 2 KB, names and values counted.',
  MethodNotAllowed: ({ method, fields: { ResourceType: type, Method } }) =>
    type === 'BUCKETPOLICY'
      ? 'Only the account that owns the bucket may read or change its policy: ask with a key of that account.'
      : type === 'DeleteMarker'
        ? 'The version is a delete marker: it has no content, it can only be deleted. List versions and read an older one.'
        : `${Method ?? method} is no method of this ${type === undefined ? 'address' : type.toLowerCase()}: check method, path and sub-resource (a missing bucket or key in the path is the usual reason).`,
  MissingAction: 'Send Action and Version (IAM 2010-05-08, STS 2011-06-15) as form parameters.',
  MissingAuthenticationToken: 'Sign the call: IAM and STS take no anonymous callers.',
  MissingContentLength:
    'Send Content-Length: S3 stores no body of unknown size. With aws-chunked send x-amz-decoded-content-length too.',
  MissingRequestBodyError: 'The operation needs a document as its body.',
  MetadataConfigurationNotFound: missing('The bucket has no metadata configuration.'),
  MissingSecurityHeader: ({ fields: { MissingHeaderName: name } }) =>
    `Send the header ${name ?? 'that the message names'}: this operation cannot do without.`,
  NoSuchAnnotation: missing('The object has no annotation of this name.'),
  NoSuchBucket: ({ fields: { BucketName: name } }) =>
    `There is no bucket ${name ?? 'of this name'} here. Make it (aws s3 mb s3://${name ?? 'NAME'}, or sandbucket --bucket), or check the address: the first part of the path, or of the host, is taken as the bucket.`,
  NoSuchBucketPolicy: missing('The bucket has no policy.'),
  NoSuchConfiguration: missing('There is no configuration of this id.'),
  NoSuchCORSConfiguration: missing('The bucket has no CORS rules.'),
  NoSuchEntity:
    'IAM has nothing of this name in the account of the key: the message names it. List what there is, and check account, path and spelling.',
  NoSuchKey: ({ fields: { Key: key } }) =>
    `There is no object ${key === undefined ? 'with this key' : JSON.stringify(key)}. Keys compare byte by byte: case, a slash at the beginning and percent-encoding count. aws s3 ls shows what there is; with versioning a delete marker may hide it.`,
  NoSuchObjectLockConfiguration: missing('The object has no retention or legal hold.'),
  NoSuchTagSet: missing('There are no tags.'),
  NoSuchLifecycleConfiguration: missing('The bucket has no lifecycle rules.'),
  NoSuchPublicAccessBlockConfiguration: missing('There is no Block Public Access configuration.'),
  NoSuchResource: 'The ARN names nothing that is here: check bucket, account and region in it.',
  NoSuchUpload:
    'The upload was completed or aborted, or the id is of another key or bucket: list-multipart-uploads shows what there is.',
  NoSuchVersion: 'The object has no version of this id: list-object-versions shows what there is.',
  NoSuchWebsiteConfiguration: missing('The bucket has no website configuration.'),
  NotImplemented: ({ fields: { Header: header, Operation: operation }, message }) => {
    if (operation !== undefined) return `${message.replace(/\.$/, '')}. Nothing was stored or changed.`
    if (header === 'Transfer-Encoding')
      return 'S3 takes no such Transfer-Encoding for this body: send Content-Length, or aws-chunked with x-amz-decoded-content-length. SDKs do so for a body of known size.'
    if (header !== undefined)
      return `${header} is not supported by this operation or kind of bucket, on AWS neither: leave it out.`
    return 'It is not implemented here: GET /_sandbucket/coverage lists what is, and why the rest is not. Nothing was stored or changed.'
  },
  NotModified: 'The copy that the client has is still good (If-None-Match or If-Modified-Since): use it.',
  ObjectAlreadyInActiveTierError: 'The object is not archived: read it.',
  ObjectLockConfigurationNotFoundError: missing('The bucket has no Object Lock configuration.'),
  OutboundWebIdentityFederationDisabledException: 'Call EnableOutboundWebIdentityFederation first.',
  OwnershipControlsNotFoundError: missing('The bucket has no ownership controls.'),
  PackedPolicyTooLarge: 'Session policies and tags are too large together: shorten them, or use a managed policy.',
  PasswordPolicyViolation:
    'The password does not meet the password policy of the account: get-account-password-policy shows it.',
  PermanentRedirect: ({ fields: { Endpoint: endpoint } }) =>
    `The bucket is at another endpoint${endpoint === undefined ? '' : `, ${endpoint}`}: send all requests for it there (set the region of the client to that of the bucket).`,
  PolicyNotAttachable:
    'AWS reserves this policy for service-linked roles: attach another, or create the service-linked role.',
  PreconditionFailed: ({ fields: { Condition: condition } }) =>
    `The condition ${condition ?? '(If-Match, If-None-Match, If-Unmodified-Since or a form condition)'} does not hold: the object has changed, or is there already. Read it again, and decide with its new ETag.`,
  ReplicationConfigurationNotFoundError: missing('The bucket has no replication rules.'),
  ReportNotPresent: 'Call GenerateCredentialReport first.',
  RequestHeaderSectionTooLarge: 'Headers have at most 8 KB together: send fewer or shorter ones.',
  RequestTimeout:
    'The client stopped sending in the middle of its request: repeat it, and send the body without long pauses.',
  RequestTimeTooSkewed: "Set the client's clock, or --max-clock-skew.",
  RestoreAlreadyInProgress: 'The restore is under way: head-object tells when it is done (x-amz-restore).',
  ServiceUnavailable:
    'The server is stopping or cannot write at the moment: its log says why; repeat the request later.',
  SessionDurationEscalationException:
    'Ask for a shorter time: a token may not live longer than the session that asks for it.',
  SignatureDoesNotMatch: 'The secret of the client is not that of the key, or the request was changed on the way.',
  TooManyParts: 'An object has at most 10,000 parts: copy it, then add to the copy.',
  TooManyBuckets: 'The account has as many buckets as it may have: delete one first.',
  UnsupportedMediaType: 'The payload of an annotation is text in UTF-8.',
  UnexpectedContent: 'This request takes no body: send either the document or the headers.',
  UnmodifiableEntity: 'AWS manages it: it cannot be changed.',
  ValidationError: ({ message }) =>
    /must satisfy constraint|failed to satisfy/i.test(message)
      ? 'A parameter is too short, too long or has a character that is not allowed: the message names it and its rule.'
      : 'A parameter is missing or has a value that the service does not take: the message names it.',
  XAmzContentSHA256Mismatch:
    'The body has another SHA-256 than x-amz-content-sha256 says: sign the bytes that are sent, or UNSIGNED-PAYLOAD.',
}

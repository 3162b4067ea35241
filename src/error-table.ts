/**
 * Error codes with the status and the most common message AWS answers.
 * Source: Amazon S3 API Reference, "Error responses"; where that page's wording differs from recorded answers, the recorded wording.
 */
export interface ErrorRow {
  status: number
  message: string
}

const row = (status: number, message: string): ErrorRow => ({ status, message })

export const errorTable = {
  AccessControlListNotSupported: row(400, 'The bucket does not allow ACLs'),
  AccessDenied: row(403, 'Access Denied'),
  AccessForbidden: row(403, 'CORSResponse: CORS is not enabled for this bucket.'),
  AuthorizationHeaderMalformed: row(400, 'The authorization header is malformed'),
  AuthorizationQueryParametersError: row(400, 'Error parsing the X-Amz-Credential parameter'),
  BadDigest: row(400, 'The Content-MD5 you specified did not match what we received.'),
  BadRequest: row(400, 'Bad Request'),
  BucketAlreadyExists: row(
    409,
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  ),
  BucketAlreadyOwnedByYou: row(
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
  ),
  BucketNotEmpty: row(409, 'The bucket you tried to delete is not empty'),
  ConditionalRequestConflict: row(
    409,
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
  ),
  EntityTooLarge: row(400, 'Your proposed upload exceeds the maximum allowed size'),
  EntityTooSmall: row(400, 'Your proposed upload is smaller than the minimum allowed size'),
  ExpiredToken: row(400, 'The provided token has expired.'),
  IllegalLocationConstraintException: row(
    400,
    'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
  ),
  IllegalVersioningConfigurationException: row(400, 'The Versioning element must be specified'),
  IncompleteBody: row(400, 'You did not provide the number of bytes specified by the Content-Length HTTP header'),
  IncompleteSignature: row(400, 'The request signature does not conform to AWS standards.'),
  InternalError: row(500, 'We encountered an internal error. Please try again.'),
  InvalidAccessKeyId: row(403, 'The AWS Access Key Id you provided does not exist in our records.'),
  InvalidAction: row(400, 'The action or operation requested is invalid.'),
  InvalidArgument: row(400, 'Invalid Argument'),
  InvalidBucketAclWithBlockPublicAccessError: row(
    400,
    'Bucket cannot have public ACLs set with BlockPublicAccess enabled',
  ),
  InvalidBucketAclWithObjectOwnership: row(
    400,
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  ),
  InvalidBucketName: row(400, 'The specified bucket is not valid.'),
  InvalidBucketOwnerAWSAccountID: row(
    400,
    'The value of the expected bucket owner parameter must be an AWS Account ID...',
  ),
  InvalidBucketState: row(409, 'The request is not valid with the current state of the bucket.'),
  InvalidChunkSizeError: row(403, 'Only the last chunk is allowed to have a size less than 8192 bytes'),
  InvalidClientTokenId: row(403, 'The security token included in the request is invalid.'),
  InvalidDigest: row(400, 'The Content-MD5 you specified was invalid.'),
  InvalidEncryptionAlgorithmError: row(
    400,
    'The encryption request you specified is not valid. The valid value is AES256.',
  ),
  InvalidHost: row(400, 'Invalid Host'),
  InvalidLocationConstraint: row(400, 'The specified location-constraint is not valid'),
  InvalidObjectState: row(403, "The operation is not valid for the object's storage class"),
  InvalidPart: row(
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ),
  InvalidPartNumber: row(416, 'The requested partnumber is not satisfiable'),
  InvalidPartOrder: row(400, 'The list of parts was not in ascending order. Parts must be ordered by part number.'),
  InvalidPolicyDocument: row(400, 'Invalid Policy: Invalid JSON.'),
  InvalidRange: row(416, 'The requested range is not satisfiable'),
  InvalidRedirectLocation: row(400, 'The website redirect location is not valid.'),
  InvalidRequest: row(400, 'Invalid Request'),
  InvalidRetentionPeriod: row(400, 'The retention period must be a positive integer value.'),
  InvalidStorageClass: row(400, 'The storage class you specified is not valid'),
  InvalidTag: row(
    400,
    'The tag provided was not a valid tag. This error can occur if the tag did not pass input validation.',
  ),
  InvalidToken: row(400, 'The provided token is malformed or otherwise invalid.'),
  InvalidURI: row(400, "Couldn't parse the specified URI."),
  KeyTooLongError: row(400, 'Your key is too long'),
  MalformedACLError: row(
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  ),
  MalformedInput: row(400, 'The request could not be read.'),
  MalformedPOSTRequest: row(400, 'The body of your POST request is not well-formed multipart/form-data.'),
  MalformedQueryString: row(404, 'The query string contains a syntax error.'),
  MalformedTrailerError: row(
    400,
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  ),
  MalformedXML: row(400, 'The XML you provided was not well-formed or did not validate against our published schema'),
  MaxMessageLengthExceeded: row(400, 'Your request was too big.'),
  MaxPostPreDataLengthExceeded: row(400, 'Your POST request fields preceding the upload file were too large.'),
  MetadataTooLarge: row(400, 'Your metadata headers exceed the maximum allowed metadata size'),
  MethodNotAllowed: row(405, 'The specified method is not allowed against this resource.'),
  MissingAction: row(400, 'The request is missing an action or a required parameter.'),
  MissingAuthenticationToken: row(403, 'Request is missing Authentication Token'),
  MissingContentLength: row(411, 'You must provide the Content-Length HTTP header.'),
  MissingRequestBodyError: row(400, 'Request Body is empty'),
  MetadataConfigurationNotFound: row(404, 'The metadata configuration was not found'),
  MissingSecurityHeader: row(400, 'Your request was missing a required header'),
  NoSuchBucket: row(404, 'The specified bucket does not exist'),
  NoSuchBucketPolicy: row(404, 'The bucket policy does not exist'),
  NoSuchConfiguration: row(404, 'The specified configuration does not exist.'),
  NoSuchCORSConfiguration: row(404, 'The CORS configuration does not exist'),
  NoSuchKey: row(404, 'The specified key does not exist.'),
  NoSuchTagSet: row(404, 'The TagSet does not exist'),
  NoSuchLifecycleConfiguration: row(404, 'The lifecycle configuration does not exist'),
  NoSuchPublicAccessBlockConfiguration: row(404, 'The public access block configuration was not found'),
  NoSuchUpload: row(
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ),
  NoSuchVersion: row(404, 'The specified version does not exist.'),
  NoSuchWebsiteConfiguration: row(404, 'The specified bucket does not have a website configuration'),
  NotImplemented: row(501, 'A header you provided implies functionality that is not implemented'),
  NotModified: row(304, 'Not Modified'),
  ObjectLockConfigurationNotFoundError: row(404, 'Object Lock configuration does not exist for this bucket'),
  OwnershipControlsNotFoundError: row(404, 'The bucket ownership controls were not found'),
  PermanentRedirect: row(
    301,
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
  ),
  PreconditionFailed: row(412, 'At least one of the pre-conditions you specified did not hold'),
  ReplicationConfigurationNotFoundError: row(404, 'The replication configuration was not found'),
  RequestHeaderSectionTooLarge: row(400, 'Your request header section exceeds the maximum allowed size.'),
  RequestTimeout: row(
    400,
    'Your socket connection to the server was not read from or written to within the timeout period.',
  ),
  RequestTimeTooSkewed: row(403, 'The difference between the request time and the current time is too large.'),
  ServiceUnavailable: row(503, 'Service is unable to handle request.'),
  SignatureDoesNotMatch: row(
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ),
  TooManyBuckets: row(400, 'You have attempted to create more buckets than allowed'),
  ValidationError: row(400, 'The input fails to satisfy the constraints specified by an AWS service.'),
  XAmzContentSHA256Mismatch: row(400, "The provided 'x-amz-content-sha256' header does not match what was computed."),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorTable

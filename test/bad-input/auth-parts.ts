/** What the tables of dates, credentials and signatures share. */
import { key } from './requests.ts'

// Sources: the order and wording of AWS's refusals as recorded by LocalStack's snapshots (test_s3_presigned_url_expired,
// test_s3_put_presigned_url_missing_sig_param, test_presigned_double_encoded_credentials, test_create_bucket_aws_global,
// test_put_object_with_md5_and_chunk_signature_bad_headers) and by argmin's comparison of S3 with its own server.
/** An object that is there. */
export const target = '/bucket/hello.txt'
/** When the tests began, ms. */
export const nowMs = Date.now()
/** `yyyyMMddTHHmmssZ`, as signatures have it. */
export const basic = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
export const now = basic(nowMs)
export const today = now.slice(0, 8)
/** The Authorization header of a request with one part of it replaced. */
export const authorization = (parts: {
  credential?: string
  signedHeaders?: string
  signature?: string
  scheme?: string
}): string =>
  `${parts.scheme ?? 'AWS4-HMAC-SHA256'} Credential=${parts.credential ?? `${key.accessKeyId}/${today}/us-east-1/s3/aws4_request`}, ` +
  `SignedHeaders=${parts.signedHeaders ?? 'host;x-amz-content-sha256;x-amz-date'}, Signature=${parts.signature ?? '0'.repeat(64)}`
export const noDate = {
  status: 403,
  code: 'AccessDenied',
  message: 'AWS authentication requires a valid Date or x-amz-date header',
} as const
export const skewed = {
  status: 403,
  code: 'RequestTimeTooSkewed',
  message: 'The difference between the request time and the current time is too large.',
} as const
export const oneSpace = "Authorization header is invalid -- one and only one ' ' (space) required"

/**
 * Keys that customers bring (SSE-C). They are never stored: what is kept is a salted HMAC that recognises the key when
 * it comes again, as AWS does.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const saltBytes = 16
const macBytes = 32

/** What may be stored to recognise a key: salt and HMAC-SHA-256 of it, Base64. */
export function rememberKey(key: Buffer): string {
  const salt = randomBytes(saltBytes)
  return Buffer.concat([salt, macOf(key, salt)]).toString('base64')
}

/** Whether this is the key that was remembered. */
export function isRememberedKey(key: Buffer, remembered: string): boolean {
  const bytes = Buffer.from(remembered, 'base64')
  if (bytes.length !== saltBytes + macBytes) return false
  return timingSafeEqual(bytes.subarray(saltBytes), macOf(key, bytes.subarray(0, saltBytes)))
}

const macOf = (key: Buffer, salt: Buffer): Buffer => createHmac('sha256', key).update('sse-c').update(salt).digest()

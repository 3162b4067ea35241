/** A signed browser form. @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html */
import { createHmac } from 'node:crypto'
import type { Key } from './support.ts'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** A form that puts `hello` under a key, signed now. */
export function createPresignedPost(
  { accessKeyId, secretAccessKey }: Key,
  bucket: string,
  key: string,
  more: Record<string, string> = {},
): FormData {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const day = date.slice(0, 8)
  const credential = `${accessKeyId}/${day}/us-east-1/s3/aws4_request`
  const signing = { 'x-amz-algorithm': 'AWS4-HMAC-SHA256', 'x-amz-credential': credential, 'x-amz-date': date }
  const fields = { key, ...more, ...signing }
  const conditions = [{ bucket }, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))]
  const expiration = new Date(Date.now() + 600_000).toISOString()
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
  const signingKey = ['us-east-1', 's3', 'aws4_request'].reduce(hmac, hmac(`AWS4${secretAccessKey}`, day))
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('policy', policy)
  form.append('x-amz-signature', hmac(signingKey, policy).toString('hex'))
  form.append('file', new Blob(['hello']), 'hello.txt')
  return form
}

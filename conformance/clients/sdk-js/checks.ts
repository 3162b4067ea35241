/** The list of scenarios and what they share: clients made from the environment alone, buckets, expectations. */
import assert from 'node:assert/strict'
import type { LookupFunction } from 'node:net'
import { Agent } from 'node:http'
import { S3, type S3ClientConfig, S3ServiceException } from '@aws-sdk/client-s3'

export type Check = readonly [title: string, steps: () => Promise<void>]

export const style = process.env.CONFORMANCE_STYLE === 'virtual' ? 'virtual' : 'path'

/** Names under .localhost are this machine; not every resolver knows. */
const lookup: LookupFunction = (_name, options, answer) => {
  if (options.all) answer(null, [{ address: '127.0.0.1', family: 4 }])
  else answer(null, '127.0.0.1', 4)
}

/** A client as a program would make it: endpoint, region and keys come from the environment. */
export function client(options: S3ClientConfig = {}): S3 {
  if (style === 'path') return new S3({ forcePathStyle: true, ...options })
  const httpAgent = new Agent({ keepAlive: true, maxSockets: 50, lookup })
  return new S3({ requestHandler: { httpAgent }, ...options })
}

let count = 0

/** Makes a bucket whose name no other scenario uses. */
export async function bucket(s3: S3, hint: string): Promise<string> {
  count++
  const Bucket = `${hint}-${process.pid}-${count}`
  await s3.createBucket({ Bucket })
  return Bucket
}

/** Expects a refusal with this error code and HTTP status. @returns the error */
export async function refused(code: string, status: number, call: Promise<unknown>): Promise<S3ServiceException> {
  try {
    await call
  } catch (cause) {
    assert.ok(cause instanceof S3ServiceException, String(cause))
    assert.deepEqual([cause.name, cause.$metadata.httpStatusCode], [code, status], cause.message)
    return cause
  }
  throw new Error(`expected ${code}, but it succeeded`)
}

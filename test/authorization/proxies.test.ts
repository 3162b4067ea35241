// Address and protocol of clients behind a proxy, as policies see them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openScene, type Statement } from './support.ts'

type Row = [condition: Statement, headers: Record<string, string>, trusted: number, untrusted: number]

const from = (cidr: string): Statement => ({ IpAddress: { 'aws:SourceIp': cidr } })
const secure: Statement = { Bool: { 'aws:SecureTransport': 'true' } }
const rows: Row[] = [
  [from('203.0.113.0/24'), { 'x-forwarded-for': '203.0.113.9, 10.0.0.1' }, 200, 403],
  [from('203.0.113.9'), { 'x-forwarded-for': '203.0.113.9:4711' }, 200, 403],
  [from('2001:db8::/32'), { 'x-forwarded-for': '[2001:db8::1]:4711' }, 200, 403],
  [from('127.0.0.0/8'), { 'x-forwarded-for': '203.0.113.9' }, 403, 200],
  [from('127.0.0.0/8'), { 'x-forwarded-for': ' ' }, 200, 200],
  [from('0.0.0.0/0'), { 'x-forwarded-for': 'unknown' }, 403, 200],
  [secure, { 'x-forwarded-proto': 'https' }, 200, 403],
  [secure, { 'x-forwarded-proto': 'http' }, 403, 403],
]

describe('behind a proxy', () => {
  for (const trustProxy of [true, false]) {
    it(`forwarded addresses and protocols ${trustProxy ? 'count where they are trusted' : 'are nothing otherwise'}`, async () => {
      const scene = await openScene({ server: { trustProxy } })
      try {
        const Bucket = await scene.bucket()
        await scene.put(Bucket, 'k')
        for (const [Condition, headers, trusted, untrusted] of rows) {
          const Resource = 'arn:aws:s3:::B/*'
          await scene.policy(Bucket, { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource, Condition })
          const { outcome } = await scene.anonymous('GET', `/${Bucket}/k`, { headers })
          assert.equal(
            outcome.slice(0, 3),
            String(trustProxy ? trusted : untrusted),
            JSON.stringify([Condition, headers]),
          )
        }
      } finally {
        await scene.close()
      }
    })
  }
})

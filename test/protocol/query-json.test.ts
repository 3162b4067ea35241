/** IAM and STS answer in JSON where a client accepts it. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createHash } from 'node:crypto'
import aws4 from 'aws4'
import { type Sandbucket, startSandbucket } from '../../src/index.ts'

describe('Accept: application/json', () => {
  let server: Sandbucket
  before(async () => {
    server = await startSandbucket()
  })
  after(() => server.close({ graceMs: 0 }))

  const call = async (service: 'iam' | 'sts', body: string, accept = 'application/json') => {
    const host = new URL(server.endpoint).host
    const { headers } = aws4.sign(
      {
        service,
        region: 'us-east-1',
        method: 'POST',
        host,
        path: '/',
        body,
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          'X-Amz-Content-Sha256': createHash('sha256').update(body).digest('hex'),
        },
      },
      server.credentials,
    )
    const answer = await fetch(server.endpoint, {
      method: 'POST',
      body,
      headers: { ...(headers as Record<string, string>), Accept: accept },
    })
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
  }

  it('results have the names of the model, and times in seconds', async () => {
    const { status, type, text } = await call('sts', 'Action=GetSessionToken&Version=2011-06-15')
    assert.deepEqual([status, type], [200, 'application/json'])
    const { GetSessionTokenResult, ResponseMetadata } = JSON.parse(text).GetSessionTokenResponse
    assert.equal(typeof GetSessionTokenResult.Credentials.Expiration, 'number')
    assert.ok(GetSessionTokenResult.Credentials.Expiration < 1e11)
    assert.equal(typeof ResponseMetadata.RequestId, 'string')
    const users = await call('iam', 'Action=ListUsers&Version=2010-05-08', 'text/plain, application/json')
    assert.deepEqual(JSON.parse(users.text).ListUsersResponse.ListUsersResult.Users, [])
    const deleted = await call('iam', 'Action=DeleteAccountPasswordPolicy&Version=2010-05-08')
    assert.equal(deleted.status, 404)
  })

  it('so have errors', async () => {
    const { status, type, text } = await call('iam', 'Action=GetUser&UserName=nobody&Version=2010-05-08')
    assert.deepEqual([status, type], [404, 'application/json'])
    const { Error: error, RequestId } = JSON.parse(text)
    assert.deepEqual(error, {
      Type: 'Sender',
      Code: 'NoSuchEntity',
      Message: 'The user with name nobody cannot be found.',
    })
    assert.equal(typeof RequestId, 'string')
  })

  it('others get XML', async () => {
    const { type, text } = await call('sts', 'Action=GetCallerIdentity&Version=2011-06-15', '*/*')
    assert.equal(type, 'text/xml')
    assert.match(text, /^<GetCallerIdentityResponse/)
  })
})

// Clients of other services that are sent here are told so in the protocol of their service, and S3 stays S3.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { type Sandbucket, startSandbucket } from '../src/index.ts'

let server: Sandbucket
before(async () => {
  server = await startSandbucket({ buckets: ['photos'] })
})
after(() => server.close({ graceMs: 0 }))

const sentence = /is not served by Sandbucket, which is Amazon S3 with its IAM and STS\./

interface Sent {
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: string
  /** The service in the scope; unsigned without. */
  service?: string
}

async function send({ method = 'POST', path = '/', headers = {}, body, service }: Sent) {
  const url = new URL(path, server.endpoint)
  const scope = `AKIAEXAMPLE/20260101/us-east-1/${service}/aws4_request`
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`
  const sent = { ...headers, ...(service !== undefined && { authorization }) }
  const response = await fetch(url, { method, headers: sent, ...(body !== undefined && { body }) })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

describe('requests of other services', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  it('with a JSON protocol get JSON of its version', async () => {
    for (const [service, target, version] of [
      ['sqs', 'AmazonSQS.ListQueues', '1.0'],
      ['dynamodb', 'DynamoDB_20120810.ListTables', '1.0'],
      ['kms', 'TrentService.ListKeys', '1.1'],
      ['secretsmanager', 'secretsmanager.ListSecrets', '1.1'],
      ['logs', 'Logs_20140328.DescribeLogGroups', '1.1'],
    ] as const) {
      const type = `application/x-amz-json-${version}`
      for (const signed of [{ service }, {}]) {
        const { status, headers, bytes } = await send({
          headers: { 'content-type': type, 'x-amz-target': target },
          body: '{}',
          ...signed,
        })
        assert.equal(status, 501, service)
        assert.equal(headers.get('content-type'), type)
        const { __type, message } = JSON.parse(bytes.toString())
        assert.equal(__type, 'NotImplemented')
        assert.match(message, sentence)
      }
    }
  })

  it('with forms get the document of their protocol', async () => {
    const sns = { headers: form, body: 'Action=ListTopics&Version=2010-03-31' }
    for (const signed of [{ service: 'sns' }, {}]) {
      const { status, bytes } = await send({ ...sns, ...signed })
      assert.equal(status, 501)
      assert.match(
        bytes.toString(),
        /^<ErrorResponse><Error><Type>Receiver<\/Type><Code>NotImplemented<\/Code><Message>Amazon Simple Notification Service is not/,
      )
    }
    const ec2 = await send({ headers: form, body: 'Action=DescribeInstances&Version=2016-11-15', service: 'ec2' })
    assert.equal(ec2.status, 501)
    assert.match(
      ec2.bytes.toString(),
      /^<Response><Errors><Error><Code>NotImplemented<\/Code><Message>Amazon Elastic Compute Cloud is/,
    )
  })

  it('with paths of their own get JSON or XML', async () => {
    const lambda = await send({ method: 'GET', path: '/2015-03-31/functions/', service: 'lambda' })
    assert.equal(lambda.status, 501)
    assert.equal(lambda.headers.get('x-amzn-errortype'), 'NotImplemented')
    assert.match(JSON.parse(lambda.bytes.toString()).message, /^AWS Lambda is not served/)
    const route53 = await send({ method: 'GET', path: '/2013-04-01/hostedzone', service: 'route53' })
    assert.match(route53.bytes.toString(), /^<ErrorResponse><Error>/)
  })

  it('with CBOR get CBOR', async () => {
    const { status, bytes } = await send({
      path: '/service/GraniteServiceVersion20100801/operation/ListMetrics',
      headers: { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
      body: '\u00a0',
      service: 'monitoring',
    })
    assert.equal(status, 501)
    assert.equal(bytes[0], 0xa2)
    assert.ok(bytes.includes('__type') && bytes.includes('Amazon CloudWatch is not served'))
  })
})

describe('requests of S3', () => {
  it('are answered by S3, whatever else they carry', async () => {
    const client = new S3Client(server.clientConfig())
    client.middlewareStack.add(
      (next) => (args) => {
        ;(args.request as { headers: Record<string, string> }).headers['x-amz-target'] = 'AmazonSQS.ListQueues'
        return next(args)
      },
      { step: 'build' },
    )
    const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: 'photos' }))
    assert.equal(KeyCount, 0)
    const missing = await send({ method: 'GET', path: '/none', headers: { 'x-amz-target': 'AmazonSQS.ListQueues' } })
    assert.match(missing.bytes.toString(), /<Code>NoSuchBucket<\/Code>/)
    const unknown = await send({ method: 'GET', path: '/photos', service: 'no-such-service' })
    assert.doesNotMatch(unknown.bytes.toString(), sentence)
    const posted = await send({ headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' })
    assert.equal(posted.status, 405)
  })
})

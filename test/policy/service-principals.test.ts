// Which services a policy may name as a principal: those that there are, also by region, in China, and below a service.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isServicePrincipal } from '../../src/policy/service-principals.ts'
import { managedPolicies } from '../../src/iam/managed.ts'

it('services of AWS are known in every form of their names', () => {
  for (const name of [
    's3.amazonaws.com',
    'logging.s3.amazonaws.com',
    'delivery.logs.amazonaws.com',
    'logs.eu-central-1.amazonaws.com',
    'logs.amazonaws.com',
    'ec2.amazonaws.com.cn',
    'lambda.amazonaws.com',
    'ecs-tasks.amazonaws.com',
    'pods.eks.amazonaws.com',
    'bedrock.amazonaws.com',
    'batchoperations.s3.amazonaws.com',
    'billingreports.amazonaws.com',
    'logdelivery.elasticloadbalancing.amazonaws.com',
    'codedeploy.us-east-1.amazonaws.com',
    'events.amazonaws.com',
    'states.us-gov-west-1.amazonaws.com',
    'ssm.amazonaws.com',
    'cloudtrail.amazonaws.com',
    'config.amazonaws.com',
    'cloudfront.amazonaws.com',
    'alexa-appkit.amazon.com',
    'member.org.stacksets.cloudformation.amazonaws.com',
  ]) {
    assert.equal(isServicePrincipal(name), true, name)
  }
})

it('what is no service is not', () => {
  for (const name of [
    'amazonaws.com',
    'ec3.amazonaws.com',
    'not-a-service.amazonaws.com',
    'eu-central-1.amazonaws.com',
    'tagging.amazonaws.com',
    'ec2.amazonaws.org',
    'ec2',
    '*',
    '*.amazonaws.com',
    'example.com',
    'constructor.amazonaws.com',
    '',
  ]) {
    assert.equal(isServicePrincipal(name), false, name)
  }
})

it('services that AWS hands roles to in its own policies are known', () => {
  let count = 0
  for (const { arn, Document } of managedPolicies()) {
    for (const [, name = ''] of Document.matchAll(/"([a-z0-9.-]+\.amazonaws\.com)"/g)) {
      assert.equal(isServicePrincipal(name), true, `${name} in ${arn}`)
      count++
    }
  }
  assert.ok(count > 500, `${count} names`)
})

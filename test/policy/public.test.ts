// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compile } from './support.ts'

type Statement = Record<string, unknown>
const allow = (more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::b/*',
  ...more,
})
const when = (operator: string, key: string, value: unknown) => allow({ Condition: { [operator]: { [key]: value } } })

const cases: [name: string, isPublic: boolean, ...statements: Statement[]][] = [
  ['everyone', true, allow()],
  ['everyone as {AWS: *}', true, allow({ Principal: { AWS: '*' } })],
  ['an account', false, allow({ Principal: { AWS: '%A' } })],
  ['an account that the server does not know', false, allow({ Principal: { AWS: 'arn:aws:iam::s3tenant1:root' } })],
  ['an account and everyone', true, allow({ Principal: { AWS: ['%A', '*'] } })],
  ['a service', false, allow({ Principal: { Service: 'logging.s3.amazonaws.com' } })],
  ['a web identity', true, allow({ Principal: { Federated: 'cognito-identity.amazonaws.com' } })],
  ['a deny for everyone', false, allow({ Effect: 'Deny' })],
  ['one public statement among others', true, allow({ Principal: { AWS: '%A' } }), allow()],
  // Observed: recorded on PutBucketPolicy under BlockPublicPolicy.
  ['#59 11.0.0.0/8', false, when('IpAddress', 'aws:SourceIp', '11.0.0.0/8')],
  ['#59 11.0.0.0/7', true, when('IpAddress', 'aws:SourceIp', '11.0.0.0/7')],
  ['0.0.0.0/0', true, when('IpAddress', 'aws:SourceIp', '0.0.0.0/0')],
  ['10.0.0.0/32', false, when('IpAddress', 'aws:SourceIp', '10.0.0.0/32')],
  ['fd00::/8', true, when('IpAddress', 'aws:SourceIp', 'fd00::/8')],
  ['2001:db8::/32', false, when('IpAddress', 'aws:SourceIp', '2001:db8::/32')],
  ['one wide block among narrow ones', true, when('IpAddress', 'aws:SourceIp', ['10.0.0.0/8', '0.0.0.0/1'])],
  ['a negated address', true, when('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8')],
  ['a VPC', false, when('StringEquals', 'aws:SourceVpc', 'vpc-1')],
  ['a pattern of VPCs', true, when('StringLike', 'aws:SourceVpc', 'vpc-*')],
  ['not that VPC', true, when('StringNotEquals', 'aws:SourceVpc', 'vpc-1')],
  ['a VPC if there is one', true, when('StringEqualsIfExists', 'aws:SourceVpc', 'vpc-1')],
  ['all values of a VPC', true, when('ForAllValues:StringEquals', 'aws:SourceVpc', 'vpc-1')],
  ['a VPC from a variable', true, when('StringEquals', 'aws:SourceVpc', '${aws:PrincipalTag/vpc}')],
  ['an organization', false, when('StringEquals', 'AWS:PrincipalOrgID', 'o-1')],
  ['an ARN', false, when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::111111111111:role/r')],
  ['any role', true, when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/r')],
  ['a role id with any session', true, when('StringLike', 'aws:userid', 'AROAEXAMPLE:*')],
  ['any access point of an account', false, when('ArnLike', 's3:DataAccessPointArn', 'arn:aws:s3:*:1:accesspoint/*')],
  ['any access point', true, when('ArnLike', 's3:DataAccessPointArn', 'arn:aws:s3:*:*:accesspoint/p')],
  ['an AWS service', false, when('Bool', 'aws:PrincipalIsAWSService', 'true')],
  ['no AWS service', true, when('Bool', 'aws:PrincipalIsAWSService', 'false')],
  ['a referer', true, when('StringLike', 'aws:Referer', 'http://www.example.com/x')],
]

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
describe('public policies', () => {
  for (const [name, isPublic, ...statements] of cases) {
    test(`${name}: ${isPublic ? 'public' : 'not public'}`, () => {
      assert.equal(compile(statements).isPublic, isPublic)
    })
  }
})

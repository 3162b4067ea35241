/** `aws iam` and `aws sts`: users, groups, keys and policies that take effect at once, and every way to a role's session. */
import assert from 'node:assert/strict'
import { bucketName, type Check } from '../../lib/scenario.ts'
import type { Aws, Settings } from './client.ts'

export function identityChecks(aws: Aws): Check[] {
  return [
    ['iam: a user, its key, its group and its policies decide about S3 at once', () => users(aws)],
    ['sts: assume-role, by whom the role trusts', () => roles(aws)],
    ['sts: roles for tokens and SAML responses of an identity provider', () => federation(aws)],
    ['roles without keys: as in a container, as on an instance', () => withoutKeys(aws)],
  ]
}

const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
const allow = (action: string | string[], resource: string | string[]) =>
  document({ Effect: 'Allow', Action: action, Resource: resource })
const trust = (principal: object, action = 'sts:AssumeRole') =>
  document({ Effect: 'Allow', Principal: principal, Action: action })

interface Key {
  AccessKeyId: string
  SecretAccessKey: string
  SessionToken?: string
}

const as = ({ AccessKeyId, SecretAccessKey, SessionToken }: Key): Settings => ({
  AWS_ACCESS_KEY_ID: AccessKeyId,
  AWS_SECRET_ACCESS_KEY: SecretAccessKey,
  AWS_SESSION_TOKEN: SessionToken,
})

async function callerOf(aws: Aws, env: Settings): Promise<string> {
  const { stdout } = await aws.okWith(env, 'sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text')
  return stdout.trim()
}

async function makeUser(aws: Aws, name: string): Promise<{ arn: string; key: Key }> {
  const arn = String(await aws.query('User.Arn', 'iam', 'create-user', '--user-name', name, '--path', '/dev/'))
  const key = (await aws.query('AccessKey', 'iam', 'create-access-key', '--user-name', name)) as Key
  return { arn, key }
}

/** @returns its ARN */
async function makeRole(aws: Aws, name: string, policy: string): Promise<string> {
  const args = ['--role-name', name, '--assume-role-policy-document', policy]
  return String(await aws.query('Role.Arn', 'iam', 'create-role', ...args))
}

async function users(aws: Aws): Promise<void> {
  const bucket = await aws.bucket('iam')
  const name = bucketName('ann')
  const { arn, key } = await makeUser(aws, name)
  assert.match(arn, new RegExp(`:user/dev/${name}$`))
  const ann = as(key)
  assert.equal(await callerOf(aws, ann), arn)
  const why = new RegExp(
    `AccessDenied.*User: ${arn} is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::${bucket}"`,
    's',
  )
  await aws.refusedWith(ann, why, 's3', 'ls', `s3://${bucket}`)

  const group = bucketName('readers')
  await aws.ok('iam', 'create-group', '--group-name', group)
  await aws.ok('iam', 'add-user-to-group', '--group-name', group, '--user-name', name)
  const file = await aws.file('policy.json', allow(['s3:ListBucket'], `arn:aws:s3:::${bucket}`))
  const created = ['iam', 'create-policy', '--policy-name', group, '--policy-document', `file://${file}`]
  const policy = String(await aws.query('Policy.Arn', ...created))
  await aws.ok('iam', 'attach-group-policy', '--group-name', group, '--policy-arn', policy)
  await aws.okWith(ann, 's3', 'ls', `s3://${bucket}`)
  const put = ['s3', 'cp', file, `s3://${bucket}/k`]
  await aws.refusedWith(ann, /no identity-based policy allows the s3:PutObject action/, ...put)
  const own = ['--user-name', name, '--policy-name', 'writes']
  await aws.ok('iam', 'put-user-policy', ...own, '--policy-document', allow('s3:PutObject', `arn:aws:s3:::${bucket}/*`))
  await aws.okWith(ann, ...put)
  const simulated = ['simulate-principal-policy', '--policy-source-arn', arn, '--action-names', 's3:DeleteObject']
  const decision = await aws.query('EvaluationResults[].EvalDecision', 'iam', ...simulated)
  assert.deepEqual(decision, ['implicitDeny'])
  // A mistake is told in IAM's words.
  const wrong = ['iam', 'put-user-policy', ...own, '--policy-document', '{"Version":"2012-10-17"']
  await aws.refused(/MalformedPolicyDocument/, ...wrong)
  await aws.refused(/DeleteConflict.*Cannot delete entity, must /s, 'iam', 'delete-user', '--user-name', name)

  const keyOf = ['--user-name', name, '--access-key-id', key.AccessKeyId]
  await aws.ok('iam', 'update-access-key', ...keyOf, '--status', 'Inactive')
  await aws.refusedWith(ann, /InvalidAccessKeyId/, 's3', 'ls', `s3://${bucket}`)
  await aws.ok('iam', 'delete-access-key', ...keyOf)
  await aws.ok('iam', 'delete-user-policy', ...own)
  await aws.ok('iam', 'remove-user-from-group', '--group-name', group, '--user-name', name)
  await aws.ok('iam', 'delete-user', '--user-name', name)
  const gone = new RegExp(`NoSuchEntity.*The user with name ${name} cannot be found\\.`, 's')
  await aws.refused(gone, 'iam', 'get-user', '--user-name', name)
}

async function roles(aws: Aws): Promise<void> {
  const name = bucketName('bob')
  const { arn, key } = await makeUser(aws, name)
  const role = await makeRole(aws, `${name}-role`, trust({ AWS: arn }))
  const reads = ['--policy-name', 'reads', '--policy-document', allow('s3:List*', '*')]
  await aws.ok('iam', 'put-role-policy', '--role-name', `${name}-role`, ...reads)
  const args = ['sts', 'assume-role', '--role-arn', role, '--role-session-name', 'conformance']
  const { stdout } = await aws.okWith(as(key), ...args, '--output', 'json')
  const session = as((JSON.parse(stdout) as { Credentials: Key }).Credentials)
  assert.match(await callerOf(aws, session), new RegExp(`:assumed-role/${name}-role/conformance$`))
  await aws.okWith(session, 's3', 'ls')
  await aws.refusedWith(session, /AccessDenied/, 's3', 'mb', `s3://${bucketName('denied')}`)
  // The account's root key may not.
  await aws.refused(/AccessDenied.*Roles may not be assumed by root accounts/s, ...args)
}

async function post(aws: Aws, path: string, body: object): Promise<Record<string, string>> {
  const answer = await fetch(`${aws.target.server.url}${path}`, { method: 'POST', body: JSON.stringify(body) })
  return (await answer.json()) as Record<string, string>
}

async function federation(aws: Aws): Promise<void> {
  const issuer = 'https://idp.sandbucket.localhost'
  const client = 'sts.amazonaws.com'
  // Old versions insist on a thumbprint.
  const thumbprint = ['--thumbprint-list', '0'.repeat(40)]
  const made = ['create-open-id-connect-provider', '--url', issuer, '--client-id-list', client, ...thumbprint]
  const oidc = String(await aws.query('OpenIDConnectProviderArn', 'iam', ...made))
  const ci = await makeRole(aws, bucketName('ci'), trust({ Federated: oidc }, 'sts:AssumeRoleWithWebIdentity'))
  const { token = '' } = await post(aws, '/_sandbucket/idp/token', { sub: 'job', aud: client })
  const asJob = ['--role-arn', ci, '--role-session-name', 'job', '--web-identity-token', token]
  const web = (await aws.query('Credentials', 'sts', 'assume-role-with-web-identity', ...asJob)) as Key
  assert.match(await callerOf(aws, as(web)), /:assumed-role\/ci-.*\/job$/)

  const metadata = await (await fetch(`${aws.target.server.url}/_sandbucket/idp/saml/metadata`)).text()
  const file = await aws.file('metadata.xml', metadata)
  const named = ['--name', 'corp', '--saml-metadata-document', `file://${file}`]
  const provider = String(await aws.query('SAMLProviderArn', 'iam', 'create-saml-provider', ...named))
  const role = await makeRole(aws, bucketName('sso'), trust({ Federated: provider }, 'sts:AssumeRoleWithSAML'))
  const { assertion = '' } = await post(aws, '/_sandbucket/idp/saml/response', { role, provider, sub: 'ann' })
  const response = ['--role-arn', role, '--principal-arn', provider, '--saml-assertion', assertion]
  const answer = (await aws.query('[Subject, Credentials]', 'sts', 'assume-role-with-saml', ...response)) as [
    string,
    Key,
  ]
  assert.equal(answer[0], 'ann')
  assert.match(await callerOf(aws, as(answer[1])), /:assumed-role\/sso-.*\/ann$/)
}

/** No key of any kind, as in a container or on an instance. */
const noKeys: Settings = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
}

async function withoutKeys(aws: Aws): Promise<void> {
  const { url } = aws.target.server
  const worker = bucketName('worker')
  await makeRole(aws, worker, trust({ Service: 'ecs-tasks.amazonaws.com' }))
  const container = { ...noKeys, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/_sandbucket/credentials/${worker}` }
  assert.match(await callerOf(aws, container), new RegExp(`:assumed-role/${worker}/`))

  const web = bucketName('web')
  await makeRole(aws, web, trust({ Service: 'ec2.amazonaws.com' }))
  await aws.ok('iam', 'create-instance-profile', '--instance-profile-name', web)
  await aws.ok('iam', 'add-role-to-instance-profile', '--instance-profile-name', web, '--role-name', web)
  const endpoint = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: `${url}/_sandbucket/imds/`,
    AWS_EC2_METADATA_DISABLED: undefined,
  }
  assert.match(await callerOf(aws, { ...noKeys, ...endpoint }), new RegExp(`:assumed-role/${web}/i-`))
}

/** The policy simulator through the SDK. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  type EvaluationResult,
  GetContextKeysForCustomPolicyCommand,
  GetContextKeysForPrincipalPolicyCommand,
  PutGroupPolicyCommand,
  PutRolePolicyCommand,
  PutUserPermissionsBoundaryCommand,
  PutUserPolicyCommand,
  SimulateCustomPolicyCommand,
  type SimulateCustomPolicyCommandInput,
  SimulatePrincipalPolicyCommand,
  type SimulatePrincipalPolicyCommandInput,
} from '@aws-sdk/client-iam'
import { GetObjectCommand, PutObjectCommand, CreateBucketCommand } from '@aws-sdk/client-s3'
import { type Arena, allow, failure, startArena, trust } from './support.ts'

const object = 'arn:aws:s3:::b/k'
const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })
const statement = (Effect: string, Action: string, Resource = '*', more: object = {}) => ({
  Effect,
  Action,
  Resource,
  ...more,
})
const deny = (action: string) => policy(statement('Deny', action))

describe('the policy simulator', () => {
  let arena: Arena
  before(async () => {
    arena = await startArena()
  })
  after(() => arena[Symbol.asyncDispose]())

  async function custom(input: Partial<SimulateCustomPolicyCommandInput>): Promise<EvaluationResult[]> {
    const whole = { PolicyInputList: [], ActionNames: ['s3:GetObject'], ...input }
    return (await arena.root.iam.send(new SimulateCustomPolicyCommand(whole))).EvaluationResults ?? []
  }

  async function principal(
    input: Partial<SimulatePrincipalPolicyCommandInput> & { PolicySourceArn: string },
  ): Promise<EvaluationResult[]> {
    const whole = { ActionNames: ['s3:GetObject'], ...input }
    return (await arena.root.iam.send(new SimulatePrincipalPolicyCommand(whole))).EvaluationResults ?? []
  }

  const decisions = (results: EvaluationResult[]) => results.map(({ EvalDecision }) => EvalDecision)
  const ids = ({ MatchedStatements = [] }: EvaluationResult) => MatchedStatements.map((one) => one.SourcePolicyId)

  it('answers as recorded against AWS (LocalStack suite, test_simulate_principle_policy)', async () => {
    const { iam } = arena.root
    const document =
      '{"Version": "2012-10-17", "Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}'
    const made = await iam.send(new CreatePolicyCommand({ PolicyName: 'putter', PolicyDocument: document }))
    const { arn } = await arena.user('recorded')
    await iam.send(new AttachUserPolicyCommand({ UserName: 'recorded', PolicyArn: made.Policy?.Arn }))
    const results = await principal({
      PolicySourceArn: arn,
      ActionNames: ['s3:PutObject', 's3:GetObjectVersion'],
      ResourceArns: ['arn:aws:s3:::bucket'],
    })
    const MatchedStatements = [
      {
        SourcePolicyId: 'putter',
        SourcePolicyType: 'IAM Policy',
        StartPosition: { Line: 1, Column: 41 },
        EndPosition: { Line: 1, Column: 113 },
      },
    ]
    const EvalResourceName = 'arn:aws:s3:::bucket'
    assert.deepEqual(results, [
      {
        EvalActionName: 's3:PutObject',
        EvalDecision: 'allowed',
        EvalDecisionDetails: {},
        EvalResourceName,
        MatchedStatements,
        MissingContextValues: [],
        ResourceSpecificResults: [
          { EvalResourceDecision: 'allowed', EvalResourceName, MatchedStatements, MissingContextValues: [] },
        ],
      },
      {
        EvalActionName: 's3:GetObjectVersion',
        EvalDecision: 'implicitDeny',
        EvalDecisionDetails: {},
        EvalResourceName,
        MatchedStatements: [],
        MissingContextValues: [],
        ResourceSpecificResults: [
          { EvalResourceDecision: 'implicitDeny', EvalResourceName, MatchedStatements: [], MissingContextValues: [] },
        ],
      },
    ])
  })

  it('without resources simulates everything and gives neither details nor results by resource', async () => {
    const [result] = await custom({ PolicyInputList: [allow('s3:*', '*')] })
    assert.equal(result?.EvalResourceName, '*')
    assert.equal(result?.EvalDecision, 'allowed')
    assert.equal(result?.EvalDecisionDetails, undefined)
    assert.equal(result?.ResourceSpecificResults, undefined)
    assert.deepEqual(decisions(await custom({ PolicyInputList: [allow('s3:*', object)] })), ['implicitDeny'])
  })

  it('one result for an action on several resources says the worst, and the pattern of the resource', async () => {
    const [result] = await custom({
      PolicyInputList: [allow('s3:GetObject', object)],
      ResourceArns: [object, 'arn:aws:s3:::other/k'],
    })
    assert.equal(result?.EvalDecision, 'implicitDeny')
    assert.equal(result?.EvalResourceName, `arn:aws:s3:::\${BucketName}/\${KeyName}`)
    const each = result?.ResourceSpecificResults?.map((one) => [one.EvalResourceName, one.EvalResourceDecision])
    assert.deepEqual(each, [
      [object, 'allowed'],
      ['arn:aws:s3:::other/k', 'implicitDeny'],
    ])
  })

  it('statements of a list begin at their brace, later ones at the comma, on the right line', async () => {
    const compact = policy(statement('Allow', 's3:GetObject'), statement('Allow', 's3:Get*'))
    const first = compact.indexOf('{', 1)
    const second = compact.indexOf('{', first + 1)
    const [result] = await custom({ PolicyInputList: [compact] })
    const columns = result?.MatchedStatements?.map(({ StartPosition, EndPosition }) => [
      StartPosition?.Column,
      EndPosition?.Column,
    ])
    assert.deepEqual(columns, [
      [first + 1, second],
      [second, compact.length - 1],
    ])
    const [pretty] = await custom({ PolicyInputList: [JSON.stringify(JSON.parse(compact), null, 2)] })
    assert.deepEqual(
      pretty?.MatchedStatements?.map(({ StartPosition, EndPosition }) => [StartPosition, EndPosition?.Line]),
      [
        [{ Line: 4, Column: 5 }, 8],
        [{ Line: 9, Column: 5 }, 13],
      ],
    )
  })

  it('an explicit deny is the only statement shown of its kind of policy', async () => {
    const [result] = await custom({ PolicyInputList: [allow('s3:*', '*'), deny('s3:GetObject')] })
    assert.equal(result?.EvalDecision, 'explicitDeny')
    assert.deepEqual(result && ids(result), ['PolicyInputList.2'])
  })

  it('missing context keys are reported in the policy, by resource when there are resources', async () => {
    const Condition = { StringEquals: { 'AWS:principaltag/Team': 'red', 'aws:sourceip': `\${aws:username}` } }
    const PolicyInputList = [policy(statement('Allow', 's3:GetObject', '*', { Condition }))]
    const [everything] = await custom({ PolicyInputList })
    const missing = ['AWS:principaltag/Team', 'aws:SourceIp', 'aws:username']
    assert.deepEqual(everything?.MissingContextValues?.sort(), missing)
    const [single] = await custom({ PolicyInputList, ResourceArns: [object] })
    assert.deepEqual(single?.MissingContextValues, [])
    assert.deepEqual(single?.ResourceSpecificResults?.[0]?.MissingContextValues?.sort(), missing)
    const { ContextKeyNames } = await arena.root.iam.send(new GetContextKeysForCustomPolicyCommand({ PolicyInputList }))
    assert.deepEqual(ContextKeyNames?.sort(), missing)
  })

  it('context entries decide, one value or a list', async () => {
    const PolicyInputList = [
      policy(
        statement('Allow', 's3:GetObject', '*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }),
        statement('Allow', 's3:PutObject', '*', {
          Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b'] }, Null: { 'aws:TagKeys': 'false' } },
        }),
      ),
    ]
    const ask = async (action: string, name: string, type: 'ip' | 'stringList' | 'string', ...values: string[]) =>
      decisions(
        await custom({
          PolicyInputList,
          ActionNames: [action],
          ContextEntries: [{ ContextKeyName: name, ContextKeyType: type, ContextKeyValues: values }],
        }),
      )
    assert.deepEqual(await ask('s3:GetObject', 'AWS:sourceIP', 'ip', '10.1.1.1'), ['allowed'])
    assert.deepEqual(await ask('s3:GetObject', 'aws:SourceIp', 'ip', '11.1.1.1'), ['implicitDeny'])
    assert.deepEqual(await ask('s3:PutObject', 'aws:TagKeys', 'stringList', 'a', 'b'), ['allowed'])
    assert.deepEqual(await ask('s3:PutObject', 'aws:TagKeys', 'stringList', 'a', 'c'), ['implicitDeny'])
    assert.match(await failure(ask('s3:PutObject', 'aws:TagKeys', 'string', 'a', 'c')), /^400 InvalidInput/)
  })

  it('a user has its own policies, those of its groups, the boundary, and those of the input', async () => {
    const { iam } = arena.root
    const { arn } = await arena.user('member', '/staff/')
    await iam.send(new CreateGroupCommand({ GroupName: 'crew' }))
    await iam.send(new AddUserToGroupCommand({ GroupName: 'crew', UserName: 'member' }))
    const inline = allow('s3:GetObject', `arn:aws:s3:::\${aws:username}/*`)
    await iam.send(new PutUserPolicyCommand({ UserName: 'member', PolicyName: 'own', PolicyDocument: inline }))
    const ofGroup = policy(
      statement('Allow', 's3:PutObject', '*', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
    )
    await iam.send(new PutGroupPolicyCommand({ GroupName: 'crew', PolicyName: 'puts', PolicyDocument: ofGroup }))
    const readOnly = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
    await iam.send(new AttachGroupPolicyCommand({ GroupName: 'crew', PolicyArn: readOnly }))
    const ask = {
      PolicySourceArn: arn,
      ActionNames: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      ResourceArns: ['arn:aws:s3:::member/k'],
      PolicyInputList: [allow('s3:DeleteObject', '*')],
    }
    const secure = {
      ContextKeyName: 'aws:SecureTransport',
      ContextKeyType: 'boolean' as const,
      ContextKeyValues: ['true'],
    }
    const results = await principal({ ...ask, ContextEntries: [secure] })
    assert.deepEqual(decisions(results), ['allowed', 'allowed', 'allowed'])
    assert.deepEqual(results.map(ids), [
      ['user_member_own', 'AmazonS3ReadOnlyAccess'],
      ['group_crew_puts'],
      ['PolicyInputList.1'],
    ])
    const keys = await iam.send(new GetContextKeysForPrincipalPolicyCommand({ PolicySourceArn: arn }))
    assert.deepEqual(keys.ContextKeyNames, ['aws:username', 'aws:SecureTransport'])

    const excluded = await principal({
      ...ask,
      PolicyExclusionList: [
        { PolicyArn: readOnly },
        { InlinePolicyIdentifier: { PolicyName: 'puts', AttachmentType: 'group', AttachmentName: 'crew' } },
      ],
      ContextEntries: [secure],
    })
    assert.deepEqual(excluded.map(ids), [['user_member_own'], [], ['PolicyInputList.1']])

    await iam.send(new PutUserPermissionsBoundaryCommand({ UserName: 'member', PermissionsBoundary: readOnly }))
    const bounded = await principal({ ...ask, ContextEntries: [secure] })
    const within = bounded.map((one) => one.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary)
    assert.deepEqual(within, [true, false, false])
    assert.deepEqual(decisions(bounded), ['allowed', 'implicitDeny', 'implicitDeny'])
    const replaced = await principal({ ...ask, PermissionsBoundaryPolicyInputList: [allow('s3:DeleteObject', '*')] })
    assert.deepEqual(decisions(replaced), ['implicitDeny', 'implicitDeny', 'allowed'])
    const freed = await principal({ ...ask, PolicyExclusionList: [{ PolicyArn: readOnly }], ContextEntries: [secure] })
    assert.deepEqual(decisions(freed), ['allowed', 'allowed', 'allowed'])
  })

  it('agrees with the server that decides for real', async () => {
    const { iam, s3 } = arena.root
    await s3.send(new CreateBucketCommand({ Bucket: 'agreed' }))
    await s3.send(new PutObjectCommand({ Bucket: 'agreed', Key: 'in/k', Body: 'x' }))
    const user = await arena.user('reader')
    const PolicyDocument = allow(['s3:GetObject'], 'arn:aws:s3:::agreed/in/*')
    await iam.send(new PutUserPolicyCommand({ UserName: 'reader', PolicyName: 'p', PolicyDocument }))
    await user.s3.send(new GetObjectCommand({ Bucket: 'agreed', Key: 'in/k' }))
    assert.match(
      await failure(user.s3.send(new PutObjectCommand({ Bucket: 'agreed', Key: 'in/k', Body: 'y' }))),
      /^403/,
    )
    const results = await principal({
      PolicySourceArn: user.arn,
      ActionNames: ['s3:GetObject', 's3:PutObject'],
      ResourceArns: ['arn:aws:s3:::agreed/in/k'],
    })
    assert.deepEqual(decisions(results), ['allowed', 'implicitDeny'])
    assert.match(
      await failure(
        user.iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: user.arn, ActionNames: ['s3:GetObject'] })),
      ),
      /^403 AccessDenied/,
    )
  })

  it('resource policies count for user callers, inside the account and across', async () => {
    const CallerArn = `arn:aws:iam::${arena.accountId}:user/someone`
    const ResourcePolicy = policy(statement('Allow', 's3:GetObject', object, { Principal: { AWS: CallerArn } }))
    const ask = { CallerArn, ResourcePolicy, ResourceArns: [object] }
    const [inside] = await custom(ask)
    assert.equal(inside?.EvalDecision, 'allowed')
    assert.deepEqual(inside?.EvalDecisionDetails, {})
    assert.deepEqual(
      inside?.MatchedStatements?.map((one) => [one.SourcePolicyId, one.SourcePolicyType]),
      [['ResourcePolicy', 'Resource Policy']],
    )
    const ResourceOwner = 'arn:aws:iam::222222222222:root'
    const [across] = await custom({ ...ask, ResourceOwner })
    assert.equal(across?.EvalDecision, 'implicitDeny')
    const details = { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' }
    assert.deepEqual(across?.EvalDecisionDetails, details)
    assert.deepEqual(across?.ResourceSpecificResults?.[0]?.EvalDecisionDetails, details)
    const [both] = await custom({ ...ask, ResourceOwner, PolicyInputList: [allow('s3:*', '*')] })
    assert.equal(both?.EvalDecision, 'allowed')
    // Published answer of the simulator: the deny of the resource policy first, then the allow of the identity policy.
    const denies = policy(statement('Deny', 's3:*', object, { Principal: '*' }))
    const [denied] = await custom({ ...ask, ResourcePolicy: denies, PolicyInputList: [allow('s3:*', '*')] })
    assert.deepEqual(denied && ids(denied), ['ResourcePolicy', 'PolicyInputList.1'])
    assert.equal(denied?.EvalDecision, 'explicitDeny')
  })

  it('service control policies must allow at each level', async () => {
    const PolicyInputList = [allow('s3:*', '*')]
    const level = (text: string) => ({ ServiceControlPolicyInputList: [text] })
    const ask = async (...OrderedOrganizationPolicyInputList: ReturnType<typeof level>[]) => {
      const [result] = await custom({ PolicyInputList, OrderedOrganizationPolicyInputList })
      return [result?.EvalDecision, result?.OrganizationsDecisionDetail?.AllowedByOrganizations]
    }
    const full = level(allow('*', '*'))
    assert.deepEqual(await ask(full, full), ['allowed', true])
    assert.deepEqual(await ask(full, level(allow('ec2:*', '*'))), ['implicitDeny', false])
    assert.deepEqual(await ask(level(deny('s3:GetObject')), full), ['explicitDeny', false])
  })

  it('pages of actions continue where they ended', async () => {
    const ActionNames = ['s3:GetObject', 's3:PutObject', 's3:GetObject']
    const PolicyInputList = [allow('s3:GetObject', '*')]
    const found: (string | undefined)[] = []
    let Marker: string | undefined
    do {
      const input = { PolicyInputList, ActionNames, MaxItems: 2, Marker }
      const page = await arena.root.iam.send(new SimulateCustomPolicyCommand(input))
      found.push(...decisions(page.EvaluationResults ?? []))
      Marker = page.Marker
      assert.equal(page.IsTruncated, Marker !== undefined)
    } while (Marker !== undefined)
    assert.deepEqual(found, ['allowed', 'implicitDeny', 'allowed'])
  })

  it('refuses what AWS refuses', async () => {
    const { iam } = arena.root
    const AssumeRolePolicyDocument = trust({ Service: 'ec2.amazonaws.com' })
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'r', AssumeRolePolicyDocument }))
    const document = allow('s3:GetObject', '*')
    await iam.send(new PutRolePolicyCommand({ RoleName: 'r', PolicyName: 'p', PolicyDocument: document }))
    const PolicySourceArn = Role?.Arn ?? ''
    assert.deepEqual((await principal({ PolicySourceArn })).map(ids), [['role_r_p']])
    const ResourcePolicy = policy(statement('Allow', 's3:*', object, { Principal: '*' }))
    const refusals: [Promise<unknown>, string][] = [
      [
        principal({ PolicySourceArn, ResourcePolicy }),
        'InvalidInput: Invalid caller - Caller must be an IAM user in this context.',
      ],
      [
        principal({ PolicySourceArn: 'arn:aws:sts::111111111111:assumed-role/r/s' }),
        'InvalidInput: Invalid Entity Arn: arn:aws:sts::111111111111:assumed-role/r/s does not clearly define entity type and name.',
      ],
      [
        principal({ PolicySourceArn: 'arn:aws:iam::222222222222:role/r' }),
        "InvalidInput: Invalid Policy Source Arn: caller's account 111111111111 does not have access to policies in account 222222222222",
      ],
      [custom({ ResourceArns: ['nonsense'] }), 'InvalidInput: ResourceNames are not in a valid ARN format: nonsense.'],
      [custom({ ResourceOwner: '111111111111' }), "InvalidInput: '111111111111' is not a valid as a Resource Owner."],
      [custom({ ActionNames: ['s3:*'] }), 'InvalidInput: ActionNames are not in a valid format: s3:*.'],
      [custom({ PolicyInputList: ['{'] }), 'InvalidInput: Syntax errors in policy.'],
    ]
    for (const [call, expected] of refusals) {
      const told = await failure(call)
      assert.equal(told.replace('Exception', ''), `400 ${expected}`)
    }
    const nobody = principal({ PolicySourceArn: 'arn:aws:iam::111111111111:role/none' })
    assert.match(await failure(nobody), /^404 NoSuchEntity\w*: The role with name none cannot be found\.$/)
  })
})

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates
/**
 * Authorization of one request by a user with 20 managed policies of 10 statements each, and a bucket policy: how long
 * `decide` takes. Issue budget: under 20 us median.
 */
import { compilePolicy } from '../../src/policy/compile.ts'
import { contextOf } from '../../src/policy/context-source.ts'
import { type AccessRequest, decide } from '../../src/policy/decide.ts'
import { parsePolicy } from '../../src/policy/parse.ts'

export interface PolicyBenchResult {
  name: string
  medianUs: number
  p99Us: number
}

type Statement = Record<string, unknown>

const account = '111111111111'
const actions = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:ListBucket',
  's3:GetObject*',
  'iam:Get*',
  'sts:*',
]

/** Realistic: every statement names its actions; about a third of them cover GetObject. */
function varied(policy: number, index: number): Statement {
  return {
    Effect: index === 9 ? 'Deny' : 'Allow',
    Action: [actions[(policy + index) % 7], actions[(policy + index * 2 + 1) % 7]],
    Resource: [`arn:aws:s3:::bucket-${policy}`, `arn:aws:s3:::bucket-${policy}/team-${index}/*`],
  }
}

/** Worst: every statement covers the action and the resource, and fails in its condition. */
function heavy(policy: number, index: number): Statement {
  return {
    Effect: index % 2 === 0 ? 'Allow' : 'Deny',
    Action: 's3:*',
    Resource: 'arn:aws:s3:::target/${aws:username}/*',
    Condition: {
      StringLike: { 's3:prefix': [`p${policy}/*`, `q${index}/*`] },
      Bool: { 'aws:SecureTransport': 'true' },
    },
  }
}

function compiled(name: string, statements: Statement[]) {
  const parsed = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }))
  if (parsed === undefined) throw new Error(`${name} is no policy`)
  return compilePolicy(parsed.document, { source: name })
}

function requestOf(make: (policy: number, index: number) => Statement): AccessRequest {
  const identity = Array.from({ length: 20 }, (_, policy) =>
    compiled(
      `policy-${policy}`,
      Array.from({ length: 10 }, (_, index) => make(policy, index)),
    ),
  )
  identity.push(compiled('last', [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::target/*' }]))
  const bucketPolicy = [
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: 'arn:aws:s3:::target/*',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  ]
  return {
    principal: {
      kind: 'user',
      accountId: account,
      arn: `arn:aws:iam::${account}:user/u`,
      uniqueId: 'AIDAEXAMPLE',
      canonicalId: '1'.repeat(64),
    },
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::target/u/some/longer/key/2026/01/02/object.json',
    resourceAccount: account,
    context: contextOf({ 'aws:username': 'u', 'aws:SecureTransport': 'true', 'aws:SourceIp': '127.0.0.1' }),
    policies: { identity, resource: compiled('bucket', bucketPolicy) },
  }
}

/** Measures both mixes; `rounds` decisions each, after as many to warm up. */
export function benchPolicy(rounds = 20_000): PolicyBenchResult[] {
  const mixes = { 'policy decision, 20 x 10 statements': varied, 'policy decision, 20 x 10 conditions': heavy }
  return Object.entries(mixes).map(([name, make]) => {
    const request = requestOf(make)
    if (decide(request).decision !== 'allowed') throw new Error(`${name}: not allowed`)
    const times = new Float64Array(rounds)
    for (let round = -rounds; round < rounds; round++) {
      const started = process.hrtime.bigint()
      decide(request)
      if (round >= 0) times[round] = Number(process.hrtime.bigint() - started) / 1000
    }
    times.sort()
    return { name, medianUs: times[rounds >> 1] ?? 0, p99Us: times[Math.floor(rounds * 0.99)] ?? 0 }
  })
}

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates
/**
 * Authorization of one request of an IAM user with 20 managed policies of 10 statements each, to a bucket with a policy:
 * all of it, from the caller's policies to the entry in the journal, as the request path does it.
 */
import { Authorizer } from '../../src/authorization/authorize.ts'
import type { Asked } from '../../src/authorization/asked.ts'
import { Journal } from '../../src/authorization/journal.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import { IamIdentities } from '../../src/iam/identities.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { openStore } from '../../src/store/open.ts'
import type { BucketRecord } from '../../src/store/records.ts'
import type { Store } from '../../src/store/store.ts'
import { atMost, forInformation, type Row } from './report.ts'

type Statement = Record<string, unknown>

const rounds = 20_000
const ended = {
  atMs: 0,
  operation: 'GetObject',
  method: 'GET',
  path: '/target/u',
  hostBucket: undefined,
  status: 200,
  by: '',
  us: 0,
  queryChars: 0,
}
const accountId = '111111111111'
const accessKeyId = 'AKIABENCHUSER0000001'
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
      StringLike: { 'aws:UserAgent': [`p${policy}/*`, `q${index}/*`] },
      Bool: { 'aws:SecureTransport': 'true' },
    },
  }
}

const documentOf = (statements: Statement[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })

/** Makes the user and its policies, the last statement of which allows the request. */
async function addUser(store: Store, make: (policy: number, index: number) => Statement): Promise<void> {
  const createdMs = 0
  await store.iam.change(accountId, (draft) => {
    const attached: string[] = []
    for (let policy = 0; policy < 20; policy++) {
      const statements = Array.from({ length: 10 }, (_, index) => make(policy, index))
      if (policy === 19) statements[9] = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::target/*' }
      const name = `policy-${policy}`
      attached.push(`arn:aws:iam::${accountId}:policy/${name}`)
      draft.put('policy', {
        PolicyName: name,
        PolicyId: `ANPABENCH${policy}`,
        Path: '/',
        createdMs,
        updatedMs: createdMs,
        DefaultVersionId: 'v1',
        versions: [{ VersionId: 'v1', Document: documentOf(statements), createdMs }],
        lastVersion: 1,
      })
    }
    draft.put('user', {
      UserName: 'u',
      UserId: 'AIDABENCHUSER',
      Path: '/',
      createdMs,
      inline: {},
      attached,
      groups: [],
      accessKeys: [{ AccessKeyId: accessKeyId, SecretAccessKey: 'secret', Status: 'Active', createdMs }],
    })
  })
}

const bucket: BucketRecord = {
  Name: 'target',
  id: 'target',
  region: 'us-east-1',
  ownerId: accountId,
  createdMs: 0,
  type: 'general',
  ObjectOwnership: 'BucketOwnerEnforced',
  documents: {
    policy: {
      text: documentOf([
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: 'arn:aws:s3:::target/*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
      uniqueIds: {},
    },
  },
}

interface Times {
  medianUs: number
  p99Us: number
}

/** Times the authorization of one request after another, after as many to warm up. */
async function authorizing(make: (policy: number, index: number) => Statement): Promise<Times> {
  const store = await openStore()
  try {
    await addUser(store, make)
    const { config } = resolveOptions({ accountId })
    const account = { id: accountId, canonicalId: '1'.repeat(64), displayName: '', email: '' }
    const identities = new IamIdentities(store.iam, (id) => (id === accountId ? account : undefined))
    const authorizer = new Authorizer({
      identities: {
        policiesOf: (principal) => identities.policiesOf(principal),
        resolve: () => undefined,
        uniqueIdOf: (arn) => identities.uniqueIdOf(arn),
      },
      accountBlock: () => undefined,
    })
    const journal = new Journal()
    const credential = await identities.find(accessKeyId)
    if (credential === undefined) throw new Error('the user has no key')
    const request = { headers: { 'user-agent': 'bench' }, isTls: true, remoteAddress: '127.0.0.1' }
    const asked = (requestId: string): Asked => ({
      config,
      store,
      clock: systemClock,
      requestId,
      request: request as unknown as Asked['request'],
      operation: 'GetObject',
      principal: credential.principal,
      auth: { authType: 'REST-HEADER', signatureVersion: 'AWS4-HMAC-SHA256', region: 'us-east-1' },
      input: { Bucket: 'target', Key: 'u/some/longer/key/2026/01/02/object.json' },
      maybeBucket: bucket,
      entry: journal.begin(requestId),
    })
    const times = new Float64Array(rounds)
    for (let round = -rounds; round < rounds; round++) {
      const one = asked(`request-${round}`)
      const started = process.hrtime.bigint()
      await authorizer.head(one)
      journal.end(one.entry, ended)
      if (round >= 0) times[round] = Number(process.hrtime.bigint() - started) / 1000
    }
    times.sort()
    return { medianUs: times[rounds >> 1] ?? 0, p99Us: times[Math.floor(rounds * 0.99)] ?? 0 }
  } finally {
    await store.close()
  }
}

export async function policy(): Promise<Row[]> {
  const ordinary = await authorizing(varied)
  const worst = await authorizing(heavy)
  const text = ({ p99Us }: Times) => `median of ${rounds.toLocaleString('en')}; 99 % under ${p99Us.toFixed(0)} us`
  return [
    atMost('Authorization against 20 policies of 10 statements', text(ordinary), ordinary.medianUs, 20, ' us'),
    forInformation(
      'The same where each statement covers the request but for its condition',
      text(worst),
      worst.medianUs,
      ' us',
    ),
  ]
}

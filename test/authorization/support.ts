/**
 * A server in this process with two accounts, A (owner) and X, and everyone who may ask something of it: roots, users,
 * sessions of roles, anonymous callers. Clients are the SDK's.
 */
import assert from 'node:assert/strict'
import * as iam from '@aws-sdk/client-iam'
import * as s3 from '@aws-sdk/client-s3'
import type { Options } from '../../src/config/options.ts'
import { resolveOptions } from '../../src/config/resolve.ts'
import { sealSession } from '../../src/iam/session-tokens.ts'
import { createServer, type RunningServer } from '../../src/server.ts'

export const accountA = '111111111111'
export const accountX = '222222222222'
export const canonicalX = 'b'.repeat(64)

export type Statement = Record<string, unknown>

export interface Key {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** What a request was answered. */
export interface Said {
  /** `200`, `403 AccessDenied`, ...; `404` of HEAD, which has no body. */
  outcome: string
  message: string
  output: Record<string, unknown>
}

/** Somebody who asks. */
export interface Asker {
  name: string
  arn: string
  key: Key
  /** Runs an operation of S3. */
  ask(operation: string, input: object): Promise<Said>
}

export interface UserOptions {
  account?: 'A' | 'X'
  /** Statements of one inline policy. */
  allow?: Statement[]
  /** A whole document instead. */
  policy?: object
  boundary?: Statement[]
  tags?: Record<string, string>
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const rootKeys = {
  A: { accessKeyId: 'AKIAROOTA', secretAccessKey: 'secret-of-root-a' },
  X: { accessKeyId: 'AKIAROOTX', secretAccessKey: 'secret-of-root-x' },
}

/** All of S3, on everything. */
export const allOfS3: Statement = { Effect: 'Allow', Action: 's3:*', Resource: '*' }

export const policyOf = (statements: Statement | Statement[], version = '2012-10-17') =>
  JSON.stringify({ Version: version, Statement: statements })

let counter = 0

export class Scene {
  readonly server: RunningServer
  /** Plain HTTP, which a server with TLS speaks too. */
  readonly endpoint: string
  readonly a: Asker
  readonly x: Asker
  readonly #clients: { destroy(): void }[] = []

  constructor(server: RunningServer) {
    this.server = server
    this.endpoint = server.url.replace('https:', 'http:')
    this.a = this.asker('root of A', `arn:aws:iam::${accountA}:root`, rootKeys.A)
    this.x = this.asker('root of X', `arn:aws:iam::${accountX}:root`, rootKeys.X)
  }

  asker(name: string, arn: string, key: Key): Asker {
    const client = new s3.S3Client({ ...this.#options(key), requestChecksumCalculation: 'WHEN_REQUIRED' })
    this.#clients.push(client)
    return { name, arn, key, ask: (operation, input) => said(client, s3, operation, input) }
  }

  #options(key: Key) {
    return {
      endpoint: this.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      // The SDK writes into what it is given.
      credentials: { ...key },
      maxAttempts: 1,
    }
  }

  /** An operation of IAM by a root. */
  async iam(account: 'A' | 'X', operation: string, input: object): Promise<Record<string, unknown>> {
    const client = new iam.IAMClient(this.#options(rootKeys[account]))
    try {
      const answer = await said(client, iam, operation, input)
      assert.equal(answer.outcome, '200', `${operation}: ${answer.outcome} ${answer.message}`)
      return answer.output
    } finally {
      client.destroy()
    }
  }

  /** A new user with a key. */
  async user({ account = 'A', allow, policy, boundary, tags = {} }: UserOptions = {}): Promise<Asker> {
    const UserName = `u${++counter}`
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    const created = await this.iam(account, 'CreateUser', { UserName, Tags })
    const { AccessKey } = await this.iam(account, 'CreateAccessKey', { UserName })
    const document = policy === undefined ? allow && policyOf(allow) : JSON.stringify(policy)
    if (document !== undefined) {
      await this.iam(account, 'PutUserPolicy', { UserName, PolicyName: 'p', PolicyDocument: document })
    }
    if (boundary !== undefined) {
      const PermissionsBoundary = await this.managed(account, boundary)
      await this.iam(account, 'PutUserPermissionsBoundary', { UserName, PermissionsBoundary })
    }
    const { AccessKeyId, SecretAccessKey } = AccessKey as { AccessKeyId: string; SecretAccessKey: string }
    const arn = (created.User as { Arn: string }).Arn
    return this.asker(UserName, arn, { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey })
  }

  /** A new managed policy; its ARN. */
  async managed(account: 'A' | 'X', statements: Statement[]): Promise<string> {
    const input = { PolicyName: `m${++counter}`, PolicyDocument: policyOf(statements) }
    const { Policy } = await this.iam(account, 'CreatePolicy', input)
    return (Policy as { Arn: string }).Arn
  }

  /** A new role of account A; its name and ARN. */
  async role(allow: Statement[], boundary?: Statement[]): Promise<{ name: string; arn: string; id: string }> {
    const RoleName = `r${++counter}`
    const trust = policyOf({ Effect: 'Allow', Principal: { AWS: accountA }, Action: 'sts:AssumeRole' })
    const { Role } = await this.iam('A', 'CreateRole', { RoleName, AssumeRolePolicyDocument: trust, Path: '/team/' })
    await this.iam('A', 'PutRolePolicy', { RoleName, PolicyName: 'p', PolicyDocument: policyOf(allow) })
    if (boundary !== undefined) {
      const PermissionsBoundary = await this.managed('A', boundary)
      await this.iam('A', 'PutRolePermissionsBoundary', { RoleName, PermissionsBoundary })
    }
    const { Arn, RoleId } = Role as { Arn: string; RoleId: string }
    return { name: RoleName, arn: Arn, id: RoleId }
  }

  /** A session of a role, or of the federated user `name`, as STS makes them. */
  async session(of: { name: string; id: string }, sessionPolicy?: Statement[], kind: 'role' | 'federated' = 'role') {
    const nowMs = Date.now()
    const accessKeyId = `ASIA${String(++counter).padStart(16, '0')}`
    const token = sealSession(
      {
        accessKeyId,
        secretAccessKey: 'secret-of-a-session',
        accountId: accountA,
        kind,
        uniqueId: of.id,
        name: 's1',
        session: {
          by: kind === 'role' ? 'AssumeRole' : 'GetFederationToken',
          issuedMs: nowMs,
          expiresMs: nowMs + 3_600_000,
          tags: {},
          transitiveTagKeys: [],
          policies: sessionPolicy === undefined ? [] : [policyOf(sessionPolicy)],
          policyArns: [],
        },
      },
      await this.server.store.iam.secret('session'),
    )
    const resource = kind === 'role' ? `assumed-role/${of.name}/s1` : 'federated-user/s1'
    const arn = `arn:aws:sts::${accountA}:${resource}`
    return this.asker('session', arn, { accessKeyId, secretAccessKey: 'secret-of-a-session', sessionToken: token })
  }

  /** A new bucket of A without Block Public Access, with ACLs off unless told. */
  async bucket(ownership: s3.ObjectOwnership = 'BucketOwnerEnforced', block: s3.PublicAccessBlockConfiguration = {}) {
    const Bucket = `bucket-${++counter}`
    await this.must(this.a, 'CreateBucket', { Bucket, ObjectOwnership: ownership })
    await this.must(this.a, 'PutPublicAccessBlock', {
      Bucket,
      PublicAccessBlockConfiguration: { BlockPublicAcls: false, ...block },
    })
    return Bucket
  }

  /** Sets the policy of a bucket of A. `B` in resources stands for the bucket's name. */
  policy(Bucket: string, ...statements: Statement[]): Promise<Said> {
    const text = policyOf(statements).replaceAll('arn:aws:s3:::B', `arn:aws:s3:::${Bucket}`)
    return this.must(this.a, 'PutBucketPolicy', { Bucket, Policy: text })
  }

  put(Bucket: string, Key: string, more: object = {}): Promise<Said> {
    return this.must(this.a, 'PutObject', { Bucket, Key, Body: 'hello', ...more })
  }

  async must(who: Asker, operation: string, input: object): Promise<Said> {
    const answer = await who.ask(operation, input)
    assert.match(answer.outcome, /^20/, `${who.name} ${operation}: ${answer.outcome} ${answer.message}`)
    return answer
  }

  /** A request without signature: status and code. */
  async anonymous(method: string, path: string, init: RequestInit = {}): Promise<Said> {
    const response = await fetch(`${this.endpoint}${path}`, { method, ...init })
    const text = await response.text()
    const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1]
    const message = /<Message>(.*?)<\/Message>/.exec(text)?.[1] ?? ''
    const outcome = code === undefined ? String(response.status) : `${response.status} ${code}`
    return { outcome, message, output: { text, headers: response.headers } }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.server.close({ graceMs: 0 })
  }
}

/** What the SDK calls errors of HEAD, which have no body. */
const withoutCode = new Set(['Unknown', 'NotFound'])

interface Client {
  send(command: never): Promise<object>
}

/** Runs an operation of a client. @param names the SDK package the client is of */
export async function said(client: Client, names: object, operation: string, input: object): Promise<Said> {
  const Command = (names as Record<string, new (input: object) => never>)[`${operation}Command`]
  if (Command === undefined) throw new Error(`the SDK has no ${operation}`)
  try {
    const output = (await client.send(new Command(input))) as Record<string, unknown>
    const metadata = output.$metadata as { httpStatusCode?: number }
    return { outcome: String(metadata.httpStatusCode), message: '', output }
  } catch (cause) {
    const failure = cause as { name: string; message: string; $metadata?: { httpStatusCode?: number } }
    if (failure.$metadata?.httpStatusCode === undefined) throw cause
    const { httpStatusCode: status } = failure.$metadata
    const outcome = withoutCode.has(failure.name) ? String(status) : `${status} ${failure.name}`
    return { outcome, message: failure.message, output: failure as unknown as Record<string, unknown> }
  }
}

export interface SceneOptions {
  /** Where the accounts are in an organization. */
  organizations?: { A?: string; X?: string }
  /** Further options of the server. */
  server?: Options
}

/** Starts the server of a file. */
export async function openScene({ organizations = {}, server = {} }: SceneOptions = {}): Promise<Scene> {
  const { config } = resolveOptions({
    inMemory: true,
    port: 0,
    accounts: [
      { id: accountA, canonicalId: 'a'.repeat(64), organization: organizations.A, keys: [{ ...rootKeys.A }] },
      { id: accountX, canonicalId: canonicalX, organization: organizations.X, keys: [{ ...rootKeys.X }] },
    ],
    ...server,
  })
  return new Scene(await createServer(config, quiet))
}

/** Asserts outcome and, when given, a part of the message. */
export function expectSaid(answer: Said, outcome: string, part = ''): void {
  assert.equal(answer.outcome, outcome, answer.message)
  assert.ok(answer.message.includes(part), `"${answer.message}" lacks "${part}"`)
}

/** A server with clients of the official SDK, and what tests of IAM ask again and again. */
import assert from 'node:assert/strict'
import { IAMClient } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { STSClient } from '@aws-sdk/client-sts'
import { CreateAccessKeyCommand, CreateUserCommand } from '@aws-sdk/client-iam'
import type { SandbucketOptions } from '../../src/index.ts'
import { type Sandbucket, startSandbucket } from '../../src/index.ts'

export interface Keys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

export interface Clients {
  iam: IAMClient
  sts: STSClient
  s3: S3Client
}

export interface Arena extends AsyncDisposable {
  server: Sandbucket
  /** Root of the first account. */
  root: Clients
  accountId: string
  /** Clients of other keys. */
  as(keys: Keys): Clients
  /** A user with a key. */
  user(name: string, path?: string): Promise<Clients & { keys: Keys; id: string; arn: string }>
}

export async function startArena(options: SandbucketOptions = {}): Promise<Arena> {
  const server = await startSandbucket({ accountId: '111111111111', ...options })
  const clients = (keys?: Keys): Clients => {
    const config = {
      ...server.clientConfig(),
      ...(keys !== undefined && { credentials: keys as never }),
      maxAttempts: 1,
    }
    return { iam: new IAMClient(config), sts: new STSClient(config), s3: new S3Client(config) }
  }
  const root = clients()
  return {
    server,
    root,
    accountId: server.accounts[0]?.id ?? '',
    as: clients,
    async user(name, path) {
      const { User } = await root.iam.send(new CreateUserCommand({ UserName: name, ...(path && { Path: path }) }))
      const { AccessKey } = await root.iam.send(new CreateAccessKeyCommand({ UserName: name }))
      const keys = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
      return { ...clients(keys), keys, id: User?.UserId ?? '', arn: User?.Arn ?? '' }
    },
    [Symbol.asyncDispose]: () => server.close({ graceMs: 0 }),
  }
}

/** The error of a call that must fail, as `status Code: message`. */
export async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (thrown) {
    const { name, message, $metadata } = thrown as Error & { $metadata?: { httpStatusCode?: number } }
    return `${$metadata?.httpStatusCode} ${name}: ${message}`
  }
  return assert.fail('the call should have been refused')
}

export const allow = (action: string | string[], resource: string | string[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] })

export const trust = (principal: object, action: string | string[] = 'sts:AssumeRole', condition?: object): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: action, ...(condition && { Condition: condition }) }],
  })

/**
 * Permissions of directory buckets: actions of `s3express`, on the bucket alone. What is done to objects there is one
 * action, CreateSession, however a request is signed. Read once from `data/actions.json`.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3express.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html
 */
import { readPackageJson } from '../lib/package-files.ts'
import type { S3Action } from './actions.ts'

type SessionMode = 'ReadOnly' | 'ReadWrite'

interface DirectoryPart {
  directoryBase: string[]
  directoryActions: Record<string, string[]>
  otherDirectoryActions: string[]
  sessionOperations: Record<SessionMode, string[]>
  directoryOperations: Record<string, string>
}

const file = readPackageJson('data/actions.json') as DirectoryPart

function action(name: string, on: S3Action['on'], words: readonly string[]): S3Action {
  const keys = new Set([...file.directoryBase, ...words].map((key) => key.toLowerCase()))
  const full = `s3express:${name}`
  return {
    name: full,
    lowerName: full.toLowerCase(),
    on,
    inBucketPolicies: on === 'bucket' && name !== 'CreateBucket',
    keys,
  }
}

/** Every action of the s3express service. */
export const directoryActions: readonly S3Action[] = [
  ...Object.entries(file.directoryActions).map(([name, words]) => action(name, 'bucket', words)),
  ...file.otherDirectoryActions.map((name) => action(name, 'other', [])),
]

/** What a session or, without one, each request on objects needs. */
export const sessionAction = 's3express:CreateSession'

const modes: ReadonlyMap<string, SessionMode> = new Map(
  Object.entries(file.sessionOperations).flatMap(([mode, names]) =>
    names.map((name): [string, SessionMode] => [name, mode as SessionMode]),
  ),
)

/** The least mode of a session that may run an operation; undefined for those that sessions are not for. */
export function sessionModeOf(operation: string): SessionMode | undefined {
  return modes.get(operation)
}

/** The action that an operation on a directory bucket needs; undefined for what directory buckets do not have. */
export function directoryActionOf(operation: string): string | undefined {
  if (modes.has(operation)) return sessionAction
  const name = Object.hasOwn(file.directoryOperations, operation) ? file.directoryOperations[operation] : undefined
  return name && `s3express:${name}`
}

/**
 * The catalogue of S3 actions, and the table of what operations need, read once from `data/actions.json`. The file is for
 * people to check against AWS's Service Authorization Reference; what cannot be a row is in `require.ts`.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
import { readPackageJson } from '../lib/package-files.ts'
import { compileAction } from './compile.ts'
import type { ContextSource } from './context-source.ts'

/** A row of `operations`: action names are S3's, or have their own service's prefix. */
export interface OperationRow {
  /** The action on the object, or with `version` the one used instead when a version id is given. */
  object?: string
  version?: string
  bucket?: string
  /** A directory bucket. */
  directory?: string
  /** No resource but the service. */
  service?: string
  /** On the ARN that the input names. */
  resourceArn?: string
  /** Decided for each key by the handler. */
  perKey?: boolean
  /** Names of functions of `require.ts` that add to the actions. */
  also?: string[]
  /** Those that need the parsed body. */
  afterBody?: string[]
  /** The answer to anonymous callers, whatever policies and ACLs say. */
  anonymous?: string
}

interface ActionsFile {
  keyGroups: Record<string, string[]>
  objectActions: Record<string, string[]>
  bucketActions: Record<string, string[]>
  otherActions: string[]
  notInBucketPolicies: string[]
  operations: Record<string, OperationRow>
  controlOperations: Record<string, OperationRow>
}

export interface S3Action {
  /** `s3:GetObject`. */
  name: string
  /** For comparisons: case counts nowhere. */
  lowerName: string
  /** What the action is about; `other`: access points, jobs, the account. */
  on: 'bucket' | 'object' | 'other'
  /** Whether a bucket policy may name it. */
  inBucketPolicies: boolean
  /** The s3: keys it takes, in lower case; those ending in `/` stand for any tag key. */
  keys: ReadonlySet<string>
}

const file = readPackageJson('data/actions.json') as ActionsFile

function keysOf(words: readonly string[]): ReadonlySet<string> {
  return new Set(['base', ...words].flatMap((word) => file.keyGroups[word] ?? [word]).map((key) => key.toLowerCase()))
}

function action(name: string, on: S3Action['on'], words: readonly string[]): S3Action {
  const inBucketPolicies = on !== 'other' && !file.notInBucketPolicies.includes(name)
  return { name: `s3:${name}`, lowerName: `s3:${name}`.toLowerCase(), on, inBucketPolicies, keys: keysOf(words) }
}

/** Every action of the s3 service. */
export const s3Actions: readonly S3Action[] = [
  ...Object.entries(file.objectActions).map(([name, words]) => action(name, 'object', words)),
  ...Object.entries(file.bucketActions).map(([name, words]) => action(name, 'bucket', words)),
  ...file.otherActions.map((name) => action(name, 'other', [])),
]

/** What S3's operations need. */
export const operationRows: Readonly<Record<string, OperationRow>> = file.operations
/** What the operations of S3 Control that exist here need. */
export const controlOperationRows: Readonly<Record<string, OperationRow>> = file.controlOperations

const noContext: ContextSource = { get: () => undefined }

/** What patterns cover, by the list they were held against: validation asks for the same ones several times. */
const covered = new WeakMap<readonly S3Action[], Map<string, readonly S3Action[]>>()
/** More than a policy can hold. */
const maxPatterns = 4096
const longestKept = 128

/** The actions that an Action pattern covers; patterns of other services cover none. */
export function actionsMatching(pattern: string, among: readonly S3Action[] = s3Actions): readonly S3Action[] {
  let known = covered.get(among)
  if (known === undefined || known.size >= maxPatterns) {
    known = new Map()
    covered.set(among, known)
  }
  let actions = known.get(pattern)
  if (actions === undefined) {
    const covers = compileAction(pattern)
    actions = among.filter(({ lowerName }) => covers(lowerName, noContext))
    if (pattern.length <= longestKept) known.set(pattern, actions)
  }
  return actions
}

/** Whether an action knows an s3: key, given in lower case. */
export function takesKey({ keys }: S3Action, lowerKey: string): boolean {
  const slash = lowerKey.indexOf('/')
  return keys.has(slash === -1 ? lowerKey : lowerKey.slice(0, slash + 1))
}

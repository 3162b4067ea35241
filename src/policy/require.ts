/**
 * From an operation and its input to the permissions it needs. Rows are in `data/actions.json`; the functions here are
 * the exceptions that rows name. All pairs must be allowed; the first that is not gives the error its words.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
import { bucketArn, objectArn } from '../lib/arn.ts'
import { nameMap } from '../lib/name-map.ts'
import { controlOperationRows, type OperationRow, operationRows } from './actions.ts'
import { type CopySource, readCopySource } from './copy-source.ts'

export interface RequiredAction {
  action: string
  /** An ARN; `arn:aws:s3:::*` for the service itself. */
  resource: string
  /** It is about the source of a copy: another bucket, with its own owner and policy. */
  isSource?: true
  /** Nothing needs to allow it, but a Deny stands. */
  isGranted?: true
}

/** Members named as in the model. Only some are looked at, and none is trusted to have its type. */
export type OperationInput = Readonly<Record<string, unknown>>

/** What the input does not say. */
export interface Facts {
  partition?: string
  /** For the ARNs of directory buckets. */
  region?: string
  accountId?: string
  /** The copied object has tags. Unknown counts as none. */
  hasSourceTags?: boolean
  /** The caller began the multipart upload: with PutObject it then may end and list it, unless denied. */
  isUploadInitiator?: boolean
}

/** The pairs that can be told before the body is read. Unknown operations and those decided per key need none here. */
export function requiredActions(operation: string, input: OperationInput, facts: Facts = {}): RequiredAction[] {
  return pairsOf(own(operationRows, operation), 'also', input, facts)
}

/** The further pairs of operations whose body asks for more (a role to pass, tags of a new bucket). */
export function requiredBodyActions(operation: string, input: OperationInput, facts: Facts = {}): RequiredAction[] {
  const row = own(operationRows, operation)
  return row?.afterBody === undefined ? [] : exceptionsOf(row.afterBody, input, facts)
}

/** The same for operations of S3 Control. */
export function requiredControlActions(operation: string, input: OperationInput, facts: Facts = {}): RequiredAction[] {
  return pairsOf(own(controlOperationRows, operation), 'also', input, facts)
}

/** The pairs of one entry of DeleteObjects, which are those of DeleteObject. */
export function deleteActions(
  bucket: string,
  entry: { Key: string; VersionId?: string | undefined },
  isBypassing: boolean,
  facts: Facts = {},
): RequiredAction[] {
  const input = { Bucket: bucket, ...entry, BypassGovernanceRetention: isBypassing }
  return requiredActions('DeleteObject', input, facts)
}

/** The message for anonymous callers of an operation that no policy or ACL can open to them; undefined for others. */
export function anonymousRefusal(operation: string): string | undefined {
  return own(operationRows, operation)?.anonymous
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function pairsOf(
  row: OperationRow | undefined,
  step: 'also' | 'afterBody',
  input: OperationInput,
  facts: Facts,
): RequiredAction[] {
  if (row === undefined) return []
  const main = mainAction(row, input, facts)
  const names = row[step]
  if (names === undefined) return main === undefined ? [] : [main]
  const further = exceptionsOf(names, input, facts)
  // Who began an upload may end and list it, unless denied. "The bucket owner can deny any principal" that (user guide,
  // Multipart upload API and permissions); s3-tests test_deny_multipart_actions_in_user_policy.
  if (main !== undefined && row.also?.includes('initiator') && facts.isUploadInitiator) {
    return [...further, { ...main, isGranted: true }]
  }
  return main === undefined ? further : [main, ...further]
}

function mainAction(row: OperationRow, input: OperationInput, facts: Facts): RequiredAction | undefined {
  const { partition = 'aws', region = '', accountId = '' } = facts
  if (row.object !== undefined) {
    const name = row.version !== undefined && input.VersionId !== undefined ? row.version : row.object
    return onObject(name, input, facts)
  }
  if (row.bucket !== undefined) return onBucket(row.bucket, input, facts)
  if (row.resourceArn !== undefined) return { action: full(row.resourceArn), resource: text(input.ResourceArn) ?? '' }
  if (row.directory !== undefined) {
    const resource = `arn:${partition}:s3express:${region}:${accountId}:bucket/${text(input.Bucket) ?? ''}`
    return { action: full(row.directory), resource }
  }
  if (row.service === undefined) return undefined
  const action = full(row.service)
  const isDirectory = action.startsWith('s3express:')
  const resource = isDirectory
    ? `arn:${partition}:s3express:${region}:${accountId}:bucket/*`
    : `arn:${partition}:s3:::*`
  return { action, resource }
}

/** Action names by what rows call them: an action always is the same text, which is then found faster. */
const fullNames = new Map<string, string>()

function full(name: string): string {
  let action = fullNames.get(name)
  if (action === undefined) {
    action = name.includes(':') ? name : `s3:${name}`
    fullNames.set(name, action)
  }
  return action
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
const isGiven = (value: unknown) => value !== undefined && value !== ''

function onObject(name: string, input: OperationInput, { partition }: Facts): RequiredAction {
  return { action: full(name), resource: objectArn(text(input.Bucket) ?? '', text(input.Key) ?? '', partition) }
}

function onBucket(name: string, input: OperationInput, { partition }: Facts): RequiredAction {
  return { action: full(name), resource: bucketArn(text(input.Bucket) ?? '', partition) }
}

type Exception = (input: OperationInput, facts: Facts) => RequiredAction[]

const grantMembers = ['GrantFullControl', 'GrantRead', 'GrantReadACP', 'GrantWrite', 'GrantWriteACP']
const hasGrants = (input: OperationInput) => grantMembers.some((member) => isGiven(input[member]))

/** `when` something in the request: one more action on the object (or bucket). */
const onObjectWhen =
  (name: string, when: (input: OperationInput) => boolean): Exception =>
  (input, facts) =>
    when(input) ? [onObject(name, input, facts)] : []
const onBucketWhen =
  (name: string, when: (input: OperationInput) => boolean): Exception =>
  (input, facts) =>
    when(input) ? [onBucket(name, input, facts)] : []

const retention = onObjectWhen(
  'PutObjectRetention',
  (input) => isGiven(input.ObjectLockMode) || isGiven(input.ObjectLockRetainUntilDate),
)
const legalHold = onObjectWhen('PutObjectLegalHold', (input) => isGiven(input.ObjectLockLegalHoldStatus))

const exceptions: Readonly<Record<string, Exception>> = nameMap({
  /** GetObjectAttributes needs both. Observed: recorded against AWS. */
  attributes: (input, facts) => [
    onObject(input.VersionId === undefined ? 'GetObjectAttributes' : 'GetObjectVersionAttributes', input, facts),
  ],
  // Assumed: x-amz-acl: private and what owner enforcement tolerates need it too, because the header is an ACL all the same.
  acl: onObjectWhen('PutObjectAcl', (input) => isGiven(input.ACL) || hasGrants(input)),
  /**
   * Whether an entity tag is the right one is something of the object, `*` is not.
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html conditional-delete-enforce.html
   */
  match: onObjectWhen('GetObject', (input) => isGiven(input.IfMatch) && input.IfMatch !== '*'),
  tagging: onObjectWhen('PutObjectTagging', (input) => isGiven(input.Tagging)),
  lock: (input, facts) => [...retention(input, facts), ...legalHold(input, facts)],
  source: (input, facts) => {
    const source = sourceOf(input)
    return source ? [onSource(source, 'GetObject', 'GetObjectVersion', facts)] : []
  },
  /** Tags given with REPLACE, or tags copied from the source, which then must be readable. */
  copiedTags: (input, facts) => {
    if (input.TaggingDirective === 'REPLACE') {
      return isGiven(input.Tagging) ? [onObject('PutObjectTagging', input, facts)] : []
    }
    const source = facts.hasSourceTags ? sourceOf(input) : undefined
    if (source === undefined) return []
    return [
      onSource(source, 'GetObjectTagging', 'GetObjectVersionTagging', facts),
      onObject('PutObjectTagging', input, facts),
    ]
  },
  initiator: (input, facts) => (facts.isUploadInitiator ? [onObject('PutObject', input, facts)] : []),
  bypass: onObjectWhen('BypassGovernanceRetention', (input) => input.BypassGovernanceRetention === true),
  /** Observed: needed even if that version is missing, and not for deletes without version id (recorded against AWS). */
  bypassOfVersion: onObjectWhen(
    'BypassGovernanceRetention',
    (input) => input.BypassGovernanceRetention === true && input.VersionId !== undefined,
  ),
  bucketAcl: onBucketWhen(
    'PutBucketAcl',
    (input) => (isGiven(input.ACL) && input.ACL !== 'private') || hasGrants(input),
  ),
  bucketLock: (input, facts) =>
    input.ObjectLockEnabledForBucket === true
      ? [onBucket('PutBucketObjectLockConfiguration', input, facts), onBucket('PutBucketVersioning', input, facts)]
      : [],
  bucketOwnership: onBucketWhen('PutBucketOwnershipControls', (input) => isGiven(input.ObjectOwnership)),
  bucketTags: onBucketWhen('TagResource', (input) => {
    const tags = member(input.CreateBucketConfiguration, 'Tags')
    return Array.isArray(tags) && tags.length > 0
  }),
  passReplicationRole: (input) => passRole(member(input.ReplicationConfiguration, 'Role')),
  passAnnotationRole: (input) => passRole(member(input.AnnotationTableConfiguration, 'Role')),
})

function exceptionsOf(names: readonly string[], input: OperationInput, facts: Facts): RequiredAction[] {
  return names.flatMap((name) => own(exceptions, name)?.(input, facts) ?? [])
}

/** The names that rows may use; a test holds the table to them. */
export const exceptionNames: readonly string[] = Object.keys(exceptions)

function sourceOf(input: OperationInput): CopySource | undefined {
  const header = text(input.CopySource)
  return header === undefined ? undefined : readCopySource(header)
}

function onSource(source: CopySource, name: string, versionName: string, { partition }: Facts): RequiredAction {
  const action = full(source.versionId === undefined ? name : versionName)
  return { action, resource: objectArn(source.bucket, source.key, partition), isSource: true }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function passRole(role: unknown): RequiredAction[] {
  return typeof role === 'string' && role !== '' ? [{ action: 'iam:PassRole', resource: role }] : []
}

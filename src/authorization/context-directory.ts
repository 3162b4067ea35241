/**
 * Condition keys of directory buckets, `s3express:`. Most are those of S3 under another prefix.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3express.html#amazons3express-policy-keys
 */
import { takesKey } from '../policy/actions.ts'
import { directoryActions, sessionModeOf } from '../policy/directory-actions.ts'
import type { KeyValue, Subject } from './context.ts'
import { bucketTag, requestKeys } from './context-request.ts'
import { s3Keys } from './context-s3.ts'

const prefix = 's3express:'
const actionsByName = new Map(directoryActions.map((action) => [action.name, action]))

const shared = [
  'authtype',
  'signatureversion',
  'signatureage',
  'tlsversion',
  'x-amz-content-sha256',
  'resourceaccount',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'inventoryaccessibleoptionalfields',
]

const zone = /--([a-z0-9-]+)--x-s3$/

/** Of a request that needs no session but the permission for one, the least mode that would do. */
function sessionMode({ asked: { operation, input } }: Subject): KeyValue {
  if (operation !== 'CreateSession') return sessionModeOf(operation)
  return typeof input.SessionMode === 'string' ? input.SessionMode : 'ReadWrite'
}

/** The zone of a new bucket, which its name tells. */
function locationName({ asked: { input } }: Subject): KeyValue {
  return typeof input.Bucket === 'string' ? zone.exec(input.Bucket)?.[1] : undefined
}

const keys: ReadonlyMap<string, (subject: Subject) => KeyValue> = new Map<string, (subject: Subject) => KeyValue>([
  ...shared.map((name): [string, (subject: Subject) => KeyValue] => {
    const read = s3Keys.get(`s3:${name}`) ?? requestKeys.get(`s3:${name}`)
    if (read === undefined) throw new Error(`s3:${name} has no value`)
    return [name, read]
  }),
  ['sessionmode', sessionMode],
  ['locationname', locationName],
])

/** The value of an `s3express:` key, given in lower case; absent for actions that do not take it. */
export function directoryKey(subject: Subject, lowerKey: string): KeyValue {
  const action = actionsByName.get(subject.action)
  if (action === undefined || !takesKey(action, lowerKey)) return undefined
  const name = lowerKey.slice(prefix.length)
  if (name.startsWith('buckettag/')) return bucketTag(subject, name.slice('buckettag/'.length))
  return keys.get(name)?.(subject)
}

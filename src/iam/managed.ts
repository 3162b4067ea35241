/** The policies that AWS manages, read once from `data/managed-policies.json`. They cannot be changed. */
import { readFileSync } from 'node:fs'

/** One of AWS's policies. */
export interface ManagedPolicy {
  readonly PolicyName: string
  readonly PolicyId: string
  readonly Path: string
  readonly Description: string
  readonly createdMs: number
  readonly updatedMs: number
  readonly DefaultVersionId: string
  /** As text. */
  readonly Document: string
  readonly arn: string
}

interface Row extends Omit<ManagedPolicy, 'createdMs' | 'updatedMs' | 'Document' | 'arn'> {
  CreateDate: string
  UpdateDate: string
  Document: object
}

let byArn: ReadonlyMap<string, ManagedPolicy> | undefined

/** `src/iam` as it is, or `dist/src/iam` when compiled: the package is two or three levels up. */
function readRows(): Row[] {
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).policies as Row[]
  try {
    return read('../../data/managed-policies.json')
  } catch {
    return read('../../../data/managed-policies.json')
  }
}

function load(): ReadonlyMap<string, ManagedPolicy> {
  byArn ??= new Map(
    readRows().map(({ CreateDate, UpdateDate, Document, ...row }) => {
      const arn = `arn:aws:iam::aws:policy${row.Path}${row.PolicyName}`
      const times = { createdMs: Date.parse(CreateDate), updatedMs: Date.parse(UpdateDate) }
      return [arn, { ...row, ...times, Document: JSON.stringify(Document, null, 2), arn }]
    }),
  )
  return byArn
}

/** By ARN, `arn:aws:iam::aws:policy/PATH/NAME`. @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html */
export function managedPolicy(arn: string): ManagedPolicy | undefined {
  return arn.startsWith('arn:aws:iam::aws:') ? load().get(arn) : undefined
}

/** All of them, in order of name. */
export function managedPolicies(): ManagedPolicy[] {
  return [...load().values()].sort((a, b) => (a.PolicyName < b.PolicyName ? -1 : 1))
}

/**
 * The policies that AWS manages, which nobody here can change. They are read when the first is asked for, and their
 * documents stay texts until then.
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
import { brotliDecompressSync } from 'node:zlib'
import type { Ctx } from '../context.ts'
import { readPackageFile } from '../lib/package-files.ts'

/** One of AWS's policies, with its newest version. */
export interface ManagedPolicy {
  readonly PolicyName: string
  readonly PolicyId: string
  readonly Path: string
  readonly Description: string
  readonly createdMs: number
  /** When the newest version was made. */
  readonly updatedMs: number
  readonly DefaultVersionId: string
  /** As text. */
  readonly Document: string
  readonly arn: string
}

/** name, path, id, description, created, updated, newest version, its document */
type Row = readonly [string, string, string, string, string, string, string, string]

interface ManagedPoliciesFile {
  /** The day of the newest change that the file knows. */
  readonly asOf: string
  /** In order of name. */
  readonly policies: readonly Row[]
}

interface Catalogue {
  readonly asOf: string
  readonly byArn: ReadonlyMap<string, ManagedPolicy>
}

let catalogue: Catalogue | undefined

function load(): Catalogue {
  if (catalogue === undefined) {
    const text = brotliDecompressSync(readPackageFile('data/managed-policies.json.br')).toString()
    const { asOf, policies } = JSON.parse(text) as ManagedPoliciesFile
    const all = policies.map(policyOf)
    catalogue = { asOf, byArn: new Map(all.map((policy) => [policy.arn, policy])) }
  }
  return catalogue
}

function policyOf([PolicyName, Path, PolicyId, Description, created, updated, version, document]: Row): ManagedPolicy {
  return {
    PolicyName,
    PolicyId,
    Path,
    Description,
    createdMs: Date.parse(created),
    updatedMs: Date.parse(updated),
    DefaultVersionId: version,
    get Document() {
      return JSON.stringify(JSON.parse(document), null, 2)
    },
    arn: `arn:aws:iam::aws:policy${Path}${PolicyName}`,
  }
}

/** By ARN, `arn:aws:iam::aws:policy/PATH/NAME`. */
export function managedPolicy(arn: string): ManagedPolicy | undefined {
  return arn.startsWith('arn:aws:iam::aws:') ? load().byArn.get(arn) : undefined
}

/** All of them, in order of name. */
export function managedPolicies(): Iterable<ManagedPolicy> {
  return load().byArn.values()
}

/** Says in the log that a policy of AWS may be newer than what is known here: its error reads as if AWS had none. */
export function tellUnknown(arn: string, { log, requestId }: Pick<Ctx, 'log' | 'requestId'>): void {
  if (!arn.startsWith('arn:aws:iam::aws:policy/')) return
  log.warn(
    { id: requestId, policy: arn },
    `not among AWS's managed policies of ${load().asOf}, which are those known here`,
  )
}

/**
 * The recorder: what every principal used while it was on, and the least policy for each. Bounded: a principal that did
 * too many different things, and then the largest of all, are kept as patterns, and the report says so.
 */
import type { Principal } from '../context.ts'
import { leastPrivilegePolicy, type WrittenPolicy } from '../policy/least-privilege.ts'
import { policyLimits, policySize } from '../policy/limits.ts'
import { type Use, UsedPermissions } from '../policy/used-permissions.ts'

/** What one principal did. */
export interface RecordedPrincipal {
  /** The ARN that policies are attached to: of a session that of its role; `anonymous`. */
  principal: string
  /** Permissions asked for, each time counted. */
  uses: number
  /** How many of them only soft mode let pass. */
  softDenied?: number
  policy: WrittenPolicy
  /** In characters without white space, as IAM counts. */
  policySize: number
  /** What somebody who uses the policy should know. */
  notes: string[]
}

export interface RecordReport {
  isRecording: boolean
  /** When it was switched on last; undefined: never. */
  since?: string
  until?: string
  principals: RecordedPrincipal[]
  notes: string[]
}

interface Entry {
  principal: string
  kind: Principal['kind']
  uses: number
  softDenied: number
  permissions: UsedPermissions
}

/** About what they hold in memory, in characters. */
const maxPrincipalChars = 512 * 1024
const maxTotalChars = 8 * 1024 * 1024
const maxPrincipals = 500

export class Recorder {
  /** Looked at on every request; nothing else is done while it is false. */
  isOn = false
  #sinceMs: number | undefined
  #untilMs: number | undefined
  #entries = new Map<string, Entry>()
  #totalChars = 0
  #unknown = 0

  /** Begins anew. */
  start(nowMs: number): void {
    this.isOn = true
    this.#sinceMs = nowMs
    this.#untilMs = undefined
    this.#entries = new Map()
    this.#totalChars = 0
    this.#unknown = 0
  }

  /** What was recorded stays until the next start. */
  stop(nowMs: number): void {
    if (!this.isOn) return
    this.isOn = false
    this.#untilMs = nowMs
  }

  /** @param isSoft it would have been denied */
  used(principal: Principal, use: Use, isSoft: boolean): void {
    const entry = this.#entryOf(principal)
    if (entry === undefined) return
    const { permissions } = entry
    entry.uses++
    if (isSoft) entry.softDenied++
    const before = permissions.sizeChars
    permissions.add(use)
    while (permissions.sizeChars > maxPrincipalChars && !permissions.isSmallest) permissions.shrink()
    this.#totalChars += permissions.sizeChars - before
    while (this.#totalChars > maxTotalChars && this.#shrinkLargest());
  }

  /** @param only an ARN, or its end (`user/NAME`); undefined: all */
  report(only?: string): RecordReport {
    const entries = [...this.#entries.values()].filter(
      ({ principal }) => only === undefined || isNamed(principal, only),
    )
    const lost = `${this.#unknown} uses are of principals beyond the first ${maxPrincipals}, which were not recorded.`
    return {
      isRecording: this.isOn,
      ...(this.#sinceMs !== undefined && { since: new Date(this.#sinceMs).toISOString() }),
      ...(this.#untilMs !== undefined && { until: new Date(this.#untilMs).toISOString() }),
      principals: entries.flatMap(told).sort((a, b) => (a.principal < b.principal ? -1 : 1)),
      notes: this.#unknown === 0 ? [] : [lost],
    }
  }

  #entryOf({ kind, arn, issuerArn }: Principal): Entry | undefined {
    const principal = (kind === 'role' ? issuerArn : arn) || kind
    let entry = this.#entries.get(principal)
    if (entry !== undefined) return entry
    if (this.#entries.size === maxPrincipals) {
      this.#unknown++
      return undefined
    }
    entry = { principal, kind, uses: 0, softDenied: 0, permissions: new UsedPermissions() }
    this.#entries.set(principal, entry)
    return entry
  }

  /** False when nothing is left to shrink. */
  #shrinkLargest(): boolean {
    let largest: UsedPermissions | undefined
    for (const { permissions } of this.#entries.values()) {
      if (!permissions.isSmallest && permissions.sizeChars > (largest?.sizeChars ?? 0)) largest = permissions
    }
    if (largest === undefined) return false
    const before = largest.sizeChars
    largest.shrink()
    this.#totalChars += largest.sizeChars - before
    return true
  }
}

const isNamed = (principal: string, only: string): boolean => principal === only || principal.endsWith(`:${only}`)

function told({ principal, kind, uses, softDenied, permissions }: Entry): RecordedPrincipal[] {
  const policy = leastPrivilegePolicy(permissions)
  if (policy === undefined) return []
  const size = policySize(JSON.stringify(policy))
  return [
    {
      principal,
      uses,
      ...(softDenied > 0 && { softDenied }),
      policy,
      policySize: size,
      notes: notesOf(kind, permissions, size),
    },
  ]
}

function notesOf(kind: Principal['kind'], permissions: UsedPermissions, size: number): string[] {
  const notes: string[] = []
  if (kind === 'anonymous') {
    notes.push('Anonymous callers have no policy of their own: bucket policies have to allow this to everyone.')
  } else if (kind === 'root') {
    notes.push('Root needs no policy: this is what a user or role would need to do the same.')
  } else if (kind === 'federated') {
    notes.push('A federated user has what both this, as its session policy, and the policies of who issued it allow.')
  }
  if (permissions.isGeneralised) {
    notes.push(
      'It did more different things than are kept one by one, and was generalised: the policy allows more than was used.',
    )
  }
  if (size > policyLimits.managed) {
    notes.push(`It has ${size} characters; a managed policy may have ${policyLimits.managed}.`)
  }
  return notes
}

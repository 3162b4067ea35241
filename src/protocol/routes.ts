/**
 * The routing table of S3, derived from the model: method -> level -> selector -> candidates, the most demanding
 * first. A selector is the sub-resource in the URI (`?acl`); `uploadId` counts as one, because AWS treats it so.
 */
import { s3Table } from '../model/s3.gen.ts'
import type { MemberRow, OperationRow } from '../model/shape.ts'
import { BUCKET_SELECTORS_UNDER_KEYS, NOT_UNDER_KEYS } from './sub-resources.ts'

export type Level = 'service' | 'bucket' | 'object'

export interface Candidate {
  readonly operation: OperationRow
  /** Query keys that must be there, with their value when it matters. */
  readonly queries: readonly { readonly name: string; readonly value?: string }[]
  /** Headers that must be there. */
  readonly headers: readonly string[]
}

export interface Routes {
  readonly byMethod: ReadonlyMap<string, Readonly<Record<Level, ReadonlyMap<string, readonly Candidate[]>>>>
  /** Selectors recognised at each level. */
  readonly selectors: Readonly<Record<Level, ReadonlySet<string>>>
}

interface Draft {
  operation: OperationRow
  method: string
  level: Level
  selector: string
  queries: { name: string; value?: string }[]
  headers: string[]
}

/** Reads the model once, at start. */
export function deriveRoutes(): Routes {
  const drafts = s3Table.operations.flatMap(draftsOf)
  for (const draft of drafts) addRequiredQueries(draft, drafts)
  // Only where queries leave two operations alike do required headers tell them apart (CopyObject, PutObject).
  const alike = drafts.filter((draft) => rivals(draft, drafts).length > 0)
  for (const draft of alike) draft.headers.push(...requiredMembers(draft, 'H').map((row) => row[3].toLowerCase()))
  const byMethod = new Map<string, Record<Level, Map<string, Candidate[]>>>()
  for (const draft of drafts) {
    const levels: Record<Level, Map<string, Candidate[]>> = byMethod.get(draft.method) ?? {
      service: new Map(),
      bucket: new Map(),
      object: new Map(),
    }
    byMethod.set(draft.method, levels)
    const list = levels[draft.level].get(draft.selector) ?? []
    levels[draft.level].set(draft.selector, list)
    list.push(draft)
    list.sort((a, b) => weight(b) - weight(a))
  }
  return { byMethod, selectors: collectSelectors(drafts) }
}

function draftsOf(operation: OperationRow): Draft[] {
  const [name, method, uri, , , , flag] = operation
  const [path = '', search = ''] = uri.split('?')
  const literals = search.split('&').filter((text) => text !== '' && !text.startsWith('x-id='))
  let selector = literals.find((text) => !text.includes('=')) ?? ''
  const queries: Draft['queries'] = []
  for (const text of literals) {
    const [key = '', value] = text.split('=')
    if (value !== undefined) queries.push({ name: key, value })
  }
  if (flag === 'X') queries.push({ name: 'x-id', value: name })
  const draft: Draft = { operation, method, level: 'service', selector, queries, headers: [] }
  if (selector === '' && requiredMembers(draft, 'Q').some((row) => row[3] === 'uploadId')) selector = 'uploadId'
  if (path !== '/' && path !== '/{Key+}') {
    // WriteGetObjectResponse has a host and a path of its own; here its two required headers tell it.
    draft.headers.push('x-amz-request-route', 'x-amz-request-token')
    return [
      { ...draft, level: 'bucket' },
      { ...draft, level: 'object' },
    ]
  }
  const hasBucket = members(operation).some((row) => row[0] === 'Bucket' && row[2] === 'L')
  const level: Level = path === '/{Key+}' ? 'object' : hasBucket ? 'bucket' : 'service'
  return [{ ...draft, selector, level }]
}

/** A required parameter tells operations apart; alone on its sub-resource an operation rather reports it missing. */
function addRequiredQueries(draft: Draft, drafts: Draft[]): void {
  const isAlone = drafts.every((other) => other === draft || !isSamePlace(other, draft))
  if (isAlone && draft.selector !== '' && draft.selector !== 'uploadId') return
  for (const row of requiredMembers(draft, 'Q')) {
    if (row[3] !== draft.selector) draft.queries.push({ name: row[3] })
  }
}

function isSamePlace(a: Draft, b: Draft): boolean {
  return a.method === b.method && a.level === b.level && a.selector === b.selector
}

function rivals(draft: Draft, drafts: Draft[]): Draft[] {
  const key = JSON.stringify(draft.queries)
  return drafts.filter((other) => other !== draft && isSamePlace(other, draft) && JSON.stringify(other.queries) === key)
}

function members(operation: OperationRow): readonly MemberRow[] {
  const shape = s3Table.shapes[operation[4]]
  return shape !== undefined && shape[0] === 's' ? shape[1] : []
}

function requiredMembers(draft: Draft, location: 'Q' | 'H'): readonly MemberRow[] {
  return members(draft.operation).filter((row) => row[2] === location && row[4] === 1)
}

function weight(candidate: Candidate): number {
  return candidate.queries.length + candidate.headers.length
}

function collectSelectors(drafts: Draft[]): Record<Level, Set<string>> {
  const at = (level: Level) => drafts.filter((draft) => draft.level === level && draft.selector !== '')
  const names = (level: Level) => at(level).map((draft) => draft.selector)
  return {
    service: new Set(),
    bucket: new Set(names('bucket')),
    object: new Set([...names('object'), ...BUCKET_SELECTORS_UNDER_KEYS, ...NOT_UNDER_KEYS]),
  }
}

/**
 * ARNs as patterns: six parts, each with its own wildcards, so that a `*` never reaches over a colon except in the last
 * part. Used for Resource and for the Arn* operators.
 */
import { type Arn, isArn, parseArn } from '../lib/arn.ts'
import type { ContextSource } from './context-source.ts'
import { compilePattern, type Matcher } from './match.ts'

/** An ARN of a request. Most patterns have wildcards in the resource part only: they need the text, never the parts. */
export class RequestArn {
  readonly text: string
  #parts: Arn | undefined

  constructor(text: string) {
    this.text = text
  }

  /** Taken apart on first use. */
  get parts(): Arn {
    this.#parts ??= parseArn(this.text) ?? nothing
    return this.#parts
  }
}

const nothing: Arn = { partition: '', service: '', region: '', account: '', resource: '' }

export type ArnMatcher = (arn: RequestArn, context: ContextSource) => boolean

/** Undefined when the text is no ARN. */
export function requestArn(text: string): RequestArn | undefined {
  return isArn(text) ? new RequestArn(text) : undefined
}

/**
 * Where variables are honoured: `resource` only after the fifth colon (Resource elements), `everywhere` (conditions),
 * `nowhere` (version 2008-10-17).
 */
export type ArnVariables = 'resource' | 'everywhere' | 'nowhere'

/** A matcher for an ARN pattern; one with fewer than six parts matches nothing. */
export function compileArnPattern(pattern: string, variables: ArnVariables): ArnMatcher {
  const parts = splitPattern(pattern, variables === 'everywhere')
  if (parts === undefined) return () => false
  const [scheme = '', partition = '', service = '', region = '', account = '', resource = ''] = parts
  const inResource = { wildcards: true, variables: variables !== 'nowhere' }
  // Without wildcards and variables before it, the fifth colon of pattern and ARN is the same one.
  if (!/[*?]|\$\{/.test(`${scheme}${partition}${service}${region}${account}`)) {
    const matches = compilePattern(pattern, inResource)
    return (arn, context) => matches(arn.text, context)
  }
  const resourceMatches = compilePattern(resource, inResource)
  const part = (text: string): Matcher =>
    compilePattern(text, { wildcards: true, variables: variables === 'everywhere' })
  const schemeMatches = part(scheme)
  const partitionMatches = part(partition)
  const serviceMatches = part(service)
  const regionMatches = part(region)
  const accountMatches = part(account)
  return ({ parts: arn }, context) =>
    schemeMatches('arn', context) &&
    partitionMatches(arn.partition, context) &&
    serviceMatches(arn.service, context) &&
    regionMatches(arn.region, context) &&
    accountMatches(arn.account, context) &&
    resourceMatches(arn.resource, context)
}

/** Splits at the first five colons; those inside `${...}` do not count where variables are honoured. */
function splitPattern(pattern: string, skipVariables: boolean): string[] | undefined {
  const parts: string[] = []
  let start = 0
  const lastClose = skipVariables ? pattern.lastIndexOf('}') : -1
  for (let at = 0; at < pattern.length && parts.length < 5; at++) {
    if (at < lastClose && pattern[at] === '$' && pattern[at + 1] === '{') at = pattern.indexOf('}', at)
    else if (pattern[at] === ':') {
      parts.push(pattern.slice(start, at))
      start = at + 1
    }
  }
  return parts.length === 5 ? [...parts, pattern.slice(start)] : undefined
}

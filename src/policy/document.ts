/** A policy document as a value: what the text says, before any check beyond its shape. */

export type PolicyVersion = '2008-10-17' | '2012-10-17'

/** A member that the text left out is undefined here; validators decide which may be. */
export interface PolicyDocument {
  /** As written; undefined when absent, which means 2008-10-17. */
  version: string | undefined
  id: string | undefined
  /** Undefined when the member is absent. */
  statements: Statement[] | undefined
}

export interface Statement {
  sid: string | undefined
  /** As written: `Allow`, `Deny`, or anything else that a validator refuses. */
  effect: string | undefined
  /** Principal or NotPrincipal. */
  principal: PrincipalElement | undefined
  /** Action or NotAction. */
  action: PatternElement | undefined
  /** Resource or NotResource. */
  resource: PatternElement | undefined
  conditions: Condition[]
  /** Offsets of the statement in the text. */
  start: number
  end: number
}

export interface PatternElement {
  /** NotAction, NotResource. */
  isNot: boolean
  values: string[]
}

export const principalTypes = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const
export type PrincipalType = (typeof principalTypes)[number]

export interface PrincipalElement {
  /** NotPrincipal. */
  isNot: boolean
  /** `"Principal": "*"` rather than an object; both forms mean everyone when they hold `*`. */
  isStar: boolean
  entries: { type: PrincipalType; value: string }[]
}

export interface Condition {
  /** As written, for messages: `ForAllValues:StringEqualsIfExists`. */
  operatorText: string
  /** Without quantifier and IfExists; may be an unknown name. */
  operator: string
  quantifier: 'ForAllValues' | 'ForAnyValue' | undefined
  ifExists: boolean
  /** As written. */
  key: string
  values: string[]
}

/**
 * Patterns of the policy language: `*` (any run of characters), `?` (exactly one), `${variables}`. They are taken apart
 * when a policy is stored; `glob.ts` holds texts against the pieces.
 *
 * Assumed: "one character" is one UTF-16 unit, because AWS's evaluator runs on Java strings.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
import type { ContextSource } from './context-source.ts'
import { fits, type Piece, pieceOf } from './glob.ts'

export type Matcher = (text: string, context: ContextSource) => boolean

export interface PatternOptions {
  /** `*` and `?` are wildcards, otherwise themselves. */
  wildcards: boolean
  /** `${key}` is replaced by the key's value, otherwise literal text. */
  variables: boolean
  /** Compare without case. */
  foldCase?: boolean
}

type Token =
  | { kind: 'literal'; text: string }
  | { kind: 'star' }
  | { kind: 'one' }
  | { kind: 'variable'; name: string; key: string; fallback: string | undefined }

/** A matcher for the whole of a text. */
export function compilePattern(pattern: string, options: PatternOptions): Matcher {
  const tokens = tokenize(options.foldCase ? pattern.toLowerCase() : pattern, options)
  const matches = tokens.some(({ kind }) => kind === 'variable') ? substituting(tokens, options) : fixed(tokens)
  return options.foldCase ? (text, context) => matches(lowerCaseOf(text), context) : matches
}

let lastText = ''
let lastLower = ''

/** One text is held against many patterns in turn. */
function lowerCaseOf(text: string): string {
  if (text !== lastText) {
    lastText = text
    lastLower = text.toLowerCase()
  }
  return lastLower
}

/** The keys of the variables in a pattern, as written. */
export function variableNamesIn(pattern: string): string[] {
  return tokenize(pattern, { wildcards: false, variables: true }).flatMap((token) =>
    token.kind === 'variable' ? [token.name] : [],
  )
}

function tokenize(pattern: string, { wildcards, variables }: PatternOptions): Token[] {
  const tokens: Token[] = []
  let literal = ''
  const push = (token: Token) => {
    if (literal !== '') tokens.push({ kind: 'literal', text: literal })
    literal = ''
    tokens.push(token)
  }
  const lastClose = variables ? pattern.lastIndexOf('}') : -1
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string
    const close = at < lastClose && char === '$' && pattern[at + 1] === '{' ? pattern.indexOf('}', at) : -1
    if (close !== -1) {
      const name = pattern.slice(at + 2, close)
      if (name === '*' || name === '?' || name === '$') literal += name
      else push(variable(name))
      at = close
    } else if (wildcards && char === '*') push({ kind: 'star' })
    else if (wildcards && char === '?') push({ kind: 'one' })
    else literal += char
  }
  if (literal !== '') tokens.push({ kind: 'literal', text: literal })
  return tokens
}

/** `aws:username` or `aws:PrincipalTag/team, 'default'`. */
function variable(inner: string): Token {
  const comma = inner.indexOf(',')
  const name = (comma === -1 ? inner : inner.slice(0, comma)).trim()
  const quoted = comma === -1 ? '' : inner.slice(comma + 1).trim()
  const isQuoted = quoted.length >= 2 && quoted.startsWith("'") && quoted.endsWith("'")
  return { kind: 'variable', name, key: name.toLowerCase(), fallback: isQuoted ? quoted.slice(1, -1) : undefined }
}

function fixed(tokens: readonly Token[]): Matcher {
  const pieces = piecesOf(tokens)
  const first = pieces[0] as Piece
  const last = pieces.at(-1) as Piece
  if (pieces.some(({ units }) => units !== undefined)) return (text) => fits(pieces, text)
  if (pieces.length === 1) return (text) => text === first.text
  if (pieces.length === 2 && last.text === '') {
    return first.text === '' ? () => true : startsWith(first.text)
  }
  return (text) => fits(pieces, text)
}

/** Most resources of a policy are not the one asked for, and show it in the last place of the prefix. */
function startsWith(prefix: string): Matcher {
  const at = prefix.length - 1
  const unit = prefix.charCodeAt(at)
  return (text) => text.charCodeAt(at) === unit && text.startsWith(prefix)
}

/**
 * A variable without value and default makes the pattern match nothing. The pieces for the values of last time are kept:
 * most requests come from few callers.
 */
function substituting(tokens: readonly Token[], { foldCase }: PatternOptions): Matcher {
  const first = tokens[0]
  const prefix = first?.kind === 'literal' ? first.text : ''
  const variables = tokens.filter((token) => token.kind === 'variable')
  const ownLength = tokens.reduce((sum, token) => sum + lengthOf(token), 0)
  const lastValues: string[] = []
  let lastPieces: Piece[] | undefined
  return (text, context) => {
    if (!text.startsWith(prefix)) return false
    let length = ownLength
    for (let index = 0; index < variables.length; index++) {
      const { key, fallback } = variables[index] as (typeof variables)[number]
      const found = context.get(key)
      // Multivalued keys cannot be variables.
      const value = typeof found === 'string' ? found : fallback
      if (value === undefined) return false
      // Many variables with long values would make a pattern of any size: one longer than the text is never put together.
      length += value.length
      if (length > text.length) return false
      if (lastValues[index] === value) continue
      lastValues[index] = value
      lastPieces = undefined
    }
    lastPieces ??= piecesOf(filled(tokens, lastValues, foldCase === true))
    return fits(lastPieces, text)
  }
}

/** Characters that a token needs in a text, apart from the value of a variable. */
function lengthOf(token: Token): number {
  if (token.kind === 'literal') return token.text.length
  return token.kind === 'one' ? 1 : 0
}

/** The tokens with the variables' values, in order, as literal text. */
function filled(tokens: readonly Token[], values: readonly string[], foldCase: boolean): Token[] {
  let next = 0
  return tokens.map((token) => {
    if (token.kind !== 'variable') return token
    const value = values[next++] ?? ''
    return { kind: 'literal', text: foldCase ? value.toLowerCase() : value }
  })
}

function piecesOf(tokens: readonly Token[]): Piece[] {
  const pieces: Piece[] = []
  let text = ''
  let holes: number[] = []
  const end = () => {
    pieces.push(pieceOf(text, holes))
    text = ''
    holes = []
  }
  for (const token of tokens) {
    if (token.kind === 'star') end()
    else if (token.kind === 'one') {
      holes.push(text.length)
      text += '?'
    } else if (token.kind === 'literal') text += token.text
  }
  end()
  return pieces
}

/**
 * Patterns of the policy language: `*` (any run of characters), `?` (exactly one), `${variables}`. They are taken apart
 * when a policy is stored; matching is a left-to-right search for the pieces between stars, without backtracking: at
 * worst text length times the longest piece that holds a `?`, and linear otherwise.
 *
 * Assumed: "one character" is one UTF-16 unit, because AWS's evaluator runs on Java strings.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
import type { ContextSource } from './context-source.ts'

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

/** What stands between two stars. */
interface Piece {
  text: string
  /** UTF-16 units with -1 for `?`; undefined when there is none and `text` says it all. */
  units: Int32Array | undefined
}

/** A matcher for the whole of a text. */
export function compilePattern(pattern: string, options: PatternOptions): Matcher {
  const tokens = tokenize(options.foldCase ? pattern.toLowerCase() : pattern, options)
  const matches = tokens.some(({ kind }) => kind === 'variable') ? substituting(tokens, options) : fixed(tokens)
  return options.foldCase ? (text, context) => matches(text.toLowerCase(), context) : matches
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
  if (pieces.some(({ units }) => units !== undefined)) return (text) => glob(pieces, text)
  if (pieces.length === 1) return (text) => text === first.text
  if (pieces.length === 2 && last.text === '') {
    return first.text === '' ? () => true : startsWith(first.text)
  }
  return (text) => glob(pieces, text)
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
  const lastValues: string[] = []
  let lastPieces: Piece[] | undefined
  return (text, context) => {
    if (!text.startsWith(prefix)) return false
    for (let index = 0; index < variables.length; index++) {
      const { key, fallback } = variables[index] as (typeof variables)[number]
      const found = context.get(key)
      // Multivalued keys cannot be variables.
      const value = typeof found === 'string' ? found : fallback
      if (value === undefined) return false
      if (lastValues[index] === value) continue
      lastValues[index] = value
      lastPieces = undefined
    }
    lastPieces ??= piecesOf(filled(tokens, lastValues, foldCase === true))
    return glob(lastPieces, text)
  }
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
    const units = holes.length === 0 ? undefined : Int32Array.from(text, (_, at) => text.charCodeAt(at))
    for (const at of holes) if (units !== undefined) units[at] = -1
    pieces.push({ text, units })
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

function glob(pieces: readonly Piece[], text: string): boolean {
  const first = pieces[0] as Piece
  if (pieces.length === 1) return text.length === first.text.length && isAt(first, text, 0)
  if (!isAt(first, text, 0)) return false
  const last = pieces[pieces.length - 1] as Piece
  const end = text.length - last.text.length
  let at = first.text.length
  if (end < at || !isAt(last, text, end)) return false
  for (let index = 1; index < pieces.length - 1; index++) {
    const piece = pieces[index] as Piece
    const found = find(piece, text, at, end)
    if (found === -1) return false
    at = found + piece.text.length
  }
  return true
}

function isAt({ text: wanted, units }: Piece, text: string, at: number): boolean {
  if (units === undefined) return text.startsWith(wanted, at)
  if (at + units.length > text.length) return false
  for (let index = 0; index < units.length; index++) {
    const unit = units[index]
    if (unit !== -1 && unit !== text.charCodeAt(at + index)) return false
  }
  return true
}

/** The first place of a piece that ends at or before `end`; -1 when there is none. */
function find(piece: Piece, text: string, from: number, end: number): number {
  const lastStart = end - piece.text.length
  if (piece.units === undefined) {
    const at = text.indexOf(piece.text, from)
    return at > lastStart ? -1 : at
  }
  for (let at = from; at <= lastStart; at++) if (isAt(piece, text, at)) return at
  return -1
}

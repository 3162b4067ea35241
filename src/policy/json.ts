/**
 * JSON as policies need it: members keep their order, their duplicates and their place in the text (the simulator
 * reports line and column), numbers keep their spelling. Validity is left to JSON.parse; the reader below may
 * therefore trust what it sees. Linear in the text; nesting is bounded.
 */

interface Place {
  /** Offsets into the text: first character, and one past the last. */
  start: number
  end: number
}
export type JsonNode = Place &
  (
    | { kind: 'object'; members: [name: string, value: JsonNode][] }
    | { kind: 'array'; items: JsonNode[] }
    | { kind: 'string'; text: string }
    /** Numbers and booleans in the spelling of the source. */
    | { kind: 'number' | 'boolean'; text: string }
    | { kind: 'null' }
  )

/** A policy is six levels deep at most. */
const maxDepth = 16

/** The tree of a JSON text; undefined when it is not JSON, or nested deeper than any policy. */
export function readJson(text: string): JsonNode | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  return new Reader(text).value(0)
}

class Reader {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  value(depth: number): JsonNode | undefined {
    if (depth > maxDepth) return undefined
    this.skipSpace()
    const start = this.at
    const first = this.text[start]
    if (first === '{') return this.object(depth, start)
    if (first === '[') return this.array(depth, start)
    if (first === '"') return { kind: 'string', text: this.string(), start, end: this.at }
    const text = this.word()
    const end = this.at
    if (text === 'null') return { kind: 'null', start, end }
    return { kind: text === 'true' || text === 'false' ? 'boolean' : 'number', text, start, end }
  }

  private object(depth: number, start: number): JsonNode | undefined {
    const members: [string, JsonNode][] = []
    while (this.next('}')) {
      const name = this.string()
      this.skipSpace()
      this.at++ // the colon
      const value = this.value(depth + 1)
      if (value === undefined) return undefined
      members.push([name, value])
    }
    return { kind: 'object', members, start, end: this.at }
  }

  private array(depth: number, start: number): JsonNode | undefined {
    const items: JsonNode[] = []
    while (this.next(']')) {
      const value = this.value(depth + 1)
      if (value === undefined) return undefined
      items.push(value)
    }
    return { kind: 'array', items, start, end: this.at }
  }

  /** Steps over the opening bracket or a comma; false when the closing bracket was there, which it steps over too. */
  private next(close: string): boolean {
    this.skipSpace()
    if (this.text[this.at] !== close) {
      this.at++
      this.skipSpace()
      if (this.text[this.at] !== close) return true
    }
    this.at++
    return false
  }

  private string(): string {
    const start = this.at++
    while (this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1
    this.at++
    return JSON.parse(this.text.slice(start, this.at))
  }

  private word(): string {
    const start = this.at
    while (this.at < this.text.length && !',]} \t\r\n'.includes(this.text[this.at] as string)) this.at++
    return this.text.slice(start, this.at)
  }

  private skipSpace(): void {
    while (' \t\r\n'.includes(this.text[this.at] || '?')) this.at++
  }
}

/** Whether some object in the tree has a member twice (names compare exactly). */
export function hasDuplicateMembers(node: JsonNode): boolean {
  if (node.kind === 'array') return node.items.some(hasDuplicateMembers)
  if (node.kind !== 'object') return false
  const names = new Set(node.members.map(([name]) => name))
  return names.size < node.members.length || node.members.some(([, value]) => hasDuplicateMembers(value))
}

/** Line and column of an offset, both from 1, as the simulator's StartPosition and EndPosition count them. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (
    let newline = text.indexOf('\n');
    newline !== -1 && newline < offset;
    newline = text.indexOf('\n', newline + 1)
  ) {
    line++
    lineStart = newline + 1
  }
  return { line, column: offset - lineStart + 1 }
}

/**
 * YAML for configurations and files of policy tests, and places in them. The parser is imported here and nowhere else, so
 * that this file can be loaded with the first such file.
 */
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'

/** A document in which every value is text, and the lines on which the items of its list (or of `tests`) begin. */
export interface YamlFile {
  value: unknown
  lines: number[]
}

/** Reads a document. @throws Error saying what is wrong where */
export function readYaml(text: string): YamlFile {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { schema: 'failsafe', lineCounter, logLevel: 'error' })
  const [problem] = [...document.errors, ...document.warnings]
  if (problem !== undefined) throw problem
  const list = isMap(document.contents) ? document.contents.get('tests') : document.contents
  const items: unknown[] = isSeq(list) ? list.items : []
  const lines = items.map((item) => lineCounter.linePos((isNode(item) && item.range?.[0]) || 0).line)
  // Aliases are bounded; one that holds itself has no text.
  const value: unknown = document.toJS({ maxAliasCount: 100 })
  JSON.stringify(value)
  return { value, lines }
}

/** A place in a text, both from 1. */
export interface Place {
  line: number
  column: number
}

/**
 * Where a member or item of a YAML or JSON text stands, or the innermost one around it that is there.
 * @param path names and indexes
 */
export function placeOf(text: string, path: readonly (string | number)[]): Place | undefined {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { schema: 'failsafe', lineCounter, logLevel: 'silent' })
  let node: unknown = document.contents
  let offset = (isNode(node) && node.range?.[0]) || 0
  for (const step of path) {
    const next = stepInto(node, String(step))
    if (next === undefined) break
    offset = next.at.range?.[0] ?? offset
    node = next.node
  }
  const { line, col } = lineCounter.linePos(offset)
  return line === 0 ? undefined : { line, column: col }
}

function stepInto(node: unknown, step: string): { at: Node; node: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
    return pair === undefined ? undefined : { at: pair.key as Node, node: pair.value }
  }
  const item = isSeq(node) ? node.items[Number(step)] : undefined
  return isNode(item) ? { at: item, node: item } : undefined
}

/**
 * YAML for files of policy tests. The parser is imported here and nowhere else, so that this file can be loaded with the
 * first such file.
 */
import { isMap, isNode, isSeq, LineCounter, parseDocument } from 'yaml'

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

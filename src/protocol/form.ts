/**
 * A Query-protocol form as a tree of its dotted names: `Tags.member.1.Key=a` is Tags -> member -> 1 -> Key.
 * Numbers of names, levels and items are bounded, whatever a client writes into an index.
 */
import { AwsError, error } from '../errors.ts'
import { parsePairs, type Query } from './query-string.ts'

export interface FormNode {
  value: string | undefined
  children: Map<string, FormNode> | undefined
}

const MAX_PAIRS = 10_000
const MAX_LEVELS = 16

/** @throws MalformedQueryString for what cannot be decoded or is nested too deep */
export function parseForm(form: Uint8Array): FormNode {
  return formOf(decodeForm(form))
}

/** The tree of parameters that have been decoded. @throws MalformedQueryString when it is too deep */
export function formOf(pairs: Query): FormNode {
  const root: FormNode = { value: undefined, children: undefined }
  for (const { name, value } of pairs) {
    const path = name.split('.', MAX_LEVELS + 1)
    if (path.length > MAX_LEVELS) throw error('MalformedQueryString')
    let node = root
    for (const step of path) {
      node.children ??= new Map()
      let child = node.children.get(step)
      if (child === undefined) {
        child = { value: undefined, children: undefined }
        node.children.set(step, child)
      }
      node = child
    }
    node.value ??= value
  }
  return root
}

function decodeForm(form: Uint8Array): Query {
  const text = Buffer.from(form.buffer, form.byteOffset, form.byteLength).toString('latin1').trim()
  try {
    return parsePairs(text, MAX_PAIRS)
  } catch (cause) {
    throw cause instanceof AwsError ? error('MalformedQueryString', {}, { cause }) : cause
  }
}

/** The text of a top-level parameter. */
export function formValue(root: FormNode, name: string): string | undefined {
  return root.children?.get(name)?.value
}

/** Children of `NAME.member.N` or `NAME.entry.N`, in order of N. */
export function numberedChildren(node: FormNode, kind: 'member' | 'entry'): FormNode[] {
  const items = node.children?.get(kind)?.children
  if (items === undefined) return []
  return [...items]
    .filter(([index]) => /^\d{1,9}$/.test(index))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child)
}

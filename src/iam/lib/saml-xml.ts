/**
 * XML of SAML as a tree: strictly well-formed, without document types. The parser is the one that the verifier of
 * signatures uses, so that nothing can be read in another way than it was verified.
 */
import { createRequire } from 'node:module'

/** As much of the DOM as is read here. */
export interface XmlElement {
  readonly nodeType: number
  readonly localName: string
  readonly namespaceURI: string | null
  readonly textContent: string | null
  readonly childNodes: ArrayLike<XmlElement>
  readonly attributes: ArrayLike<{ readonly localName: string; readonly value: string }>
  getAttribute(name: string): string | null
}

interface Parser {
  parseFromString(text: string, type: string): { childNodes: ArrayLike<XmlElement> }
}
interface XmlDom {
  DOMParser: new (options: { errorHandler: (level: string, message: string) => void }) => Parser
}

const elementType = 1
const doctypeType = 10
/** Deeper than any honest document, and of more nodes: verifying costs time by the node, and anyone may ask for it. */
const maxDepth = 64
const maxNodes = 4000

export const samlNamespaces = {
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const

let dom: XmlDom | undefined

/** The root of a document; undefined when it is not well-formed, has a document type, or is too deep or too large. */
export function parseSaml(text: string): XmlElement | undefined {
  // Loaded with the first document: few servers ever see one.
  dom ??= createRequire(import.meta.url)('@xmldom/xmldom') as XmlDom
  const errorHandler = (_level: string, message: string) => {
    throw new Error(message)
  }
  try {
    const { childNodes } = new dom.DOMParser({ errorHandler }).parseFromString(text, 'text/xml')
    const nodes = Array.from(childNodes)
    const [root, ...others] = nodes.filter(({ nodeType }) => nodeType === elementType)
    if (root === undefined || others.length > 0 || nodes.some(({ nodeType }) => nodeType === doctypeType))
      return undefined
    return isModest(root) ? root : undefined
  } catch {
    return undefined
  }
}

/** What walks the tree later does so by recursion. */
function isModest(root: XmlElement): boolean {
  let level = [root]
  let nodes = 0
  for (let depth = 0; level.length > 0; depth++) {
    nodes += level.length
    if (depth > maxDepth || nodes > maxNodes) return false
    level = level.flatMap(({ childNodes }) => (childNodes ? Array.from(childNodes) : []))
  }
  return true
}

/** The children of a name and namespace. */
export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return Array.from(element.childNodes).filter((node) => isNamed(node, namespace, name))
}

/** Elements at the end of a path of names, all of one namespace. */
export function allAt(element: XmlElement, namespace: string, ...path: string[]): XmlElement[] {
  return path.reduce((found, name) => found.flatMap((each) => childrenOf(each, namespace, name)), [element])
}

export function isNamed(node: XmlElement, namespace: string, name: string): boolean {
  return node.nodeType === elementType && node.localName === name && node.namespaceURI === namespace
}

/** Trimmed; empty for no element. */
export const textOf = (element: XmlElement | undefined): string => element?.textContent?.trim() ?? ''

/** Undefined when it is missing or empty. */
export const attributeOf = (element: XmlElement | undefined, name: string): string | undefined =>
  element?.getAttribute(name) || undefined

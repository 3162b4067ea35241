/**
 * The one place where request XML is parsed. fast-xml-parser alone would accept unclosed tags, several roots, trailing
 * junk, DTDs and unknown entities, and would trim and convert text; so documents are checked first (`xml-scan.ts`), and
 * it is asked for exact text only. References are decoded here, because in CDATA they are not references.
 */
import { createRequire } from 'node:module'
import { TextDecoder } from 'node:util'
import { error } from '../errors.ts'
import { nameMap } from '../lib/name-map.ts'
import { isWellFormed } from './xml-scan.ts'

export interface XmlElement {
  /** Without namespace prefix. */
  readonly name: string
  /** Without prefixes; namespace declarations are left out. */
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** All character data of the element itself, exact. */
  readonly text: string
}

type RawNode = Record<string, unknown>
interface Parser {
  parse(text: string): RawNode[]
}

const decoder = new TextDecoder('utf-8', { fatal: true })
const NO_ATTRIBUTES: Readonly<Record<string, string>> = nameMap()
let parser: Parser | undefined

/** Loaded with the first document: it takes a tenth of the time the whole server may take to start. */
function loadParser(): Parser {
  const { XMLParser } = createRequire(import.meta.url)('fast-xml-parser') as typeof import('fast-xml-parser')
  return new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    cdataPropName: '#cdata',
    maxNestedTags: 64,
  }) as unknown as Parser
}

/**
 * Parses a document and returns its root.
 * @throws MalformedXML for anything that is not one well-formed document in UTF-8, or is longer than `maxBytes`
 */
export function parseXml(bytes: Uint8Array, maxBytes: number): XmlElement {
  if (bytes.byteLength > maxBytes) throw error('MalformedXML')
  let nodes: RawNode[]
  try {
    const text = decoder.decode(bytes)
    if (!isWellFormed(text)) throw new Error('not well-formed')
    parser ??= loadParser()
    nodes = parser.parse(text)
  } catch (cause) {
    throw error('MalformedXML', {}, { cause })
  }
  const root = nodes.map(toElement).find((element) => element !== undefined)
  if (root === undefined) throw error('MalformedXML')
  return root
}

function toElement(node: RawNode): XmlElement | undefined {
  const name = nameOf(node)
  if (name === undefined || name.startsWith('#')) return undefined
  const children: XmlElement[] = []
  let text = ''
  for (const child of node[name] as RawNode[]) {
    if (typeof child['#text'] === 'string') text += decodeReferences(child['#text'])
    else if (child['#cdata'] !== undefined) text += cdataText(child['#cdata'] as RawNode[])
    else {
      const element = toElement(child)
      if (element !== undefined) children.push(element)
    }
  }
  return { name, attributes: attributesOf(node), children, text }
}

function nameOf(node: RawNode): string | undefined {
  for (const key in node) if (key !== ':@') return key
  return undefined
}

function attributesOf(node: RawNode): Readonly<Record<string, string>> {
  const raw = node[':@'] as Record<string, string> | undefined
  if (raw === undefined) return NO_ATTRIBUTES
  const attributes: Record<string, string> = nameMap()
  for (const name in raw) attributes[name] = decodeReferences(raw[name] as string)
  return attributes
}

function cdataText(nodes: RawNode[]): string {
  return nodes.map((node) => (typeof node['#text'] === 'string' ? node['#text'] : '')).join('')
}

const NAMED: Record<string, string> = nameMap({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" })

function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(\w+));/g, (_all, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? ''
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
  })
}

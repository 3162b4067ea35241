/**
 * From policy text to a document. It notices faults of shape (types, unknown members, two members that exclude each
 * other) but does not word them: AWS's services have different messages in different orders, see the validators.
 */
import type {
  Condition,
  PatternElement,
  PolicyDocument,
  PrincipalElement,
  PrincipalType,
  Statement,
} from './document.ts'
import { principalTypes } from './document.ts'
import { hasDuplicateMembers, type JsonNode, readJson } from './json.ts'

export interface ParsedPolicy {
  document: PolicyDocument
  /** Some member has a wrong type, is unknown, or excludes another that is there too. */
  hasSyntaxFault: boolean
  /** Some object has a member twice. */
  hasDuplicates: boolean
}

/** What can be read of a policy; undefined when the text is not a JSON object. Never throws. */
export function parsePolicy(text: string): ParsedPolicy | undefined {
  const root = readJson(text)
  if (root === undefined || root.kind !== 'object') return undefined
  const faults = new Faults()
  const document = readDocument(root, faults)
  return { document, hasSyntaxFault: faults.any, hasDuplicates: hasDuplicateMembers(root) }
}

class Faults {
  any = false
  add(): undefined {
    this.any = true
    return undefined
  }
}

type Members = Map<string, JsonNode>

function membersOf(node: JsonNode, allowed: readonly string[], faults: Faults): Members {
  if (node.kind !== 'object') {
    faults.add()
    return new Map()
  }
  for (const [name] of node.members) if (!allowed.includes(name)) faults.add()
  return new Map(node.members)
}

function readDocument(root: JsonNode, faults: Faults): PolicyDocument {
  const members = membersOf(root, ['Version', 'Id', 'Statement'], faults)
  return {
    version: readString(members.get('Version'), faults),
    id: readString(members.get('Id'), faults),
    statements: readStatements(members.get('Statement'), faults),
  }
}

function readStatements(node: JsonNode | undefined, faults: Faults): Statement[] | undefined {
  if (node === undefined) return undefined
  if (node.kind === 'array') return node.items.map((item) => readStatement(item, faults))
  return [readStatement(node, faults)]
}

/** The members that a statement of a policy may have. */
export const statementMembers: readonly string[] = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]

function readStatement(node: JsonNode, faults: Faults): Statement {
  const members = membersOf(node, statementMembers, faults)
  return {
    sid: readString(members.get('Sid'), faults),
    effect: readString(members.get('Effect'), faults),
    principal: oneOf(members, 'Principal', readPrincipal, faults),
    action: oneOf(members, 'Action', readPatterns, faults),
    resource: oneOf(members, 'Resource', readPatterns, faults),
    conditions: readConditions(members.get('Condition'), faults),
    start: node.start,
    end: node.end,
  }
}

/** Reads `Name` or `NotName`; both together are a fault. */
function oneOf<T>(
  members: Members,
  name: string,
  read: (node: JsonNode, isNot: boolean, faults: Faults) => T | undefined,
  faults: Faults,
): T | undefined {
  const plain = members.get(name)
  const not = members.get(`Not${name}`)
  if (plain !== undefined && not !== undefined) faults.add()
  if (plain !== undefined) return read(plain, false, faults)
  return not === undefined ? undefined : read(not, true, faults)
}

function readPatterns(node: JsonNode, isNot: boolean, faults: Faults): PatternElement | undefined {
  const values = readStrings(node, faults)
  return values && { isNot, values }
}

function readPrincipal(node: JsonNode, isNot: boolean, faults: Faults): PrincipalElement | undefined {
  if (node.kind === 'string') {
    if (node.text !== '*') faults.add()
    return { isNot, isStar: true, entries: node.text === '*' ? [{ type: 'AWS', value: '*' }] : [] }
  }
  const entries: PrincipalElement['entries'] = []
  for (const [type, value] of membersOf(node, principalTypes, faults)) {
    for (const text of readStrings(value, faults) ?? []) entries.push({ type: type as PrincipalType, value: text })
  }
  return node.kind === 'object' ? { isNot, isStar: false, entries } : undefined
}

function readConditions(node: JsonNode | undefined, faults: Faults): Condition[] {
  const conditions: Condition[] = []
  if (node === undefined) return conditions
  if (node.kind !== 'object') faults.add()
  else {
    for (const [operatorText, keys] of node.members) {
      if (keys.kind !== 'object') faults.add()
      else for (const [key, values] of keys.members) conditions.push(readCondition(operatorText, key, values, faults))
    }
  }
  return conditions
}

function readCondition(operatorText: string, key: string, node: JsonNode, faults: Faults): Condition {
  const items = node.kind === 'array' ? node.items : [node]
  const values: string[] = []
  for (const item of items) {
    if (item.kind === 'string' || item.kind === 'number' || item.kind === 'boolean') values.push(item.text)
    else faults.add()
  }
  return { operatorText, ...splitOperator(operatorText), key, values }
}

/** `ForAnyValue:StringLikeIfExists` in its three parts. Names are case-sensitive. */
export function splitOperator(text: string): Pick<Condition, 'operator' | 'quantifier' | 'ifExists'> {
  const quantifier = text.startsWith('ForAllValues:')
    ? 'ForAllValues'
    : text.startsWith('ForAnyValue:')
      ? 'ForAnyValue'
      : undefined
  const rest = quantifier === undefined ? text : text.slice(quantifier.length + 1)
  const ifExists = rest.endsWith('IfExists')
  return { operator: ifExists ? rest.slice(0, -'IfExists'.length) : rest, quantifier, ifExists }
}

function readString(node: JsonNode | undefined, faults: Faults): string | undefined {
  if (node === undefined) return undefined
  return node.kind === 'string' ? node.text : faults.add()
}

function readStrings(node: JsonNode, faults: Faults): string[] | undefined {
  if (node.kind === 'string') return [node.text]
  if (node.kind !== 'array') return faults.add()
  const texts: string[] = []
  for (const item of node.items) {
    if (item.kind === 'string') texts.push(item.text)
    else faults.add()
  }
  return texts
}

/**
 * What is wrong in a policy document and where, for people: AWS's own answers often say no more than "Syntax errors in
 * policy". Asked only about documents that the checks of `policy/` have refused.
 */
import { didYouMean } from './config/nearest.ts'
import { operators } from './policy/conditions.ts'
import { principalTypes } from './policy/document.ts'
import { type JsonNode, readJson } from './policy/json.ts'
import { splitOperator, statementMembers } from './policy/parse.ts'

export interface PolicyFault {
  /** Names and indexes from the root of the document. */
  path: (string | number)[]
  /** A clause about it: `must be "Allow" or "Deny"`. */
  problem: string
}

/** `managed`: it must have the version 2012-10-17. `trust`: of a role. */
export type PolicyUse = 'inline' | 'managed' | 'trust'

class Fault extends Error {
  readonly path: (string | number)[]
  constructor(path: (string | number)[], problem: string) {
    super(problem)
    this.path = path
  }
}

/** The first fault; undefined when none is known here. */
export function findPolicyFault(text: string, use: PolicyUse): PolicyFault | undefined {
  try {
    checkDocument(text, use)
    return undefined
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause
    return { path: cause.path, problem: cause.message }
  }
}

type Path = (string | number)[]
type Members = Map<string, JsonNode>

function checkDocument(text: string, use: PolicyUse): void {
  const root = readJson(text)
  if (root === undefined) throw new Fault([], `is no JSON: ${syntaxError(text)}`)
  const members = membersOf(root, [], ['Version', 'Id', 'Statement'], 'a policy')
  const version = members.get('Version')
  if (version !== undefined) {
    const isKnown = version.kind === 'string' && ['2012-10-17', '2008-10-17'].includes(version.text)
    if (!isKnown) throw new Fault(['Version'], 'must be "2012-10-17"')
  }
  const statement = members.get('Statement')
  if (statement === undefined) throw new Fault([], 'has no Statement')
  if (statement.kind === 'array') {
    if (statement.items.length === 0) throw new Fault(['Statement'], 'is empty: a policy has at least one statement')
    for (const [index, item] of statement.items.entries()) checkStatement(item, ['Statement', index], use)
  } else checkStatement(statement, ['Statement'], use)
  if (use === 'managed' && (version as { text?: string } | undefined)?.text !== '2012-10-17') {
    throw new Fault(version === undefined ? [] : ['Version'], 'needs "Version": "2012-10-17", as a managed policy')
  }
}

function syntaxError(text: string): string {
  try {
    JSON.parse(text)
    return 'it is nested deeper than any policy'
  } catch (cause) {
    return (cause as Error).message
  }
}

function membersOf(node: JsonNode, path: Path, known: readonly string[], what: string): Members {
  if (node.kind !== 'object') throw new Fault(path, `must be an object, as ${what}`)
  const members: Members = new Map()
  for (const [name, value] of node.members) {
    if (!known.includes(name)) {
      const otherwise = `; it has ${known.join(', ')}`
      throw new Fault([...path, name], `is no member of ${what}${didYouMean(name, known, otherwise)}`)
    }
    if (members.has(name)) throw new Fault([...path, name], 'is there twice')
    members.set(name, value)
  }
  return members
}

function checkStatement(node: JsonNode, path: Path, use: PolicyUse): void {
  const members = membersOf(node, path, statementMembers, 'a statement')
  for (const name of ['Principal', 'Action', 'Resource']) {
    if (members.has(name) && members.has(`Not${name}`)) throw new Fault([...path, `Not${name}`], `excludes ${name}`)
  }
  const effect = members.get('Effect')
  if (effect === undefined) throw new Fault(path, 'has no Effect: "Allow" or "Deny"')
  if (effect.kind !== 'string' || !['Allow', 'Deny'].includes(effect.text)) {
    throw new Fault([...path, 'Effect'], 'must be "Allow" or "Deny", in this case of letters')
  }
  const sid = members.get('Sid')
  if (sid !== undefined && (sid.kind !== 'string' || !/^[A-Za-z0-9]*$/.test(sid.text))) {
    throw new Fault([...path, 'Sid'], 'may have letters and digits only')
  }
  checkPrincipal(members, path, use)
  checkActions(members, path)
  checkResources(members, path, use)
  checkConditions(members.get('Condition'), [...path, 'Condition'])
}

function checkPrincipal(members: Members, path: Path, use: PolicyUse): void {
  const name = members.has('NotPrincipal') ? 'NotPrincipal' : 'Principal'
  const node = members.get(name)
  if (use !== 'trust') {
    if (node === undefined) return
    throw new Fault([...path, name], 'does not belong here: a policy of IAM is about whom it is attached to')
  }
  if (node === undefined)
    throw new Fault(path, 'has no Principal: who may assume the role, such as { "AWS": "ACCOUNT_ID" }')
  if (node.kind !== 'object') throw new Fault([...path, name], `must be an object with ${principalTypes.join(', ')}`)
  for (const [type, value] of membersOf(node, [...path, name], principalTypes, 'a Principal')) {
    textsOf(value, [...path, name, type])
  }
}

function checkActions(members: Members, path: Path): void {
  const name = members.has('NotAction') ? 'NotAction' : 'Action'
  const node = members.get(name)
  if (node === undefined) throw new Fault(path, 'has no Action, such as "s3:GetObject"')
  for (const { text, at } of textsOf(node, [...path, name])) {
    if (text !== '*' && !/^[^:]+:[^:]+$/.test(text))
      throw new Fault(at, 'must be "*" or SERVICE:NAME, such as "s3:GetObject"')
  }
}

function checkResources(members: Members, path: Path, use: PolicyUse): void {
  const name = members.has('NotResource') ? 'NotResource' : 'Resource'
  const node = members.get(name)
  if (use === 'trust') {
    if (node === undefined) return
    throw new Fault([...path, name], 'does not belong here: the resource of a trust policy is its role')
  }
  if (node === undefined) throw new Fault(path, 'has no Resource, such as "arn:aws:s3:::BUCKET/*", or "*"')
  for (const { text, at } of textsOf(node, [...path, name])) {
    if (text !== '*' && text.split(':').length < 6) {
      throw new Fault(at, 'must be "*" or an ARN, such as "arn:aws:s3:::BUCKET/*"')
    }
  }
}

function checkConditions(node: JsonNode | undefined, path: Path): void {
  if (node === undefined) return
  if (node.kind !== 'object') throw new Fault(path, 'must be an object: { OPERATOR: { KEY: VALUE } }')
  for (const [operator, keys] of node.members) {
    const { operator: bare } = splitOperator(operator)
    const names = [...Object.keys(operators), 'Null']
    if (!names.includes(bare)) {
      throw new Fault(
        [...path, operator],
        `is no operator of conditions${didYouMean(bare, names, ', such as StringEquals')}`,
      )
    }
    if (keys.kind !== 'object') throw new Fault([...path, operator], 'must be an object: { KEY: VALUE }')
    for (const [key, value] of keys.members) {
      const values = value.kind === 'array' ? value.items : [value]
      const bad = values.findIndex(({ kind }) => kind === 'object' || kind === 'array' || kind === 'null')
      if (bad !== -1)
        throw new Fault([...path, operator, key], 'must be a text, a number, true or false, or a list of these')
    }
  }
}

function textsOf(node: JsonNode, path: Path): { text: string; at: Path }[] {
  if (node.kind === 'string') return [{ text: node.text, at: path }]
  if (node.kind !== 'array') throw new Fault(path, 'must be a text or a list of texts')
  return node.items.map((item, index) => {
    if (item.kind !== 'string') throw new Fault([...path, index], 'must be a text')
    return { text: item.text, at: [...path, index] }
  })
}

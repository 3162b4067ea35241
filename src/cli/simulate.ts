/**
 * `sandbucket simulate FILE`: expectations about who may do what, asked of IAM's simulator at the configured address. The
 * file is JSON: a list of `{ principal, action, resource, context, resourcePolicy, expect }`, or that list as `tests`.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { type UsageError, usageError } from '../config/layer.ts'
import { exitCodes } from './exit-codes.ts'
import { clientUrl, firstKey } from './exports.ts'
import type { Io } from './io.ts'
import { callIam, elementsIn } from './sign-query.ts'

/** `denied` is either deny. */
const expectations = ['allowed', 'denied', 'implicitDeny', 'explicitDeny']

/** One row of the file, with lists where it may say one or several. */
export interface PolicyTest {
  /** An ARN, or `user/NAME`, `role/NAME`, `group/NAME` of the default account. */
  principal: string
  actions: string[]
  /** ARNs; `*` when the file gives none. */
  resources: string[]
  /** Values by condition key; lists are of multivalued keys. */
  context: Record<string, string | string[]>
  resourcePolicy: string | undefined
  expect: string
}

/** Reads the text of a file. @throws UsageError naming each row that is wrong */
export function readPolicyTests(text: string, path: string): PolicyTest[] {
  let rows: unknown
  try {
    const parsed: unknown = JSON.parse(text)
    rows = isRecord(parsed) ? parsed.tests : parsed
  } catch (cause) {
    throw usageError([`${path} is not JSON: ${(cause as Error).message}`])
  }
  if (!Array.isArray(rows) || rows.length === 0) throw usageError([`${path} must hold a list of tests`])
  const problems: string[] = []
  const tests = rows.flatMap((row: unknown, index) => {
    const read = readRow(row)
    if (typeof read !== 'string') return [read]
    problems.push(`test ${index + 1} of ${path}: ${read}`)
    return []
  })
  if (problems.length > 0) throw usageError(problems)
  return tests
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const members = ['name', 'principal', 'action', 'resource', 'context', 'resourcePolicy', 'expect']

/** A test, or what is wrong with it. */
function readRow(row: unknown): PolicyTest | string {
  if (!isRecord(row)) return 'it must be an object'
  const unknown = Object.keys(row).find((name) => !members.includes(name))
  if (unknown !== undefined) return `"${unknown}" is not known; members are ${members.join(', ')}`
  const { principal, expect, context = {}, resourcePolicy } = row
  const actions = textsOf(row.action)
  const resources = textsOf(row.resource ?? '*')
  if (typeof principal !== 'string') return 'principal must be an ARN or user/NAME, role/NAME, group/NAME'
  if (actions === undefined) return 'action must be a text or a list of texts'
  if (resources === undefined) return 'resource must be a text or a list of texts'
  if (typeof expect !== 'string' || !expectations.includes(expect)) return `expect must be ${expectations.join(', ')}`
  if (!isRecord(context)) return 'context must be an object'
  const entries = Object.entries(context).map(([key, value]) => [key, contextValue(value)] as const)
  const values = entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  if (values.length < entries.length) return 'context must hold texts, numbers, booleans or lists of texts'
  const policy = resourcePolicy === undefined || typeof resourcePolicy === 'string' ? resourcePolicy : undefined
  const text = policy ?? (resourcePolicy === undefined ? undefined : JSON.stringify(resourcePolicy))
  return { principal, actions, resources, context: Object.fromEntries(values), resourcePolicy: text, expect }
}

function textsOf(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.length > 0 && list.every((one) => typeof one === 'string') ? list : undefined
}

function contextValue(value: unknown): string | string[] | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) && value.length > 0 ? textsOf(value) : typeof value === 'string' ? value : undefined
}

/** Runs the tests of a file: 0 when all expectations hold, 1 when one does not or the server does not answer. */
export async function simulate(file: string, config: Config, io: Io): Promise<number> {
  const tests = readPolicyTests(readText(resolve(io.directory, file), file), file)
  // Without TLS, which is never the only way in.
  const url = clientUrl(config.host, config.port, false)
  const questions = tests.flatMap((test) =>
    test.actions.flatMap((action) => test.resources.map((resource) => ({ test, action, resource }))),
  )
  let failures = 0
  try {
    for (const question of questions) {
      const answer = await ask(url, question, config)
      if (isExpected(question.test, answer)) continue
      failures++
      io.out(`not ok: ${tell(question, answer)}\n`)
    }
  } catch (cause) {
    io.err(`${url}: ${(cause as Error).message}\n`)
    return exitCodes.crash
  }
  io.out(`${questions.length - failures} of ${questions.length} as expected\n`)
  return failures === 0 ? exitCodes.clean : exitCodes.crash
}

interface Question {
  test: PolicyTest
  action: string
  resource: string
}

function isExpected({ expect }: PolicyTest, { decision }: Answer): boolean {
  return expect === decision || (expect === 'denied' && (decision === 'implicitDeny' || decision === 'explicitDeny'))
}

function tell({ test, action, resource }: Question, { decision, policies, missing }: Answer): string {
  const by = policies.length === 0 ? '' : ` by ${policies.join(', ')}`
  const lacking = missing.length === 0 ? '' : `; no value for ${missing.join(', ')}`
  return `${test.principal} ${action} ${resource}: expected ${test.expect}, got ${decision}${by}${lacking}`
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw usageError([`${file} cannot be read: ${(cause as Error).message}`]) satisfies UsageError
  }
}

interface Answer {
  /** A decision, or the error of a call that was refused. */
  decision: string
  policies: string[]
  missing: string[]
}

/** @throws Error when the server does not answer */
async function ask(url: string, { test, action, resource }: Question, config: Config): Promise<Answer> {
  const { principal, context, resourcePolicy } = test
  const parameters: Record<string, string> = {
    Action: 'SimulatePrincipalPolicy',
    PolicySourceArn: principal.startsWith('arn:') ? principal : `arn:aws:iam::${config.accounts[0]?.id}:${principal}`,
    'ActionNames.member.1': action,
    'ResourceArns.member.1': resource,
    ...(resourcePolicy !== undefined && { ResourcePolicy: resourcePolicy }),
  }
  for (const [index, [key, value]] of Object.entries(context).entries()) {
    const entry = `ContextEntries.member.${index + 1}`
    parameters[`${entry}.ContextKeyName`] = key
    parameters[`${entry}.ContextKeyType`] = typeof value === 'string' ? 'string' : 'stringList'
    for (const [at, one] of [value].flat().entries()) parameters[`${entry}.ContextKeyValues.member.${at + 1}`] = one
  }
  try {
    const xml = await callIam(url, parameters, firstKey(config))
    const missing = xml.match(/<MissingContextValues>.*?<\/MissingContextValues>/gs) ?? []
    return {
      decision: elementsIn(xml, 'EvalDecision')[0] ?? 'no decision',
      policies: [...new Set(elementsIn(xml, 'SourcePolicyId'))],
      missing: [...new Set(missing.flatMap((part) => elementsIn(part, 'member')))],
    }
  } catch (cause) {
    // The server did not answer at all: no test can say anything.
    if ((cause as NodeJS.ErrnoException).code !== undefined) throw cause
    return { decision: `an error: ${(cause as Error).message}`, policies: [], missing: [] }
  }
}

/**
 * Files of policy tests, for `sandbucket simulate`: a list of `{ name, principal, action, resource, context, resourcePolicy,
 * expect }`, or that list as `tests`. YAML or JSON, by the name of the file. In YAML every value is the text that stands
 * there: an account id keeps its zeros, and `no` is not false.
 */
import { type UsageError, usageError } from '../config/layer.ts'
import type { YamlFile } from '../config/read-yaml.ts'

/** `denied` is either deny. */
const expectations = ['allowed', 'denied', 'implicitDeny', 'explicitDeny']

/** One row of the file, with lists where it may say one or several. */
export interface PolicyTest {
  name: string | undefined
  /** `FILE:LINE`, of JSON `FILE test N`. */
  place: string
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

type Row = Omit<PolicyTest, 'place'>

/** Reads the text of a file. @param path as the user knows it @throws UsageError naming each row that is wrong */
export async function readPolicyTests(text: string, path: string): Promise<PolicyTest[]> {
  const isYaml = /\.ya?ml$/i.test(path) || (!/\.json$/i.test(path) && !/^\s*[[{]/.test(text))
  const { value, lines } = isYaml ? await loadYaml(text, path) : { value: readJson(text, path), lines: undefined }
  const rows = isRecord(value) ? value.tests : value
  if (!Array.isArray(rows) || rows.length === 0) throw usageError([`${path} must hold a list of tests`])
  const problems: string[] = []
  const tests = rows.flatMap((row: unknown, index) => {
    const place = lines === undefined ? `${path} test ${index + 1}` : `${path}:${lines[index]}`
    const read = readRow(row)
    if (typeof read !== 'string') return [{ ...read, place }]
    problems.push(`${place}: ${read}`)
    return []
  })
  if (problems.length > 0) throw usageError(problems)
  return tests
}

function readJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw notReadable(path, 'JSON', cause)
  }
}

const notReadable = (path: string, format: string, cause: unknown): UsageError =>
  usageError([`${path} is not ${format}: ${(cause as Error).message.trim()}`])

/** The parser is loaded with the first such file. */
async function loadYaml(text: string, path: string): Promise<YamlFile> {
  const { readYaml } = await import('../config/read-yaml.ts')
  try {
    return readYaml(text)
  } catch (cause) {
    throw notReadable(path, 'YAML', cause)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const members = ['name', 'principal', 'action', 'resource', 'context', 'resourcePolicy', 'expect']

/** A test, or what is wrong with it. */
function readRow(row: unknown): Row | string {
  if (!isRecord(row)) return 'a test must be an object'
  const unknown = Object.keys(row).find((name) => !members.includes(name))
  if (unknown !== undefined) return `"${unknown}" is not known; members are ${members.join(', ')}`
  const { name, principal, expect, context = {}, resourcePolicy } = row
  const actions = textsOf(row.action)
  const resources = textsOf(row.resource ?? '*')
  if (name !== undefined && typeof name !== 'string') return 'name must be a text'
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
  return { name, principal, actions, resources, context: Object.fromEntries(values), resourcePolicy: text, expect }
}

function textsOf(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.length > 0 && list.every((one) => typeof one === 'string' && one !== '') ? (list as string[]) : undefined
}

function contextValue(value: unknown): string | string[] | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) && value.length > 0 ? textsOf(value) : typeof value === 'string' ? value : undefined
}

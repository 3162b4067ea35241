/**
 * Form tree -> typed input, by the model. What breaks the model's constraints is collected and refused at once, in the
 * words AWS's common validation uses.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
import { type AwsError, error } from '../errors.ts'
import { nameMap } from '../lib/name-map.ts'
import type { MemberRow, ServiceTable, StructureRow } from '../model/shape.ts'
import { type FormNode, numberedChildren } from './form.ts'
import { parseIsoDate } from './values.ts'

/** AWS reports no more at once. Assumed: the number, so that an answer stays short. */
const MAX_REPORTED = 100

const PATH_RULE = 'It must begin and end with / and contain only alphanumeric characters and/or / characters.'

/**
 * Patterns that IAM has a message of its own for. Observed: the words on names (cfn-lint issue 996) and on paths
 * (published error texts of CreateUser). Assumed: prefixes of paths and policies' paths have those of paths.
 */
const OWN_RULES: ReadonlyMap<string, string> = new Map([
  ['[\\w+=,.@-]+', 'It must contain only alphanumeric characters and/or the following: +=,.@_-'],
  ['(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)', PATH_RULE],
  ['((/[A-Za-z0-9\\.,\\+@=_-]+)*)/', PATH_RULE],
  ['\\u002F[\\u0021-\\u007F]*', PATH_RULE],
])

const SCALAR_TYPES: Readonly<Record<string, true>> = nameMap({
  string: true,
  integer: true,
  boolean: true,
  blob: true,
  timestamp: true,
  dateTime: true,
})

const patterns = new Map<string, RegExp>()

/** A pattern of the model, which must match a text as a whole. Only with `u` are names of Unicode classes understood. */
function compiled(pattern: string): RegExp {
  let expression = patterns.get(pattern)
  if (expression === undefined) {
    expression = new RegExp(`^(?:${pattern})$`, pattern.includes('\\p{') ? 'u' : '')
    patterns.set(pattern, expression)
  }
  return expression
}

/** Reads an operation's input. @throws ValidationError, MalformedInput */
export function readFormInput(table: ServiceTable, shape: string, root: FormNode): Record<string, unknown> {
  const reader = new FormReader(table)
  const input = reader.readStructure(shape, root, '')
  const refusal = reader.refusal()
  if (refusal !== undefined) throw refusal
  return input
}

class FormReader {
  readonly #table: ServiceTable
  readonly #problems: string[] = []
  #ownRefusal: string | undefined

  constructor(table: ServiceTable) {
    this.#table = table
  }

  /** All problems found as one error. */
  refusal(): AwsError | undefined {
    const count = this.#problems.length
    if (count > 0) {
      const listed = this.#problems.slice(0, MAX_REPORTED).join('; ')
      const message = `${count} validation error${count === 1 ? '' : 's'} detected: ${listed}`
      return error('ValidationError', {}, { message })
    }
    return this.#ownRefusal === undefined ? undefined : error('ValidationError', {}, { message: this.#ownRefusal })
  }

  readStructure(shape: string, node: FormNode, path: string): Record<string, unknown> {
    const output: Record<string, unknown> = {}
    for (const row of (this.#table.shapes[shape] as StructureRow)[1]) {
      const at = path + row[0].charAt(0).toLowerCase() + row[0].slice(1)
      const child = node.children?.get(row[3])
      // A scalar with deeper names only (`Path.member.1`) was not given.
      if (child === undefined || (child.value === undefined && row[1] in SCALAR_TYPES)) {
        if (row[4] === 1) this.#problems.push(`Value null at '${at}' ${UNMET}Member must not be null`)
        continue
      }
      output[row[0]] = this.#readMember(row, child, at)
    }
    return output
  }

  #readMember(row: MemberRow, node: FormNode, path: string): unknown {
    const value = this.#readValue(row[1], row, node, path)
    if (Array.isArray(value)) {
      this.#checkLength(row, value.length, JSON.stringify(value), path)
      this.#checkItems(row, value, path)
    }
    return value
  }

  /** Observed: all that an item must satisfy is named, whichever it does not (lists of other services of AWS). */
  #checkItems(row: MemberRow, items: readonly unknown[], path: string): void {
    const bounds = row[5]?.item
    if (bounds === undefined) return
    const { min = 0, max = Number.POSITIVE_INFINITY, pattern } = bounds
    const isGood = (item: unknown) =>
      typeof item !== 'string' ||
      (item.length >= min && item.length <= max && (pattern === undefined || compiled(pattern).test(item)))
    if (items.every(isGood)) return
    const rules = [
      ...(bounds.max === undefined ? [] : [`Member must have length less than or equal to ${bounds.max}`]),
      ...(bounds.min === undefined ? [] : [`Member must have length greater than or equal to ${bounds.min}`]),
      ...(pattern === undefined ? [] : [`Member must satisfy regular expression pattern: ${pattern}`]),
    ]
    this.#refuse(row, `[${items.join(', ')}]`, path, `Member must satisfy constraint: [${rules.join(', ')}]`)
  }

  #readValue(type: string, row: MemberRow, node: FormNode, path: string): unknown {
    const shape = this.#table.shapes[type]
    if (shape?.[0] === 's' || shape?.[0] === 'u') return this.readStructure(type, node, `${path}.`)
    const item = shape?.[0] === 'l' ? shape[1] : type.endsWith('[]') ? type.slice(0, -2) : undefined
    if (item !== undefined) {
      const read = (child: FormNode, i: number) => this.#readValue(item, row, child, `${path}.${i + 1}.member`)
      return numberedChildren(node, 'member').map(read)
    }
    const mapped = shape?.[0] === 'm' ? shape[2] : type.endsWith('{}') ? type.slice(0, -2) : undefined
    if (mapped !== undefined) return this.#readMap(mapped, row, node, path)
    const isItem = row[1] !== type
    return this.#readScalar(type, row, node.value ?? '', path, isItem)
  }

  #readMap(type: string, row: MemberRow, node: FormNode, path: string): Record<string, unknown> {
    const output = nameMap<unknown>()
    for (const entry of numberedChildren(node, 'entry')) {
      const value = entry.children?.get('value')
      const key = entry.children?.get('key')?.value
      if (key !== undefined && value !== undefined) output[key] = this.#readValue(type, row, value, `${path}.${key}`)
    }
    return output
  }

  #readScalar(type: string, row: MemberRow, text: string, path: string, isItem: boolean): unknown {
    if (type === 'integer') return this.#readInteger(row, text, path)
    if (type === 'boolean') {
      const lower = text.toLowerCase()
      if (lower !== 'true' && lower !== 'false') throw error('MalformedInput')
      return lower === 'true'
    }
    if (type === 'timestamp' || type === 'dateTime') {
      const time = parseIsoDate(text)
      if (time === undefined) throw error('MalformedInput')
      return time
    }
    if (type === 'blob') return Buffer.from(text, 'base64')
    const values = row[5]?.enum === undefined ? undefined : this.#table.enums[row[5].enum]
    if (values !== undefined && !values.includes(text)) {
      // Observed: with the value, what it might be is left out, too (recorded against AWS by LocalStack's suite).
      const listed = row[5]?.sensitive === 1 ? '' : `: [${values.join(', ')}]`
      this.#refuse(row, text, path, `Member must satisfy enum value set${listed}`)
    }
    // The bounds of the row are those of the list; those of its items are looked at with all of them.
    if (!isItem) {
      this.#checkLength(row, text.length, text, path)
      this.#checkPattern(row, text, path)
    }
    return text
  }

  #readInteger(row: MemberRow, text: string, path: string): number {
    if (!/^[+-]?\d{1,10}$/.test(text)) throw error('MalformedInput')
    const value = Number(text)
    const { min, max } = row[5] ?? {}
    if (min !== undefined && value < min) {
      this.#refuse(row, text, path, `Member must have value greater than or equal to ${min}`)
    }
    if (max !== undefined && value > max) {
      this.#refuse(row, text, path, `Member must have value less than or equal to ${max}`)
    }
    return value
  }

  #checkLength(row: MemberRow, length: number, text: string, path: string): void {
    const { min, max } = row[5] ?? {}
    if (min !== undefined && length < min) {
      this.#refuse(row, text, path, `Member must have length greater than or equal to ${min}`)
    }
    if (max !== undefined && length > max) {
      this.#refuse(row, text, path, `Member must have length less than or equal to ${max}`)
    }
  }

  #checkPattern(row: MemberRow, text: string, path: string): void {
    const pattern = row[5]?.pattern
    if (pattern === undefined || text === '' || compiled(pattern).test(text)) return
    const rule = OWN_RULES.get(pattern)
    if (rule === undefined) this.#refuse(row, text, path, `Member must satisfy regular expression pattern: ${pattern}`)
    else this.#ownRefusal ??= `The specified value for ${path} is invalid. ${rule}`
  }

  #refuse(row: MemberRow, text: string, path: string, constraint: string): void {
    const value = row[5]?.sensitive === 1 ? 'Value' : `Value '${text}'`
    this.#problems.push(`${value} at '${path}' ${UNMET}${constraint}`)
  }
}

const UNMET = 'failed to satisfy constraint: '

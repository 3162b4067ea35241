/** Tags of IAM's entities: what AWS checks and how tag sets change. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html */
import { error } from '../../errors.ts'
import { policyLimits } from '../../policy/limits.ts'
import type { IamTag } from '../../store/iam-records.ts'
import { invalid, limitExceeded } from './find.ts'

const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const pattern = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]'

const unmet = (value: string, at: string, constraint: string) =>
  invalid(`1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: ${constraint}`)

/** Checks the characters of keys and values. @throws AwsError ValidationError */
export function checkTagTexts(tags: readonly IamTag[]): void {
  for (const [index, { Key, Value }] of tags.entries()) {
    const at = `tags.${index + 1}.member`
    if (!tagText.test(Key)) throw unmet(Key, `${at}.key`, `Member must satisfy regular expression pattern: ${pattern}+`)
    if (!tagText.test(Value)) {
      throw unmet(Value, `${at}.value`, `Member must satisfy regular expression pattern: ${pattern}*`)
    }
  }
}

/** Assumed: the wording (and the code of each service), because AWS documents only that the prefix is reserved. */
export const reservedTagKey = 'Tag keys that begin with "aws:" are reserved for system use.'
export const isReservedTagKey = (key: string): boolean => /^aws:/i.test(key)

/** Checks keys and values one by one. @throws AwsError ValidationError, InvalidInput */
export function checkTags(tags: readonly IamTag[]): void {
  checkTagTexts(tags)
  if (tags.some(({ Key }) => isReservedTagKey(Key))) throw invalidInput(reservedTagKey)
  // Observed: the wording, and that keys compare without case (recorded against AWS by LocalStack's suite for STS).
  if (new Set(tags.map(({ Key }) => Key.toLowerCase())).size < tags.length) {
    throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.')
  }
}

const invalidInput = (message: string) => error('InvalidInput', {}, { message })

/** Tags with others added; a key that is there keeps its place and gets the new spelling and value. */
export function mergeTags(before: readonly IamTag[] = [], added: readonly IamTag[], quota: string): IamTag[] {
  checkTags(added)
  const merged = new Map(before.map((tag) => [tag.Key.toLowerCase(), tag]))
  for (const { Key, Value } of added) merged.set(Key.toLowerCase(), { Key, Value })
  if (merged.size > policyLimits.tags) throw limitExceeded(quota, policyLimits.tags)
  return [...merged.values()]
}

export function removeTags(before: readonly IamTag[] = [], keys: readonly string[]): IamTag[] {
  const removed = new Set(keys.map((key) => key.toLowerCase()))
  return before.filter(({ Key }) => !removed.has(Key.toLowerCase()))
}

/** Tags of a new entity. Undefined when there are none. */
export function newTags(tags: readonly IamTag[] | undefined): IamTag[] | undefined {
  if (tags === undefined || tags.length === 0) return undefined
  checkTags(tags)
  return tags.map(({ Key, Value }) => ({ Key, Value }))
}

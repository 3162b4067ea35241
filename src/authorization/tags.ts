/** Tags as condition keys see them: looked up by their key in lower case, or listed. */

export interface Tag {
  Key?: unknown
  Value?: unknown
}

/** The tags of a value that should be a list of them; nothing in a request is trusted to have its type. */
export function tagsIn(value: unknown): Tag[] {
  return Array.isArray(value) ? value.filter((tag): tag is Tag => typeof tag === 'object' && tag !== null) : []
}

/** A member of a value that should be an object. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** The value of the tag with this key, which is in lower case. */
export function tagValue(tags: readonly Tag[], lowerKey: string): string | undefined {
  const tag = tags.find(({ Key }) => typeof Key === 'string' && Key.toLowerCase() === lowerKey)
  return tag && (typeof tag.Value === 'string' ? tag.Value : '')
}

/** The keys of tags as written; undefined when there are none. */
export function tagKeys(tags: readonly Tag[]): string[] | undefined {
  return tags.length === 0 ? undefined : tags.map(({ Key }) => String(Key))
}

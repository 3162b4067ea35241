/**
 * Pages of keys and common prefixes, as all S3 listings have them. A common prefix costs one seek, whatever is under
 * it; only rows that are returned are parsed.
 */
import type { KeyRange } from './keys.ts'
import type { Kv } from './kv.ts'
import { type Row, RowWalk } from './row-walk.ts'
import type { ListOptions, ListPage } from './store.ts'

/** How a space of rows is ordered by object key. */
export interface ListLayout {
  /** Rows of keys that begin with `prefix`. */
  rowsOf(prefix: string): KeyRange
  keyOf(row: Row): string
  /** Rows that are neither listed nor make a common prefix. */
  isHidden?(row: Row): boolean
  /** End of what the cursor may reach beside the rows of the listing (`RowWalk.aside`). */
  reach?: Buffer
}

/** Entries so far. */
export class PageBuilder<T> {
  readonly entries: ListPage<T>['entries'] = []
  readonly #limit: number
  isTruncated = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many more fit. */
  get room(): number {
    return this.#limit - this.entries.length
  }

  /** Adds an entry, made only if it fits. False when the page is full: it is truncated, because there is this one more. */
  add(entry: () => { record: T } | { prefix: string }): boolean {
    if (this.room <= 0) {
      this.isTruncated = true
      return false
    }
    this.entries.push(entry())
    return true
  }
}

/** Adds what a row stands for; false when the page is full. */
export type Visit<T> = (row: Row, page: PageBuilder<T>, walk: RowWalk) => boolean | Promise<boolean>

/**
 * The common prefix under which a key is listed: up to and including the first delimiter after the prefix. Undefined
 * when the key is listed itself.
 */
export function rollUp(key: string, prefix: string, delimiter: string | undefined): string | undefined {
  if (delimiter === undefined || delimiter === '' || !key.startsWith(prefix)) return undefined
  const at = key.indexOf(delimiter, prefix.length)
  return at === -1 ? undefined : key.slice(0, at + delimiter.length)
}

/** @param start first row to consider; where `options.after` leads when it is not a common prefix. */
export async function listPage<T>(
  kv: Kv,
  layout: ListLayout,
  options: ListOptions,
  start: Buffer | undefined,
  visit: Visit<T>,
): Promise<ListPage<T>> {
  const page = new PageBuilder<T>(options.limit)
  const { prefix = '', delimiter, after } = options
  const range = layout.rowsOf(prefix)
  const isPrefix = after !== undefined && rollUp(after, prefix, delimiter) === after
  const from = isPrefix ? layout.rowsOf(after).lt : start
  const gte = from !== undefined && Buffer.compare(from, range.gte) > 0 ? from : range.gte
  if (options.limit <= 0 || Buffer.compare(gte, range.lt) >= 0) return { entries: [], isTruncated: false }
  const isPlain = delimiter === undefined && layout.reach === undefined
  const walk = new RowWalk(kv.range({ gte, lt: layout.reach ?? range.lt }), isPlain ? options.limit + 1 : 32)
  try {
    for (let row = await walk.next(); row !== undefined; row = await walk.next()) {
      if (layout.reach !== undefined && Buffer.compare(row[0], range.lt) >= 0) break
      if (layout.isHidden?.(row) === true) continue
      const common = delimiter === undefined ? undefined : rollUp(layout.keyOf(row), prefix, delimiter)
      if (common === undefined) {
        const added = visit(row, page, walk)
        if (!(typeof added === 'boolean' ? added : await added)) break
      } else {
        if (!page.add(() => ({ prefix: common }))) break
        walk.skipTo(layout.rowsOf(common).lt)
      }
    }
  } finally {
    await walk.close()
  }
  return { entries: page.entries, isTruncated: page.isTruncated }
}

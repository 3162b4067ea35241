/**
 * What all listings share: page limits, `encoding-type=url`, delimiters and markers. Pure functions.
 */
import { type AwsError, error } from '../../errors.ts'
import { encodeForm } from './location.ts'

/** The largest page AWS gives, whatever is asked. */
export const maxPage = 1000

function badLimit(name: string, value: number, message: string): AwsError {
  return error('InvalidArgument', { ArgumentName: name, ArgumentValue: value }, { message })
}

/**
 * The page size for a limit parameter: 1,000 when absent, never more.
 * @throws InvalidArgument when negative. Observed: texts as reported in versitygw#1804 and #1809 against AWS.
 */
export function pageLimit(name: 'max-keys' | 'max-uploads' | 'max-parts', value: number | undefined): number {
  if (value === undefined) return maxPage
  if (value < 0) throw badLimit(name, value, `Argument ${name} must be an integer between 0 and 2147483647`)
  return Math.min(value, maxPage)
}

/** `pageLimit` of ListObjectVersions, which has a text of its own. @throws InvalidArgument */
export function versionsPageLimit(value: number | undefined): number {
  if (value !== undefined && value < 0) throw badLimit('max-keys', value, 'max-keys cannot be negative')
  return pageLimit('max-keys', value)
}

const slash = /%2F/g

/**
 * The encoder of keys, prefixes, delimiters and markers that a request's `encoding-type` asks for.
 * Observed: as Java's URLEncoder but with `/` kept: a space is `+`, `+` is `%2B` (backlot#178, measured 2026-09-14); `=` is `%3D` (recorded).
 * @throws InvalidArgument for anything but `url`, the empty value included (recorded).
 */
export function textEncoder(encodingType: string | undefined): (text: string) => string {
  if (encodingType === undefined) return (text) => text
  if (encodingType !== 'url') {
    throw error(
      'InvalidArgument',
      { ArgumentName: 'encoding-type', ArgumentValue: encodingType },
      { message: 'Invalid Encoding Method specified in Request' },
    )
  }
  return (text) => encodeForm(text).replace(slash, '/')
}

/** An empty delimiter is none. */
export function delimiterOf(delimiter: string | undefined): string | undefined {
  return delimiter === '' ? undefined : delimiter
}

/**
 * Where to go on from a marker when keys are grouped: a marker inside a group stands for the whole group.
 * Observed: `marker=folder/aSub/file1&prefix=folder/&delimiter=/` does not give `folder/aSub/` again (recorded, all listings).
 */
export function afterMarker(marker: string, prefix: string, delimiter: string | undefined): string {
  if (delimiter === undefined || !marker.startsWith(prefix)) return marker
  const at = marker.indexOf(delimiter, prefix.length)
  return at < 0 ? marker : marker.slice(0, at + delimiter.length)
}

/** Times in listings and copy results have whole seconds. */
export function wholeSeconds(ms: number): number {
  return ms - (ms % 1000)
}

/** The page's entries taken apart, in order. */
export function splitEntries<T>(entries: ({ record: T } | { prefix: string })[]): { records: T[]; prefixes: string[] } {
  const records: T[] = []
  const prefixes: string[] = []
  for (const entry of entries) {
    if ('record' in entry) records.push(entry.record)
    else prefixes.push(entry.prefix)
  }
  return { records, prefixes }
}

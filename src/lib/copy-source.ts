/** `[/]BUCKET/KEY[?versionId=ID]`, the text of x-amz-copy-source, taken apart; whoever reads it must read it alike. */
import { decodePath } from './percent.ts'

const versionMark = '?versionId='

/** Observed: a plus is a space (recorded, test_copy_object_special_character_plus_for_space). */
function decodeSource(raw: string): string | undefined {
  return decodePath(raw.includes('+') ? raw.replaceAll('+', ' ') : raw)
}

/** Observed: the source may be a whole URL (recorded, test_s3_timestamp_precision). Assumed: of path style, as there. */
function withoutOrigin(header: string): string {
  if (!header.startsWith('http://') && !header.startsWith('https://')) return header
  const slash = header.indexOf('/', header.indexOf('://') + 3)
  return slash < 0 ? '' : header.slice(slash)
}

/**
 * Decodes a copy source into its path and version. `?versionId=` is looked for before decoding, so an encoded `?`
 * belongs to the key (Observed: NoSuchKey with the whole as its Key, aws/aws-sdk-cpp#2103, boto/botocore#509); so does
 * one that begins anything else. Undefined when it is not percent-encoded UTF-8.
 */
export function splitCopySource(header: string): { path: string; versionId: string | undefined } | undefined {
  const source = withoutOrigin(header)
  const at = source.lastIndexOf(versionMark)
  const path = decodeSource(at < 0 ? source : source.slice(0, at))
  if (path === undefined) return undefined
  if (at < 0) return { path, versionId: undefined }
  const versionId = decodePath(source.slice(at + versionMark.length).split('&', 1)[0] as string)
  return versionId === undefined ? undefined : { path, versionId }
}

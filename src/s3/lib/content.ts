/** The system-defined headers of an object: stored as sent, given back as sent, overridden by `response-*` on request. */
import type { Ctx } from '../../context.ts'
import { error } from '../../errors.ts'
import type { ContentHeaders } from '../../store/records.ts'

export interface ContentInput {
  CacheControl?: string | undefined
  ContentDisposition?: string | undefined
  ContentEncoding?: string | undefined
  ContentLanguage?: string | undefined
  ContentType?: string | undefined
  /** As sent, a date or not. */
  Expires?: string | undefined
}

/** The type S3 gives an object whose client names none. */
const defaultType = 'binary/octet-stream'

/** What a write stores: only what was sent, and a content type in any case. `aws-chunked` describes the wire, not the object. */
export function storedContent(input: ContentInput): ContentHeaders {
  const content: ContentHeaders = { ContentType: input.ContentType || defaultType }
  if (input.CacheControl !== undefined) content.CacheControl = input.CacheControl
  if (input.ContentDisposition !== undefined) content.ContentDisposition = input.ContentDisposition
  const coding = input.ContentEncoding === undefined ? undefined : withoutAwsChunked(input.ContentEncoding)
  if (coding !== undefined) content.ContentEncoding = coding
  if (input.ContentLanguage !== undefined) content.ContentLanguage = input.ContentLanguage
  if (input.Expires !== undefined) content.Expires = input.Expires
  return content
}

/** A Content-Encoding without `aws-chunked`; undefined when nothing else was in it. */
export function withoutAwsChunked(coding: string): string | undefined {
  if (!coding.toLowerCase().includes('aws-chunked')) return coding
  const rest = coding.split(',').filter((token) => token.trim().toLowerCase() !== 'aws-chunked')
  return rest.length === 0 ? undefined : rest.join(',').trim()
}

export interface ResponseOverrides {
  ResponseCacheControl?: string | undefined
  ResponseContentDisposition?: string | undefined
  ResponseContentEncoding?: string | undefined
  ResponseContentLanguage?: string | undefined
  ResponseContentType?: string | undefined
  ResponseExpires?: string | undefined
}

const overrides = [
  ['ResponseCacheControl', 'CacheControl', 'response-cache-control'],
  ['ResponseContentDisposition', 'ContentDisposition', 'response-content-disposition'],
  ['ResponseContentEncoding', 'ContentEncoding', 'response-content-encoding'],
  ['ResponseContentLanguage', 'ContentLanguage', 'response-content-language'],
  ['ResponseContentType', 'ContentType', 'response-content-type'],
  ['ResponseExpires', 'Expires', 'response-expires'],
] as const

/**
 * The headers to answer a read with: the stored ones unless a `response-*` parameter replaces them.
 * @throws AwsError InvalidRequest for anonymous callers, InvalidArgument for text that a header cannot carry
 */
export function shownContent(
  content: ContentHeaders,
  input: ResponseOverrides,
  ctx: Pick<Ctx, 'principal'>,
): ContentHeaders {
  let shown = content
  for (const [member, target, parameter] of overrides) {
    const value = input[member]
    if (value === undefined) continue
    if (ctx.principal.kind === 'anonymous') {
      throw error(
        'InvalidRequest',
        {},
        { message: 'Request specific response headers cannot be used for anonymous GET requests.' },
      )
    }
    if (!isHeaderText(value)) {
      // Observed: recorded, test_get_response_overrides_unicode_metadata_with_sig_s3.
      throw error(
        'InvalidArgument',
        { ArgumentName: parameter, ArgumentValue: value },
        { message: 'Header value cannot be represented using ISO-8859-1.' },
      )
    }
    if (shown === content) shown = { ...content }
    shown[target] = value
  }
  return shown
}

/** Whether Node can send the text as a header value: Latin-1 without control characters. */
function isHeaderText(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0xff || code === 0x7f || (code < 0x20 && code !== 0x09)) return false
  }
  return true
}

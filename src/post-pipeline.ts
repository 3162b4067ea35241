/**
 * The request path of browser form uploads: the fields come first and stand where headers do elsewhere, so the form is
 * read up to its file before the signature can be checked; then authenticate, bind, authorize, execute as everywhere.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
import type { Target } from './address.ts'
import { checkKey } from './address.ts'
import type { AuthDeps } from './auth/authenticate.ts'
import { isHeaderName } from './auth/moved-headers.ts'
import { authenticateForm } from './auth/post-form.ts'
import { checkSize, type SizeRange } from './auth/post-policy.ts'
import type { Call } from './call.ts'
import { error } from './errors.ts'
import type { RequestBody } from './http/request-body.ts'
import { header } from './http/wire.ts'
import { noteKeyUse } from './key-use.ts'
import { nameMap } from './lib/name-map.ts'
import type { PutObjectRequest } from './model/s3.types.gen.ts'
import { planOf } from './protocol/index.ts'
import { parseXml } from './protocol/xml-read.ts'

/** Fields that are headers of PutObject under another name. */
const renamed: Record<string, string> = nameMap({ acl: 'x-amz-acl' })
/** Fields that PutObject knows as headers under their own name. */
const contentFields = new Set([
  'cache-control',
  'content-type',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-md5',
  'expires',
])

/**
 * Reads and verifies a form; `call` then has principal, form and body.
 * @throws AwsError of `readFormHead`, `authenticateForm`; InvalidArgument without a key; MalformedXML for bad tags
 */
export async function acceptForm(
  call: Call,
  target: Target,
  { auth, bodyIdleMs }: { auth: AuthDeps; bodyIdleMs?: number | undefined },
): Promise<void> {
  const { request } = call
  // The parser is loaded with the first form: most runs see none.
  const { readFormHead } = await import('./http/form.ts')
  const form = await readFormHead(request, bodyIdleMs)
  const authenticated = await authenticateForm(
    { fields: form.fields, fileName: form.fileName, authorization: header(request, 'authorization') },
    target,
    auth,
  )
  call.principal = authenticated.principal
  call.auth = { ...authenticated.auth, signedAtMs: authenticated.signedAtMs }
  noteKeyUse(call.store.iam, call.principal, call.auth, 's3', call.clock.now())
  const { key } = authenticated
  if (key === undefined || key === '') throw missingKey()
  checkKey(key)
  const fields = new Map([...form.fields].map(([name, value]) => [name.toLowerCase(), value]))
  call.form = { fields, put: bindPut(fields, target.bucket as string, key) }
  call.body = sized(form.file, authenticated.sizeRange)
}

function missingKey() {
  const message =
    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
  return error('InvalidArgument', { ArgumentName: 'key', ArgumentValue: '' }, { message })
}

function bindPut(fields: ReadonlyMap<string, string>, bucket: string, key: string): PutObjectRequest {
  const headers: Record<string, string> = nameMap()
  for (const [name, value] of fields) {
    if (contentFields.has(name)) headers[name] = toHeaderText(value)
    // Observed: metadata of forms is UTF-8 (recorded, test_post_object_with_unicode_metadata).
    else if (name.startsWith('x-amz-meta-')) headers[checkedName(name)] = value
    // Other x-amz-* fields are the UTF-8 bytes that a header would carry.
    else if (name.startsWith('x-amz-')) headers[name] = Buffer.from(value, 'utf8').toString('latin1')
    else if (renamed[name] !== undefined) headers[renamed[name]] = value
  }
  const tags = fields.get('tagging')
  if (tags !== undefined) headers['x-amz-tagging'] = readTags(tags)
  return planOf('PutObject').bind({ bucket, key, query: [], headers }) as unknown as PutObjectRequest
}

/**
 * Fields may be called what headers may not: an object with such metadata could not be answered with.
 * Assumed: code and words, because AWS documents names of metadata as those of headers.
 */
function checkedName(name: string): string {
  if (isHeaderName(name)) return name
  const message = 'The name of user-defined metadata must be that of a header.'
  throw error('InvalidArgument', { ArgumentName: name, ArgumentValue: name }, { message })
}

/** Observed: what Latin-1 lacks becomes a space (recorded, test_post_object_with_unicode_metadata). */
function toHeaderText(value: string): string {
  return value.replace(/[\u0100-\u{10ffff}]/gu, ' ')
}

/** The tags document as x-amz-tagging has them. Observed: another root element means no tags (recorded, test_post_object_with_tags). */
function readTags(xml: string): string {
  const bytes = Buffer.from(xml, 'utf8')
  if (parseXml(bytes, 64 * 1024).name !== 'Tagging') return ''
  const input: { Tagging?: { TagSet?: { Key: string; Value: string }[] } } = {}
  planOf('PutObjectTagging').parsePayload(input as Record<string, unknown>, bytes)
  const tags = input.Tagging?.TagSet ?? []
  return tags.map(({ Key, Value }) => `${encodeURIComponent(Key)}=${encodeURIComponent(Value)}`).join('&')
}

/** The file, held to the policy's content-length-range while it comes. */
function sized(file: RequestBody, range: SizeRange | undefined): RequestBody {
  if (range === undefined) return file
  return {
    sizeBytes: file.sizeBytes,
    trailers: file.trailers,
    async forEach(sink) {
      let sizeBytes = 0
      const counted = (chunk: Buffer): void | Promise<void> => {
        sizeBytes += chunk.length
        // What is too large is counted to its end, because the answer tells its size, but no longer stored.
        return sizeBytes <= range.max ? sink(chunk) : undefined
      }
      await file.forEach(counted)
      checkSize(range, sizeBytes)
    },
  }
}

/**
 * PostObject: a browser's form upload. The form has become a PutObject by the time it gets here; what differs is the
 * answer: 204, 200, 201 with a document, or a redirect.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
import type { PostObjectOutput, PutObjectOutput, S3Handlers } from '../model/s3.types.gen.ts'
import { objectLocation } from './lib/location.ts'
import { objectWrite } from './object-write.ts'

/** The redirect of success_action_redirect with bucket, key and etag added; undefined when it is no URL. */
function redirectTarget(url: string | undefined, bucket: string, key: string, etag: string): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined
  const query = `bucket=${encodeURIComponent(bucket)}&key=${encodeURIComponent(key)}&etag=${encodeURIComponent(etag)}`
  const [base = '', fragment] = url.split('#', 2)
  return `${base}${base.includes('?') ? '&' : '?'}${query}${fragment === undefined ? '' : `#${fragment}`}`
}

export const postObject = {
  async PostObject(_input, ctx): Promise<PostObjectOutput> {
    const { form } = ctx
    if (form === undefined) throw new Error('PostObject without a form')
    const put: PutObjectOutput = await objectWrite.PutObject(form.put, ctx)
    const { Bucket, Key } = form.put
    const { Size: _size, RequestCharged: _charged, ...shared } = put
    const output: PostObjectOutput = { ...shared, LocationHeader: objectLocation(ctx, Bucket, Key) }
    // `redirect` is the older name of the field.
    const redirect = form.fields.get('success_action_redirect') ?? form.fields.get('redirect')
    const target = redirectTarget(redirect, Bucket, Key, put.ETag ?? '')
    if (target !== undefined) return { ...output, StatusCode: 303, LocationHeader: target }
    const status = form.fields.get('success_action_status')
    if (status === '200') return { ...output, StatusCode: 200 }
    if (status !== '201') return output
    const { LocationHeader: Location, ETag } = output
    return { ...output, StatusCode: 201, PostResponse: { Location, Bucket, Key, ETag } }
  },
} satisfies Partial<S3Handlers>

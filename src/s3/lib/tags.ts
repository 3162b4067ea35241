/**
 * Tag sets: the x-amz-tagging header, and the rules for keys and values.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
import { type AwsError, error } from '../../errors.ts'

export interface Tag {
  Key: string
  Value: string
}

const maxObjectTags = 10
const maxBucketTags = 50
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/**
 * The tags of an x-amz-tagging header (or form parameter): `key=value&key=value`, form-encoded; by key.
 * Observed: AWS keeps no order of these (recorded, test_put_object_with_tags sorts them; by key in s3-tests test_put_obj_with_tags).
 * @throws AwsError InvalidArgument when it is not that, has an empty key or names a key twice, then as `checkTags`
 */
export function parseTaggingHeader(header: string): Tag[] {
  const tags: Tag[] = []
  const seen = new Set<string>()
  for (const pair of header.split('&')) {
    // Observed: `key1&&&key2` is two tags with empty values (recorded, test_put_object_with_tags).
    if (pair === '') continue
    const parts = pair.split('=')
    const Key = decodeForm(parts[0] as string)
    const Value = decodeForm(parts[1] ?? '')
    // Observed: `=`, a tag without a key, is refused like this too (versity/versitygw#1215).
    if (parts.length > 2 || !Key || Value === undefined || seen.has(Key)) throw malformed(header)
    seen.add(Key)
    tags.push({ Key, Value })
  }
  checkTags(tags, 'object')
  return tags.sort((a, b) => (a.Key < b.Key ? -1 : 1))
}

const malformed = (header: string) =>
  error(
    'InvalidArgument',
    { ArgumentName: 'x-amz-tagging', ArgumentValue: header },
    {
      message:
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    },
  )

function decodeForm(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/**
 * The rules for a tag set, in AWS's words. Messages differ between buckets and objects for system tags (Observed: recorded,
 * test_tagging_validation).
 * @throws AwsError BadRequest (too many), InvalidTag
 */
export function checkTags(tags: readonly Tag[], of: 'object' | 'bucket'): void {
  if (of === 'object' && tags.length > maxObjectTags) {
    throw error('BadRequest', {}, { message: `Object tags cannot be greater than ${maxObjectTags}` })
  }
  if (of === 'bucket' && tags.length > maxBucketTags) {
    throw error('BadRequest', {}, { message: `Bucket tag count cannot be greater than ${maxBucketTags}` })
  }
  const seen = new Set<string>()
  for (const { Key, Value } of tags) {
    if (seen.has(Key)) throw invalidTag('Cannot provide multiple Tags with the same key', Key)
    seen.add(Key)
    if (Key.toLowerCase().startsWith('aws:')) {
      throw invalidTag(
        of === 'bucket'
          ? 'System tags cannot be added/updated by requester'
          : 'Your TagKey cannot be prefixed with aws:',
        Key,
      )
    }
    if (Key === '' || Key.length > 128 || !allowed.test(Key)) {
      throw invalidTag('The TagKey you have provided is invalid', Key)
    }
    if (Value.length > 256 || !allowed.test(Value)) {
      throw error(
        'InvalidTag',
        { TagKey: Key, TagValue: Value },
        { message: 'The TagValue you have provided is invalid' },
      )
    }
  }
}

const invalidTag = (message: string, TagKey: string): AwsError => error('InvalidTag', { TagKey }, { message })

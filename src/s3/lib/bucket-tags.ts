/**
 * Tags in the body of CreateBucket. Their refusals differ from PutBucketTagging's.
 * Observed: recorded, test_create_bucket_with_tags_exc.
 */
import { error } from '../../errors.ts'
import type { Tag } from '../../model/s3.types.gen.ts'

const maxTags = 50
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

function checkTag({ Key, Value }: Tag): void {
  if (Key === undefined || Value === undefined) throw error('MalformedXML')
  if (Key.startsWith('aws:')) {
    throw error(
      'InvalidTag',
      {},
      {
        message:
          'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.',
      },
    )
  }
  if (Key === '' || Key.length > 128 || !allowed.test(Key)) {
    throw error('InvalidTag', { TagKey: Key }, { message: 'The TagKey you have provided is invalid' })
  }
  if (Value.length > 256 || !allowed.test(Value)) {
    throw error(
      'InvalidTag',
      { TagKey: Key, TagValue: Value },
      { message: 'The TagValue you have provided is invalid' },
    )
  }
}

/**
 * The tags to store, or undefined for none; an empty list is none (recorded).
 * @throws MalformedXML, InvalidTag, InternalError (two tags of one key: that is what AWS answers)
 */
export function checkNewBucketTags(tags: Tag[] | undefined): Tag[] | undefined {
  if (tags === undefined || tags.length === 0) return undefined
  for (const tag of tags) checkTag(tag)
  if (new Set(tags.map((tag) => tag.Key)).size < tags.length) throw error('InternalError')
  if (tags.length > maxTags) {
    throw error('BadRequest', {}, { message: `Bucket tag count cannot be greater than ${maxTags}` })
  }
  return tags
}

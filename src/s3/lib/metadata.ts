/**
 * User metadata (`x-amz-meta-*`): values are decoded as RFC 2047 on the way in and encoded again when they are not plain
 * ASCII, so that what is stored is exactly what will be sent back. Those of forms are not decoded.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
 */
import { error } from '../../errors.ts'
import { nameMap } from '../../lib/name-map.ts'
import { decodeEncodedWords, encodeHeaderText } from './rfc2047.ts'

/** Sum of the UTF-8 sizes of names (without prefix) and values. */
const maxSizeBytes = 2048

/**
 * The metadata to store: names in lower case without prefix, values as they will be answered.
 * @param isForm Observed: encoded words in a form mean themselves (recorded, test_post_object_with_unicode_metadata)
 * @throws AwsError MetadataTooLarge
 */
export function storedMetadata(
  input: Readonly<Record<string, string>> | undefined,
  isForm = false,
): Record<string, string> {
  const metadata: Record<string, string> = nameMap()
  if (input === undefined) return metadata
  let sizeBytes = 0
  for (const name in input) {
    const value = input[name] as string
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    metadata[name.toLowerCase()] = encodeHeaderText(isForm ? value : decodeEncodedWords(value))
  }
  if (sizeBytes > maxSizeBytes) {
    throw error('MetadataTooLarge', { Size: sizeBytes, MaxSizeAllowed: maxSizeBytes })
  }
  return metadata
}

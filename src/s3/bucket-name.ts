/**
 * The naming rules of general purpose buckets. Names that AWS reserves for its own aliases are refused like bad ones.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
import { error } from '../errors.ts'

const shape = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
/** Adjacent periods; a period beside a hyphen makes a DNS label begin or end with one. */
const badLabels = /\.\.|\.-|-\./
const ipv4 = /^\d+\.\d+\.\d+\.\d+$/
const reservedPrefixes = ['xn--', 'sthree-', 'amzn-s3-demo-']
const reservedSuffixes = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3']

/** Names in the namespace that an account has in a region end in: account, region, `an`. */
const regionalSuffix = /-\d{12}-[a-z]{2,}(?:-[a-z]+)+-\d+-an$/

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html */
export const isRegionalName = (name: string): boolean => regionalSuffix.test(name)

/** Whether a general purpose bucket may be created under this name. */
export function isBucketName(name: string): boolean {
  // "Bucket names can end with the suffix -an only" in a namespace of an account and region.
  if (name.endsWith('-an') && !isRegionalName(name)) return false
  if (!shape.test(name) || badLabels.test(name) || ipv4.test(name)) return false
  return (
    !reservedPrefixes.some((prefix) => name.startsWith(prefix)) && !reservedSuffixes.some((end) => name.endsWith(end))
  )
}

/** @throws InvalidBucketName with the name in BucketName. */
export function checkBucketName(name: string): void {
  if (!isBucketName(name)) throw error('InvalidBucketName', { BucketName: name })
}

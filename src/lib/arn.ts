/**
 * Amazon Resource Names: `arn:partition:service:region:account:resource`. Only the first five colons divide; the rest
 * belongs to the resource, which may be any key.
 */

/** The six parts, the first of which is always `arn`. */
export interface Arn {
  partition: string
  service: string
  region: string
  account: string
  resource: string
}

/** Splits at the first five colons; undefined when there are fewer or the text does not begin with `arn:`. */
export function parseArn(text: string): Arn | undefined {
  if (!text.startsWith('arn:')) return undefined
  const parts: string[] = []
  let from = 4
  while (parts.length < 4) {
    const colon = text.indexOf(':', from)
    if (colon === -1) return undefined
    parts.push(text.slice(from, colon))
    from = colon + 1
  }
  const [partition = '', service = '', region = '', account = ''] = parts
  return { partition, service, region, account, resource: text.slice(from) }
}

/** Whether `parseArn` would take it apart. */
export function isArn(text: string): boolean {
  if (!text.startsWith('arn:')) return false
  let colon = 3
  for (let count = 0; count < 4; count++) {
    colon = text.indexOf(':', colon + 1)
    if (colon === -1) return false
  }
  return true
}

/** `arn:aws:s3:::bucket`. */
export function bucketArn(bucket: string, partition = 'aws'): string {
  return `arn:${partition}:s3:::${bucket}`
}

/** `arn:aws:s3:::bucket/key`; the key is the decoded text, nothing is escaped. */
export function objectArn(bucket: string, key: string, partition = 'aws'): string {
  return `arn:${partition}:s3:::${bucket}/${key}`
}

/** `arn:aws:iam::123456789012:root`, the account as a principal. */
export function rootArn(account: string, partition = 'aws'): string {
  return `arn:${partition}:iam::${account}:root`
}

/** `arn:aws:s3express:us-east-1:123456789012:bucket/NAME`, a directory bucket. */
export function directoryBucketArn(
  { Name, region, ownerId }: { Name: string; region: string; ownerId: string },
  partition = 'aws',
): string {
  return `arn:${partition}:s3express:${region}:${ownerId}:bucket/${Name}`
}

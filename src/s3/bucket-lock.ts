/**
 * The Object Lock configuration of a bucket: whether it is on, and the retention that new versions get by default.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
 */
import { error } from '../errors.ts'
import type {
  GetObjectLockConfigurationOutput,
  ObjectLockConfiguration,
  ObjectLockRule,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'
import { checkHoldDuration } from './lib/event-hold.ts'
import { lockDocument } from './lib/object-lock.ts'

const maxDays = 36_500
const maxYears = 100

function checkPeriod(member: 'Days' | 'Years', value: number, max: number): void {
  if (value >= 1 && value <= max) return
  // Observed: code, texts and fields (versity/versitygw#1738, #2187).
  const message =
    value < 1 ? 'Default retention period must be a positive integer value.' : 'Default retention period too large.'
  throw error('InvalidArgument', { ArgumentName: member, ArgumentValue: value }, { message })
}

/** @throws MalformedXML (recorded, test_put_object_lock_configuration_exc), InvalidArgument */
function checkRule({ DefaultRetention }: ObjectLockRule): void {
  const { Mode, Days, Years, DefaultEventHold } = DefaultRetention ?? {}
  if (Mode !== 'GOVERNANCE' && Mode !== 'COMPLIANCE') throw error('MalformedXML')
  if (Days !== undefined && Years !== undefined) throw error('MalformedXML')
  if (DefaultEventHold !== undefined) checkHoldDuration(DefaultEventHold)
  else if (Days === undefined && Years === undefined) throw error('MalformedXML')
  if (Days !== undefined) checkPeriod('Days', Days, maxDays)
  if (Years !== undefined) checkPeriod('Years', Years, maxYears)
}

function checkConfiguration({ ObjectLockEnabled, Rule }: ObjectLockConfiguration): void {
  if (ObjectLockEnabled !== 'Enabled') throw error('MalformedXML')
  if (Rule !== undefined) checkRule(Rule)
}

export const bucketLock = {
  async PutObjectLockConfiguration(input, ctx) {
    const configuration = input.ObjectLockConfiguration
    checkConfiguration(configuration)
    await changeBucket(ctx, (bucket) => {
      if (bucket.versioning !== 'Enabled') {
        const message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        throw error('InvalidBucketState', {}, { message })
      }
      const document = configuration.Rule === undefined ? undefined : { Rule: configuration.Rule }
      return { ...withDocument(bucket, lockDocument, document), objectLockEnabled: true }
    })
    return {}
  },

  GetObjectLockConfiguration(_input, ctx): GetObjectLockConfigurationOutput {
    const { Name, objectLockEnabled, documents } = ctx.bucket
    if (!objectLockEnabled) throw error('ObjectLockConfigurationNotFoundError', { BucketName: Name })
    const document = documents[lockDocument] as Pick<ObjectLockConfiguration, 'Rule'> | undefined
    return { ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', ...document } }
  },
} satisfies Partial<S3Handlers>

/**
 * The operations that have no handler yet, with the reason each. They answer 501 NotImplemented naming the operation:
 * better than a configuration that is stored and then ignored. The compiler holds this list and the handlers to the
 * model: an operation in neither, or in both, does not build.
 */
import type { S3Handlers } from '../model/s3.types.gen.ts'
import type { handlers } from './index.ts'

const metadataTables = 'metadata tables need a table store'
const objectLambda = 'there are no Object Lambda access points'

export const notImplemented: Readonly<Record<Exclude<keyof S3Handlers, keyof typeof handlers>, string>> = {
  CreateBucketMetadataConfiguration: metadataTables,
  CreateBucketMetadataTableConfiguration: metadataTables,
  DeleteBucketMetadataConfiguration: metadataTables,
  DeleteBucketMetadataTableConfiguration: metadataTables,
  PutBucketAnalyticsConfiguration: 'analytics are not exported',
  PutBucketIntelligentTieringConfiguration: 'objects do not change tiers',
  PutBucketInventoryConfiguration: 'inventories are not written',
  PutBucketLifecycleConfiguration: 'lifecycle rules are not executed',
  PutBucketLogging: 'access logs are not written',
  PutBucketMetricsConfiguration: 'request metrics are not published',
  PutBucketNotificationConfiguration: 'events are not delivered',
  PutBucketReplication: 'objects are not replicated',
  PutBucketWebsite: 'websites are not served',
  SelectObjectContent: 'objects are not queried',
  UpdateBucketMetadataAnnotationTableConfiguration: metadataTables,
  UpdateBucketMetadataInventoryTableConfiguration: metadataTables,
  UpdateBucketMetadataJournalTableConfiguration: metadataTables,
  WriteGetObjectResponse: objectLambda,
}

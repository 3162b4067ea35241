/** Makes what the configuration asks for, before the server says it is ready. */
import type { Config } from './config/config.ts'
import { usageError } from './config/layer.ts'
import type { Clock } from './lib/clock.ts'
import { isBucketName } from './s3/bucket-name.ts'
import { newBucket } from './s3/lib/new-bucket.ts'
import type { SeedDeps } from './seed-iam.ts'
import type { Store } from './store/store.ts'

/** All that the configuration names. @throws UsageError */
export async function seed(deps: SeedDeps): Promise<void> {
  // Loaded only where it is asked for: most starts have no use for it.
  if (deps.config.iam !== undefined) await (await import('./seed-iam.ts')).seedIam(deps)
  await createBuckets(deps.config, deps.store, deps.clock)
}

/**
 * Creates the configured buckets that do not exist yet, owned by the first account.
 * @throws UsageError for a name that only looks like one
 */
async function createBuckets(config: Config, store: Store, clock: Clock): Promise<void> {
  const owner = config.accounts[0]
  if (owner === undefined) throw new Error('The configuration has no account.')
  for (const name of config.buckets) {
    if (!isBucketName(name)) {
      const rules = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html'
      throw usageError([`buckets: AWS does not allow the name ${name}; its rules are at ${rules}`])
    }
    const bucket = newBucket(config, {
      Name: name,
      id: `seed-${clock.now().toString(36)}-${name}`,
      region: config.region,
      ownerId: owner.id,
      createdMs: clock.now(),
    })
    await store.buckets.create(bucket)
  }
}

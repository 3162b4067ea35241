/** Runs every scenario; prints one JSON line each. */
import { bucketChecks } from './buckets.ts'
import { integrityChecks } from './integrity.ts'
import { listingChecks } from './listing.ts'
import { multipartChecks } from './multipart.ts'
import { objectChecks } from './objects.ts'
import { presignChecks } from './presign.ts'

for (const [check, steps] of [
  bucketChecks,
  objectChecks,
  integrityChecks,
  listingChecks,
  multipartChecks,
  presignChecks,
].flat()) {
  let error: string | null = null
  try {
    await within(60_000, steps())
  } catch (cause) {
    error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  }
  process.stdout.write(`${JSON.stringify({ check, error })}\n`)
}
// Clients keep their connections: nothing more is to come.
process.exit(0)

/** Rejects when `work` takes longer: an endless listing must not hide what comes after it. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}

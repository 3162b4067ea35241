/**
 * RestoreObject: a readable copy of an archived object, for some days, after the time its tier takes.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
 */
import { type AwsError, error, notImplemented } from '../errors.ts'
import type { RestoreObjectOutput, RestoreRequest, S3Handlers } from '../model/s3.types.gen.ts'
import type { ObjectRecord } from '../store/records.ts'
import { expiryMs, isArchiveClass, restoreState, retrievalMs, type Tier } from './lib/archive.ts'
import { updateObject } from './lib/update-object.ts'

interface Asked {
  days: number | undefined
  tier: Tier
}

const tiers: readonly string[] = ['Bulk', 'Standard', 'Expedited'] satisfies Tier[]
/** The largest number whose expiry is still a date. */
const maxDays = 36_500_000

function invalidDays(ArgumentValue: number): AwsError {
  // Assumed: the text, because none is documented.
  return error(
    'InvalidArgument',
    { ArgumentName: 'Days', ArgumentValue },
    { message: 'Days must be a positive integer' },
  )
}

/** @throws MalformedXML, InvalidArgument, NotImplemented (restoring what a query selects) */
function readRequest(request: RestoreRequest): Asked {
  const { Days: days, GlacierJobParameters, Type, SelectParameters, OutputLocation } = request
  if (Type !== undefined || SelectParameters !== undefined || OutputLocation !== undefined) {
    throw notImplemented(
      'RestoreObject with a query (Type, SelectParameters, OutputLocation)',
      'objects are not queried',
    )
  }
  const tier = GlacierJobParameters?.Tier ?? request.Tier ?? 'Standard'
  if (!tiers.includes(tier)) throw error('MalformedXML')
  if (days !== undefined && (days < 1 || days > maxDays)) throw invalidDays(days)
  return { days, tier: tier as Tier }
}

/** @throws InvalidObjectState, ObjectAlreadyInActiveTierError, InvalidArgument */
function checkRestorable({ StorageClass }: ObjectRecord, tier: Tier): number {
  // Objects do not change tiers here, so those of Intelligent-Tiering are always at hand.
  if (StorageClass === 'INTELLIGENT_TIERING') throw error('ObjectAlreadyInActiveTierError')
  if (!isArchiveClass(StorageClass)) {
    const message = "Restore is not allowed for the object's current storage class"
    throw error('InvalidObjectState', { StorageClass }, { message })
  }
  const delayMs = retrievalMs(StorageClass, tier)
  if (delayMs !== undefined) return delayMs
  throw error(
    'InvalidArgument',
    { ArgumentName: 'Tier', ArgumentValue: tier },
    { message: 'Retrieval option is not supported by this storage class' },
  )
}

const isFaster = (tier: Tier, than: string) => tiers.indexOf(tier) > tiers.indexOf(than)

/** What becomes of the version. Pure. @throws also MalformedXML (no days), RestoreAlreadyInProgress */
function restored(record: ObjectRecord, { days, tier }: Asked, nowMs: number): ObjectRecord {
  const delayMs = checkRestorable(record, tier)
  const { restore } = record
  const found = restoreState(record, nowMs)
  if (found.state === 'ongoing' && restore !== undefined) {
    // The speed of a restoration may be raised; its period stays.
    if (days !== undefined || !isFaster(tier, restore.tier)) throw error('RestoreAlreadyInProgress')
    const readyMs = Math.min(restore.readyMs, nowMs + delayMs)
    return { ...record, restore: { ...restore, tier, readyMs, expiresMs: expiryMs(readyMs, restore.days) } }
  }
  if (days === undefined) throw error('MalformedXML')
  // A copy that is there only gets a new period, from now.
  const readyMs = found.state === 'restored' && restore !== undefined ? restore.readyMs : nowMs + delayMs
  return { ...record, restore: { tier, days, readyMs, expiresMs: expiryMs(Math.max(readyMs, nowMs), days) } }
}

export const restore = {
  async RestoreObject(input, ctx): Promise<RestoreObjectOutput> {
    const asked = readRequest(input.RestoreRequest)
    const nowMs = ctx.clock.now()
    const record = await updateObject(ctx, input, (before) => restored(before, asked, nowMs))
    // 202 while the copy is made, 200 when there was one already.
    return { StatusCode: restoreState(record, nowMs).state === 'restored' ? 200 : 202 }
  },
} satisfies Partial<S3Handlers>

/**
 * Event holds (variable retention): a hold keeps a version until it is released, then for a duration longer. While it is
 * on, the date at which retention ends moves with the clock.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html#object-lock-managing-variable-retention-troubleshooting
 */
import { error } from '../../errors.ts'
import { sentText } from '../../lib/sent-text.ts'
import type { LockPeriod, ObjectRecord } from '../../store/records.ts'

export type RetentionFields = Pick<
  ObjectRecord,
  'ObjectLockMode' | 'ObjectLockRetainUntilMs' | 'ObjectLockEventHold' | 'ObjectLockEventHoldDuration'
>

const dayMs = 86_400_000
const maxDays = 36_500
const maxYears = 100

/** Length of a period. Assumed: a year is 365 days, because that is how AWS compares durations in policies. */
export function periodMs(period: LockPeriod): number {
  return (period.Days ?? (period.Years ?? 0) * 365) * dayMs
}

/** When retention ends as seen now, in ms; undefined when there is none. Never earlier than a date that was set. */
export function retainUntilMs(fields: RetentionFields, nowMs: number): number | undefined {
  const { ObjectLockRetainUntilMs: setMs, ObjectLockEventHold: hold, ObjectLockEventHoldDuration: duration } = fields
  if (hold !== 'ON' || duration === undefined) return setMs
  return Math.max(setMs ?? 0, nowMs + periodMs(duration))
}

function checkNumber(member: 'Days' | 'Years', value: number, max: number, sent: string | number = value): void {
  if (value >= 1 && value <= max) return
  // Observed: the limits (AWS's guide, object-lock-managing). Assumed: the texts, after those of default retention.
  const message =
    value < 1
      ? 'Event hold duration must be a positive integer value.'
      : `Event hold duration must be at most ${max} ${member.toLowerCase()}.`
  throw error('InvalidArgument', { ArgumentName: member, ArgumentValue: sent }, { message })
}

/**
 * @param sent the number as a header has it; of a document AWS shows the number it read
 * @throws MalformedXML unless it is either days or years, InvalidArgument for a number out of range
 */
export function checkHoldDuration(
  { Days, Years }: { Days?: number | undefined; Years?: number | undefined },
  sent?: string,
): LockPeriod {
  if ((Days === undefined) === (Years === undefined)) throw error('MalformedXML')
  if (Days !== undefined) {
    checkNumber('Days', Days, maxDays, sent)
    return { Days }
  }
  checkNumber('Years', Years as number, maxYears, sent)
  return { Years: Years as number }
}

/** Headers of a write that speak of an event hold. */
export interface EventHoldInput {
  ObjectLockMode?: string | undefined
  /** ms */
  ObjectLockRetainUntilDate?: number | undefined
  ObjectLockEventHold?: string | undefined
  ObjectLockEventHoldDurationDays?: number | undefined
  ObjectLockEventHoldDurationYears?: number | undefined
}

const holdHeader = 'x-amz-object-lock-event-hold'
const invalidRequest = (message: string) => error('InvalidRequest', {}, { message })

/**
 * The hold that the headers of a write ask for; empty when they ask for none. Mode and date have been checked.
 * Observed: what is refused, with 400 (AWS's guide, troubleshooting variable retention). Assumed: the texts.
 * @throws InvalidRequest, InvalidArgument
 */
export function holdOfHeaders(input: EventHoldInput): RetentionFields {
  const { ObjectLockEventHold: hold } = input
  const duration = { Days: input.ObjectLockEventHoldDurationDays, Years: input.ObjectLockEventHoldDurationYears }
  const hasDuration = duration.Days !== undefined || duration.Years !== undefined
  if (hold === undefined) {
    if (hasDuration) throw invalidRequest(`Event hold duration requires ${holdHeader}:ON.`)
    return {}
  }
  if (hold !== 'ON' && hold !== 'OFF') {
    throw error(
      'InvalidArgument',
      { ArgumentName: holdHeader, ArgumentValue: hold },
      { message: "Event Hold must be either of 'ON' or 'OFF'" },
    )
  }
  if (input.ObjectLockMode === undefined) {
    throw invalidRequest(`x-amz-object-lock-mode is required when ${holdHeader} is supplied.`)
  }
  if (hold === 'OFF') {
    if (hasDuration) throw invalidRequest(`Event hold duration requires ${holdHeader}:ON.`)
    if (input.ObjectLockRetainUntilDate === undefined) {
      throw invalidRequest(`x-amz-object-lock-retain-until-date is required when ${holdHeader} is OFF.`)
    }
    return { ObjectLockEventHold: 'OFF' }
  }
  if ((duration.Days === undefined) === (duration.Years === undefined)) {
    throw invalidRequest(`${holdHeader}:ON must be supplied with an event hold duration in either days or years.`)
  }
  const sent = sentText(input, 'ObjectLockEventHoldDurationDays') ?? sentText(input, 'ObjectLockEventHoldDurationYears')
  return { ObjectLockEventHold: 'ON', ObjectLockEventHoldDuration: checkHoldDuration(duration, sent) }
}

/** The members of a read that show an event hold. The duration is shown while it is on. */
export function holdOutput(record: RetentionFields): {
  ObjectLockEventHold?: string
  ObjectLockEventHoldDurationDays?: number
  ObjectLockEventHoldDurationYears?: number
} {
  const { ObjectLockEventHold: hold, ObjectLockEventHoldDuration: duration } = record
  if (hold === undefined) return {}
  if (hold === 'OFF' || duration === undefined) return { ObjectLockEventHold: hold }
  return {
    ObjectLockEventHold: hold,
    ...(duration.Days !== undefined && { ObjectLockEventHoldDurationDays: duration.Days }),
    ...(duration.Years !== undefined && { ObjectLockEventHoldDurationYears: duration.Years }),
  }
}

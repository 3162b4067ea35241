/** The document of PutObjectRetention: what it asks for, given what the version has. */
import { error } from '../../errors.ts'
import type { ObjectLockRetention } from '../../model/s3.types.gen.ts'
import { checkHoldDuration, type RetentionFields, retainUntilMs } from './event-hold.ts'

/** Gives the retention a version shall have. */
export type AskedRetention = (before: RetentionFields, bypass: boolean) => RetentionFields

const invalidRequest = (message: string) => error('InvalidRequest', {}, { message })

const pacific = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  timeZoneName: 'short',
  weekday: 'short',
  month: 'short',
  day: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** Observed: AWS shows the date as Java prints it in Seattle: `Tue Dec 31 16:00:00 PST 2019` (recorded, test_s3_object_retention_exc). */
function javaDate(ms: number): string {
  const parts = Object.fromEntries(pacific.formatToParts(ms).map(({ type, value }) => [type, value]))
  const { weekday, month, day, hour, minute, second, timeZoneName, year } = parts
  return `${weekday} ${month} ${day} ${hour}:${minute}:${second} ${timeZoneName} ${year}`
}

/**
 * Checks the document; an empty one removes retention. Its event hold is completed from the version it is for.
 * Observed: what is refused for event holds, with 400 (AWS's guide, troubleshooting variable retention); that a duration
 * may be made shorter without moving the date back. Assumed: the texts.
 * @throws MalformedXML, InvalidArgument (date in the past, duration out of range), InvalidRequest
 */
export function askedRetention(input: ObjectLockRetention, nowMs: number): AskedRetention {
  const { Mode, RetainUntilDate: untilMs, EventHold, EventHoldDuration } = input
  if (Mode === undefined && untilMs === undefined && EventHold === undefined && EventHoldDuration === undefined) {
    return () => ({})
  }
  if (Mode !== 'GOVERNANCE' && Mode !== 'COMPLIANCE') throw error('MalformedXML')
  if (untilMs !== undefined && untilMs <= nowMs) {
    throw error(
      'InvalidArgument',
      { ArgumentName: 'RetainUntilDate', ArgumentValue: javaDate(untilMs) },
      { message: 'The retain until date must be in the future!' },
    )
  }
  const date = untilMs === undefined ? {} : { ObjectLockRetainUntilMs: untilMs }
  const fields: RetentionFields = { ObjectLockMode: Mode, ...date }
  if (EventHold === undefined) {
    if (EventHoldDuration !== undefined || untilMs === undefined) throw error('MalformedXML')
    return (before, bypass) => keepHold(fields, before, bypass, nowMs)
  }
  if (EventHold === 'OFF') {
    if (EventHoldDuration !== undefined) {
      throw invalidRequest('EventHoldDuration must not be supplied with EventHold:OFF.')
    }
    return (before) => release(fields, before, nowMs)
  }
  if (EventHold !== 'ON') throw error('MalformedXML')
  if (EventHoldDuration === undefined) {
    throw invalidRequest('EventHold:ON must be supplied with an EventHoldDuration.')
  }
  const held: RetentionFields = {
    ...fields,
    ObjectLockEventHold: 'ON',
    ObjectLockEventHoldDuration: checkHoldDuration(EventHoldDuration),
  }
  return (before) => (untilMs === undefined ? floorAt(held, retainUntilMs(before, nowMs)) : held)
}

const floorAt = (fields: RetentionFields, untilMs: number | undefined): RetentionFields =>
  untilMs === undefined ? fields : { ...fields, ObjectLockRetainUntilMs: untilMs }

/** A fixed date beside a hold that goes on. */
function keepHold(fields: RetentionFields, before: RetentionFields, bypass: boolean, nowMs: number): RetentionFields {
  const { ObjectLockEventHold: hold, ObjectLockEventHoldDuration: duration } = before
  if (hold === undefined) return fields
  const isShorter = (fields.ObjectLockRetainUntilMs ?? 0) < (retainUntilMs(before, nowMs) ?? 0)
  if (hold === 'ON' && bypass && isShorter) {
    throw invalidRequest(
      'Using the governance mode bypass to shorten the retain-until-date of a retention period in governance mode with an ON event hold requires the providing of a new ON event hold or a new OFF event hold.',
    )
  }
  return {
    ...fields,
    ObjectLockEventHold: hold,
    ...(duration !== undefined && { ObjectLockEventHoldDuration: duration }),
  }
}

/** The hold ends: retention runs from now for its duration, or to the date given. */
function release(fields: RetentionFields, before: RetentionFields, nowMs: number): RetentionFields {
  const untilMs = fields.ObjectLockRetainUntilMs ?? retainUntilMs(before, nowMs)
  if (untilMs === undefined || untilMs <= nowMs) {
    throw invalidRequest(
      'To turn off an event hold, either provide a retain-until-date in the future in the request or the object version must already have a retain-until-date in the future.',
    )
  }
  return { ...fields, ObjectLockEventHold: 'OFF', ObjectLockRetainUntilMs: untilMs }
}

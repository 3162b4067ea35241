/** The check that handlers and model belong together, made when a service's handlers are loaded: S3's at start. */
import type { ServiceTable } from './model/shape.ts'

/**
 * Holds handlers against the model. The compiler does so too; this catches a build that mixes versions.
 * @param reasons operations without a handler, with the reason
 * @throws Error naming every operation that is in neither list, in both, or in no model
 */
export function checkHandlers(table: ServiceTable, handlers: object, reasons: object): void {
  const names = new Set(table.operations.map((row) => row[0]))
  const faults: string[] = []
  for (const name of [...Object.keys(handlers), ...Object.keys(reasons)]) {
    if (!names.has(name)) faults.push(`${name} is in no model`)
  }
  for (const name of names) {
    const has = Number(name in handlers) + Number(name in reasons)
    if (has === 0) faults.push(`${name} has neither handler nor reason`)
    if (has === 2) faults.push(`${name} has a handler and a reason`)
  }
  if (faults.length > 0) throw new Error(`The handlers do not fit the model: ${faults.join('; ')}`)
}

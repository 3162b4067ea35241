/** Which operations of the model are served: checked at start, and reported by `GET /_sandbucket/coverage`. */
import { handlers as iam } from './iam/index.ts'
import { operationNames, type Service, syntheticOperationNames } from './model/index.ts'
import { handlers as s3 } from './s3/index.ts'
import { notImplemented } from './s3/not-implemented.ts'
import { acceptedWithoutEffect } from './screen.ts'
import { handlers as sts } from './sts/index.ts'

export interface ServiceCoverage {
  operations: number
  implemented: string[]
  /** Name and reason; these answer 501 NotImplemented. */
  notImplemented: { name: string; reason: string }[]
}

export interface Coverage {
  services: Record<Service, ServiceCoverage>
  acceptedWithoutEffect: readonly { name: string; reason: string }[]
}

const handlersOf: Record<Service, object> = { s3, iam, sts }

function reasonOf(service: Service, name: string): string | undefined {
  return service === 's3' ? (notImplemented as Record<string, string>)[name] : 'not written yet'
}

/**
 * Holds the handlers against the model. The compiler does so too; this catches a build that mixes versions.
 * @throws Error naming every operation that is in neither list, in both, or in no model
 */
export function checkHandlers(): void {
  const faults: string[] = []
  for (const service of ['s3', 'iam', 'sts'] as const) {
    const names = new Set([...operationNames(service), ...syntheticOperationNames(service)])
    const handlers = handlersOf[service]
    for (const name of Object.keys(handlers)) if (!names.has(name)) faults.push(`${service}:${name} is in no model`)
    for (const name of names) {
      const reason = reasonOf(service, name)
      if (!(name in handlers) && reason === undefined) faults.push(`${service}:${name} has neither handler nor reason`)
      if (service === 's3' && name in handlers && reason !== undefined)
        faults.push(`s3:${name} has a handler and a reason`)
    }
  }
  if (faults.length > 0) throw new Error(`The handlers do not fit the model: ${faults.join('; ')}`)
}

/** The report. */
export function coverage(): Coverage {
  const services = {} as Record<Service, ServiceCoverage>
  for (const service of ['s3', 'iam', 'sts'] as const) {
    const names = operationNames(service)
    const handlers = handlersOf[service]
    services[service] = {
      operations: names.length,
      implemented: names.filter((name) => name in handlers),
      notImplemented: names
        .filter((name) => !(name in handlers))
        .map((name) => ({ name, reason: reasonOf(service, name) ?? '' })),
    }
  }
  return { services, acceptedWithoutEffect }
}

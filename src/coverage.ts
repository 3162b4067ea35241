/** Which operations of the model are served, as `GET /_sandbucket/coverage` and the README report it. */
import { handlers as iam } from './iam/index.ts'
import { operationNames, type Service } from './model/index.ts'
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

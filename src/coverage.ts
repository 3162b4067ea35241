/** Which operations of the model are served, as `GET /_sandbucket/coverage` and the README report it. */
import { handlers as iam } from './iam/index.ts'
import { operationNames, type Service } from './model/index.ts'
import { handlers as s3 } from './s3/index.ts'
import { notImplemented as iamReasons } from './iam/not-implemented.ts'
import { notImplemented as s3Reasons } from './s3/not-implemented.ts'
import { ignoredNames } from './protocol/index.ts'
import { acceptedWithoutEffect } from './screen.ts'
import { handlers as sts } from './sts/index.ts'
import { notImplemented as stsReasons } from './sts/not-implemented.ts'

export interface ServiceCoverage {
  operations: number
  implemented: string[]
  /** Name and reason; these answer 501 NotImplemented. */
  notImplemented: { name: string; reason: string }[]
}

export interface Coverage {
  services: Record<Service, ServiceCoverage>
  acceptedWithoutEffect: readonly { name: string; reason: string }[]
  /** Headers and parameters of S3 that an operation which does not take them ignores. */
  ignoredWhereNotTaken: typeof ignoredNames
}

const handlersOf: Record<Service, object> = { s3, iam, sts }

const reasonsOf: Record<Service, Readonly<Record<string, string>>> = { s3: s3Reasons, iam: iamReasons, sts: stsReasons }

/** Why an operation of the model is not served; undefined for one that is. */
export function reasonFor(service: Service, operation: string): string | undefined {
  return reasonsOf[service][operation]
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
        .map((name) => ({ name, reason: reasonsOf[service][name] ?? '' })),
    }
  }
  return { services, acceptedWithoutEffect, ignoredWhereNotTaken: ignoredNames }
}

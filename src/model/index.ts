/** Names of the operations, for the check at start and the coverage report. */
import { iamTable } from './iam.gen.ts'
import { s3Table } from './s3.gen.ts'
import type { ServiceTable } from './shape.ts'
import { stsTable } from './sts.gen.ts'

export type Service = 's3' | 'iam' | 'sts'

/** The generated table of a service. */
export const serviceTables: Readonly<Record<Service, ServiceTable>> = { s3: s3Table, iam: iamTable, sts: stsTable }

/** Every operation of the published model, in alphabetical order: 112 of S3, 180 of IAM, 11 of STS. */
export function operationNames(service: Service): string[] {
  return serviceTables[service].operations.filter((row) => row[6] !== 'S').map((row) => row[0])
}

/** Operations that AWS documents and the model lacks (PostObject). They have handlers like any other. */
export function syntheticOperationNames(service: Service): string[] {
  return serviceTables[service].operations.filter((row) => row[6] === 'S').map((row) => row[0])
}

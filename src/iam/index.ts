/** All IAM handlers. Operations without one answer 501 NotImplemented by name. */
import type { IamHandlers } from '../model/iam.types.gen.ts'

export const handlers: Partial<IamHandlers> = {}

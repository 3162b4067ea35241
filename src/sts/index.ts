/** All STS handlers. Operations without one answer 501 NotImplemented by name. */
import { caller } from './caller.ts'

export const handlers = { ...caller }

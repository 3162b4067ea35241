/**
 * Whether a value is an Error of any realm. In a context of node:vm, which is where Jest runs tests, the errors of
 * Node's own modules are not instances of the Error that the code there sees.
 */
import { types } from 'node:util'

export const isError = (value: unknown): value is Error => types.isNativeError(value)

/** The schema of an object whose names are the user's own: tags, inline policies by name, attributes, documents. */
import * as v from 'valibot'

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Like valibot's `record`, which leaves out the names `__proto__`, `prototype` and `constructor` without a word.
 * @param key what each name must be
 * @param value what each value must be
 */
export function recordOf<Value>(
  key: v.GenericSchema<string, string>,
  value: v.GenericSchema<unknown, Value>,
): v.GenericSchema<unknown, Record<string, Value>> {
  return v.pipe(
    v.custom<Readonly<Record<string, unknown>>>(isObject, 'must be an object'),
    v.transform((object) => new Map(Object.entries(object))),
    v.map(key, value),
    v.transform((entries) => Object.fromEntries(entries)),
  )
}

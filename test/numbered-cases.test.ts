/**
 * The 85 situations of authorization that are easily got wrong, by number: each is a test or a row of test data somewhere.
 * Of 43 (a Deny with a negated ...IfExists, the key missing) the expectation is what the IAM User Guide says, a denial, and
 * not the reverse that the list had.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
/** The sources, from `test/` and from `dist/test/`. */
const folder = resolve(here, here.includes(join('dist', 'test')) ? '../../test' : '.')
const last = 85

/** Where a name may give its number: any test of a folder, or `case N` anywhere. */
const forms: readonly [path: RegExp, form: RegExp][] = [
  [/^policy\//, /["'`]#(\d+)\b/g],
  [/^authorization\//, /["'`](\d+(?:, \d+)*): /g],
  [/\.ts$/, /["'`(]case (\d+)\b/g],
]

it(`each of the cases 1 to ${last} is tested under its number`, () => {
  const tested = new Set<number>()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = name.replaceAll('\\', '/')
    if (!/\.(?:test\.ts|json)$/.test(path)) continue
    const text = readFileSync(join(folder, name), 'utf8')
    for (const [where, form] of forms) {
      if (!where.test(path)) continue
      for (const [, numbers = ''] of text.matchAll(form)) {
        for (const number of numbers.split(', ')) tested.add(Number(number))
      }
    }
  }
  const missing = Array.from({ length: last }, (_, i) => i + 1).filter((number) => !tested.has(number))
  assert.deepEqual(missing, [])
})

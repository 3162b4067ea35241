import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { operationNames, syntheticOperationNames } from '../../src/model/index.ts'
import { handlers } from '../../src/s3/index.ts'
import { notImplemented } from '../../src/s3/not-implemented.ts'

const implemented = Object.keys(handlers)
const refused = Object.keys(notImplemented)

test('handlers and the list of what is not implemented are together the operations of the model', () => {
  const known = [...operationNames('s3'), ...syntheticOperationNames('s3')]
  assert.equal(operationNames('s3').length, 112)
  assert.deepEqual([...implemented, ...refused].sort(), known.sort())
})

test('no operation is in two handler files', async () => {
  const folder = new URL('../../src/s3/', import.meta.url)
  const owners = new Map<string, string>()
  // multipart.ts gathers its siblings, index.ts everything.
  const files = readdirSync(folder).filter((name) => /^(?!index|multipart\.|not-implemented)[^.]+\.(ts|js)$/.test(name))
  const known = new Set([...operationNames('s3'), ...syntheticOperationNames('s3')])
  for (const file of files) {
    const exports = (await import(new URL(file, folder).href)) as Record<string, unknown>
    for (const value of Object.values(exports)) {
      if (typeof value !== 'object' || value === null) continue
      for (const name of Object.keys(value)) {
        if (!known.has(name)) continue
        assert.equal(owners.get(name), undefined, `${name} is in ${owners.get(name)} and ${file}`)
        owners.set(name, file)
      }
    }
  }
  // AbortMultipartUpload is in multipart.ts itself.
  assert.equal(owners.size + 1, implemented.length)
})

test('every reason says something', () => {
  for (const name of refused) assert.match(notImplemented[name as keyof typeof notImplemented], /^[A-Za-z].{10,}/, name)
})

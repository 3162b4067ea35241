import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { applyPatches, type Patch } from '../../src/model/generate/patch.ts'
import type { Model } from '../../src/model/generate/read-sdk.ts'
import { generateModel } from '../../src/model/generate.ts'
import { operationNames, syntheticOperationNames } from '../../src/model/index.ts'

test('the committed tables and types are what the installed packages and the patches give', async () => {
  for (const [name, text] of await generateModel()) {
    assert.equal(await readFile(`src/model/${name}`, 'utf8'), text, `src/model/${name}: run npm run model`)
  }
})

test('the model has every operation once', () => {
  assert.equal(operationNames('s3').length, 112)
  assert.equal(operationNames('iam').length, 180)
  assert.equal(operationNames('sts').length, 12)
  assert.equal(new Set(operationNames('s3')).size, 112)
  assert.deepEqual(syntheticOperationNames('s3'), ['PostObject'])
})

const patchOf = (at: string, from: unknown, to: unknown): Patch => ({ at, from, to, reason: 'test', link: 'none' })

function smallModel(): Model {
  return {
    service: 's3',
    source: 'test',
    operations: { Op: { method: 'GET', uri: '/', status: 200 } },
    shapes: { ARequest: { kind: 'structure', members: { X: { type: 'string' } } } },
    enums: {},
  }
}

test('a patch changes, adds and removes', () => {
  const model = smallModel()
  applyPatches(model, [
    patchOf('operations/Op/status', 200, 204),
    patchOf('shapes/*Request/members/X/max', undefined, 5),
    patchOf('operations/Op/uri', '/', undefined),
  ])
  assert.equal(model.operations.Op?.status, 204)
  assert.equal(model.shapes.ARequest?.members?.X?.max, 5)
  assert.equal('uri' in (model.operations.Op ?? {}), false)
})

for (const patch of [
  patchOf('operations/Op/status', 201, 204),
  patchOf('operations/Missing/status', 200, 204),
  patchOf('shapes/*Output/members/X/max', undefined, 5),
  patchOf('operations/Op/output', undefined, undefined),
]) {
  test(`a patch that no longer applies stops the generation: ${patch.at} from ${patch.from}`, () => {
    assert.throws(() => applyPatches(smallModel(), [patch]), /no longer applies|nothing is there/)
  })
}

test('every patch names its reason and a link', async () => {
  for (const service of ['s3', 'iam', 'sts']) {
    for (const patch of JSON.parse(await readFile(`data/patches/${service}.json`, 'utf8')) as Patch[]) {
      assert.ok(patch.reason.length > 10 && patch.link.startsWith('https://'), patch.at)
    }
  }
})

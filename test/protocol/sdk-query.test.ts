/** The official SDK calls every operation of IAM and STS: its form is read back, and our answer is what it reads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operationNames, serviceTables } from '../../src/model/index.ts'
import { parseForm } from '../../src/protocol/form.ts'
import { parseQueryAction } from '../../src/protocol/query.ts'
import { sampleOf } from './samples.ts'
import { deserialise, serialise } from './sdk-wire.ts'

const TIME_MS = Date.UTC(2030, 0, 5, 1, 2, 3)
/** Samples that must satisfy limits of their own. */
const FITTING: Record<string, unknown> = {
  TokenCode: '123456',
  DurationSeconds: 900,
  Name: 'someone',
  ServiceSpecificCredentialId: 'ACCAEXAMPLE123EXAMPLE',
  SSHPublicKeyId: 'APKAEXAMPLE123EXAMPLE',
  CertificateId: 'TA7SMP42TDN5Z26OBPJE7EXAMPLE',
  SAMLProviderUUID: 'A1B2C3D4E5F6G7H8I9J0K1L2',
  AuthenticationCode1: '123456',
  AuthenticationCode2: '123456',
}

for (const service of ['iam', 'sts'] as const) {
  const table = serviceTables[service]
  for (const operation of operationNames(service)) {
    test(`${service} ${operation}: the form arrives, and the answer is understood`, async () => {
      const row = table.operations.find((candidate) => candidate[0] === operation)
      assert.ok(row)
      const input = row[4] === '' ? {} : sampleOf(table, row[4], { timeMs: TIME_MS })
      for (const name in FITTING) if (name in input) input[name] = FITTING[name]
      const sent = await serialise(service, operation, toDates(input) as object)
      const { plan, input: read } = await parseQueryAction(service, parseForm(sent.body))
      assert.equal(plan.name, operation)
      assert.deepEqual(plain(read), plain(input))

      const output = row[5] === '' ? {} : sampleOf(table, row[5], { timeMs: TIME_MS })
      const response = plan.write(output, 'request-1')
      const understood = await deserialise(service, operation, toDates(input) as object, response)
      assert.equal((understood.$metadata as { requestId: string }).requestId, 'request-1')
      delete understood.$metadata
      assert.deepEqual(plain(understood), plain(output))
    })
  }
}

function toDates(value: unknown): unknown {
  if (value === TIME_MS) return new Date(TIME_MS)
  if (Array.isArray(value)) return value.map(toDates)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toDates(inner)]))
}

function plain(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]))
}

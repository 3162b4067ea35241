/** Tables of requests that must be refused, and how each row is checked. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isWellFormed } from '../../src/protocol/xml-scan.ts'
import { Arena, type ArenaOptions } from './arena.ts'
import { type ChunkedShape, chunkedBytes, type RequestShape } from './requests.ts'
import type { Answer } from './wire.ts'

/** What must come back. Without a `code` no error document is expected. */
export interface Expected {
  status: number
  code?: string
  message?: string | RegExp
  /** Further elements of the error document. */
  fields?: Record<string, string>
  headers?: Record<string, string | RegExp>
}

type Request = RequestShape | string | Buffer | { chunked: ChunkedShape }

/** One row. A request that needs the fixtures' ids is made from them. */
export interface Row extends Expected {
  name: string
  request: Request | ((arena: Arena) => Request)
}

/** The text of the first element of this name. */
export function elementText(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return text?.replace(/&(lt|gt|quot|apos|amp|#\w+);/g, (all, entity: string) => entities[entity] ?? all)
}

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' }

/** Checks an answer that may be an error document: complete, well-formed, with ids that agree. */
export function checkDocument(answer: Answer): void {
  const { headers, body } = answer
  const id = headers['x-amz-request-id'] ?? ''
  assert.match(id, /^[0-9A-Z]{16}$/, 'every answer has a request id')
  assert.ok(headers['x-amz-id-2'], 'every answer has a host id')
  assert.ok(headers.date, 'every answer has a date')
  if (body === '' || !/xml/.test(headers['content-type'] ?? '')) return
  // S3 writes characters that XML does not have as references, which its own guide warns of.
  // @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html#object-key-xml-related-constraints
  assert.ok(isWellFormed(body.replace(/&#x(?:[01]?[0-9a-f]|fff[ef]);/gi, '')), `not well-formed: ${body}`)
  if (answer.status >= 400) assert.equal(elementText(body, 'RequestId'), id)
}

export function checkAnswer(answer: Answer, expected: Expected): void {
  const { status, code, message, fields = {}, headers = {} } = expected
  const seen = `${answer.status} ${JSON.stringify(answer.headers)}\n${answer.body}`
  assert.equal(answer.status, status, seen)
  checkDocument(answer)
  if (code !== undefined) {
    assert.match(answer.headers['content-type'] ?? '', /^(application|text)\/xml/)
    assert.equal(elementText(answer.body, 'Code'), code, seen)
  }
  if (typeof message === 'string') assert.equal(elementText(answer.body, 'Message'), message)
  else if (message !== undefined) assert.match(elementText(answer.body, 'Message') ?? '', message)
  for (const [name, value] of Object.entries(fields)) assert.equal(elementText(answer.body, name), value, name)
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') assert.equal(answer.headers[name], value, name)
    else assert.match(answer.headers[name] ?? '', value, name)
  }
}

/** Starts a server for a file's tests; afterwards it must be unharmed. */
export function useArena(options: ArenaOptions = {}): () => Arena {
  let arena: Arena | undefined
  before(async () => {
    arena = await Arena.start(options)
  })
  after(() => arena?.close())
  return () => arena as Arena
}

/** Runs a table against one server and checks the server when all rows have passed over it. */
export function runTable(title: string, rows: readonly Row[], options: ArenaOptions = {}): void {
  describe(title, () => {
    const arena = useArena(options)
    for (const row of rows) {
      it(row.name, async () => {
        const request = typeof row.request === 'function' ? row.request(arena()) : row.request
        const bytes = typeof request === 'object' && 'chunked' in request ? chunkedBytes(request.chunked) : request
        checkAnswer(await arena().send(bytes), row)
      })
    }
    it('the server is unharmed', () => arena().checkUnharmed())
  })
}

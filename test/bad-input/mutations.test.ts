/** Random mutations of good requests: always an answer below 500, or an orderly end, and a server that goes on. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { randomNumbers } from '../store/support.ts'
import type { Arena } from './arena.ts'
import { bytesOf, chunkedBytes, document, type RequestShape, sign, headOf, unsignedStreaming } from './requests.ts'
import { checkDocument, useArena } from './table.ts'
import { type Answer, Connection } from './wire.ts'

type Random = (limit: number) => number

/** One request of each kind that the server takes. */
function goodRequests({ uploadId, partETag }: Arena): RequestShape[] {
  const completion = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${partETag}</ETag></Part></CompleteMultipartUpload>`
  return [
    { target: '/' },
    { target: '/bucket?list-type=2&prefix=a&delimiter=%2F&max-keys=10&encoding-type=url&start-after=b' },
    { target: '/bucket?versions&key-marker=a&max-keys=2' },
    { target: '/bucket?uploads&prefix=u&max-uploads=5' },
    { target: '/bucket?location' },
    { target: '/bucket?acl' },
    { method: 'HEAD', target: '/bucket' },
    { target: '/bucket/hello.txt', headers: { Range: 'bytes=1-5', 'If-Match': '"e4d7f1b4ed2e42d15898f4b27b019da4"' } },
    { target: '/bucket/hello.txt?response-content-type=text%2Fplain&partNumber=1' },
    { target: '/bucket/hello.txt?attributes', headers: { 'x-amz-object-attributes': 'ETag,ObjectSize' } },
    { target: '/bucket/hello.txt?tagging' },
    { target: '/bucket/hello.txt', sign: 'query' },
    { method: 'HEAD', target: '/bucket/hello.txt' },
    { target: '/hello.txt', host: 'bucket.localhost' },
    {
      method: 'PUT',
      target: '/bucket/fuzz?x-id=PutObject',
      headers: {
        'x-amz-meta-a': 'b',
        'x-amz-tagging': 'a=b',
        'x-amz-checksum-crc32': 'NhCmhg==',
        'Cache-Control': 'no-store',
      },
      body: 'hello',
    },
    {
      method: 'PUT',
      target: '/bucket/fuzz',
      headers: { 'x-amz-copy-source': 'bucket/hello.txt', 'x-amz-metadata-directive': 'REPLACE' },
    },
    { method: 'POST', target: '/bucket/fuzz?uploads' },
    { method: 'PUT', target: `/bucket/upload.bin?partNumber=2&uploadId=${uploadId}`, body: 'part' },
    { target: `/bucket/upload.bin?uploadId=${uploadId}&max-parts=1` },
    { method: 'POST', target: `/bucket/upload.bin?uploadId=${uploadId}`, body: `${completion} ` },
    document('/bucket?delete', '<Delete><Quiet>true</Quiet><Object><Key>nothing</Key></Object></Delete>', {
      method: 'POST',
    }),
    document(
      '/bucket/hello.txt?tagging',
      '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
    ),
    document(
      '/bucket?cors',
      '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><MaxAgeSeconds>1</MaxAgeSeconds></CORSRule></CORSConfiguration>',
    ),
    document('/versioned?versioning', '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'),
    { method: 'DELETE', target: '/versioned/nothing?versionId=null' },
    { method: 'PUT', target: '/fuzz-bucket' },
    {
      method: 'POST',
      target: '/',
      service: 'sts',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    },
    {
      method: 'OPTIONS',
      target: '/bucket/hello.txt',
      sign: 'none',
      headers: { Origin: 'http://a', 'Access-Control-Request-Method': 'GET' },
    },
  ]
}

const nasty = [
  '',
  '%',
  '%00',
  '%ff',
  '\u00e9',
  '../',
  '<',
  '&',
  '"',
  '-1',
  '99999999999999999999',
  'null',
  '__proto__',
  '\t',
  ';',
  ',',
  '=',
  '+',
  '?',
  '#',
  '*',
  'a'.repeat(3000),
  '\u{1f600}',
  'bytes=',
  '0x1',
]

/** Changes text in one place: removes, doubles, replaces or adds something. */
function mutateText(text: string, random: Random): string {
  const from = random(text.length + 1)
  const to = Math.min(text.length, from + random(6))
  const piece = text.slice(from, to)
  const thing = nasty[random(nasty.length)] as string
  switch (random(4)) {
    case 0:
      return text.slice(0, from) + text.slice(to)
    case 1:
      return text.slice(0, to) + piece + text.slice(to)
    case 2:
      return text.slice(0, from) + thing + text.slice(to)
    default:
      return text.slice(0, from) + String.fromCharCode(32 + random(95)) + text.slice(to)
  }
}

/** The request with another body, and the digest of that where it had one. */
function withBody(shape: RequestShape, body: string): RequestShape {
  if (shape.headers?.['Content-MD5'] === undefined) return { ...shape, body }
  const headers = { ...shape.headers, 'Content-MD5': createHash('md5').update(body).digest('base64') }
  return { ...shape, body, headers }
}

/** Changes a request before it is signed, so that it passes authentication and goes deeper. */
function mutateShape(shape: RequestShape, random: Random): RequestShape {
  const headers = { ...shape.headers }
  const names = Object.keys(headers)
  const name = names[random(names.length)]
  switch (random(5)) {
    case 0:
      return { ...shape, method: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'][random(7)] as string }
    case 1:
      if (shape.body === undefined) break
      return withBody(shape, mutateText(String(shape.body), random))
    case 2:
      if (name === undefined) break
      headers[name] = mutateText(headers[name] as string, random).replace(/[^\t\x20-\x7e]/g, '')
      return { ...shape, headers }
    case 3:
      headers[
        [
          'x-amz-acl',
          'x-amz-storage-class',
          'If-None-Match',
          'Range',
          'x-amz-expected-bucket-owner',
          'Content-MD5',
          'x-amz-object-lock-mode',
          'x-amz-copy-source',
          'Content-Encoding',
          'x-amz-trailer',
        ][random(10)] as string
      ] = (nasty[random(nasty.length)] as string).replace(/[^\t\x20-\x7e]/g, '')
      return { ...shape, headers }
    default:
  }
  const target = encodeURI(`/${mutateText(shape.target.slice(1), random)}`).replace(/%25(?=[0-9a-f]{2})/gi, '%')
  return { ...shape, target }
}

/** Changes bytes anywhere. */
function mutateBytes(bytes: Buffer, random: Random): Buffer {
  const changed = Buffer.from(bytes)
  switch (random(4)) {
    case 0:
      for (let count = random(4); count >= 0; count--) changed[random(changed.length)] = random(256)
      return changed
    case 1:
      return changed.subarray(0, random(changed.length))
    case 2: {
      const at = random(changed.length)
      return Buffer.concat([
        changed.subarray(0, at),
        Buffer.from(nasty[random(nasty.length)] as string),
        changed.subarray(at),
      ])
    }
    default: {
      const at = random(changed.length)
      return Buffer.concat([changed.subarray(0, at), changed.subarray(at + random(20))])
    }
  }
}

/** Sends bytes and ends the client's side, so that nothing waits for more; the answer, or undefined for a mere end. */
async function provoke(port: number, bytes: Buffer): Promise<Answer | undefined> {
  const connection = await Connection.open(port)
  connection.socket.end(bytes)
  await connection.closed()
  try {
    return await connection.answer(/^HEAD /.test(bytes.toString('latin1', 0, 5)))
  } catch {
    return undefined
  } finally {
    await connection.destroy()
  }
}

function check(answer: Answer | undefined, bytes: Buffer): void {
  if (answer === undefined) return
  const sent = JSON.stringify(bytes.toString('latin1').slice(0, 2000))
  assert.ok(answer.status < 500 || answer.status === 501, `${answer.status} ${answer.body} for ${sent}`)
  if (answer.status >= 400) checkDocument(answer)
}

const seeds = [1, 2, 3, 4]
const rounds = 250

describe('the requests that are mutated', () => {
  const arena = useArena()

  it('are good', async () => {
    for (const shape of goodRequests(arena())) {
      const { status, body } = await arena().send(shape)
      const isExpected = status < 300 || (shape.method === 'OPTIONS' && status === 403)
      assert.ok(isExpected, `${status} for ${shape.method} ${shape.target}: ${body}`)
    }
  })
})

describe('mutations of good requests', () => {
  const arena = useArena({ limits: { bodyIdleMs: 1000, lingerMs: 10 } })

  /** Runs so many at a time that the whole stays a matter of seconds. */
  async function run(make: (random: Random) => Buffer, seed: number): Promise<void> {
    const random = randomNumbers(seed)
    for (let round = 0; round < rounds; round += 10) {
      const batch = Array.from({ length: 10 }, () => make(random))
      await Promise.all(batch.map(async (bytes) => check(await provoke(arena().port, bytes), bytes)))
    }
  }

  for (const seed of seeds) {
    it(`before they are signed, seed ${seed}`, () => {
      const requests = goodRequests(arena())
      return run((random) => {
        const shape = mutateShape(requests[random(requests.length)] as RequestShape, random)
        try {
          return bytesOf(shape)
        } catch {
          // aws4 cannot read some targets: those go unsigned.
          return Buffer.concat([headOf(sign({ ...shape, sign: 'none' })), Buffer.from(shape.body ?? '')])
        }
      }, seed)
    })

    it(`after they are signed, seed ${seed}`, () => {
      const requests = goodRequests(arena()).map(bytesOf)
      requests.push(chunkedBytes({ target: '/bucket/fuzz', chunks: ['a'.repeat(9000), 'hello'] }))
      requests.push(
        chunkedBytes({
          target: '/bucket/fuzz',
          mode: unsignedStreaming,
          headers: { 'X-Amz-Trailer': 'x-amz-checksum-crc32' },
          decodedLength: '5',
          frame: () => '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n',
        }),
      )
      return run((random) => mutateBytes(requests[random(requests.length)] as Buffer, random), 1000 + seed)
    })
  }

  it('the server is sound', async () => {
    await arena().checkAlive()
    await arena().checkIdle()
    await arena().checkStore()
    assert.deepEqual(arena().complaints, [])
  })
})

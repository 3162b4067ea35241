/** How requests are put on connections: whole, in pieces, many at once, tunnelled, cut off. */
import { type Case, send, type Step } from './case.ts'
import type { Random } from './random.ts'
import { brokenHttp, oddRequest, operation, policyRequest, xmlRequest } from './requests.ts'
import { bytesOf, signedBytes } from './sign.ts'
import { chunkedUpload, formUpload } from './uploads.ts'

type Make = (random: Random) => Buffer

const single: Record<string, Make> = {
  'broken HTTP': brokenHttp,
  'odd requests': oddRequest,
  operations: operation,
  'signed chunks': chunkedUpload,
  forms: formUpload,
  XML: xmlRequest,
  policies: policyRequest,
}

/** Every family of cases; a request is of one of them in turn. */
export const families: Record<string, (random: Random) => Case> = {
  ...Object.fromEntries(
    Object.entries(single).map(([family, make]) => [family, (random: Random) => whole(family, make(random), random)]),
  ),
  pipelining,
  'slow clients': slow,
  'resets and half-closed clients': cut,
  'CONNECT and upgrades': tunnel,
  TLS: tls,
}

/** One request in one piece, sometimes with the client's end right behind it. */
function whole(family: string, bytes: Buffer, random: Random): Case {
  return { family, steps: random.oneIn(8) ? [send(bytes), { kind: 'end' }] : [send(bytes)] }
}

const anyRequest = (random: Random): Buffer => random.pick(Object.values(single))(random)

const wellFormed: readonly Make[] = [
  () => signedBytes({ method: 'GET', target: '/fuzz-one/large' }),
  () => signedBytes({ method: 'GET', target: '/fuzz-one/k' }),
  () => signedBytes({ method: 'PUT', target: '/fuzz-one/k', body: Buffer.from('pipelined') }),
  () => signedBytes({ method: 'GET', target: '/fuzz-one?list-type=2' }),
  () => bytesOf({ method: 'GET', target: '/fuzz-one/large' }),
  () => bytesOf({ method: 'GET', target: '/_sandbucket/health/live' }),
  () => bytesOf({ method: 'PUT', target: '/fuzz-one/k', body: Buffer.from('refused') }),
  () => bytesOf({ method: 'HEAD', target: '/fuzz-one/k', headers: [['Expect', '100-continue']] }),
]

function endOf(random: Random): Step[] {
  return random.pick<Step[]>([
    [],
    [{ kind: 'end' }],
    [{ kind: 'destroy' }],
    [{ kind: 'reset' }],
    [{ kind: 'read' }, { kind: 'reset' }],
    [{ kind: 'read' }, { kind: 'destroy' }],
  ])
}

/** Many requests in one write; the last may be broken. */
function pipelining(random: Random): Case {
  const requests = random.several(random.oneIn(10) ? 300 : 12, () => random.pick(wellFormed)(random))
  if (random.oneIn(3)) requests.push(anyRequest(random))
  return { family: 'pipelining', steps: [send(Buffer.concat(requests)), ...endOf(random)] }
}

/** A request in small pieces, with pauses. */
function slow(random: Random): Case {
  const bytes = anyRequest(random)
  const steps: Step[] = []
  let at = 0
  for (let piece = 0; piece < 1 + random.below(8) && at < bytes.length; piece++) {
    const length = 1 + random.below(random.oneIn(2) ? 5 : bytes.length - at)
    steps.push(send(bytes.subarray(at, at + length)), { kind: 'wait', ms: random.below(15) })
    at += length
  }
  return { family: 'slow clients', steps: [...steps, send(bytes.subarray(at)), ...endOf(random)] }
}

/** A request of which only the beginning is sent, or whose answer nobody reads. */
function cut(random: Random): Case {
  const bytes = random.oneIn(3) ? random.pick(wellFormed)(random) : anyRequest(random)
  const sent = random.oneIn(2) ? bytes : bytes.subarray(0, random.below(bytes.length + 1))
  const pause: Step[] = random.oneIn(2) ? [{ kind: 'wait', ms: random.below(10) }] : []
  const end = random.pick<Step>([{ kind: 'end' }, { kind: 'destroy' }, { kind: 'reset' }])
  return { family: 'resets and half-closed clients', steps: [send(sent), ...pause, end] }
}

const clientHello = Buffer.from('16030100a5010000a10303', 'hex')

/** Requests that would leave HTTP, before, behind and amid others. */
function tunnel(random: Random): Case {
  const target = random.pick([
    'x:1',
    's3.amazonaws.com:443',
    'fuzz-one.s3.us-east-1.amazonaws.com:443',
    'localhost:443',
    '/',
    '',
    'a',
    '[::1]:443',
    's3.amazonaws.com:99999',
    'amazonaws.com.evil.example:443',
    '__proto__:1',
    '*',
  ])
  const connect = `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${random.oneIn(4) ? 'Content-Length: 5\r\n' : ''}\r\n`
  const upgrade = `GET /fuzz-one/k HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${random.pick(['websocket', 'h2c', 'TLS/1.0', 'x'])}\r\nHTTP2-Settings: AA\r\n\r\n`
  const http2 = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'
  const inside = (): Buffer =>
    random.pick<() => Buffer>([
      () => clientHello,
      () => random.bytes(random.below(50)),
      () => Buffer.from(connect, 'latin1'),
      () => random.pick(wellFormed)(random),
      () => anyRequest(random),
      () => Buffer.alloc(0),
    ])()
  const first = Buffer.from(random.pick([connect, connect, connect, upgrade, http2]), 'latin1')
  const before = random.oneIn(5) ? [send(Buffer.concat([random.pick(wellFormed)(random), first]))] : [send(first)]
  const steps: Step[] = random.oneIn(3)
    ? [send(Buffer.concat([first, inside()]))]
    : [...before, ...(random.oneIn(2) ? [{ kind: 'read' } as const] : []), send(inside())]
  return { family: 'CONNECT and upgrades', steps: [...steps, ...endOf(random)] }
}

/** TLS clients that send anything, and clients that send what looks like TLS. */
function tls(random: Random): Case {
  if (random.oneIn(3)) {
    const bytes = random.pick([
      clientHello,
      Buffer.from([22]),
      Buffer.concat([clientHello, random.bytes(200)]),
      Buffer.concat([Buffer.from([22, 3, 1, 255, 255]), random.bytes(300)]),
    ])
    return { family: 'TLS', steps: [send(bytes), ...endOf(random)] }
  }
  const request = random.oneIn(3)
    ? Buffer.concat(random.several(30, () => random.pick(wellFormed)(random)))
    : anyRequest(random)
  return { family: 'TLS', isTls: true, steps: [send(request), ...endOf(random)] }
}

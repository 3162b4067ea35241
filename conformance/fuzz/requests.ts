/** Single requests: broken HTTP, and good HTTP with odd paths, queries, headers and documents. */
import { createHash } from 'node:crypto'
import { operationNames, type Service, serviceTables } from '../../src/model/index.ts'
import type { Random } from './random.ts'
import { bytesOf, type Draft, signedBytes } from './sign.ts'
import { buckets, headerValue, keys, oddHeaders, oddText, path, query, queryText } from './values.ts'

const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS']
const oddMethods = ['PATCH', 'TRACE', 'PROPFIND', 'get', 'FROB', 'CONNECT', 'PRI', 'G\0T', '']
const hosts = [
  'localhost',
  '127.0.0.1',
  'fuzz-one.localhost',
  'fuzz-one.s3.localhost',
  'sts.amazonaws.com',
  'fuzz-two.s3.us-east-1.amazonaws.com',
  '[::1]',
  '[::',
  '',
  'a..b',
  '__proto__',
  'fuzz-one.s3-website.localhost',
  's3-control.localhost',
  'x'.repeat(300),
]

function targetOf(random: Random): string {
  const text = query(random)
  const target = text === '' ? path(random) : `${path(random)}?${text}`
  return random.oneIn(20) ? `http://${random.pick(hosts)}${target}` : target
}

/** Request lines, headers and lengths that the parser must refuse, or must read as others do. */
export function brokenHttp(random: Random): Buffer {
  const kind = random.below(8)
  if (kind === 0) return random.bytes(1 + random.below(200))
  const good = signedBytes({
    method: random.pick(methods),
    target: targetOf(random),
    headers: oddHeaders(random),
    body: documentOf(random),
  })
  if (kind < 4) return random.mutated(good)
  const version = random.pick(['HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', 'HTTP/1.1 ', ''])
  const method = random.pick([...methods, ...oddMethods])
  const host = random.pick([`Host: ${random.pick(hosts)}\r\n`, 'Host: a\r\nHost: b\r\n', ''])
  const framing = random.pick([
    '',
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 5, 5\r\n',
    'Content-Length: 5\r\nContent-Length: 6\r\n',
    'Content-Length: +5\r\n',
    'Content-Length: 0x5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: gzip, chunked\r\n',
    'Transfer-Encoding: chunked, identity\r\n',
    'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
    'Transfer-Encoding : chunked\r\n',
    ' folded: line\r\n',
    'Expect: 100-continue\r\nContent-Length: 5\r\n',
    'Expect: zzz\r\n',
    `Content-Length: ${'9'.repeat(30)}\r\n`,
  ])
  const body = random.pick([
    '',
    'hello',
    '5\r\nhello\r\n0\r\n\r\n',
    '5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n',
    'zz\r\n',
    'ffffffffffffffffff\r\nx',
    '5\nhello\n0\n\n',
    '-5\r\nhello\r\n',
  ])
  const end = random.pick(['\r\n', '\r\n', '\r\n', '\n', '\r', ''])
  const filler = random.oneIn(6) ? `x-filler: ${'a'.repeat(random.below(40_000))}\r\n` : ''
  const many = random.oneIn(8) ? 'a: b\r\n'.repeat(random.below(3000)) : ''
  return Buffer.from(
    `${method} ${targetOf(random)} ${version}\r\n${host}${framing}${filler}${many}${end}${body}`,
    'latin1',
  )
}

/** A good request with odd parts, signed or not. */
export function oddRequest(random: Random): Buffer {
  const draft: Draft = {
    method: random.pick(methods),
    target: targetOf(random),
    headers: oddHeaders(random),
    body: random.oneIn(3) ? documentOf(random) : Buffer.alloc(0),
    host: random.oneIn(4) ? random.pick(hosts) : 'localhost',
  }
  return random.oneIn(4) ? bytesOf(draft) : signedBytes(draft)
}

/** One of the model's operations with values of the right places, each plausible or odd. */
export function operation(random: Random): Buffer {
  const service = random.pick<Service>(['s3', 's3', 's3', 'iam', 'sts'])
  const name = random.pick(operationNames(service))
  return service === 's3' ? s3Operation(random, name) : queryOperation(random, service, name)
}

function s3Operation(random: Random, name: string): Buffer {
  const { operations, shapes } = serviceTables.s3
  const [, method, uri, , inputName] = operations.find((row) => row[0] === name) as (typeof operations)[number]
  const bucket = random.pick(buckets.slice(0, 4))
  const key = encodeURIComponent(random.pick(keys)).replaceAll('%2F', '/')
  const [uriPath = '/', fixed = ''] = uri.split('?')
  const parts = fixed === '' ? [] : [fixed]
  const headers: [string, string][] = []
  const shape = shapes[inputName]
  let root: string | undefined
  for (const [member, type, location, wire, isRequired, extra] of shape?.[0] === 's' ? shape[1] : []) {
    if (isRequired !== 1 && !random.oneIn(6)) continue
    const values = extra?.enum === undefined ? undefined : serviceTables.s3.enums[extra.enum]
    const value = (): string => (values !== undefined && !random.oneIn(3) ? random.pick(values) : oddText(random))
    if (location === 'Q') parts.push(`${wire}=${encodeURIComponent(value())}`)
    else if (location === 'H' && !/^content-length$/i.test(wire)) {
      const text = Buffer.from(value()).toString('latin1')
      headers.push([wire, text.replace(/\p{Cc}/gu, '_')])
    } else if (location === 'P') headers.push([`${wire}${random.pick(['a', '__proto__', 'A-b'])}`, headerValue(random)])
    else if (location === 'B') root = typeof type === 'string' && type !== 'blob' && type !== 'string' ? type : member
  }
  const target = `/${bucket}${uriPath.replace('{Key+}', key)}${parts.length === 0 ? '' : `?${parts.join('&')}`}`
  const body =
    method === 'GET' || method === 'HEAD' || method === 'DELETE'
      ? Buffer.alloc(0)
      : root === 'Policy'
        ? Buffer.from(policyText(random))
        : root === undefined
          ? random.bytes(random.below(100))
          : Buffer.from(modelXml(random, root))
  return signedBytes({ method, target, headers, body })
}

/** A document of the model's form, whose values are odd; now and then broken. */
function modelXml(random: Random, root: string): string {
  const text = element(random, root, root, 0)
  return random.oneIn(5) ? random.mutated(Buffer.from(text)).toString('latin1') : text
}

function element(random: Random, name: string, type: string, depth: number): string {
  const shape = serviceTables.s3.shapes[type]
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  if (shape === undefined || depth > 8)
    return `<${name}>${random.oneIn(4) ? oddText(random) : escaped(random.pick(['1', 'true', 'Enabled', 'a', oddText(random)]))}</${name}>`
  if (shape[0] === 'l') return random.several(3, () => element(random, shape[2], shape[1], depth + 1)).join('')
  if (shape[0] === 'm') return ''
  const members = shape[1].filter(
    ([, , location, , isRequired]) => location === '' && (isRequired === 1 || !random.oneIn(3)),
  )
  return `<${name}>${members.map(([, memberType, , wire]) => element(random, wire, memberType, depth + 1)).join('')}</${name}>`
}

/** XML that is no document of ours: entities, depth, size, encodings. */
export function oddXml(random: Random): string {
  return random.pick([
    () => '<a>'.repeat(random.below(20_000)),
    () => `<!DOCTYPE a [<!ENTITY b "${'c'.repeat(100)}"><!ENTITY d "&b;&b;&b;">]><a>&d;&d;</a>`,
    () => '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    () => `<?xml version="1.0" encoding="${random.pick(['UTF-16', 'utf-7', 'x'])}"?><a/>`,
    () => `<Tagging><TagSet>${'<Tag><Key>a</Key><Value>b</Value></Tag>'.repeat(random.below(2000))}</TagSet></Tagging>`,
    () => `<Delete>${'<Object><Key>k</Key></Object>'.repeat(random.below(1100))}</Delete>`,
    () =>
      `<CompleteMultipartUpload>${'<Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>'.repeat(random.below(2000))}</CompleteMultipartUpload>`,
    () => `<a ${'b="c" '.repeat(random.below(3000))}/>`,
    () => `<a>&#x${random.pick(['0', 'd800', '110000', 'fffffffffff', ''])};</a>`,
    () => '<a><![CDATA[',
    () => '<!-- -- --><a/>',
    () => `<${random.pick(['__proto__', 'constructor', 'a:b:c', '1a', 'ü'])}>x</a>`,
    () => '\ufeff<a/>',
    () => '',
  ])()
}

/** A policy document: conditions, patterns and principals of many shapes, most of them good; now and then broken JSON. */
export function policyText(random: Random): string {
  const odd = <T>(good: T): T | string => (random.oneIn(25) ? oddText(random) : good)
  const list = (make: () => unknown): unknown => (random.oneIn(2) ? make() : [make(), ...random.several(3, make)])
  const pattern = (): string =>
    odd(
      random.pick([
        'arn:aws:s3:::fuzz-two/*',
        'arn:aws:s3:::fuzz-two',
        `arn:aws:s3:::fuzz-two/${'*a?'.repeat(random.below(60))}`,
      ]),
    )
  const value = (): string => (random.oneIn(3) ? oddText(random) : `${'*a?'.repeat(random.below(30))}b`)
  const conditions = (): unknown => {
    const [operator, name, good] = random.pick([
      ['StringLike', 's3:prefix', value()],
      ['StringEqualsIfExists', 's3:x-amz-acl', value()],
      ['ForAllValues:StringLike', 'aws:PrincipalTag/a', value()],
      ['ForAnyValue:StringNotEquals', 'aws:TagKeys', value()],
      ['NumericLessThan', 's3:max-keys', '5'],
      ['DateGreaterThan', 'aws:CurrentTime', '2026-01-01T00:00:00Z'],
      ['Bool', 'aws:SecureTransport', 'true'],
      ['IpAddress', 'aws:SourceIp', '127.0.0.0/8'],
      ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:user/*'],
      ['Null', 's3:TlsVersion', 'true'],
    ] as const)
    return { [odd(operator)]: { [odd(name)]: list(() => odd(good)) } }
  }
  const principal = (): unknown =>
    random.oneIn(12)
      ? random.pick<unknown>([oddText(random), 1, null, {}, []])
      : random.pick<unknown>([
          '*',
          { AWS: '*' },
          { AWS: 'arn:aws:iam::000000000000:root' },
          { Service: 's3.amazonaws.com' },
        ])
  const statement = (): Record<string, unknown> => ({
    Effect: odd(random.pick(['Allow', 'Deny'])),
    [random.oneIn(10) ? 'NotPrincipal' : 'Principal']: principal(),
    [random.oneIn(6) ? 'NotAction' : 'Action']: list(() =>
      odd(random.pick(['s3:*', 's3:GetObject', 's3:Get*', 's3:ListBucket'])),
    ),
    [random.oneIn(6) ? 'NotResource' : 'Resource']: list(pattern),
    ...(random.oneIn(2) ? {} : { Condition: conditions() }),
    ...(random.oneIn(20) ? { [oddText(random)]: oddText(random) } : {}),
  })
  const document = { Version: odd(random.pick(['2012-10-17', '2008-10-17'])), Statement: list(statement) }
  const json = random.oneIn(25) ? '['.repeat(random.below(5000)) : JSON.stringify(document)
  return random.oneIn(15) ? random.mutated(Buffer.from(json)).toString('latin1') : json
}

function documentOf(random: Random): Buffer {
  const kind = random.below(4)
  if (kind === 0) return Buffer.from(oddXml(random))
  if (kind === 1) return Buffer.from(policyText(random))
  if (kind === 2) return random.bytes(random.below(3000))
  return Buffer.from(oddText(random))
}

const objectDocuments = ['acl', 'tagging', 'retention', 'legal-hold', 'restore', 'uploadId=x']
const bucketDocuments = [
  'acl',
  'cors',
  'delete',
  'lifecycle',
  'tagging',
  'versioning',
  'encryption',
  'object-lock',
  'publicAccessBlock',
  'ownershipControls',
  'requestPayment',
  'accelerate',
]

/** A signed PUT or POST of XML where a document is expected, mostly with its digest. */
export function xmlRequest(random: Random): Buffer {
  const resource = random.oneIn(3) ? `/k?${random.pick(objectDocuments)}` : `?${random.pick(bucketDocuments)}`
  const body = Buffer.from(oddXml(random))
  const digest: [string, string] = [
    'Content-MD5',
    random.oneIn(20) ? headerValue(random) : createHash('md5').update(body).digest('base64'),
  ]
  return signedBytes({
    method: /delete|uploadId|restore/.test(resource) ? 'POST' : 'PUT',
    target: `/${random.pick(buckets.slice(0, 3))}${resource}`,
    headers: [digest, ...(random.oneIn(5) ? oddHeaders(random, 2) : [])],
    body,
  })
}

/** A bucket policy, or a request that it decides about. */
export function policyRequest(random: Random): Buffer {
  // Not the bucket of the other families: a policy may deny everything.
  if (random.oneIn(3))
    return bytesOf({
      method: random.pick(methods),
      target: `/fuzz-two/${'a'.repeat(random.below(1000))}?${query(random)}`,
      headers: oddHeaders(random, 2),
    })
  return signedBytes({ method: 'PUT', target: '/fuzz-two?policy', body: Buffer.from(policyText(random)) })
}

function queryOperation(random: Random, service: 'iam' | 'sts', name: string): Buffer {
  const { operations, shapes, enums } = serviceTables[service]
  const row = operations.find((one) => one[0] === name)
  const fields: [string, string][] = [
    ['Action', name],
    ['Version', service === 'iam' ? '2010-05-08' : '2011-06-15'],
  ]
  const put = (wire: string, type: string, depth: number): void => {
    const shape = shapes[type]
    const base = type.replace(/\[\]$/, '')
    if (depth > 4) return
    if (shape?.[0] === 's')
      for (const [, memberType, , memberWire] of shape[1]) put(`${wire}.${memberWire}`, memberType, depth + 1)
    else if (shape?.[0] === 'l')
      for (let at = 1; at <= random.below(4); at++) put(`${wire}.member.${at}`, shape[1], depth + 1)
    else if (base !== type)
      for (let at = 1; at <= random.below(4); at++) fields.push([`${wire}.member.${at}`, oddText(random)])
    else {
      const isPolicy = /policy/i.test(wire) && /document|^policy$/i.test(wire)
      fields.push([
        wire,
        isPolicy
          ? policyText(random)
          : random.oneIn(2)
            ? random.pick(['fuzz', 'alice', '1', 'true', 'arn:aws:iam::000000000000:user/fuzz'])
            : oddText(random),
      ])
    }
  }
  const input = row === undefined ? undefined : shapes[row[4]]
  for (const [, type, , wire, isRequired, extra] of input?.[0] === 's' ? input[1] : []) {
    if (isRequired !== 1 && !random.oneIn(3)) continue
    const values = extra?.enum === undefined ? undefined : enums[extra.enum]
    if (values === undefined) put(wire, type, 0)
    else fields.push([wire, random.pick(values)])
  }
  if (random.oneIn(8)) fields.push([oddText(random), oddText(random)])
  const text = fields.map(([field, value]) => `${encodeURIComponent(field)}=${encodeURIComponent(value)}`).join('&')
  const body = Buffer.from(random.oneIn(10) ? `${text}&${queryText(random)}` : text)
  const headers: [string, string][] = [
    ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
    ...oddHeaders(random, 1),
  ]
  const draft: Draft = {
    method: 'POST',
    target: '/',
    headers,
    body: random.oneIn(10) ? random.mutated(body) : body,
    service,
  }
  return random.oneIn(10) ? bytesOf(draft) : signedBytes(draft)
}

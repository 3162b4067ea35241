import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planOf } from '../../src/protocol/plan.ts'
import { parseXml } from '../../src/protocol/xml-read.ts'

const parse = (operation: string, xml: string | Uint8Array) => {
  const input: Record<string, unknown> = {}
  planOf(operation).parsePayload(input, Buffer.from(xml as string))
  return input
}

const keyOf = (xml: string) =>
  ((parse('DeleteObjects', xml).Delete as { Objects: { Key: string }[] }).Objects[0] as { Key: string }).Key
const withKey = (key: string) => `<Delete><Object><Key>${key}</Key></Object></Delete>`

const exact: [string, string, string][] = [
  ['white space is kept', '  a\tb\nc  ', '  a\tb\nc  '],
  ['numbers stay text', '0010', '0010'],
  ['entities are decoded', 'a&amp;b&lt;c&gt;&quot;&apos;', 'a&b<c>"\''],
  ['character references are decoded', 'a&#x41;&#13;&#xD;&#128512;', 'aA\r\r😀'],
  ['what an entity yields is not decoded again', '&amp;lt;&amp;#65;', '&lt;&#65;'],
  ['CDATA is literal', '<![CDATA[<x>&amp;]]>y', '<x>&amp;y'],
  ['comments vanish', 'a<!-- b -->c', 'ac'],
  ['line ends become newlines', 'a\r\nb', 'a\nb'],
  ['unicode passes', 'ключ/鍵/🗝', 'ключ/鍵/🗝'],
  ['an empty key is an empty text', '', ''],
]
for (const [name, text, expected] of exact) test(name, () => assert.equal(keyOf(withKey(text)), expected))

test('declaration, byte-order mark, prefix, namespace, comments and instructions around the root are taken', () => {
  const body = '<s3:Object><s3:Key>k</s3:Key></s3:Object>'
  const xml = `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<!-- c --><?pi x?><s3:Delete xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">${body}</s3:Delete>\n<!-- d -->`
  assert.equal(keyOf(xml), 'k')
})

test('members, lists, attributes and times of nested shapes are typed', () => {
  const xml = `<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>o</ID></Owner><AccessControlList>
    <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>a&amp;b</ID></Grantee><Permission>READ</Permission></Grant>
  </AccessControlList></AccessControlPolicy>`
  assert.deepEqual(parse('PutBucketAcl', xml), {
    AccessControlPolicy: {
      Owner: { ID: 'o' },
      Grants: [{ Grantee: { Type: 'CanonicalUser', ID: 'a&b' }, Permission: 'READ' }],
    },
  })
  const retention =
    '<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2030-01-01T00:00:00.500Z</RetainUntilDate></Retention>'
  assert.deepEqual(parse('PutObjectRetention', retention), {
    Retention: { Mode: 'GOVERNANCE', RetainUntilDate: Date.UTC(2030, 0, 1, 0, 0, 0, 500) },
  })
})

// Recorded: test_put_object_tagging_none_value.
test('a tagging document may have no set', () => {
  assert.deepEqual(parse('PutObjectTagging', '<Tagging/>'), { Tagging: {} })
})

const deep = '<Delete>'.repeat(40) + '</Delete>'.repeat(40)
const hostile: [string, string, string | Uint8Array][] = [
  ['not XML', 'DeleteObjects', 'hello'],
  ['white space only', 'DeleteObjects', ' \n'],
  ['another root', 'DeleteObjects', '<Erase><Object><Key>k</Key></Object></Erase>'],
  ['an unclosed tag', 'DeleteObjects', '<Delete><Object><Key>k</Key></Object>'],
  ['a tag closed by another', 'DeleteObjects', '<Delete><Object><Key>k</Object></Key></Delete>'],
  ['two roots', 'DeleteObjects', `${withKey('a')}${withKey('b')}`],
  ['text behind the root', 'DeleteObjects', `${withKey('a')}junk`],
  ['text before the root', 'DeleteObjects', `junk${withKey('a')}`],
  ['CDATA outside the root', 'DeleteObjects', `<![CDATA[x]]>${withKey('a')}`],
  ['a DOCTYPE', 'DeleteObjects', `<!DOCTYPE Delete [<!ENTITY a "b">]>${withKey('&a;')}`],
  ['an external entity', 'DeleteObjects', `<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>${withKey('&x;')}`],
  ['an unknown entity', 'DeleteObjects', withKey('&nbsp;')],
  ['a bare ampersand', 'DeleteObjects', withKey('a & b')],
  ['a reference to NUL', 'DeleteObjects', withKey('&#0;')],
  ['a reference to a control character', 'DeleteObjects', withKey('&#x1;')],
  ['a reference to a surrogate', 'DeleteObjects', withKey('&#xD800;')],
  ['a reference beyond Unicode', 'DeleteObjects', withKey('&#x110000;')],
  ['a raw control character', 'DeleteObjects', withKey('a\u0001b')],
  [']]> in text', 'DeleteObjects', withKey('a]]>b')],
  ['invalid UTF-8', 'DeleteObjects', Buffer.from([...Buffer.from('<Delete>'), 0xff, ...Buffer.from('</Delete>')])],
  ['UTF-16', 'DeleteObjects', Buffer.from(withKey('a'), 'utf16le')],
  ['another encoding', 'DeleteObjects', `<?xml version="1.0" encoding="ISO-8859-1"?>${withKey('a')}`],
  ['a second declaration', 'DeleteObjects', `<?xml version="1.0"?><?xml version="1.0"?>${withKey('a')}`],
  ['nesting without end', 'DeleteObjects', deep],
  ['an attribute twice', 'DeleteObjects', '<Delete a="1" a="2"><Object><Key>k</Key></Object></Delete>'],
  ['an attribute without quotes', 'DeleteObjects', '<Delete a=1><Object><Key>k</Key></Object></Delete>'],
  ['an unterminated comment', 'DeleteObjects', `${withKey('a')}<!-- `],
  ['an unterminated CDATA section', 'DeleteObjects', '<Delete><![CDATA[x</Delete>'],
  ['__proto__ as an element', 'DeleteObjects', '<Delete><__proto__><Key>k</Key></__proto__></Delete>'],
  ['constructor as an element', 'DeleteObjects', '<Delete><constructor/></Delete>'],
  ['an unknown element', 'DeleteObjects', '<Delete><Thing/><Object><Key>k</Key></Object></Delete>'],
  ['text among elements', 'DeleteObjects', '<Delete>x<Object><Key>k</Key></Object></Delete>'],
  ['elements in a text', 'DeleteObjects', '<Delete><Object><Key>k<b/></Key></Object></Delete>'],
  ['a required element missing', 'DeleteObjects', '<Delete><Object><VersionId>v</VersionId></Object></Delete>'],
  ['no keys', 'DeleteObjects', '<Delete><Quiet>true</Quiet></Delete>'],
  ['a single element twice', 'DeleteObjects', '<Delete><Object><Key>k</Key><Key>l</Key></Object></Delete>'],
  ['1,001 keys', 'DeleteObjects', `<Delete>${'<Object><Key>k</Key></Object>'.repeat(1001)}</Delete>`],
  ['more elements than any document has', 'DeleteObjects', `<Delete>${'<a/>'.repeat(100_000)}</Delete>`],
  ['no boolean', 'DeleteObjects', '<Delete><Quiet>perhaps</Quiet><Object><Key>k</Key></Object></Delete>'],
  [
    'no number',
    'CompleteMultipartUpload',
    '<CompleteMultipartUpload><Part><ETag>e</ETag><PartNumber>1x</PartNumber></Part></CompleteMultipartUpload>',
  ],
  // versity/versitygw#1328, #2111
  ['no parts', 'CompleteMultipartUpload', '<CompleteMultipartUpload/>'],
  [
    'a part without number',
    'CompleteMultipartUpload',
    '<CompleteMultipartUpload><Part><ETag>e</ETag></Part></CompleteMultipartUpload>',
  ],
  [
    'a part without ETag',
    'CompleteMultipartUpload',
    '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>',
  ],
  // Recorded AWS answers: an unknown payer.
  [
    'an unknown enum value',
    'PutBucketRequestPayment',
    '<RequestPaymentConfiguration><Payer>Random</Payer></RequestPaymentConfiguration>',
  ],
  [
    'no time',
    'PutObjectRetention',
    '<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>soon</RetainUntilDate></Retention>',
  ],
  ['a stray item in a list', 'PutBucketTagging', '<Tagging><TagSet><Key>a</Key></TagSet></Tagging>'],
  ['an absent lock document', 'PutObjectRetention', ''],
]
for (const [name, operation, xml] of hostile) {
  test(`${operation} with ${name} is MalformedXML`, () => {
    assert.throws(() => parse(operation, xml), { code: 'MalformedXML', status: 400 })
  })
}

test('an ACL that does not validate is MalformedACLError (recorded AWS answers)', () => {
  for (const xml of ['<AccessControlPolicy><x/></AccessControlPolicy>', 'junk']) {
    assert.throws(() => parse('PutBucketAcl', xml), { code: 'MalformedACLError' })
  }
})

test('an absent required document is MissingRequestBodyError, an absent optional one is nothing', () => {
  assert.throws(() => parse('PutBucketCors', ''), { code: 'MissingRequestBodyError' })
  assert.deepEqual(parse('CompleteMultipartUpload', ''), {})
  assert.deepEqual(parse('CreateBucket', ''), {})
})

test('a policy is text, empty or not', () => {
  assert.deepEqual(parse('PutBucketPolicy', '{"é":1}'), { Policy: '{"é":1}' })
  assert.deepEqual(parse('PutBucketPolicy', ''), { Policy: '' })
})

test('a document beyond its limit is refused before it is parsed', () => {
  assert.throws(() => parseXml(Buffer.from('<a></a>'), 6), { code: 'MalformedXML' })
})

test('time grows with the length, not with its square', () => {
  const many = `<Delete>${'<x>'.repeat(10)}${' '.repeat(200_000)}${'<y a="1"   />'.repeat(20_000)}&#65`
  const startedMs = performance.now()
  assert.throws(() => parseXml(Buffer.from(many), 8_000_000), { code: 'MalformedXML' })
  const parts = Array.from(
    { length: 10_000 },
    (_, i) => `<Part><ETag>"${i}"</ETag><PartNumber>${i + 1}</PartNumber></Part>`,
  )
  const xml = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
  const { MultipartUpload } = parse('CompleteMultipartUpload', xml)
  assert.equal((MultipartUpload as { Parts: unknown[] }).Parts.length, 10_000)
  assert.ok(performance.now() - startedMs < 5000)
})

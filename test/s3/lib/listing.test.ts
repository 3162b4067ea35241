// Encoding: backlot#178 (measured against AWS), recorded test_list_objects_v2_continuation_token_safe_chars.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterMarker, pageLimit, textEncoder, versionsPageLimit, wholeSeconds } from '../../../src/s3/lib/listing.ts'
import { decodeToken, encodeToken } from '../../../src/s3/lib/continuation-token.ts'
import { isUploadIdOf, uploadIdOf } from '../../../src/s3/lib/upload-id.ts'

const encoded: [string, string][] = [
  ['plain-._*/1', 'plain-._*/1'],
  ['a b.txt', 'a+b.txt'],
  ['a+b.txt', 'a%2Bb.txt'],
  ['100%.csv', '100%25.csv'],
  ['한글/x.txt', '%ED%95%9C%EA%B8%80/x.txt'],
  ['run books/x.txt', 'run+books/x.txt'],
  ['date=2026-03-01/', 'date%3D2026-03-01/'],
  ['test_file(3).png', 'test_file%283%29.png'],
  ["~!'", '%7E%21%27'],
  ['%2F', '%252F'],
  ['\n\t\u0001', '%0A%09%01'],
  ['\u{1F600}', '%F0%9F%98%80'],
  ['', ''],
]
for (const [text, expected] of encoded) {
  test(`url encoding of ${JSON.stringify(text)}`, () => {
    assert.equal(textEncoder('url')(text), expected)
    assert.equal(textEncoder(undefined)(text), text)
  })
}

test('encoded text decodes to what it was as a form does', () => {
  const text = Array.from({ length: 0x250 }, (_, code) => String.fromCharCode(code)).join('')
  assert.equal(decodeURIComponent(textEncoder('url')(text).replaceAll('+', ' ')), text)
})

test('a marker inside a group stands for the group', () => {
  assert.equal(afterMarker('a/b/c', '', '/'), 'a/')
  assert.equal(afterMarker('a/b/c', 'a/', '/'), 'a/b/')
  assert.equal(afterMarker('a/b/c', 'a/b/', '/'), 'a/b/c')
  assert.equal(afterMarker('a/b/c', '', undefined), 'a/b/c')
  assert.equal(afterMarker('a/b/c', 'x', '/'), 'a/b/c')
  assert.equal(afterMarker('a/', 'a/', '/'), 'a/')
  assert.equal(afterMarker('x--y--z', '', '--'), 'x--')
})

test('limits', () => {
  assert.deepEqual(
    [undefined, 0, 1, 1000, 1001].map((value) => pageLimit('max-keys', value)),
    [1000, 0, 1, 1000, 1000],
  )
  assert.equal(versionsPageLimit(undefined), 1000)
  assert.throws(() => pageLimit('max-uploads', -1), { code: 'InvalidArgument' })
  assert.throws(() => versionsPageLimit(-1), { message: 'max-keys cannot be negative' })
  assert.equal(wholeSeconds(1999), 1000)
})

test('a token gives its position back, in its own scope and purpose only', () => {
  for (const position of ['k', 'a/b c', 'ü\u{1F600}', '\n', 'x'.repeat(1024)]) {
    const token = encodeToken('objects', 'bucket', position)
    assert.match(token, /^[A-Za-z0-9_-]+$/)
    assert.equal(decodeToken('objects', 'bucket', token), position)
    assert.equal(decodeToken('objects', 'other', token), undefined)
    assert.equal(decodeToken('buckets', 'bucket', token), undefined)
  }
})

test('a token with any character changed is none', () => {
  const token = encodeToken('objects', 'bucket', 'key')
  for (let at = 0; at < token.length; at++) {
    const changed = `${token.slice(0, at)}${token[at] === 'x' ? 'y' : 'x'}${token.slice(at + 1)}`
    assert.equal(decodeToken('objects', 'bucket', changed), undefined, changed)
  }
  for (const text of ['', 'x', '=', 'ü', ' ', 'a'.repeat(10_000)]) {
    assert.equal(decodeToken('objects', 'bucket', text), undefined)
  }
})

test('an upload id is tied to its bucket and key', () => {
  const id = uploadIdOf('bucket', 'key', 'random')
  assert.equal(isUploadIdOf('bucket', 'key', id), true)
  for (const [bucket, key, text] of [
    ['other', 'key', id],
    ['bucket', 'other', id],
    ['bucket', 'key', `${id}x`],
    ['bucket', 'key', ''],
    ['bucket', 'key', 'short'],
    ['bucket', 'key', id.slice(1)],
  ] as const) {
    assert.equal(isUploadIdOf(bucket, key, text), false)
  }
})

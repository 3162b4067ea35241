// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextKeysIn } from '../../src/policy/context-keys.ts'
import { contextOf, overlay } from '../../src/policy/context-source.ts'
import { allKeys, findKey } from '../../src/policy/keys.ts'
import { compile } from './support.ts'

const statement = {
  Effect: 'Allow',
  Action: 's3:*',
  Resource: 'arn:aws:s3:::b/${aws:username}/*',
  Condition: {
    StringLike: { 's3:PREFIX': ['${aws:PrincipalTag/Team}/*'], 'x:y': '1' },
    Bool: { 'AWS:SecureTransport': 'true' },
    Null: { 'aws:securetransport': 'false' },
  },
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
test('a policy asks for the keys of its conditions and variables, each once', () => {
  assert.deepEqual(contextKeysIn(compile([statement]).document).toSorted(), [
    'aws:PrincipalTag/Team',
    'aws:SecureTransport',
    'aws:username',
    's3:prefix',
    'x:y',
  ])
})

test('before 2012 there are no variables', () => {
  const { document } = compile({ Version: '2008-10-17', Statement: [statement] })
  assert.deepEqual(contextKeysIn(document).toSorted(), ['aws:SecureTransport', 's3:prefix', 'x:y'])
})

test('keys are found without case, tag keys under their prefix', () => {
  assert.deepEqual(findKey('AWS:sourceIP'), { name: 'aws:SourceIp', type: 'IPAddress', isMultivalued: false })
  assert.equal(findKey('s3:existingobjecttag/Any Key')?.type, 'String')
  assert.equal(findKey('aws:TagKeys')?.isMultivalued, true)
  for (const name of ['', 'aws:', 's3:existingobjecttag', 'constructor']) assert.equal(findKey(name), undefined)
  assert.ok(allKeys().length > 100)
})

test('an overlay replaces keys and may take them away', () => {
  const source = overlay(contextOf({ a: '1', b: '2' }), { a: 'x', b: undefined })
  assert.deepEqual([source.get('a'), source.get('b'), source.get('c')], ['x', undefined, undefined])
})

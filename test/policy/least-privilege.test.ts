/** What was used becomes a policy: it allows all of it, reads well, and stays small. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePolicy } from '../../src/policy/compile.ts'
import { contextOf } from '../../src/policy/context-source.ts'
import { decide } from '../../src/policy/decide.ts'
import { leastPrivilegePolicy, type WrittenPolicy } from '../../src/policy/least-privilege.ts'
import { commonStart, generalisePaths, patternText } from '../../src/policy/path-patterns.ts'
import { type Use, UsedPermissions } from '../../src/policy/used-permissions.ts'
import { validateIdentityPolicy } from '../../src/policy/validate-identity.ts'

const use = (action: string, resource: string, prefix?: string): Use => ({
  action: `s3:${action}`,
  resource: `arn:aws:s3:::${resource}`,
  prefix,
})

function policyOf(uses: Iterable<Use>): WrittenPolicy {
  const permissions = new UsedPermissions()
  for (const one of uses) permissions.add(one)
  return leastPrivilegePolicy(permissions) ?? assert.fail('nothing was used')
}

/** Statements as one line each. */
const lines = ({ Statement }: WrittenPolicy) =>
  Statement.map(({ Action, Resource, Condition }) => {
    const condition = Condition === undefined ? '' : ` when ${JSON.stringify(Condition)}`
    return `${[Action].flat().join(' ')} on ${[Resource].flat().join(' ').replaceAll('arn:aws:s3:::', '')}${condition}`
  })

/** Whether an identity with this policy alone may. */
function allowing(policy: WrittenPolicy): (use: Use) => boolean {
  const valid = validateIdentityPolicy(JSON.stringify(policy), { isManaged: true })
  assert.ok(valid.ok, JSON.stringify(valid))
  const identity = [compilePolicy(valid.document, { source: 'p' })]
  return ({ action, resource, prefix }) => {
    const context = contextOf(prefix === undefined ? {} : { 's3:prefix': prefix })
    const principal = { kind: 'user' as const, accountId: '1', arn: 'arn:aws:iam::1:user/u', canonicalId: 'c' }
    return (
      decide({ principal, action, resource, resourceAccount: '1', context, policies: { identity } }).decision ===
      'allowed'
    )
  }
}

/** A policy variable, which keys may look like. */
const variable = (name: string) => `$\{${name}}`

describe('the least policy', () => {
  it('names few keys as they are, groups actions of equal resources, and has a stable order', () => {
    const uses = [
      use('PutObject', 'b/a.txt'),
      use('GetObject', 'b/a.txt'),
      use('GetBucketLocation', 'b'),
      use('CreateBucket', 'b'),
      use('GetObject', 'b/a.txt'),
      use('ListAllMyBuckets', '*'),
    ]
    const expected = [
      's3:ListAllMyBuckets on *',
      's3:CreateBucket s3:GetBucketLocation on b',
      's3:GetObject s3:PutObject on b/a.txt',
    ]
    assert.deepEqual(lines(policyOf(uses)), expected)
    assert.deepEqual(policyOf(uses.reverse()), policyOf(uses))
  })

  it('writes many keys of a folder as the folder, wherever the many are', () => {
    const many = (start: string, end = '') =>
      Array.from({ length: 20 }, (_, at) => use('GetObject', `b/${start}${at}${end}`))
    const cases: [Use[], string[]][] = [
      [many('in/2026/'), ['b/in/2026/*']],
      [
        [...many('in/'), use('GetObject', 'b/config.json')],
        ['b/config.json', 'b/in/*'],
      ],
      [many('users/', '/avatar.png'), ['b/users/*']],
      [many('k'), ['b/*']],
      [
        [use('GetObject', 'b/x/'), use('GetObject', 'b/x/1')],
        ['b/x/', 'b/x/1'],
      ],
    ]
    for (const [uses, expected] of cases) {
      assert.deepEqual(lines(policyOf(uses)), [`s3:GetObject on ${expected.join(' ')}`])
    }
  })

  it('writes many buckets as what their names begin with', () => {
    const uses = Array.from({ length: 20 }, (_, at) => [
      use('CreateBucket', `test-run-${at}`),
      use('PutObject', `test-run-${at}/k`),
    ])
    assert.deepEqual(lines(policyOf(uses.flat())), ['s3:CreateBucket on test-run-*', 's3:PutObject on test-run-*/*'])
    const strange = Array.from({ length: 20 }, (_, at) => use('PutObject', `${String.fromCharCode(97 + at)}b/k`))
    assert.deepEqual(lines(policyOf(strange)), ['s3:PutObject on */*'])
  })

  it('limits listings to prefixes that all of them had', () => {
    const prefix = (...prefixes: (string | undefined)[]) =>
      lines(policyOf(prefixes.map((one) => use('ListBucket', 'b', one))))
    assert.deepEqual(prefix('in/'), ['s3:ListBucket on b when {"StringEquals":{"s3:prefix":"in/"}}'])
    assert.deepEqual(prefix('in/', 'out/'), ['s3:ListBucket on b when {"StringEquals":{"s3:prefix":["in/","out/"]}}'])
    const many = Array.from({ length: 20 }, (_, at) => `in/${at}`)
    assert.deepEqual(prefix(...many), ['s3:ListBucket on b when {"StringLike":{"s3:prefix":"in/*"}}'])
    assert.deepEqual(prefix('in/', undefined), ['s3:ListBucket on b'])
    const two = [use('ListBucket', 'b', 'in/'), use('ListBucket', 'c'), use('ListBucketVersions', 'c')]
    assert.deepEqual(lines(policyOf(two)), [
      's3:ListBucket on b when {"StringEquals":{"s3:prefix":"in/"}}',
      's3:ListBucket s3:ListBucketVersions on c',
    ])
  })

  it('knows the resources of other services', () => {
    const uses = [
      { action: 'iam:GetUser', resource: 'arn:aws:iam::1:user/team/alice' },
      { action: 'iam:ListUsers', resource: '*' },
      { action: 'iam:GetPolicy', resource: 'no ARN at all' },
      { action: 'sts:AssumeRole', resource: 'arn:aws:iam::1:role/r' },
    ]
    assert.deepEqual(lines(policyOf(uses)), [
      'iam:GetPolicy iam:ListUsers on *',
      'sts:AssumeRole on arn:aws:iam::1:role/r',
      'iam:GetUser on arn:aws:iam::1:user/team/alice',
    ])
    const users = Array.from({ length: 9 }, (_, at) => ({
      action: 'iam:GetUser',
      resource: `arn:aws:iam::1:user/u${at}`,
    }))
    assert.deepEqual(lines(policyOf(users)), ['iam:GetUser on arn:aws:iam::1:user/*'])
  })

  it('writes what patterns take for themselves so that only that key fits', () => {
    const d = variable('d')
    const allows = allowing(policyOf([use('GetObject', `b/a*b?c${d}`), use('ListBucket', 'b', `${d}*`)]))
    assert.ok(allows(use('GetObject', `b/a*b?c${d}`)))
    assert.ok(allows(use('ListBucket', 'b', `${d}*`)))
    assert.ok(!allows(use('GetObject', `b/aXbYc${d}`)))
    assert.ok(!allows(use('ListBucket', 'b', `${d}y`)))
    // IAM stores no characters beyond Latin-1.
    const foreign = allowing(policyOf([use('GetObject', 'b/写真/é.jpg'), use('ListBucket', 'b', '写')]))
    assert.ok(foreign(use('GetObject', 'b/写真/é.jpg')))
    assert.ok(foreign(use('ListBucket', 'b', '写')))
    assert.ok(!foreign(use('GetObject', 'b/x')))
    assert.equal(patternText('a$b{c}'), 'a$b{c}')
  })

  it('allows all that was used and nothing beside it, whatever that was', () => {
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return Math.floor((seed / 2 ** 31) * below)
    }
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
    for (let round = 0; round < 40; round++) {
      const buckets = Array.from({ length: 1 + random(12) }, (_, at) => `${pick(['a-', 'b-', 'c'])}${at}`)
      const parts = ['x', 'y', '*', '?', variable('a'), 'ü', '画', '', 'z z', ':']
      const key = () => Array.from({ length: 1 + random(4) }, () => pick(parts)).join('/') + random(30)
      const uses = Array.from({ length: 1 + random(random(2) ? 300 : 10) }, (): Use => {
        const bucket = pick(buckets)
        const listing = pick(['ListBucket', 'ListBucketVersions'])
        if (random(3) === 0) return use(listing, bucket, random(3) ? key() : undefined)
        return random(4) === 0
          ? use(pick(['GetBucketPolicy', 'CreateBucket']), bucket)
          : use(pick(['GetObject', 'PutObject', 'DeleteObject']), `${bucket}/${key()}`)
      })
      const permissions = new UsedPermissions()
      for (const one of uses) permissions.add(one)
      for (let level = 0; level < 4; level++) {
        const policy = leastPrivilegePolicy(permissions) as WrittenPolicy
        const allows = allowing(policy)
        const missed = uses.find((one) => !allows(one))
        assert.equal(missed, undefined, `round ${round}, level ${level}`)
        assert.ok(!allows(use('PutBucketPolicy', buckets[0] as string)))
        assert.ok(!allows(use('GetObjectTagging', `${buckets[0]}/k`)))
        if (level < 3 && buckets.length <= 8) assert.ok(!allows(use('GetBucketPolicy', 'zzz')))
        permissions.shrink()
      }
    }
  })
})

describe('what is kept of it', () => {
  it('is bounded: each step of shrinking is smaller and covers the same', () => {
    const permissions = new UsedPermissions()
    for (let at = 0; at < 20_000; at++) {
      permissions.add(use('GetObject', `bucket-${at % 50}/${at % 7}/${at % 11}/${at}-${'k'.repeat(200)}`))
    }
    const sizes = [permissions.sizeChars]
    assert.ok(!permissions.isGeneralised)
    while (!permissions.isSmallest) {
      permissions.shrink()
      sizes.push(permissions.sizeChars)
    }
    assert.ok(permissions.isGeneralised)
    assert.deepEqual(
      sizes,
      [...sizes].sort((a, b) => b - a),
    )
    assert.ok((sizes.at(-1) ?? 0) < 1000, String(sizes))
  })

  it('the same again costs nothing', () => {
    const permissions = new UsedPermissions()
    permissions.add(use('GetObject', 'b/k'))
    const before = permissions.sizeChars
    for (let at = 0; at < 100; at++) permissions.add(use('GetObject', 'b/k'))
    assert.equal(permissions.sizeChars, before)
  })
})

describe('path patterns', () => {
  it('cover what they were made of', () => {
    assert.deepEqual(generalisePaths(['a/1', 'a/2', 'b'], []), { exact: ['a/1', 'a/2', 'b'], folders: [] })
    assert.deepEqual(generalisePaths(['a/1', 'b'], ['a/']), { exact: ['b'], folders: ['a/'] })
    assert.deepEqual(generalisePaths(['a'], ['']), { exact: [], folders: [''] })
    const deep = 'd/'.repeat(512)
    assert.deepEqual(generalisePaths([deep], []), { exact: [deep], folders: [] })
  })

  it('names begin with whole words in common', () => {
    assert.equal(commonStart(['test-1', 'test-12', 'test-100']), 'test-')
    assert.equal(commonStart(['sand1', 'sand2']), 'sand')
    assert.equal(commonStart(['a', 'b']), '')
  })
})

/** Names that every JavaScript object has are names like any other, wherever a client may choose one. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CreateUserCommand,
  GetUserCommand,
  GetUserPolicyCommand,
  ListUserPoliciesCommand,
  ListUserTagsCommand,
  PutUserPolicyCommand,
  SimulateCustomPolicyCommand,
} from '@aws-sdk/client-iam'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { redact } from '../../src/lib/redact.ts'
import { decodeObject, encodeObject } from '../../src/store/record-rows.ts'
import type { ObjectRecord } from '../../src/store/records.ts'
import { allow, startArena } from '../iam/support.ts'
import { Arena, strangerId } from './arena.ts'
import { document, sign, strangerKey } from './requests.ts'

const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype', '__defineGetter__']
const lowerNames = names.map((name) => name.toLowerCase())
const metadata = Object.fromEntries(lowerNames.map((name) => [`x-amz-meta-${name}`, `of ${name}`]))

describe('names of Object.prototype in S3', () => {
  let arena: Arena
  before(async () => {
    arena = await Arena.start()
  })
  after(() => arena.close())

  const metadataOf = async (target: string) => {
    const { headers } = await arena.expect(200, { method: 'HEAD', target })
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-')))
  }

  it('metadata is kept: of an upload, a copy, a multipart upload and a form', async () => {
    await arena.expect(200, { method: 'PUT', target: '/bucket/put', headers: metadata, body: 'x' })
    assert.deepEqual(await metadataOf('/bucket/put'), metadata)
    const copy = { 'x-amz-copy-source': '/bucket/put' }
    await arena.expect(200, { method: 'PUT', target: '/bucket/copy', headers: copy })
    assert.deepEqual(await metadataOf('/bucket/copy'), metadata)
    const replace = { ...copy, ...metadata, 'x-amz-metadata-directive': 'REPLACE' }
    await arena.expect(200, { method: 'PUT', target: '/bucket/replaced', headers: replace })
    assert.deepEqual(await metadataOf('/bucket/replaced'), metadata)

    const made = await arena.expect(200, { method: 'POST', target: '/bucket/parts?uploads', headers: metadata })
    const upload = `uploadId=${/<UploadId>(.*)<\/UploadId>/.exec(made.body)?.[1]}`
    const part = await arena.expect(200, {
      method: 'PUT',
      target: `/bucket/parts?partNumber=1&${upload}`,
      body: 'x',
    })
    const list = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`
    await arena.expect(200, { method: 'POST', target: `/bucket/parts?${upload}`, body: list })
    assert.deepEqual(await metadataOf('/bucket/parts'), metadata)
  })

  it('a row of the database gives the names back', () => {
    const { metadata: read } = decodeObject(
      encodeObject({
        metadata: Object.fromEntries(lowerNames.map((name) => [name, name])),
        body: {},
      } as unknown as ObjectRecord),
    )
    assert.deepEqual(
      Object.entries(read),
      lowerNames.map((name) => [name, name]),
    )
  })

  it('tags are kept, and conditions read them', async () => {
    await arena.expect(200, {
      method: 'PUT',
      target: '/bucket/tagged',
      headers: { 'x-amz-tagging': names.map((name) => `${name}=${name}`).join('&') },
    })
    const read = await arena.expect(200, { target: '/bucket/tagged?tagging' })
    for (const name of names) assert.ok(read.body.includes(`<Key>${name}</Key><Value>${name}</Value>`), name)
    const set = names.map((name) => `<Tag><Key>${name}</Key><Value>again</Value></Tag>`).join('')
    const xml = `<Tagging><TagSet>${set}</TagSet></Tagging>`
    await arena.expect(200, document('/bucket/tagged?tagging', xml))
    for (const name of names) {
      const policy = (value: string) =>
        JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Principal: { AWS: strangerId },
            Action: 's3:GetObject',
            Resource: 'arn:aws:s3:::bucket/*',
            Condition: { StringEquals: { [`s3:ExistingObjectTag/${name}`]: value } },
          },
        })
      const read = { target: '/bucket/tagged', key: strangerKey }
      await arena.expect(204, document('/bucket?policy', policy('again')))
      await arena.expect(200, read)
      await arena.expect(204, document('/bucket?policy', policy('other')))
      await arena.expect(403, read)
    }
    await arena.expect(204, { method: 'DELETE', target: '/bucket?policy' })
  })

  it('buckets and keys are called so', async () => {
    await arena.expect(200, { method: 'PUT', target: '/constructor' })
    for (const name of names) {
      const target = `/constructor/${name}`
      await arena.expect(200, { method: 'PUT', target, body: name })
      assert.equal((await arena.expect(200, { target })).body, name)
    }
    const list = await arena.expect(200, { target: '/constructor?list-type=2' })
    for (const name of names) assert.ok(list.body.includes(`<Key>${name}</Key>`), name)
  })

  for (const name of names) {
    it(`${name}: values of headers, parameters and documents, signed headers`, async () => {
      for (const header of [
        'x-amz-storage-class',
        'x-amz-acl',
        'x-amz-object-lock-mode',
        'x-amz-object-lock-legal-hold',
        'x-amz-server-side-encryption',
        'x-amz-sdk-checksum-algorithm',
        'x-amz-metadata-directive',
        'x-amz-checksum-algorithm',
      ]) {
        const put = { method: 'PUT', target: '/bucket/refused', headers: { [header]: name }, body: 'x' }
        const { status } = await arena.send(put)
        assert.ok(status < 500, `${header}: ${status}`)
      }
      for (const parameter of ['encoding-type', 'max-keys', 'list-type', 'versionId', 'partNumber', 'uploadId', name]) {
        const { status } = await arena.send({ target: `/bucket?${parameter}=${name}` })
        assert.ok(status < 500, `${parameter}: ${status}`)
        const ofKey = await arena.send({ target: `/bucket/hello.txt?${parameter}=${name}` })
        assert.ok(ofKey.status < 500, `${parameter}: ${ofKey.status}`)
      }
      const grantee = `<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${name}"><ID>1</ID></Grantee>`
      const acl = `<AccessControlPolicy><Owner><ID>1</ID></Owner><AccessControlList><Grant>${grantee}<Permission>${name}</Permission></Grant></AccessControlList></AccessControlPolicy>`
      const refused = await arena.send(document('/bucket?acl', acl))
      assert.ok(refused.status >= 400 && refused.status < 500, refused.body)
      const xml = await arena.send(
        document(
          '/bucket?versioning',
          `<VersioningConfiguration ${name}="1"><${name}>a</${name}><Status>Enabled</Status></VersioningConfiguration>`,
        ),
      )
      assert.ok(xml.status < 500, xml.body)
      const { headers } = sign({ target: '/bucket' })
      const wrong = headers.Authorization?.replace(/SignedHeaders=[^,]*/, `SignedHeaders=host;x-amz-date;${name}`)
      const unsigned = await arena.expect(403, { target: '/bucket', spoil: { Authorization: wrong } })
      const told = `/_sandbucket/explain/${unsigned.headers['x-amz-request-id']}`
      await arena.expect(200, { target: told, sign: 'none' })
    })

    it(`${name}: actions and versions of the Query protocol`, async () => {
      for (const body of [`Action=${name}&Version=2010-05-08`, `Action=ListUsers&Version=${name}`, `${name}=${name}`]) {
        const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
        for (const service of ['iam', 'sts', 's3']) {
          const { status } = await arena.send({ method: 'POST', target: '/', body, headers, service })
          assert.ok(status >= 400 && status < 500, `${body}: ${status}`)
        }
        const anonymous = await arena.send({ method: 'POST', target: '/', body, headers, sign: 'none' })
        assert.ok(anonymous.status >= 400 && anonymous.status < 500, `${body}: ${anonymous.status}`)
      }
    })

    it(`${name}: a field of a form`, async () => {
      const fields = { key: 'form', [name]: 'x', [`x-amz-meta-${name}`]: 'x' }
      const part = (field: string, value: string) =>
        `--b\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`
      const body = `${Object.entries(fields)
        .map(([field, value]) => part(field, value))
        .join('')}--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n`
      const headers = { 'Content-Type': 'multipart/form-data; boundary=b' }
      const { status } = await arena.send({ method: 'POST', target: '/bucket', headers, body, sign: 'none' })
      assert.equal(status, 403)
    })
  }

  it('nothing of ours failed', () => {
    assert.deepEqual(arena.complaints, [])
  })

  it('what is logged keeps the names', () => {
    const logged = redact(JSON.parse('{"__proto__": {"constructor": "1"}, "constructor": 2}'))
    assert.equal(JSON.stringify(logged), '{"__proto__":{"constructor":"1"},"constructor":2}')
  })
})

describe('names of Object.prototype in IAM and STS', () => {
  const isReadable = allow('s3:ListAllMyBuckets', '*')

  it('users, their policies and tags are called so, from calls and from a configuration', async () => {
    const ofEach = <T>(value: T) => Object.fromEntries(names.map((name) => [name, value]))
    const users = [{ name: 'seeded', policies: ofEach(JSON.parse(isReadable)), tags: ofEach('seeded') }]
    await using arena = await startArena({ iam: [{ users }] })
    const { iam } = arena.root
    const check = async (UserName: string, value: string) => {
      const { PolicyNames } = await iam.send(new ListUserPoliciesCommand({ UserName }))
      assert.deepEqual(PolicyNames?.sort(), [...names].sort())
      for (const PolicyName of names) {
        const { PolicyDocument } = await iam.send(new GetUserPolicyCommand({ UserName, PolicyName }))
        assert.ok(decodeURIComponent(PolicyDocument ?? '').includes('ListAllMyBuckets'))
      }
      const { Tags } = await iam.send(new ListUserTagsCommand({ UserName }))
      const read = Tags?.map(({ Key, Value }) => `${Key}=${Value}`).sort()
      assert.deepEqual(read, names.map((name) => `${name}=${value}`).sort())
    }
    await check('seeded', 'seeded')
    for (const UserName of names) {
      const Tags = names.map((Key) => ({ Key, Value: 'made' }))
      await iam.send(new CreateUserCommand({ UserName, Tags }))
      for (const PolicyName of names) {
        await iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument: isReadable }))
      }
      assert.equal((await iam.send(new GetUserCommand({ UserName }))).User?.UserName, UserName)
      await check(UserName, 'made')
    }
  })

  it('session tags are condition keys and variables', async () => {
    for (const name of names) {
      const document = (key: string) =>
        JSON.stringify({
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: 's3:PutObject',
            Resource: `arn:aws:s3:::constructor/\${aws:PrincipalTag/${key}}`,
          },
        })
      const trusted = {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: ['sts:AssumeRole', 'sts:TagSession'] },
      }
      const roles = [{ name: 'r', trust: trusted, policies: { p: JSON.parse(document(name)) } }]
      const user = {
        name: 'u',
        keys: [{ accessKeyId: 'AKIAUSEROFTAGS', secretAccessKey: 'secretsecret' }],
        attach: ['AdministratorAccess'],
      }
      await using arena = await startArena({ iam: [{ roles, users: [user] }], buckets: ['constructor'] })
      const { sts } = arena.as({ accessKeyId: 'AKIAUSEROFTAGS', secretAccessKey: 'secretsecret' })
      const { Credentials } = await sts.send(
        new AssumeRoleCommand({
          RoleArn: `arn:aws:iam::${arena.accountId}:role/r`,
          RoleSessionName: 'session',
          Tags: [{ Key: name, Value: 'mine' }],
          TransitiveTagKeys: [name],
        }),
      )
      const session = {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken,
      }
      const { s3 } = arena.as(session)
      await s3.send(new PutObjectCommand({ Bucket: 'constructor', Key: 'mine', Body: 'x' }))
      await assert.rejects(s3.send(new PutObjectCommand({ Bucket: 'constructor', Key: 'other', Body: 'x' })), {
        name: 'AccessDenied',
      })
    }
  })

  it('the simulator asks for keys of these names', async () => {
    await using arena = await startArena()
    for (const name of names) {
      const condition = { StringEquals: { [`aws:RequestTag/${name}`]: 'yes' } }
      const policy = {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Action: '*', Resource: '*', Condition: condition },
      }
      const ask = async (
        ...entries: { ContextKeyName: string; ContextKeyValues: string[]; ContextKeyType: 'string' }[]
      ) => {
        const { EvaluationResults } = await arena.root.iam.send(
          new SimulateCustomPolicyCommand({
            PolicyInputList: [JSON.stringify(policy)],
            ActionNames: ['s3:PutObject'],
            ContextEntries: entries,
          }),
        )
        return EvaluationResults?.map(({ EvalDecision, MissingContextValues }) => [EvalDecision, MissingContextValues])
      }
      const entry = {
        ContextKeyName: `aws:RequestTag/${name}`,
        ContextKeyValues: ['yes'],
        ContextKeyType: 'string' as const,
      }
      assert.deepEqual(await ask(entry), [['allowed', []]])
      assert.deepEqual(await ask(), [['implicitDeny', [`aws:RequestTag/${name}`]]])
    }
  })
})

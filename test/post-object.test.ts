/** Browser uploads end to end: forms as boto3 and browsers make them. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { startSandbucket } from '../src/index.ts'

const keys = { id: 'sandbucket', secret: 'sandbucket' }
const expiration = '2099-01-01T00:00:00.000Z'

/** Form fields signed with V2: short, and what boto3 sends by default to a custom endpoint. */
function signed(fields: Record<string, string>, conditions: unknown[]): Record<string, string> {
  const policy = Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
  const signature = createHmac('sha1', keys.secret).update(policy).digest('base64')
  return { ...fields, AWSAccessKeyId: keys.id, policy, signature }
}

/** Headers of a request without parameters signed with V2. */
function signedV2(method: string, path: string): Record<string, string> {
  const date = new Date().toUTCString()
  const signature = createHmac('sha1', keys.secret)
    .update(`${method}\n\n\n\nx-amz-date:${date}\n${path}`)
    .digest('base64')
  return { 'x-amz-date': date, Authorization: `AWS ${keys.id}:${signature}` }
}

function formOf(fields: Record<string, string>, file: string | Blob = 'content', fileName = 'photo.txt'): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  form.set('file', typeof file === 'string' ? new Blob([file]) : file, fileName)
  return form
}

describe('PostObject', () => {
  const base = [{ bucket: 'forms' }, ['starts-with', '$key', '']]

  const run = (name: string, test: (url: string) => Promise<void>) =>
    it(name, async () => {
      await using server = await startSandbucket({ buckets: ['forms'] })
      await test(`${server.endpoint}/forms`)
    })
  const post = (url: string, body: FormData) => fetch(url, { method: 'POST', body, redirect: 'manual' })
  const codeOf = async (answer: Response) => /<Code>(.*?)<\/Code>/.exec(await answer.text())?.[1]

  run('a signed form stores its file and answers 204 with ETag and Location', async (url) => {
    const answer = await post(url, formOf(signed({ key: `up/$\{filename}` }, base)))
    assert.equal(answer.status, 204)
    assert.equal(answer.headers.get('etag'), '"9a0364b9e99bb480dd25e1f0284c8555"')
    assert.equal(answer.headers.get('location'), `${url}/up%2Fphoto.txt`)
  })

  run('success_action_status 201 answers a document', async (url) => {
    const conditions = [...base, ['eq', '$success_action_status', '201']]
    const answer = await post(url, formOf(signed({ key: 'k', success_action_status: '201' }, conditions)))
    assert.equal(answer.status, 201)
    const text = await answer.text()
    for (const part of ['<PostResponse>', '<Bucket>forms</Bucket>', '<Key>k</Key>', '<ETag>'])
      assert.ok(text.includes(part), part)
  })

  run('nothing is added to a signed form, however it is spelt', async (url) => {
    const fields = signed({ key: 'k' }, [{ bucket: 'forms' }, { key: 'k' }])
    for (const [name, value] of [
      ['acl', 'public-read'],
      ['ACL', 'public-read'],
      ['X-Amz-Acl', 'public-read'],
      ['x%2Damz-acl', 'public-read'],
      [' acl', 'public-read'],
      ['x-amz-meta-a', '1'],
      ['Content-Type', 'text/html'],
      ['success_action_redirect', 'http://elsewhere.test/'],
      ['KEY', 'other'],
      ['Key', 'other'],
      ['bucket', 'other'],
      ['Policy', 'e30='],
    ] as const) {
      const answer = await post(url, formOf({ ...fields, [name]: value }))
      if (answer.status === 204) assert.equal(name, 'bucket', `${name}: the bucket is the one addressed`)
      else assert.ok(answer.status === 403 || answer.status === 400, name)
    }
    assert.equal((await fetch(`${url}/other`, { headers: signedV2('GET', '/forms/other') })).status, 404)
    assert.equal((await post(url, formOf(fields))).status, 204)
  })

  run('a form stores nothing that cannot be answered with, and nothing outside of its bucket', async (url) => {
    for (const name of ['x-amz-meta-a:b', 'x-amz-meta-a b', 'x-amz-meta-ä']) {
      const answer = await post(url, formOf(signed({ key: 'k', [name]: '1' }, [...base, { [name]: '1' }])))
      assert.equal(answer.status, 400)
      assert.equal(await codeOf(answer), 'InvalidArgument')
    }
    const climbing = await post(url, formOf(signed({ key: 'a/../../k' }, base)))
    assert.equal(climbing.status, 400)
    assert.equal(await climbing.text(), '')
    assert.equal((await fetch(`${url}/k`, { headers: signedV2('GET', '/forms/k') })).status, 404)
  })

  // Recorded: test_post_object_with_unicode_metadata.
  run('metadata of a form is UTF-8, its content headers are cut down to Latin-1', async (url) => {
    const fields = {
      key: 'k',
      'x-amz-meta-a': 'ÄMÄZÕÑ S3',
      'x-amz-meta-b': '\u0000\u0001',
      'x-amz-meta-c': '=?UTF-8?B?YWJj?=',
      'Content-Disposition': 'filename="—_é"',
    }
    const conditions = [...base, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))]
    assert.equal((await post(url, formOf(signed(fields, conditions)))).status, 204)
    const { headers } = await fetch(`${url}/k`, { method: 'HEAD', headers: signedV2('HEAD', '/forms/k') })
    assert.equal(headers.get('x-amz-meta-a'), '=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=')
    assert.equal(headers.get('x-amz-meta-b'), '=?UTF-8?B?AAE=?=')
    assert.equal(headers.get('x-amz-meta-c'), '=?UTF-8?B?YWJj?=')
    assert.equal(headers.get('content-disposition'), 'filename=" _é"')
  })

  run('success_action_redirect answers 303 with bucket, key and etag', async (url) => {
    const target = 'http://127.0.0.1/done?x=1'
    const conditions = [...base, { success_action_redirect: target }]
    const answer = await post(url, formOf(signed({ key: 'k', success_action_redirect: target }, conditions)))
    assert.equal(answer.status, 303)
    const etag = '%229a0364b9e99bb480dd25e1f0284c8555%22'
    assert.equal(answer.headers.get('location'), `${target}&bucket=forms&key=k&etag=${etag}`)
  })

  // Source of code and status: recorded AWS answers, TestS3PresignedPost.
  const refused: [name: string, fields: Record<string, string>, conditions: unknown[], status: number, code: string][] =
    [
      ['a field without condition', { key: 'k', 'x-amz-meta-a': '1' }, base, 403, 'AccessDenied'],
      [
        'another value than the condition says',
        { key: 'k', acl: 'private' },
        [...base, { acl: 'public-read' }],
        403,
        'AccessDenied',
      ],
      ['a file above the range', { key: 'k' }, [...base, ['content-length-range', 1, 3]], 400, 'EntityTooLarge'],
      ['a file below the range', { key: 'k' }, [...base, ['content-length-range', 100, 300]], 400, 'EntityTooSmall'],
      ['no key', {}, [{ bucket: 'forms' }], 400, 'InvalidArgument'],
      [
        'another bucket in the policy',
        { key: 'k' },
        [{ bucket: 'other' }, ['starts-with', '$key', '']],
        403,
        'AccessDenied',
      ],
      [
        'an unknown storage class',
        { key: 'k', 'x-amz-storage-class': 'FAKE' },
        [...base, ['starts-with', '$x-amz-storage-class', '']],
        400,
        'InvalidStorageClass',
      ],
      [
        'tags that are no XML',
        { key: 'k', tagging: 'a=b' },
        [...base, ['starts-with', '$tagging', '']],
        400,
        'MalformedXML',
      ],
    ]
  for (const [name, fields, conditions, status, code] of refused) {
    run(`${name} is ${code}, and nothing is stored`, async (url) => {
      const answer = await post(url, formOf(signed(fields, conditions)))
      assert.equal(answer.status, status)
      assert.equal(await codeOf(answer), code)
    })
  }

  // https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html: tagging, checksum fields
  run('tags and a checksum are fields too: stored, and verified', async (url) => {
    const tagging = '<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>'
    const fields = { key: 'k', tagging, 'x-amz-checksum-crc32': '/sUwqQ==' }
    const conditions = [...base, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))]
    assert.equal((await post(url, formOf(signed(fields, conditions)))).status, 204)
    const { headers } = await fetch(`${url}/k`, { method: 'HEAD', headers: signedV2('HEAD', '/forms/k') })
    assert.equal(headers.get('x-amz-tagging-count'), '1')
    const wrong = await post(url, formOf(signed(fields, conditions), 'other content'))
    assert.equal(await codeOf(wrong), 'BadDigest')
  })

  // "The file or content must be the last field in the form. Any fields below it are ignored."
  run('fields behind the file do not count', async (url) => {
    const form = formOf(signed({ key: 'k' }, base))
    form.append('x-amz-meta-late', '1')
    form.append('key', 'other')
    assert.equal((await post(url, form)).status, 204)
    const { headers, status } = await fetch(`${url}/k`, { method: 'HEAD', headers: signedV2('HEAD', '/forms/k') })
    assert.deepEqual([status, headers.get('x-amz-meta-late')], [200, null])
  })

  run('an unsigned form is anonymous, and refused', async (url) => {
    assert.equal(await codeOf(await post(url, formOf({ key: 'k' }))), 'AccessDenied')
  })

  run('a form without a file is InvalidArgument', async (url) => {
    const form = new FormData()
    form.set('key', 'k')
    assert.equal(await codeOf(await post(url, form)), 'InvalidArgument')
  })

  run('fields of more than 20 KB are refused', async (url) => {
    const answer = await post(url, formOf({ key: 'k', 'x-amz-meta-a': 'a'.repeat(21_000) }))
    assert.equal(await codeOf(answer), 'MaxPostPreDataLengthExceeded')
  })

  run('a body that breaks off in the file stores nothing', async (url) => {
    const fields = Object.entries(signed({ key: 'cut' }, base))
    const parts = fields.map(
      ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    )
    const body = `${parts.join('')}--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhalf of it`
    const answer = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    })
    assert.equal(answer.status, 400)
    assert.equal(await codeOf(answer), 'MalformedPOSTRequest')
  })
})

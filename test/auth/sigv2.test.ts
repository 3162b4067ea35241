/** SigV2 by header and query: AWS's worked examples, what libraries sign differently, faults in order. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { deriveRoutes } from '../../src/protocol/routes.ts'
import {
  accessKeyId,
  endedSession,
  makeDeps,
  makeRequest,
  type RequestParts,
  type Refusal,
  refused,
  run,
  secretAccessKey,
  session,
  type Place,
} from './support.ts'

const johnsmith: Place = { service: 's3', bucket: 'johnsmith', style: 'virtual-host' }
const host = 'johnsmith.s3.amazonaws.com'
const sign = (text: string): string => createHmac('sha1', secretAccessKey).update(text).digest('base64')

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html, the examples with bucket johnsmith
describe("AWS's examples of SigV2", () => {
  const examples: [string, RequestParts, string, string, Place?][] = [
    ['GET object', { target: '/photos/puppy.jpg' }, 'Tue, 27 Mar 2007 19:36:42 +0000', 'bWq2s1WEIj+Ydj0vQ697zp+IXMU='],
    [
      'PUT object',
      {
        method: 'PUT',
        target: '/photos/puppy.jpg',
        headers: { 'Content-Type': 'image/jpeg', 'Content-Length': '94328' },
      },
      'Tue, 27 Mar 2007 21:15:45 +0000',
      'MyyxeRY7whkBe+bq8fHCL/2kKUg=',
    ],
    [
      'list',
      { target: '/?prefix=photos&max-keys=50&marker=puppy' },
      'Tue, 27 Mar 2007 19:42:41 +0000',
      'htDYFYduRNen8P9ZfE/s9SuKy0U=',
    ],
    ['a sub-resource', { target: '/?acl' }, 'Tue, 27 Mar 2007 19:44:46 +0000', 'c2WLPFtWHVgbEmeEG93a4cG37dM='],
    [
      'list all buckets',
      { target: '/' },
      'Wed, 28 Mar 2007 01:29:59 +0000',
      'qGdzdERIC03wnaRNKh6OqZehG9s=',
      { service: 's3', style: 'path' },
    ],
    [
      'a key beyond ASCII, encoded as sent',
      { target: '/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re' },
      'Wed, 28 Mar 2007 01:49:49 +0000',
      'DNEZGsoieTZ92F3bUfSPQcbGmlM=',
      { service: 's3', bucket: 'dictionary', style: 'path' },
    ],
  ]
  for (const [name, parts, date, signature, target = johnsmith] of examples) {
    it(name, () => {
      const headers = { Host: host, Date: date, ...parts.headers, Authorization: `AWS ${accessKeyId}:${signature}` }
      const deps = makeDeps({ nowMs: Date.parse(date) })
      const { auth } = run(makeRequest({ ...parts, headers }), deps, target)
      assert.deepEqual(auth, { authType: 'REST-HEADER', signatureVersion: 'AWS' })
    })
  }

  it('query string', () => {
    const target = `/photos/puppy.jpg?AWSAccessKeyId=${accessKeyId}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620`
    const deps = makeDeps({ nowMs: 1_175_139_620_000 })
    const { auth } = run(makeRequest({ target, headers: { Host: host } }), deps, johnsmith)
    assert.deepEqual(auth, { authType: 'REST-QUERY-STRING', signatureVersion: 'AWS' })
  })
})

const date = 'Fri, 24 May 2013 00:00:00 GMT'

function header(parts: RequestParts, lines: string, credential = accessKeyId) {
  const headers = { host: 'h', date, ...parts.headers, authorization: `AWS ${credential}:${sign(lines)}` }
  return makeRequest({ ...parts, headers })
}

describe('what SigV2 signs', () => {
  it('x-amz-* headers, sorted, repeats joined; Date is empty beside x-amz-date', () => {
    const lines = `PUT\nmd5\ntext/plain\n\nx-amz-date:${date}\nx-amz-meta-a:1,2\nx-amz-meta-b: é\n/b/k`
    const signature = createHmac('sha1', secretAccessKey).update(lines.replace(': é', ':é')).digest('base64')
    run(
      makeRequest({
        method: 'PUT',
        target: '/b/k',
        headers: {
          'content-md5': 'md5',
          'content-type': 'text/plain',
          'X-Amz-Meta-B': 'é',
          'x-amz-meta-a': '1',
          'x-amz-date': date,
          date: 'ignored',
          authorization: `AWS ${accessKeyId}:${signature}`,
        },
        more: [['X-Amz-Meta-A', '2']],
      }),
    )
  })
  it('sub-resources sorted and decoded, other parameters not', () => {
    const target = '/b/k?uploadId=a%2Fb&partNumber=2&x-id=UploadPart&response-content-type=text%2Fplain'
    run(header({ target }, `GET\n\n\n${date}\n/b/k?partNumber=2&response-content-type=text/plain&uploadId=a/b`))
  })
  it('an empty value with and without its equals sign', () => {
    run(header({ target: '/b?uploads=' }, `GET\n\n\n${date}\n/b?uploads=`))
    run(header({ target: '/b?uploads=' }, `GET\n\n\n${date}\n/b?uploads`))
  })
  it('sub-resources beyond the documented list', () => {
    run(header({ target: '/b?encryption' }, `GET\n\n\n${date}\n/b?encryption`))
  })
  // botocore 1.42: s3-tests test_bucket_create_bad_ua_none_aws2 and its neighbours.
  it('a bucket of path style with and without a slash at its end', () => {
    run(header({ method: 'PUT', target: '/b' }, `PUT\n\n\n${date}\n/b`))
    run(header({ method: 'PUT', target: '/b' }, `PUT\n\n\n${date}\n/b/`))
    run(header({ target: '/b?acl' }, `GET\n\n\n${date}\n/b/?acl`))
    refused(() => run(header({ target: '/b/k' }, `GET\n\n\n${date}\n/b/k/`)), { code: 'SignatureDoesNotMatch' })
  })
  it('the date in ISO basic, RFC 850 and asctime', () => {
    for (const text of ['20130524T000000Z', 'Friday, 24-May-13 00:00:00 GMT', 'Fri May 24 00:00:00 2013']) {
      run(header({ headers: { 'x-amz-date': text } }, `GET\n\n\n\nx-amz-date:${text}\n/`))
    }
  })
  it('a session token is one of the x-amz-* headers', () => {
    const token = 'the/token+of=session'
    const lines = `GET\n\n\n${date}\nx-amz-security-token:${token}\n/b`
    run(header({ target: '/b', headers: { 'x-amz-security-token': token } }, lines, session.accessKeyId))
    refused(() => run(header({ target: '/b', headers: { 'x-amz-security-token': token } }, lines)), {
      code: 'InvalidToken',
    })
  })
})

// botocore moves headers into the query of a presigned URL after signing them; recorded: LocalStack's
// test_put_url_metadata_with_sig_s3 and test_s3_put_presigned_url_with_different_headers, 2026-02-21.
describe('presigned URLs of boto3', () => {
  const url = (lines: string, extra = '') =>
    `/b/k?AWSAccessKeyId=${accessKeyId}&Signature=${encodeURIComponent(sign(lines))}${extra}&Expires=1369353660`

  it('metadata and Content-Type in the query are the headers they were', () => {
    const lines = 'PUT\n\ntext/plain\n1369353660\nx-amz-meta-foo:bar\n/b/k'
    const target = url(lines, '&x-amz-meta-foo=bar&content-type=text%2Fplain')
    const { movedHeaders } = run(makeRequest({ method: 'PUT', target }))
    assert.deepEqual({ ...movedHeaders }, { 'x-amz-meta-foo': 'bar', 'content-type': 'text/plain' })
    run(makeRequest({ method: 'PUT', target, headers: { 'content-type': 'text/plain' } }))
    for (const headers of [{ 'content-type': 'text/xml' }, { 'x-amz-meta-wrong': 'w' }]) {
      const caught = refused(() => run(makeRequest({ method: 'PUT', target, headers })), {
        code: 'SignatureDoesNotMatch',
        status: 403,
      })
      assert.equal(caught.fields.CanonicalRequest, undefined)
      assert.match(String(caught.fields.StringToSign), /^PUT\n/)
    }
  })
  it('Content-Encoding is not signed', () => {
    const target = url('PUT\n\n\n1369353660\n/b/k')
    run(makeRequest({ method: 'PUT', target, headers: { 'content-encoding': 'gzip' } }))
  })
  it('a plus in the signature may be sent as it is', () => {
    let n = 0
    let lines = ''
    do lines = `GET\n\n\n1369353660\n/b/k${n++}`
    while (!sign(lines).includes('+'))
    const target = `/b/k${n - 1}?AWSAccessKeyId=${accessKeyId}&Signature=${sign(lines)}&Expires=1369353660`
    run(makeRequest({ target }))
  })
})

describe('faults of SigV2', () => {
  const auth = (value: string, headers: Record<string, string> = { date }) =>
    makeRequest({ headers: { ...headers, authorization: value } })
  const cases: [string, ReturnType<typeof makeRequest>, Refusal][] = [
    ['a second space', auth('AWS a b:c'), { code: 'InvalidArgument', message: /one and only one ' '/ }],
    [
      'no colon, before the date',
      auth('AWS HAHAHA', {}),
      {
        code: 'InvalidArgument',
        status: 400,
        message: 'AWS authorization header is invalid.  Expected AwsAccessKeyId:signature',
      },
    ],
    ['no date', auth('AWS a:b', {}), { code: 'AccessDenied', status: 403 }],
    ['an empty date', auth('AWS a:b', { 'x-amz-date': '' }), { code: 'AccessDenied' }],
    ['an unreadable date', auth('AWS a:b', { 'x-amz-date': 'Bad Date' }), { code: 'AccessDenied' }],
    // The following three: ceph/s3-tests, test_object_create_bad_date_*_aws2.
    [
      'a date before the epoch',
      auth('AWS a:b', { 'x-amz-date': 'Tue, 07 Jul 1950 21:53:04 GMT' }),
      { code: 'AccessDenied' },
    ],
    [
      'a date long ago',
      auth('AWS a:b', { 'x-amz-date': 'Tue, 07 Jul 2010 21:53:04 GMT' }),
      { code: 'RequestTimeTooSkewed', status: 403 },
    ],
    [
      'a date at the end of time',
      auth('AWS a:b', { 'x-amz-date': 'Tue, 07 Jul 9999 21:53:04 GMT' }),
      { code: 'RequestTimeTooSkewed' },
    ],
    ['an unknown key', auth('AWS nobody:b'), { code: 'InvalidAccessKeyId', status: 403 }],
    [
      'a bad signature',
      auth(`AWS ${accessKeyId}:FWeDfwojDSdS2Ztmpfeubhd9isU=`),
      { code: 'SignatureDoesNotMatch', status: 403 },
    ],
    [
      'an ended session, before a bad signature',
      auth(`AWS ${endedSession.accessKeyId}:x`, { date, 'x-amz-security-token': 'ended' }),
      { code: 'ExpiredToken' },
    ],
    [
      // Recorded: LocalStack's test_s3_put_presigned_url_missing_sig_param[s3], 2026-02-21.
      'a missing parameter',
      makeRequest({ target: `/?Signature=x&AWSAccessKeyId=${accessKeyId}` }),
      {
        code: 'AccessDenied',
        status: 403,
        message: 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
      },
    ],
    [
      'an expiry that is no number',
      makeRequest({ target: '/?Signature=x&AWSAccessKeyId=a&Expires=soon' }),
      { code: 'AccessDenied', message: 'Invalid date (should be seconds since epoch): soon' },
    ],
    [
      'an expired URL, before an unknown key',
      makeRequest({ target: '/?Signature=x&AWSAccessKeyId=a&Expires=1369353599' }),
      {
        code: 'AccessDenied',
        status: 403,
        message: 'Request has expired',
        fields: { Expires: '2013-05-23T23:59:59Z', ServerTime: '2013-05-24T00:00:00Z' },
      },
    ],
    [
      'an expiry beyond all dates',
      makeRequest({ target: '/?Signature=x&AWSAccessKeyId=a&Expires=999999999999999' }),
      { code: 'InvalidAccessKeyId' },
    ],
  ]
  for (const [name, request, expected] of cases) it(name, () => void refused(() => run(request), expected))
})

/** What says which operation is meant, or on what. */
function routingParameters(): Set<string> {
  const { byMethod, selectors } = deriveRoutes()
  const names = new Set(Object.values(selectors).flatMap((at) => [...at]))
  for (const levels of byMethod.values()) {
    for (const bySelector of Object.values(levels)) {
      for (const candidates of bySelector.values()) {
        for (const { queries } of candidates) for (const { name } of queries) names.add(name)
      }
    }
  }
  return names
}

describe('what SigV2 leaves out changes nothing', () => {
  // Listings are signed without their parameters, in AWS's own example too; `list-type` is one of them. `x-id` tells
  // only operations of directory buckets apart, which have no SigV2.
  const routing = [...routingParameters(), 'versionId'].filter((name) => name !== 'list-type' && name !== 'x-id')
  for (const name of routing) {
    const encoded = `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`
    for (const added of [name, `${name}=`, `${name}=x`, encoded, `${encoded}=x`]) {
      it(`?${added} cannot be added to a signed request`, () => {
        for (const target of [`/b/k?${added}`, `/b?${added}`]) {
          refused(() => run(header({ target }, `GET\n\n\n${date}\n${target.split('?')[0]}`)), {
            code: 'SignatureDoesNotMatch',
          })
        }
      })
    }
  }
  it('a sub-resource may be spelt otherwise where it is signed', () => {
    run(header({ target: '/b/k?%61cl' }, `GET\n\n\n${date}\n/b/k?acl`))
    run(header({ target: '/b/k?%76ersionId=%61b' }, `GET\n\n\n${date}\n/b/k?versionId=ab`))
  })

  const expires = '1369353660'
  const put = (lines: string, extra: string) =>
    makeRequest({
      method: 'PUT',
      target: `/b/k?AWSAccessKeyId=${accessKeyId}&Signature=${encodeURIComponent(sign(lines))}&Expires=${expires}${extra}`,
    })
  const plain = `PUT\n\n\n${expires}\n/b/k`
  for (const extra of [
    '&x-amz-meta-a=1',
    '&x%2Damz-meta-a=1',
    '&%78-amz-acl=public-read',
    '&X-AMZ-ACL=public-read',
    '&%58%2DAmz%2DAcl=public-read',
    '&content%2Dtype=text/html',
    '&Content-Type=text/html',
    '&content-md5=x',
  ]) {
    it(`a header in the query cannot be added: ${extra}`, () => {
      refused(() => run(put(plain, extra)), { code: 'SignatureDoesNotMatch' })
    })
  }
  it('a condition in the query is no part of the request, since it is not signed', () => {
    assert.equal(run(put(plain, '&if-match=x&if-none-match=*')).movedHeaders, undefined)
  })

  // SigV2 signs values decoded: text of one value may not pass for more than that.
  const resource = (query: string, text: string) =>
    header({ target: `/b/k?${query}` }, `GET\n\n\n${date}\n/b/k?${text}`)
  it('a value does not take in the parameter behind it', () => {
    const text = 'response-content-type=text/plain&versionId=3'
    run(resource('response-content-type=text/plain&versionId=3', text))
    refused(() => run(resource('response-content-type=text/plain%26versionId%3D3', text)), {
      code: 'SignatureDoesNotMatch',
    })
    run(resource('response-content-disposition=a%26b.txt', 'response-content-disposition=a&b.txt'))
  })
  it('a moved header does not take in the line behind it, nor part of its own name', () => {
    const two = `PUT\n\n\n${expires}\nx-amz-meta-a:1\nx-amz-storage-class:GLACIER\n/b/k`
    run(put(two, '&x-amz-meta-a=1&x-amz-storage-class=GLACIER'))
    refused(() => run(put(two, '&x-amz-meta-a=1%0Ax-amz-storage-class:GLACIER')), { code: 'SignatureDoesNotMatch' })
    const colon = `PUT\n\n\n${expires}\nx-amz-meta-a:b:1\n/b/k`
    run(put(colon, '&x-amz-meta-a=b:1'))
    refused(() => run(put(colon, '&x-amz-meta-a%3Ab=1')), { code: 'SignatureDoesNotMatch' })
  })
  it('a plus in a value is a space, as everywhere', () => {
    run(resource('versionId=a+b', 'versionId=a b'))
    refused(() => run(resource('versionId=a+b', 'versionId=a+b')), { code: 'SignatureDoesNotMatch' })
  })
  for (const [what, place] of [
    ['S3 Control', { service: 's3control' }],
    ['a directory bucket', { service: 's3', bucket: 'b--az--x-s3', style: 'path' }],
  ] as [string, Place][]) {
    it(`${what} has no SigV2`, () => {
      refused(() => run(header({ target: '/b' }, `GET\n\n\n${date}\n/b`), makeDeps(), place), {
        code: 'InvalidRequest',
        message: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
      })
    })
  }
})

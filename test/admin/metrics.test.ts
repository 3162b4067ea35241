/** GET /_sandbucket/metrics: the text format of Prometheus, and numbers that are right. */
import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam'
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type Sandbucket, startSandbucket } from '../../src/index.ts'

async function start(t: TestContext): Promise<{ server: Sandbucket; scrape(): Promise<string> }> {
  const server = await startSandbucket({ buckets: ['photos', 'docs'] })
  t.after(() => server.close({ graceMs: 0 }))
  const scrape = async (): Promise<string> => {
    const answer = await fetch(`${server.endpoint}/_sandbucket/metrics`)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    return answer.text()
  }
  return { server, scrape }
}

/** Every sample by its name with labels. Fails for a line that the format does not have. */
function read(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  const described = new Set<string>()
  assert.ok(text.endsWith('\n'))
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z_0-9]+) (.+)$/.exec(line)
    if (comment !== null) {
      if (comment[1] === 'TYPE') described.add(comment[2] as string)
      continue
    }
    const sample = /^([a-z_0-9]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+\})? (-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)$/.exec(line)
    assert.ok(sample !== null, line)
    const [, name = '', labels = '', value] = sample
    assert.ok(described.has(name) || described.has(name.replace(/_(?:bucket|sum|count)$/, '')), line)
    assert.ok(!samples.has(name + labels), `twice: ${line}`)
    samples.set(name + labels, Number(value))
  }
  return samples
}

const requests = (service: string, operation: string, status: string): string =>
  `sandbucket_requests_total{service="${service}",operation="${operation}",status="${status}"}`

describe('metrics', () => {
  it('count requests by service, operation and class of status, and time them', async (t) => {
    const { server, scrape } = await start(t)
    const s3 = new S3Client(server.clientConfig())
    const iam = new IAMClient(server.clientConfig())
    await s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'k', Body: 'x'.repeat(50_000) }))
    for (let at = 0; at < 3; at++) await s3.send(new ListBucketsCommand({}))
    await assert.rejects(s3.send(new GetObjectCommand({ Bucket: 'photos', Key: 'missing' })))
    await iam.send(new ListUsersCommand({}))
    await fetch(`${server.endpoint}/photos?unknown=%zz`, { method: 'PATCH' })
    const seen = read(await scrape())
    assert.equal(seen.get(requests('s3', 'PutObject', '2xx')), 1)
    assert.equal(seen.get(requests('s3', 'ListBuckets', '2xx')), 3)
    assert.equal(seen.get(requests('s3', 'GetObject', '4xx')), 1)
    assert.equal(seen.get(requests('s3', 'GetObject', '2xx')), undefined)
    assert.equal(seen.get(requests('iam', 'ListUsers', '2xx')), 1)
    assert.equal(seen.get(requests('s3', 'none', '4xx')), 1)
    const labels = 'service="s3",operation="ListBuckets"'
    assert.equal(seen.get(`sandbucket_request_duration_seconds_count{${labels}}`), 3)
    assert.equal(seen.get(`sandbucket_request_duration_seconds_bucket{${labels},le="+Inf"}`), 3)
    const buckets = [...seen].filter(([name]) =>
      name.startsWith(`sandbucket_request_duration_seconds_bucket{${labels}`),
    )
    assert.equal(buckets.length, 15)
    for (let at = 1; at < buckets.length; at++) assert.ok((buckets[at]?.[1] ?? 0) >= (buckets[at - 1]?.[1] ?? 0))
    const sum = seen.get(`sandbucket_request_duration_seconds_sum{${labels}}`) ?? 0
    assert.ok(sum > 0 && sum < 60)
    s3.destroy()
    iam.destroy()
  })

  it('tell traffic, buckets and the process', async (t) => {
    const { server, scrape } = await start(t)
    await scrape()
    const body = 'x'.repeat(100_000)
    await fetch(`${server.endpoint}/photos/k`, { method: 'PUT', body })
    const seen = read(await scrape())
    assert.ok((seen.get('sandbucket_received_bytes_total') ?? 0) >= body.length)
    assert.ok((seen.get('sandbucket_sent_bytes_total') ?? 0) > 1000)
    assert.ok((seen.get('sandbucket_connections_total') ?? 0) >= (seen.get('sandbucket_connections_open') ?? 0))
    assert.equal(seen.get('sandbucket_requests_in_flight'), 0)
    assert.equal(seen.get('sandbucket_buckets'), 2)
    assert.equal(seen.get('sandbucket_ready'), 1)
    assert.ok((seen.get('process_resident_memory_bytes') ?? 0) > 10_000_000)
    assert.ok(Math.abs((seen.get('process_start_time_seconds') ?? 0) - Date.now() / 1000) < 3600)
    for (const part of ['mean', 'max', 'p50', 'p90', 'p99']) {
      const lag = seen.get(`nodejs_eventloop_lag_${part}_seconds`)
      assert.ok(lag !== undefined && lag >= 0 && lag < 60, part)
    }
    assert.match([...seen.keys()].join(), /sandbucket_build_info\{version="\d[^"]*",node="\d/)
  })

  it('have no names from outside', async (t) => {
    const { server, scrape } = await start(t)
    for (let at = 0; at < 30; at++) {
      await fetch(`${server.endpoint}/photos/key-${at}?x-${at}`, { method: 'REPORT' })
      await fetch(`${server.endpoint}/?Action=Made${at}&Version=2010-05-08`, {
        method: 'POST',
        body: `Action=Made${at}&Version=2010-05-08`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
    }
    const text = await scrape()
    assert.doesNotMatch(text, /key-|Made|REPORT|photos/)
  })

  it('are read like the other open pages: of known hosts, by GET', async (t) => {
    const { server } = await start(t)
    const url = `${server.endpoint}/_sandbucket/metrics`
    assert.equal((await fetch(url, { method: 'DELETE' })).status, 405)
    const page = await fetch(url, { headers: { Origin: 'http://evil.example' } })
    assert.equal(page.headers.get('access-control-allow-origin'), null)
  })
})

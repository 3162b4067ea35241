/**
 * `GET /_sandbucket/metrics`: what a server has done and how its process is, for Prometheus. Names of the process are
 * those that Prometheus' own clients use, so that common dashboards show them.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import type { OperationCounts } from '../request-metrics.ts'

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/** What the server knows of itself. */
export interface Measurements {
  version: string
  isReady: boolean
  operations: Iterable<OperationCounts>
  /** Of the histograms, in seconds. */
  durationBounds: readonly number[]
  inFlight: number
  traffic: Traffic
  buckets: number
}

/** Of all connections since the start. Inside TLS, with the heads of requests and answers. */
export interface Traffic {
  receivedBytes: number
  sentBytes: number
  openConnections: number
  connections: number
}

type Labels = Readonly<Record<string, string>>
type Sample = [labels: Labels, value: number, suffix?: string]

/** Runs from the first time that anybody asks: a server without a scraper pays nothing for it. */
let loopDelay: IntervalHistogram | undefined

/** The whole page. */
export function metricsText(measured: Measurements): string {
  return [...familiesOf(measured), ...processFamilies(), ...loopFamilies()].join('')
}

function familiesOf({
  version,
  isReady,
  operations,
  durationBounds,
  inFlight,
  traffic,
  buckets,
}: Measurements): string[] {
  const all = [...operations]
  const build = { version, node: process.versions.node, platform: process.platform, arch: process.arch }
  return [
    family('sandbucket_build_info', 'gauge', 'The version that runs; always 1.', [[build, 1]]),
    family('sandbucket_ready', 'gauge', '1 when requests are answered, 0 while starting and stopping.', [
      [{}, Number(isReady)],
    ]),
    family(
      'sandbucket_requests_total',
      'counter',
      'Requests answered, by service, operation and class of status. An operation of "none" was not known yet.',
      all.flatMap(requestSamples),
    ),
    family(
      'sandbucket_request_duration_seconds',
      'histogram',
      'Time from the head of a request to the beginning of its answer.',
      all.flatMap((counts) => durationSamples(counts, durationBounds)),
    ),
    family('sandbucket_requests_in_flight', 'gauge', 'Requests whose answers have not begun.', [[{}, inFlight]]),
    family('sandbucket_received_bytes_total', 'counter', 'Bytes received, with the heads of requests.', [
      [{}, traffic.receivedBytes],
    ]),
    family('sandbucket_sent_bytes_total', 'counter', 'Bytes sent, with the heads of answers.', [
      [{}, traffic.sentBytes],
    ]),
    family('sandbucket_connections_total', 'counter', 'Connections accepted.', [[{}, traffic.connections]]),
    family('sandbucket_connections_open', 'gauge', 'Connections that are open.', [[{}, traffic.openConnections]]),
    family('sandbucket_buckets', 'gauge', 'Buckets of all accounts.', [[{}, buckets]]),
  ]
}

const nameOf = ({ service, operation }: OperationCounts): Labels => ({ service, operation: operation || 'none' })

function requestSamples(counts: OperationCounts): Sample[] {
  return counts.byClass.flatMap((value, digit): Sample[] =>
    value === 0 ? [] : [[{ ...nameOf(counts), status: `${digit}xx` }, value]],
  )
}

function durationSamples(counts: OperationCounts, bounds: readonly number[]): Sample[] {
  const labels = nameOf(counts)
  let sum = 0
  const samples = counts.buckets.map((value, at): Sample => {
    sum += value
    return [{ ...labels, le: String(bounds[at] ?? '+Inf') }, sum, '_bucket']
  })
  return [...samples, [labels, counts.sumUs / 1e6, '_sum'], [labels, sum, '_count']]
}

function processFamilies(): string[] {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const startedSeconds = (Date.now() - process.uptime() * 1000) / 1000
  return [
    family('process_cpu_seconds_total', 'counter', 'CPU time of the process.', [[{}, (user + system) / 1e6]]),
    family('process_start_time_seconds', 'gauge', 'Start of the process since 1970.', [[{}, startedSeconds]]),
    family('process_resident_memory_bytes', 'gauge', 'Memory of the process that is in RAM.', [[{}, rss]]),
    family('nodejs_heap_size_used_bytes', 'gauge', 'Heap in use.', [[{}, heapUsed]]),
    family('nodejs_heap_size_total_bytes', 'gauge', 'Heap that V8 has taken.', [[{}, heapTotal]]),
    family('nodejs_external_memory_bytes', 'gauge', 'Memory outside of the heap that objects hold.', [[{}, external]]),
  ]
}

function loopFamilies(): string[] {
  if (loopDelay === undefined) {
    loopDelay = monitorEventLoopDelay({ resolution: 20 })
    loopDelay.enable()
  }
  const { count, mean, max } = loopDelay
  const seconds = (nanoseconds: number): number => (count === 0 ? 0 : nanoseconds / 1e9)
  const since = 'since it was last asked for'
  const families = [
    family('nodejs_eventloop_lag_mean_seconds', 'gauge', `Mean delay of the event loop ${since}.`, [
      [{}, seconds(mean)],
    ]),
    family('nodejs_eventloop_lag_max_seconds', 'gauge', `Longest delay of the event loop ${since}.`, [
      [{}, seconds(max)],
    ]),
    ...[50, 90, 99].map((part) =>
      family(`nodejs_eventloop_lag_p${part}_seconds`, 'gauge', `${part} % of delays were at most this, ${since}.`, [
        [{}, seconds(loopDelay?.percentile(part) ?? 0)],
      ]),
    ),
  ]
  loopDelay.reset()
  return families
}

function family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string, samples: Sample[]): string {
  const lines = samples.map(([labels, value, suffix = '']) => `${name}${suffix}${labelText(labels)} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

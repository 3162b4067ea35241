/**
 * Health paths of other servers, so that their container modules, compose files and CI services find this one ready.
 * Only unsigned GET and HEAD without a query are looked up. A path whose first label could be a bucket is ours only
 * while no such bucket exists: then AWS would answer 404, which no working program relies on. Requests of the instance
 * metadata service are no health checks, but found in the same way.
 */
import type { WireRequest, WireResponse } from '../http/wire.ts'
import type { AdminDeps } from './admin.ts'
import { isImds } from './imds-request.ts'

interface Probe {
  /** The bucket that the path would address, if that is a legal name. */
  bucket: string | undefined
  contentType: string
  body(deps: AdminDeps): string
}

const json = 'application/json'
const empty = (bucket: string | undefined, contentType = 'text/plain'): Probe => ({
  bucket,
  contentType,
  body: () => '',
})

const localstackHealth: Probe = {
  bucket: undefined,
  contentType: json,
  body: ({ version }) =>
    JSON.stringify({
      services: { s3: 'running', iam: 'running', sts: 'running' },
      edition: 'sandbucket',
      version,
    }),
}
const localstackInit: Probe = {
  bucket: undefined,
  contentType: json,
  body: () => JSON.stringify({ completed: { BOOT: true, START: true, READY: true, SHUTDOWN: false }, scripts: [] }),
}
const health: Probe = { bucket: 'health', contentType: json, body: () => '{"status":"ok"}' }

const probes = new Map<string, Probe>([
  ['/minio/health/live', empty('minio')],
  ['/minio/health/ready', empty('minio')],
  ['/minio/health/cluster', empty('minio')],
  ['/minio/health/cluster/read', empty('minio')],
  ['/_localstack/health', localstackHealth],
  ['/_localstack/init', localstackInit],
  ['/_localstack/init/ready', localstackInit],
  ['/_ministack/health', localstackHealth],
  ['/health', health],
  ['/health/ready', health],
  ['/health/live', health],
  ['/healthz', { ...health, bucket: 'healthz' }],
  ['/favicon.ico', empty('favicon.ico', 'image/x-icon')],
  ['/moto-api', empty('moto-api')],
  ['/moto-api/', empty('moto-api')],
])

/**
 * The answer to a probe, or undefined when the request is none. The function it returns resolves to undefined when the
 * path belongs to a bucket after all. 503 while the server is not ready.
 */
export function answerProbe(
  request: WireRequest,
  deps: AdminDeps,
): (() => Promise<WireResponse | undefined>) | undefined {
  const { method, headers, rawPath: path, remoteAddress } = request
  if (isImds(method, path, headers)) {
    return async () => {
      if (!(await isKnown(request, deps))) return undefined
      return (await import('./imds.ts')).answerImds({ method, path, headers, remoteAddress }, deps)
    }
  }
  if ((method !== 'GET' && method !== 'HEAD') || headers.authorization !== undefined || request.rawQuery !== '')
    return undefined
  const probe = probes.get(path)
  if (probe === undefined) return path === '/' ? answerBrowser(request, deps) : undefined
  return async () => {
    if (!(await isKnown(request, deps))) return undefined
    if (probe.bucket !== undefined && (await deps.bucketExists(probe.bucket))) return undefined
    const isReady = deps.isReady()
    return {
      status: isReady ? 200 : 503,
      headers: { 'Content-Type': isReady ? probe.contentType : 'text/plain', 'Cache-Control': 'no-store' },
      body: isReady ? probe.body(deps) : '',
    }
  }
}

/** The page for people. Only where S3 would list buckets: at `/` of the server itself, not of a bucket. */
function answerBrowser(request: WireRequest, deps: AdminDeps): (() => Promise<WireResponse | undefined>) | undefined {
  const { method, headers } = request
  if (method !== 'GET' || !String(headers.accept ?? '').includes('text/html')) return undefined
  return async () => {
    const { wantsWelcome, welcome } = await import('./welcome.ts')
    if (!wantsWelcome(request) || !deps.isReady() || !(await isKnown(request, deps))) return undefined
    return (await deps.isServiceLevel(request)) ? welcome(request, deps.config, deps.version) : undefined
  }
}

/** Whoever may not ask under this name is answered by S3, which says why. */
async function isKnown({ headers }: WireRequest, { config, knownHosts }: AdminDeps): Promise<boolean> {
  return !config.hasWellKnownKeys || knownHosts.knows(String(headers.host ?? ''))
}

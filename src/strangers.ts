/**
 * Keeps strangers' web pages away from a server whose keys everybody knows. Until a key is configured, hosts are
 * answered that no stranger can own, and pages that came from such a host, or that the bucket's CORS rules allow. This
 * is decided before any key is looked at. With a key of one's own, everything is answered as on AWS.
 */
import type { Target } from './address.ts'
import type { Call } from './call.ts'
import { type AwsError, error } from './errors.ts'
import { hostRefusal, type KnownHosts, readAuthority } from './http/known-hosts.ts'
import { header, type WireRequest } from './http/wire.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import { whenReady } from './lib/when-ready.ts'
import { areRulesFor, corsRules } from './s3/cors.ts'

/**
 * Refuses what a stranger's page may have sent. Notes on the call the bucket whose CORS rules count, and whether CORS is
 * open to the origin. Returns at once for a request without Origin under a host that was seen before.
 * @throws AwsError AccessDenied for the host, AccessForbidden for the origin; each names the option that admits it
 */
export function screenOrigin(call: Call, target: Target, isQuery: boolean, known: KnownHosts): MaybePromise<void> {
  const { request } = call
  const origin = header(request, 'origin')
  if (!call.config.hasWellKnownKeys) {
    if (origin === undefined) return
    call.isOpenToOrigin = call.config.openCors
    return noteCorsBucket(call, target)
  }
  const host = header(request, 'host') ?? ''
  return whenReady(known.knows(host), (isKnown) => {
    if (!isKnown) return refuseHost(host, call)
    if (origin !== undefined) return screenKnownOrigin(call, target, origin, known)
    if (isQuery && isLinkOfAnotherSite(request)) throw refusal('AccessDenied', 'link of a web page', linkRefusal)
  })
}

async function noteCorsBucket(call: Call, target: Target): Promise<void> {
  if (target.bucket !== undefined) call.corsBucket = await call.store.buckets.get(target.bucket)
}

async function screenKnownOrigin(call: Call, target: Target, origin: string, known: KnownHosts): Promise<void> {
  const { request } = call
  await noteCorsBucket(call, target)
  if (await known.knowsOrigin(origin, header(request, 'host') ?? '')) {
    call.isOpenToOrigin = call.config.openCors
    return
  }
  // A bucket with rules follows those: as on AWS they decide what a page may read, and how preflights are answered. But
  // a form or a simple POST of a page changes things without a preflight.
  if (call.corsBucket !== undefined && corsRules(call.corsBucket) !== undefined) {
    const isHarmless = request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS'
    if (isHarmless || areRulesFor(request, call.corsBucket)) return
  }
  throw refusal('AccessForbidden', 'unknown origin', originRefusal(origin))
}

async function refuseHost(host: string, call: Call): Promise<never> {
  const name = readAuthority(host)
  const dot = name?.indexOf('.') ?? -1
  let option: string | undefined
  if (name !== undefined && (await call.store.buckets.get(name.slice(0, dot))) !== undefined) {
    option = `--domain ${name.slice(dot + 1)}`
  }
  throw refusal('AccessDenied', 'unknown host', hostRefusal(host, option))
}

/** @param what in a few words, for the log: a browser shows a page's developer nothing of such an answer */
function refusal(code: 'AccessDenied' | 'AccessForbidden', what: string, message: string): AwsError {
  const remedy = message.slice(message.lastIndexOf('. ') + 2)
  return error(code, {}, { message, reason: `${what}: ${remedy}` })
}

function originRefusal(origin: string): string {
  const text = origin.slice(0, 255)
  return (
    `CORSResponse: pages of ${text} are not answered while no key is configured: they could use the well-known keys. ` +
    `Start the server with --allow-origin ${text}, give the bucket CORS rules, or configure a key.`
  )
}

/**
 * IAM and STS take calls as links too, which change things. A browser that follows the link or loads the image of a
 * page sends no Origin; it says so in Sec-Fetch-Site, but to plain HTTP only where the host is loopback. Elsewhere its
 * User-Agent, which a page cannot change there, tells it from a program.
 */
function isLinkOfAnotherSite(request: WireRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  const site = header(request, 'sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return header(request, 'user-agent')?.startsWith('Mozilla/') === true
}

const linkRefusal =
  'IAM and STS take no calls from links of web pages while no key is configured. Use POST, or configure a key.'

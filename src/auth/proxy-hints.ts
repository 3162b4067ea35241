/**
 * What a proxy tells of the request that it received: the Host and path that the client may have signed. Hints for
 * explanations only; nothing here makes a request valid.
 */
import { header, type WireRequest } from '../http/wire.ts'

export interface ProxyHints {
  /** Hosts, with and without their port. */
  readonly hosts: readonly string[]
  /** Whole paths, still encoded. */
  readonly paths: readonly string[]
  /** What a proxy has cut off the path. */
  readonly prefixes: readonly string[]
  /** Whether any header says that a proxy was on the way. */
  readonly isProxied: boolean
}

const hostHeaders = ['x-forwarded-host', 'x-original-host', 'x-host', 'x-forwarded-server']
const pathHeaders = [
  'x-original-uri',
  'x-original-url',
  'x-forwarded-uri',
  'x-rewrite-url',
  'x-envoy-original-path',
  'x-replaced-path',
]
const prefixHeaders = ['x-forwarded-prefix', 'x-script-name', 'x-forwarded-path']
const traces = ['via', 'forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-real-ip']

/** Hints are kept with the failure: a few, none longer than a URL. */
const mostHints = 8
const longestHint = 2048

function valuesOf(request: WireRequest, names: readonly string[]): string[] {
  const values = names.flatMap((name) => header(request, name)?.split(',') ?? []).map((value) => value.trim())
  return values.filter((value) => value !== '' && value.length <= longestHint).slice(0, mostHints)
}

/** `host=` of Forwarded (RFC 7239). */
function forwardedHosts(request: WireRequest): string[] {
  const found = (header(request, 'forwarded') ?? '').matchAll(/host="?([^",;\s]+)/gi)
  return [...found].map(([, host]) => host as string).slice(0, mostHints)
}

/** Reads the hints out of the headers that proxies add. */
export function proxyHints(request: WireRequest): ProxyHints {
  const urls = valuesOf(request, pathHeaders)
  const hosts = [...valuesOf(request, hostHeaders), ...forwardedHosts(request)]
  const ports = valuesOf(request, ['x-forwarded-port'])
  const withPorts = hosts.flatMap((host) => [host, ...ports.map((port) => `${host.split(':')[0]}:${port}`)])
  const paths = urls.map((url) => (url.replace(/^https?:\/\/[^/]*/i, '').split('?', 1)[0] as string) || '/')
  const prefixes = valuesOf(request, prefixHeaders)
  const isProxied = hosts.length + urls.length + prefixes.length > 0 || valuesOf(request, traces).length > 0
  return { hosts: withPorts, paths, prefixes, isProxied }
}

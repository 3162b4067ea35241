/** Which requests are for the instance metadata service, though no path says so. Asked for every request. */
import type { IncomingHttpHeaders } from 'node:http'

export const tokenHeader = 'x-aws-ec2-metadata-token'
export const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds'
export const tokenPath = '/latest/api/token'

/**
 * True of the requests of version 2 at the root: unsigned, and with one of the service's own headers. No request for a
 * bucket named `latest` has them, so that none is kept from it.
 */
export function isImds(
  method: string,
  path: string,
  headers: IncomingHttpHeaders | Readonly<Record<string, string | string[] | undefined>>,
): boolean {
  if (!path.startsWith('/latest/') || headers.authorization !== undefined) return false
  if (method === 'PUT') return path === tokenPath && headers[ttlHeader] !== undefined
  return (method === 'GET' || method === 'HEAD') && headers[tokenHeader] !== undefined
}

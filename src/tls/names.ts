/** The names in this server's certificate. */
import { isIP } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { hostName } from '../address.ts'
import type { Config } from '../config/config.ts'
import type { Names } from './certificate.ts'

/** What the machine adds to the configuration. */
export interface Machine {
  hostname: string
  addresses: readonly string[]
}

/** This machine as it is now. */
export function thisMachine(): Machine {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? [])
  // Link-local addresses need a zone, which certificates do not have.
  const addresses = all.map(({ address }) => address).filter((address) => !address.startsWith('fe80'))
  return { hostname: hostname(), addresses }
}

/**
 * Every name and address that the configuration and the machine give this server; each domain and public host with a
 * wildcard for its buckets. Sorted, without repeats.
 */
export function serverNames(config: Config, machine: Machine): Names {
  const isForAll = config.host === '0.0.0.0' || config.host === '::'
  const given = [
    'localhost',
    '*.localhost',
    '*.s3.localhost',
    '127.0.0.1',
    '::1',
    machine.hostname.toLowerCase(),
    ...(isForAll ? machine.addresses : [config.host.toLowerCase()]),
  ]
  for (const name of [...config.domains, ...config.publicHosts.map(bareName)]) {
    given.push(name)
    if (isIP(name) === 0) given.push(`*.${name}`)
  }
  const dns = given.filter((name) => isIP(name) === 0 && isHostName(name))
  const ip = given.filter((name) => isIP(name) !== 0 && !name.includes('%'))
  return { dns: [...new Set(dns)].sort(), ip: [...new Set(ip)].sort() }
}

/** Without port and brackets. */
function bareName(host: string): string {
  const name = hostName(host)
  return name.startsWith('[') ? name.slice(1, -1) : name
}

/** Letters, digits, hyphens and underscores between dots, and possibly a wildcard in front. */
export function isHostName(name: string): boolean {
  return (
    name.length <= 253 &&
    /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/.test(name)
  )
}

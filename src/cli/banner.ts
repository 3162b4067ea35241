/** What is printed when the server is ready. */
import { wellKnownKeys } from '../config/accounts.ts'
import type { Resolution } from '../config/resolve.ts'
import { awsEnvironment, firstKey, shellExports } from './exports.ts'

/** For people: short, with lines to paste. A secret that somebody chose is not printed, since output ends in logs. */
export function banner(url: string, version: string, { config, hasWellKnownKeys }: Resolution): string {
  const { AWS_DEFAULT_REGION, ...variables } = awsEnvironment(url, config)
  if (!hasWellKnownKeys) variables.AWS_SECRET_ACCESS_KEY = '...'
  const others = wellKnownKeys.slice(1).map((key) => `${key.accessKeyId}/${key.secretAccessKey}`)
  const lines = [
    `Sandbucket ${version}: S3 on ${url}`,
    config.dataDir === undefined ? 'Data is in memory and ends with this process.' : `Data is in ${config.dataDir}`,
    ...(config.buckets.length > 0 ? [`Buckets: ${config.buckets.join(', ')}`] : []),
    '',
    shellExports(variables).trimEnd(),
    '',
    hasWellKnownKeys
      ? `Until a key is configured, these work too: ${others.join(' ')}`
      : 'The secret is the configured one; sandbucket env prints it.',
    'Ready.',
  ]
  return `${lines.join('\n')}\n`
}

/** For scripts: one object. `msg` holds the word that wait strategies for other images look for. */
export function listeningEvent(url: string, version: string, { config }: Resolution): object {
  const { host, port, hostname } = new URL(url)
  return {
    event: 'listening',
    url,
    host: hostname,
    // An explicit port 80 is left out of URLs.
    port: Number(port || 80),
    authority: host,
    region: config.region,
    accessKeyId: firstKey(config).accessKeyId,
    data: config.dataDir ?? null,
    version,
    msg: 'Ready.',
  }
}

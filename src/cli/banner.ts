/** What is printed when the server is ready. */
import { wellKnownKeys } from '../config/accounts.ts'
import type { Resolution } from '../config/resolve.ts'
import { awsEnvironment, type CaFile, firstKey, shellExports, trustHints } from './exports.ts'

/** Of the well-known keys, those that most programs are configured with. */
const shownKeys = ['minioadmin', 'test']

/** For people: short, with lines to paste. A secret that somebody chose is not printed, since output ends in logs. */
export function banner(url: string, version: string, { config }: Resolution, ca: CaFile | undefined): string {
  const variables = awsEnvironment(url, { key: firstKey(config), region: config.region, ca: ca?.path })
  if (!config.hasWellKnownKeys) variables.AWS_SECRET_ACCESS_KEY = '...'
  const others = wellKnownKeys
    .filter(({ accessKeyId }) => shownKeys.includes(accessKeyId))
    .map((key) => `${key.accessKeyId}/${key.secretAccessKey}`)
  const lines = [
    `Sandbucket ${version}: S3 on ${url}${config.tls ? ', and on http:// of the same address' : ''}`,
    config.dataDir === undefined ? 'Data is in memory and ends with this process.' : `Data is in ${config.dataDir}`,
    ...(config.buckets.length > 0 ? [`Buckets: ${config.buckets.join(', ')}`] : []),
    ...(config.softMode ? ['SOFT MODE IS ON: what AWS would deny is only logged, and let pass.'] : []),
    ...(config.record ? ['Recording what every principal uses: sandbucket record shows the least policies.'] : []),
    '',
    (shellExports(variables) + trustHints(url, ca)).trimEnd(),
    '',
    config.hasWellKnownKeys
      ? `Well-known keys of other local servers (${others.join(', ')}, ...)\nwork too, until you configure a key.`
      : 'The secret is the one you gave; sandbucket env with the same options\nprints these lines with it.',
    'Ready.',
  ]
  return `${lines.join('\n')}\n`
}

/** For scripts: one object. `msg` holds the word that wait strategies for other images look for. */
export function listeningEvent(url: string, version: string, { config }: Resolution, ca: CaFile | undefined): object {
  const { host, port, hostname } = new URL(url)
  return {
    event: 'listening',
    url,
    host: hostname,
    // The scheme's own port is left out of URLs.
    port: Number(port || (config.tls ? 443 : 80)),
    authority: host,
    region: config.region,
    softMode: config.softMode,
    recording: config.record,
    accessKeyId: firstKey(config).accessKeyId,
    data: config.dataDir ?? null,
    // Null as well when it is kept in memory: then /_sandbucket/ca.pem has it.
    ca: ca === undefined || ca.isFetched ? null : ca.path,
    version,
    msg: 'Ready.',
  }
}

/**
 * Arguments and variables of the servers people replace with this one, so that changing the image name is enough.
 * Each one used is noted at start; ours win over them. Tables only: a new name is a new row.
 */
import { type Environment, type Findings, type Layer, readVariable } from './layer.ts'
import { type OptionName, options } from './options.ts'

/** Turns a foreign value into ours; undefined leaves the option alone. */
type Convert = (value: string) => unknown

const hostOfUrl: Convert = (value) => value
/** `a:public,b` of Bitnami's image: names only, since access suffixes are not applied (a note says so). */
const withoutSuffixes: Convert = (value) => value.replace(/:[^,]*/g, '')
const hostPart: Convert = (value) => value.replace(/:\d+$/, '') || undefined
const portPart: Convert = (value) => /:(\d+)$/.exec(value)?.[1]
const isOn = (value: string): boolean => /^(?:1|true|yes|on)$/i.test(value.trim())
const firstAddress = (value: string): string => value.split(',')[0] ?? ''

interface ForeignRow {
  env: string
  option: OptionName
  convert?: Convert
  isSecret?: boolean
}

const foreignRows: readonly ForeignRow[] = [
  { env: 'MINIO_ROOT_USER', option: 'accessKeyId', isSecret: true },
  { env: 'MINIO_ROOT_PASSWORD', option: 'secretAccessKey', isSecret: true },
  { env: 'MINIO_ACCESS_KEY', option: 'accessKeyId', isSecret: true },
  { env: 'MINIO_SECRET_KEY', option: 'secretAccessKey', isSecret: true },
  { env: 'MINIO_REGION', option: 'region' },
  { env: 'MINIO_SITE_REGION', option: 'region' },
  { env: 'MINIO_REGION_NAME', option: 'region' },
  { env: 'MINIO_DOMAIN', option: 'domains' },
  { env: 'MINIO_SERVER_URL', option: 'publicHosts', convert: hostOfUrl },
  { env: 'MINIO_API_CORS_ALLOW_ORIGIN', option: 'allowedOrigins' },
  { env: 'MINIO_VOLUMES', option: 'data' },
  { env: 'MINIO_ADDRESS', option: 'host', convert: hostPart },
  { env: 'MINIO_ADDRESS', option: 'port', convert: portPart },
  { env: 'MINIO_DEFAULT_BUCKETS', option: 'buckets', convert: withoutSuffixes },
  { env: 'LOCALSTACK_HOST', option: 'publicHosts' },
  { env: 'HOSTNAME_EXTERNAL', option: 'publicHosts' },
  { env: 'GATEWAY_LISTEN', option: 'host', convert: (value) => hostPart(firstAddress(value)) },
  { env: 'GATEWAY_LISTEN', option: 'port', convert: (value) => portPart(firstAddress(value)) },
  { env: 'EXTRA_CORS_ALLOWED_ORIGINS', option: 'allowedOrigins' },
  { env: 'DISABLE_CORS_CHECKS', option: 'allowedOrigins', convert: (value) => (isOn(value) ? '*' : undefined) },
  { env: 'IAM_SOFT_MODE', option: 'softMode' },
  { env: 'COM_ADOBE_TESTING_S3MOCK_STORE_INITIAL_BUCKETS', option: 'buckets' },
  { env: 'COM_ADOBE_TESTING_S3MOCK_STORE_ROOT', option: 'data' },
  { env: 'COM_ADOBE_TESTING_S3MOCK_STORE_REGION', option: 'region' },
  { env: 'RUSTFS_ACCESS_KEY', option: 'accessKeyId', isSecret: true },
  { env: 'RUSTFS_SECRET_KEY', option: 'secretAccessKey', isSecret: true },
  { env: 'RUSTFS_VOLUMES', option: 'data' },
  { env: 'RUSTFS_ADDRESS', option: 'host', convert: hostPart },
  { env: 'RUSTFS_ADDRESS', option: 'port', convert: portPart },
  { env: 'SCALITY_ACCESS_KEY_ID', option: 'accessKeyId' },
  { env: 'SCALITY_SECRET_ACCESS_KEY', option: 'secretAccessKey' },
  { env: 'S3BACKEND', option: 'inMemory', convert: (value) => (value === 'mem' ? true : undefined) },
]

/** Prefixes that belong to one product: what they set and we do not use is worth a note. */
const prefixes = ['MINIO_', 'RUSTFS_', 'COM_ADOBE_TESTING_S3MOCK_']

/** Reads foreign variables; the first row of an option that is set wins. */
export function readForeignEnvironment(
  env: Environment,
  readText: (path: string) => string,
  findings: Findings,
): Layer {
  const layer: Layer = {}
  const used: string[] = []
  for (const row of foreignRows) {
    const given = readVariable(row.env, env, row.isSecret === true, readText, findings)
    if (given === undefined || layer[row.option] !== undefined) continue
    const value = row.convert === undefined ? given.value : row.convert(String(given.value))
    if (value === undefined) continue
    layer[row.option] = { value, from: given.from }
    used.push(`${given.from} as ${options[row.option].env}`)
  }
  if (used.length > 0) findings.notes.push(`used ${used.join(', ')}`)
  if (/:(?!private\b)/.test(env.MINIO_DEFAULT_BUCKETS ?? '')) {
    findings.notes.push(
      'MINIO_DEFAULT_BUCKETS: access suffixes such as :public are not applied, the buckets are private',
    )
  }
  const known = new Set(foreignRows.flatMap((row) => [row.env, `${row.env}_FILE`]))
  const ignored = Object.keys(env).filter(
    (name) => !known.has(name) && prefixes.some((start) => name.startsWith(start)),
  )
  if (ignored.length > 0) findings.notes.push(`ignored ${ignored.sort().join(', ')}`)
  return layer
}

const foreignCommands = new Set(['server', 'mini'])
const foreignPrograms = new Set(['minio', 'rustfs', 'weed', '/entrypoint.sh'])

/** True for `server /data ...`, `minio server ...`, `mini -dir=/data`: commands of other servers. */
export function isForeignCommand(argv: readonly string[]): boolean {
  return foreignCommands.has(argv[0] ?? '') || foreignPrograms.has(argv[0] ?? '')
}

/** Reads another server's arguments; what means nothing here is noted and ignored. */
export function readForeignArguments(argv: readonly string[], findings: Findings): Layer {
  const layer: Layer = {}
  const ignored: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] as string
    if (foreignPrograms.has(word) || foreignCommands.has(word)) continue
    if (!word.startsWith('-')) {
      if (/^https?:\/\//.test(word)) findings.problems.push(`${word}: this server is one process; name a directory`)
      else if (layer.data === undefined) layer.data = { value: word, from: word }
      else ignored.push(word)
      continue
    }
    const [name, inline] = word.split('=', 2) as [string, string | undefined]
    const value = inline ?? (argv[at + 1]?.startsWith('-') === false ? argv[++at] : undefined)
    if ((name === '--address' || name === '-address') && value !== undefined) {
      const host = hostPart(value)
      const port = portPart(value)
      if (host !== undefined) layer.host = { value: host, from: name }
      if (port !== undefined) layer.port = { value: port, from: name }
    } else if (name === '-dir' && value !== undefined) layer.data = { value, from: name }
    else ignored.push(value === undefined || inline !== undefined ? word : `${word} ${value}`)
  }
  findings.notes.push(
    `read "${argv.join(' ')}" as another server's arguments${ignored.length > 0 ? `; ignored ${ignored.join(', ')}` : ''}`,
  )
  return layer
}

/**
 * What flags, environment and file add up to. Pure: the sources come in as values, so that every rule of precedence
 * is a table in a test. Order: flag, `SANDBUCKET_*`, foreign variable, file, default.
 */
import { resolve as resolvePath } from 'node:path'
import * as v from 'valibot'
import { completeAccount, defaultAccountId, findDuplicates, wellKnownKeys } from './accounts.ts'
import type { Arguments } from './arguments.ts'
import type { AccountConfig, Config } from './config.ts'
import { readEnvironment } from './environment.ts'
import { type ConfigFile, readObject } from './file.ts'
import { readForeignEnvironment } from './foreign.ts'
import { findTakenKeys } from './iam.ts'
import { completeKmsKey } from './kms-keys.ts'
import { type Given, type Environment, type Findings, type Layer, usageError } from './layer.ts'
import { didYouMean } from './nearest.ts'
import { type OptionName, optionRows, type Options, type Values } from './options.ts'

export interface Sources {
  args: Arguments
  env: Environment
  file?: ConfigFile | undefined
  /** Reads the file a `_FILE` variable names. */
  readText(path: string): string
  /** Where a relative data directory begins. */
  directory: string
}

export interface Resolution {
  config: Config
  /** One line each, for the user to see at start. */
  notes: string[]
}

/** Defaults in which the command line and the Node API differ. */
interface Defaults {
  port: number
  dataDir: string | undefined
  logLevel: Config['logLevel']
}

/**
 * The configuration of a command line.
 * @param findings what reading the arguments has already said
 * @throws UsageError naming everything that is wrong
 */
export function resolveConfig(sources: Sources, findings: Findings): Resolution {
  const { args, env, file } = sources
  const layers = [
    args.layer,
    readEnvironment(env, sources.readText, findings),
    readForeignEnvironment(env, sources.readText, findings),
  ]
  if (file !== undefined) layers.push(readObject(file.value, file.path, findings.problems))
  const defaults: Defaults = { port: 9000, dataDir: '.sandbucket', logLevel: 'info' }
  const resolution = combine(layers, defaults, findings)
  const { config } = resolution
  if (config.dataDir !== undefined) config.dataDir = resolvePath(sources.directory, config.dataDir)
  config.tlsCert = absolutePath(config.tlsCert, sources.directory)
  config.tlsKey = absolutePath(config.tlsKey, sources.directory)
  return resolution
}

/** The configuration of `startSandbucket(options)`: port 0, memory and silence unless said otherwise. @throws UsageError */
export function resolveOptions(options: Options): Resolution {
  const findings: Findings = { notes: [], problems: [] }
  const layer = readObject(options, 'the options', findings.problems)
  return combine([layer], { port: 0, dataDir: undefined, logLevel: 'silent' }, findings)
}

function combine(layers: readonly Layer[], defaults: Defaults, findings: Findings): Resolution {
  const values = readValues(layers, findings.problems)
  const { accounts, hasWellKnownKeys } = chooseAccounts(values, findings.problems)
  if ((values.tlsCert === undefined) !== (values.tlsKey === undefined)) {
    findings.problems.push(
      values.tlsCert === undefined
        ? 'tlsKey (--tls-key) is set but tlsCert (--tls-cert) is not; TLS needs both'
        : 'tlsCert (--tls-cert) is set but tlsKey (--tls-key) is not; TLS needs both',
    )
  }
  const rootKeys = accounts.flatMap(({ keys }) => keys.map(({ accessKeyId }) => accessKeyId))
  findings.problems.push(...findTakenKeys(values.iam ?? [], rootKeys))
  if (findings.problems.length > 0) throw usageError(findings.problems)
  const config: Config = {
    host: values.host ?? '127.0.0.1',
    port: values.port ?? defaults.port,
    dataDir: chooseDataDir(layers, values, defaults.dataDir),
    durable: values.durable ?? false,
    region: values.region ?? 'us-east-1',
    regionStrict: values.regionStrict ?? false,
    accounts,
    hasWellKnownKeys,
    bucketDefaults: values.bucketDefaults ?? 'aws',
    domains: values.domains ?? [],
    publicHosts: values.publicHosts ?? [],
    trustProxy: values.trustProxy ?? false,
    strictHost: values.strictHost ?? false,
    maxClockSkewMs: finite(values.maxClockSkew ?? 900_000),
    minPartSizeBytes: values.minPartSize ?? 5 * 2 ** 20,
    buckets: values.buckets ?? [],
    openCors: values.openCors ?? true,
    allowedOrigins: values.allowedOrigins ?? [],
    ...(values.iam !== undefined && { iam: values.iam }),
    ...(values.instanceProfile !== undefined && { instanceProfile: values.instanceProfile }),
    ...(values.credentialsToken !== undefined && { credentialsToken: values.credentialsToken }),
    ...(values.remoteCredentials !== undefined && { remoteCredentials: values.remoteCredentials }),
    softMode: values.softMode ?? false,
    record: values.record ?? false,
    kmsKeys: (values.kmsKeys ?? []).map((key) => completeKmsKey(key, accounts[0]?.id ?? defaultAccountId)),
    allowSseCOverHttp: values.allowSseCOverHttp ?? false,
    tls: values.tls ?? values.tlsCert !== undefined,
    tlsCert: values.tlsCert,
    tlsKey: values.tlsKey,
    logLevel: values.logLevel ?? defaults.logLevel,
    logFormat: values.logFormat ?? 'pretty',
  }
  return { config, notes: findings.notes }
}

/** PEM given as a value stays as it is. */
function absolutePath(value: string | undefined, directory: string): string | undefined {
  return value === undefined || value.startsWith('-----BEGIN') ? value : resolvePath(directory, value)
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined
}

/** Each option from its strongest source, through its schema. */
function readValues(layers: readonly Layer[], problems: string[]): Values {
  const values: Record<string, unknown> = {}
  for (const [name, row] of optionRows) {
    const given = layers.find((layer) => layer[name] !== undefined)?.[name]
    if (given === undefined) continue
    const result = v.safeParse(row.kind.schema, given.value)
    if (result.success) values[name] = result.output
    else {
      const slip = unknownName(result.issues, given, row.kind.schema)
      const where = place(result.issues, given.value)
      problems.push(slip ?? `${given.from} must be ${row.kind.must}${where}${show(given.value, row.isSecret === true)}`)
    }
  }
  return values as Values
}

/** `FILE: iam.users[0].kyes is not known; did you mean keys?`, where that is the mistake. */
function unknownName(
  issues: readonly v.BaseIssue<unknown>[],
  { value, from }: Given,
  schema: unknown,
): string | undefined {
  const issue = leavesOf(issues).find(({ expected }) => expected === 'never')
  const keys = (issue?.path ?? []).map(({ key }) => key)
  // One object stands for a list with it.
  if (isOneObject(value) && keys[0] === 0) keys.shift()
  if (keys.length < 2) return undefined
  const path = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  const [name = '', file] = from.split(' in ', 2)
  const names = new Set<string>()
  addNames(schema, names)
  const lead = file === undefined ? '' : `${file}: `
  return `${lead}${name}${path} is not known${didYouMean(String(keys.at(-1)), [...names])}`
}

/** The names that a schema has anywhere. */
function addNames(schema: unknown, names: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return
  const { entries = {}, pipe = [], options = [], item, wrapped } = schema as Partial<Record<string, object>>
  for (const name of Object.keys(entries)) names.add(name)
  for (const part of [...Object.values(entries), ...Object.values(options), item, wrapped]) addNames(part, names)
  // A pipe begins with the schema that has it.
  for (const part of Object.values(pipe)) if (part !== schema) addNames(part, names)
}

const leavesOf = (issues: readonly v.BaseIssue<unknown>[]): v.BaseIssue<unknown>[] => {
  const leaves = (issue: v.BaseIssue<unknown>): v.BaseIssue<unknown>[] =>
    issue.issues === undefined ? [issue] : issue.issues.flatMap(leaves)
  return issues.flatMap(leaves).filter((issue) => v.getDotPath(issue) !== null)
}

const isOneObject = (value: unknown): boolean =>
  typeof value === 'string' ? value.trimStart().startsWith('{') : !Array.isArray(value)

/** Where in a list or an object the mistake is: `; look at users.0.name`. Nothing for a value without parts. */
function place(issues: readonly v.BaseIssue<unknown>[], value: unknown): string {
  const found = leavesOf(issues)
  // A name that is not known explains the one that is missing beside it.
  const issue = found.find(({ expected }) => expected === 'never') ?? found[0]
  const path = issue === undefined ? '' : (v.getDotPath(issue) ?? '')
  // In a list of names the value itself says enough.
  if (!path.includes('.')) return ''
  // One object stands for a list with it.
  return `; look at ${isOneObject(value) ? path.replace(/^0\./, '') : path}`
}

function show(value: unknown, isSecret: boolean): string {
  if (isSecret) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return ` (it is ${text.length > 60 ? `${text.slice(0, 60)}...` : text === '' ? 'empty' : text})`
}

/** Memory wins over a directory of the same or a weaker source: the image always names one. */
function chooseDataDir(layers: readonly Layer[], values: Values, byDefault: string | undefined): string | undefined {
  const strength = (name: OptionName): number => {
    const at = layers.findIndex((layer) => layer[name] !== undefined)
    return at < 0 ? layers.length : at
  }
  if (values.inMemory && strength('inMemory') <= strength('data')) return undefined
  return values.data ?? byDefault
}

/** The accounts of the file with a single key pair first, or the default account with that pair or the well-known ones. */
function chooseAccounts(values: Values, problems: string[]): { accounts: AccountConfig[]; hasWellKnownKeys: boolean } {
  const { accessKeyId, secretAccessKey } = values
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const [has, lacks] =
      accessKeyId === undefined ? ['secretAccessKey', 'accessKeyId'] : ['accessKeyId', 'secretAccessKey']
    if (problems.length === 0) problems.push(`${has} is set but ${lacks} is not; a key needs both`)
  }
  const pair = accessKeyId !== undefined && secretAccessKey !== undefined ? { accessKeyId, secretAccessKey } : undefined
  if (values.accounts === undefined) {
    const keys = pair === undefined ? [...wellKnownKeys] : [pair]
    const account = completeAccount({ id: values.accountId ?? defaultAccountId, keys }, values.organization)
    return { accounts: [account], hasWellKnownKeys: pair === undefined }
  }
  if (values.accountId !== undefined) problems.push('accountId and accounts are both set; put the id into accounts')
  const accounts = values.accounts.map((account) => completeAccount(account, values.organization))
  const first = accounts[0]
  if (pair !== undefined && first !== undefined) {
    first.keys = [pair, ...first.keys.filter((key) => key.accessKeyId !== pair.accessKeyId)]
  }
  problems.push(...findDuplicates(accounts))
  return { accounts, hasWellKnownKeys: false }
}

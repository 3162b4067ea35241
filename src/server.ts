/** The one place where the parts are wired together: configuration -> store, keys, request path, edge. */
import { hostname } from 'node:os'
import { type Accounts, createAccounts } from './accounts.ts'
import type { AdminDeps } from './admin/admin.ts'
import { Addresser, hostRules, hostName, readHost } from './address.ts'
import { createAuthDeps } from './auth/authenticate.ts'
import { Authorizer } from './authorization/authorize.ts'
import { resolvePrincipal } from './authorization/identities.ts'
import { Recorder } from './authorization/recorder.ts'
import { Journal } from './authorization/journal.ts'
import { HostAliases, type HostOptions } from './auth/hosts.ts'
import type { AuthDeps } from './auth/deps.ts'
import { chainSources, createKeyRing, type CredentialSource } from './auth/keys.ts'
import { zonalSessions } from './auth/zonal-sessions.ts'
import type { Config } from './config/config.ts'
import type { Log } from './context.ts'
import { checkHandlers } from './check-handlers.ts'
import { listRequests, tellExplanation } from './explain.ts'
import { error } from './errors.ts'
import { createHttpServer, type RequestUnderWay } from './http/app.ts'
import type { EdgeIds } from './http/edge-error.ts'
import { KnownHosts } from './http/known-hosts.ts'
import { defaultLimits, type HttpLimits } from './http/limits.ts'
import { IamIdentities } from './iam/identities.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { type Ids, randomIds } from './lib/ids.ts'
import { s3Table } from './model/s3.gen.ts'
import { createPipeline } from './pipeline.ts'
import { durationBounds, RequestMetrics } from './request-metrics.ts'
import { queryServices } from './query-services.ts'
import { removeRunFile, type RunFile, writeRunFile } from './run-file.ts'
import { seed } from './seed.ts'
import { ServiceSessions } from './sts/service-sessions.ts'
import { issueTestToken, testIssuer, testKeys } from './sts/test-idp.ts'
import { handlers as s3 } from './s3/index.ts'
import { notImplemented } from './s3/not-implemented.ts'
import type { Store } from './store/store.ts'
import { whenReady } from './lib/when-ready.ts'
import { openStore } from './store/open.ts'
import type { Tls } from './tls/load.ts'
import { tlsPath } from './tls/folder.ts'
import { version } from './version.ts'

/** What AWS lets an account have. A count above that would cost more than it tells. */
const maxBucketsCounted = 10_000

export type { RequestUnderWay } from './http/app.ts'

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  readonly host: string
  readonly port: number
  /** In PEM, the CA that clients with TLS have to trust; undefined without TLS or when a certificate without it was given. */
  readonly ca: string | undefined
  readonly config: Config
  readonly store: Store
  readonly recorder: Recorder
  /** Forgets everything stored and makes the configured buckets again. */
  reset(): Promise<void>
  /** What is being worked on or answered. */
  underWay(): RequestUnderWay[]
  /** Answers all that is under way with InternalError, where no answer has begun. For a process that is about to end. */
  fail(): void
  /** Stops accepting, finishes what is in flight up to `graceMs`, closes the store. */
  close(options?: { graceMs?: number }): Promise<void>
}

/** What a test or an embedding program may replace. */
export interface Overrides {
  clock?: Clock
  ids?: Ids
  /** An open store, which the server closes; `dataDir` and `durable` are then not looked at. */
  store?: Store
  limits?: Partial<HttpLimits>
}

/**
 * Opens the store, makes the configured buckets and listens; resolves when requests are answered.
 * @throws StoreError when the data directory cannot be used; UsageError when a given certificate cannot; the system's error when the port cannot
 */
export async function createServer(config: Config, log: Log, overrides: Overrides = {}): Promise<RunningServer> {
  checkHandlers(s3Table, s3, notImplemented)
  const { clock = systemClock, ids = randomIds } = overrides
  const limits = { ...defaultLimits, ...overrides.limits }
  const rules = hostRules(config.domains, [hostname(), ...config.publicHosts.map(hostName)])
  const { store, tls } = await openParts(config, log, overrides.store, (name) => readHost(name, rules) !== undefined)
  let port: number | undefined
  let isReady = false
  const base = { config, store, clock, log }
  const bucketExists = async (name: string) => (await store.buckets.get(name)) !== undefined
  const addresser = new Addresser(rules, bucketExists)
  const accounts = createAccounts(config.accounts)
  const identities = new IamIdentities(store.iam, accounts.find)
  const credentials = chainSources(createKeyRing(config.accounts), zonalSessions(store.iam), identities)
  const knownHosts = new KnownHosts({
    names: [hostname(), config.host, ...config.publicHosts],
    domains: config.domains,
    allowedOrigins: config.allowedOrigins,
    bucketExists,
  })
  const metrics = new RequestMetrics()
  const recorder = new Recorder()
  if (config.record) recorder.start(clock.now())
  const journal = new Journal()
  const authorizer = createAuthorizer({ ...base, accounts, identities, recorder })
  const deciding = { journal, recorder, credentials, knownHosts }
  const handle = createPipeline({
    ...base,
    ids,
    accounts,
    authorizer,
    journal,
    addresser,
    knownHosts,
    metrics,
    auth: authDeps({ ...base, credentials, addresser, port: () => port }),
    s3,
    query: queryServices,
    bodyIdleMs: limits.bodyIdleMs,
    latePace: limits,
  })
  const seedAll = () => seed({ ...base, account: accounts.find })
  const reset = () => store.reset().then(seedAll)
  const http = createHttpServer({
    handle,
    ids: edgeIds(ids, clock, journal),
    log,
    limits,
    isBucketHost: (host) => readHost(hostName(host), rules)?.bucket !== undefined,
    tls: tls?.identity,
    admin: adminDeps({
      ...base,
      ...deciding,
      bucketExists,
      reset,
      isReady: () => isReady,
      ca: tls?.ca,
      isServiceLevel: (request) =>
        whenReady(
          addresser.address(request),
          ({ service, surface, level }) => service === 's3' && surface === 'rest' && level === 'service',
        ),
      metrics: async () => ({
        version,
        isReady,
        operations: metrics.operations(),
        durationBounds,
        inFlight: metrics.inFlight,
        traffic: http.traffic(),
        buckets: (await store.buckets.list({ limit: maxBucketsCounted })).length,
      }),
    }),
  })
  try {
    await seedAll()
    ;({ port } = await http.listen(config.host, config.port))
  } catch (cause) {
    await store.close()
    throw cause
  }
  isReady = true
  const url = urlOf(config, port)
  const removeTrace = await leaveTrace(
    overrides.store === undefined ? config : { ...config, dataDir: undefined },
    { url, ca: tls?.ca },
    log,
  )
  return {
    url,
    host: config.host,
    port,
    ca: tls?.ca,
    config,
    store,
    recorder,
    reset,
    underWay: http.underWay,
    fail: http.fail,
    async close({ graceMs = 5000 } = {}) {
      isReady = false
      await removeTrace()
      await http.close(graceMs)
      await store.close()
    },
  }
}

/**
 * Says in the data folder where the server listens, so that commands find it. Without a folder there is nothing to find.
 * @returns what takes it back
 */
async function leaveTrace(
  { dataDir, region, accounts }: Config,
  { url, ca }: { url: string; ca: string | undefined },
  log: Log,
): Promise<() => Promise<void>> {
  if (dataDir === undefined) return async () => {}
  const accessKeyId = accounts[0]?.keys[0]?.accessKeyId ?? ''
  const caPath = ca === undefined ? undefined : tlsPath(dataDir, 'ca.pem')
  const run: RunFile = { url, pid: process.pid, region, accessKeyId, ca: caPath }
  // The server works without it: a full disk is no reason to stop here.
  const warn = (cause: unknown) => log.warn({ err: cause }, 'server.json could not be written or removed')
  await writeRunFile(dataDir, run).catch(warn)
  return () => removeRunFile(dataDir, run).catch(warn)
}

/** As a client on this machine writes it. */
function urlOf({ host, tls }: Config, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `${tls ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** The ids of answers that no request path makes, which explanations know all the same. */
function edgeIds(ids: Ids, clock: Clock, journal: Journal): EdgeIds {
  return {
    requestId: () => ids.requestId(),
    hostId: () => ids.hostId(),
    note(requestId, { code, message, status, reason }) {
      const entry = journal.begin(requestId)
      entry.fail(error(code, {}, { message, reason }), false)
      journal.end(entry, { ...atTheEdge, atMs: clock.now(), status })
    },
  }
}

const atTheEdge = { operation: '', method: '', path: '', hostBucket: undefined, by: 'anonymous', us: 0, queryChars: 0 }

/** Who may sign, and under which names of this server. */
function authDeps({ config, credentials, clock, addresser, port }: AuthParts): AuthDeps {
  const { publicHosts, strictHost, region, regionStrict, maxClockSkewMs } = config
  const isAlias: HostOptions['isAlias'] = (request, host) => addresser.isAlias(request, host)
  const hosts = new HostAliases({ publicHosts, strictHost, hostname: hostname(), port, isAlias })
  return createAuthDeps({ credentials, clock, hosts, region, regionStrict, maxClockSkewMs })
}

interface AuthParts {
  config: Config
  credentials: CredentialSource
  addresser: Addresser
  clock: Clock
  /** Undefined until the server listens. */
  port(): number | undefined
}

/** What decides, and remembers what it decided. */
function createAuthorizer({ config, store, log, accounts, identities, recorder }: AuthorizerParts): Authorizer {
  const uniqueIdOf = (arn: string) => identities.uniqueIdOf(arn)
  return new Authorizer({
    identities: {
      policiesOf: (principal) => identities.policiesOf(principal),
      resolve: (type, value) => resolvePrincipal(accounts, type, value, uniqueIdOf),
      uniqueIdOf,
    },
    accountBlock: (id) => whenReady(store.iam.account(id), (account) => account.get('account', '')?.publicAccessBlock),
    recorder,
    soft: config.softMode ? log : undefined,
  })
}

interface AuthorizerParts {
  config: Config
  store: Store
  log: Log
  accounts: Accounts
  identities: IamIdentities
  recorder: Recorder
}

interface AdminParts
  extends Pick<
    AdminDeps,
    | 'config'
    | 'log'
    | 'recorder'
    | 'reset'
    | 'bucketExists'
    | 'isReady'
    | 'ca'
    | 'knownHosts'
    | 'metrics'
    | 'isServiceLevel'
  > {
  store: Store
  clock: Clock
  journal: Journal
  credentials: CredentialSource
}

/** What the admin routes ask of the parts. Rarely used parts are loaded when they are. */
function adminDeps(parts: AdminParts): AdminDeps {
  const { config, store, clock, journal, credentials } = parts
  return {
    config,
    version,
    log: parts.log,
    isReady: parts.isReady,
    coverage: async () => (await import('./coverage.ts')).coverage(),
    explain: async (id) => {
      const entry = journal.find(id)
      return entry && tellExplanation(entry, { credentials, config, iam: store.iam })
    },
    requests: async (count, onlyFailures) => listRequests(journal.last(count, onlyFailures)),
    recorder: parts.recorder,
    reset: parts.reset,
    now: () => clock.now(),
    roles: new ServiceSessions({ config, store, clock }),
    idp: {
      issuer: testIssuer,
      token: (request) => issueTestToken(store.iam, request, clock.now()),
      keys: () => testKeys(store.iam),
      outboundKeys: async () => (await import('./sts/outbound-keys.ts')).outboundKeys(store.iam),
      samlResponse: async (request) =>
        (await import('./sts/test-saml.ts')).issueSamlResponse(store.iam, request, clock.now()),
      samlMetadata: async () => (await import('./sts/test-saml.ts')).testSamlMetadata(store.iam, clock.now()),
    },
    knownHosts: parts.knownHosts,
    metrics: parts.metrics,
    isServiceLevel: parts.isServiceLevel,
    bucketExists: parts.bucketExists,
    ca: parts.ca,
  }
}

/** What has files: the store and the certificates. Nothing stays open when one of them cannot be used. */
async function openParts(
  config: Config,
  log: Log,
  given: Store | undefined,
  isOwnHost: (name: string) => boolean,
): Promise<{ store: Store; tls: Tls | undefined }> {
  const { dataDir, durable, kmsKeys } = config
  const store = given ?? (await openStore({ dataDir, durable, kmsKeys, log }))
  try {
    return { store, tls: await loadTlsFor(config, log, store, isOwnHost) }
  } catch (cause) {
    await store.close()
    throw cause
  }
}

/** Nothing of TLS is even read while it is off. */
async function loadTlsFor(
  config: Config,
  log: Log,
  store: Store,
  isOwnHost: (name: string) => boolean,
): Promise<Tls | undefined> {
  if (!config.tls) return undefined
  const { loadTls } = await import('./tls/load.ts')
  const { checkIdentity } = await import('./http/tls-front.ts')
  // The time of the day, not the emulator's: that is what clients compare certificates with.
  const { secrets } = store.keys
  return loadTls(config, { log, nowMs: Date.now(), secrets, isOwnHost, accepts: checkIdentity })
}

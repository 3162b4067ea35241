/** The Node API: a server in this process, for tests and tools. */
import { clientUrl, firstKey } from './cli/exports.ts'
import type { RecordReport } from './authorization/recorder.ts'
import type { AccessKeyConfig, AccountConfig, Config } from './config/config.ts'
import type { Options } from './config/options.ts'
import { exitCodes, explainFailure } from './cli/exit-codes.ts'
import { resolveOptions } from './config/resolve.ts'
import type { TrustingAgent } from './http/trusting-agent.ts'
import { createLog } from './lib/log.ts'

export type { AccountOptions } from './config/accounts.ts'
export type { AccessKeyConfig, AccountConfig, BucketDefaults } from './config/config.ts'
export type { RecordedPrincipal, RecordReport } from './authorization/recorder.ts'
export type { KmsKeyOptions } from './config/kms-keys.ts'
export type { Options as SandbucketOptions } from './config/options.ts'

/** What `S3Client`, `IAMClient` and `STSClient` of the AWS SDK take: spread it into their options. */
export interface ClientConfig {
  endpoint: string
  region: string
  credentials: AccessKeyConfig
  forcePathStyle: true
  /** With TLS: trusts the server's CA and no other. One agent for each call of `clientConfig`. */
  requestHandler?: { httpsAgent: TrustingAgent }
}

/** A server that listens. */
export interface Sandbucket extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, `https://` with `tls: true`; the port answers both. */
  readonly endpoint: string
  readonly host: string
  readonly port: number
  /** In PEM, the CA of the generated certificate, for `ca` of an agent or `NODE_EXTRA_CA_CERTS` of a child process. */
  readonly ca: string | undefined
  readonly region: string
  /** The first root key of the default account. */
  readonly credentials: AccessKeyConfig
  /** All accounts with their keys, completed. */
  readonly accounts: readonly AccountConfig[]
  /** The configured buckets, which exist from the start and after each reset. */
  readonly buckets: readonly string[]
  /** @param credentials another key, to act as another account */
  clientConfig(credentials?: AccessKeyConfig): ClientConfig
  /**
   * What every principal used since the start with `record: true`, and the least policy for each.
   * @param principal an ARN or its end (`user/NAME`); undefined: all
   */
  recorded(principal?: string): RecordReport
  /** Forgets everything stored and makes the configured buckets again. @throws Error once the server is closed */
  reset(): Promise<void>
  /** Stops. Requests in flight may take `graceMs` (default 1,000) to finish. Calling it again is harmless. */
  close(options?: { graceMs?: number }): Promise<void>
}

/**
 * Starts a server in this process: by default on a free port of 127.0.0.1, in memory, silent. Any number may run at once.
 * @throws UsageError when the options are wrong; StoreError when the data directory cannot be used; an Error with the
 * system's code (EADDRINUSE, ...) that says what to do when the address cannot
 * @example
 * await using s3 = await startSandbucket({ buckets: ['photos'] })
 * const client = new S3Client(s3.clientConfig())
 */
export async function startSandbucket(options: Options = {}): Promise<Sandbucket> {
  const { config } = resolveOptions(options)
  if (config.iam !== undefined)
    await (await import('./check-config-policies.ts')).checkConfigPolicies(config.iam, undefined)
  const log = createLog({ level: config.logLevel, format: config.logFormat })
  const { createServer } = await import('./server.ts')
  const server = await createServer(config, log).catch((cause: unknown) => {
    throw explained(cause, config)
  })
  const endpoint = clientUrl(server.host, server.port, config.tls)
  const credentials = firstKey(config)
  const { ca } = server
  const agents = ca === undefined ? undefined : await import('./http/trusting-agent.ts')
  let closing: Promise<void> | undefined
  const close = ({ graceMs = 1000 } = {}): Promise<void> => {
    closing ??= server.close({ graceMs })
    return closing
  }
  return {
    endpoint,
    host: server.host,
    port: server.port,
    ca,
    region: config.region,
    credentials,
    accounts: config.accounts,
    buckets: config.buckets,
    clientConfig: (key = credentials) => ({
      endpoint,
      region: config.region,
      credentials: { ...key },
      forcePathStyle: true,
      ...(agents && ca !== undefined ? { requestHandler: { httpsAgent: agents.trustingAgent(ca) } } : {}),
    }),
    recorded: (principal) => server.recorder.report(principal),
    async reset() {
      if (closing !== undefined)
        throw new Error(`The server at ${endpoint} is closed. Reset it before close(), or start another.`)
      await server.reset()
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

/** A failed start in our words, with the code of the system. What says already what to do stays as it is. */
function explained(cause: unknown, config: Config): unknown {
  const { code, syscall } = (cause ?? {}) as NodeJS.ErrnoException
  const { exitCode, message } = explainFailure(cause, config)
  if (exitCode !== exitCodes.address) return cause
  const isInUse = code === 'EADDRINUSE'
  const inUse = `Port ${config.port} of ${config.host} is in use. Stop the program that has it, or leave port out: a free one is taken then.`
  return Object.assign(new Error(isInUse ? inUse : message, { cause }), {
    code,
    syscall,
    address: config.host,
    port: config.port,
  })
}

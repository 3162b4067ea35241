/** What this server shows to clients that come with TLS: the certificate somebody brought, or a generated one. */
import type { Config } from '../config/config.ts'
import type { Log } from '../context.ts'
import type { SecretSealer } from '../encryption/secret-sealer.ts'
import type { TlsIdentity } from '../http/tls-front.ts'
import { explain } from '../store/data-dir.ts'
import type { Pair } from './certificate.ts'
import { tlsFolder } from './folder.ts'
import { generatedIdentity } from './generated.ts'
import { serverNames, thisMachine } from './names.ts'
import { ownIdentity } from './own.ts'

/** An identity and, in PEM, the CA that clients have to trust, where it is known. */
export interface Tls {
  identity: TlsIdentity
  ca: string | undefined
}

export interface LoadOptions {
  log: Log
  nowMs: number
  /** Seals private keys that are kept. */
  secrets: SecretSealer
  /** True for host names that mean this server or a bucket of it. */
  isOwnHost(name: string): boolean
  /** Throws what OpenSSL has against a pair. */
  accepts(pair: Pair): void
}

/** @throws UsageError when a certificate that was given cannot be used; StoreError when the data directory cannot */
export async function loadTls(config: Config, options: LoadOptions): Promise<Tls> {
  const { log, nowMs, isOwnHost, secrets } = options
  if (config.tlsCert !== undefined && config.tlsKey !== undefined) {
    return ownIdentity({ cert: config.tlsCert, key: config.tlsKey }, nowMs, log, options.accepts)
  }
  const names = serverNames(config, thisMachine())
  try {
    return await generatedIdentity({ folder: tlsFolder(config.dataDir, secrets), names, nowMs, log, isOwnHost })
  } catch (cause) {
    throw config.dataDir === undefined ? cause : explain(cause, config.dataDir)
  }
}

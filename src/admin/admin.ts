/** What the admin routes need of the server. */
import type { Config } from '../config/config.ts'
import type { Log } from '../context.ts'
import type { KnownHosts } from '../http/known-hosts.ts'
import type { WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { ServiceSessions } from '../sts/service-sessions.ts'
import type { Measurements } from './metrics.ts'
import type { Jwk } from '../sts/jwt.ts'
import type { TokenRequest } from '../sts/test-idp.ts'
import type { SamlRequest } from '../sts/test-saml.ts'

export type { ServiceAnswer, ServiceSession } from '../sts/service-sessions.ts'

export interface AdminDeps {
  config: Config
  /** Of the package, bare semver. */
  version: string
  log: Log
  /** False until what the configuration asks for exists, and again once shutdown has begun. */
  isReady(): boolean
  /** Any value that JSON can hold: which operations exist, which do not and why. */
  coverage(): Promise<unknown>
  /** What was decided about a request, by its id, as JSON can hold it; undefined when it is forgotten or never was. */
  explain(requestId: string): Promise<unknown>
  /** The last requests, the newest first, as JSON can hold them; `onlyFailures`: those answered with an error. */
  requests(count: number, onlyFailures: boolean): Promise<unknown>
  /** What every principal used, and the least policy for it, as JSON can hold it. */
  recorder: { start(nowMs: number): void; stop(nowMs: number): void; report(principal?: string): unknown }
  metrics(): Promise<Measurements>
  /** Forgets everything stored and makes the configured buckets again. */
  reset(): Promise<void>
  /** The certificate, in PEM, of the CA that clients with TLS have to trust; undefined without TLS or when unknown. */
  ca?: string | undefined
  /** The server's time, in ms. */
  now(): number
  /** Sessions of roles for code that has no keys. */
  roles: Pick<ServiceSessions, 'ofRole' | 'instanceProfile' | 'ofInstance'>
  /** The test identity provider. */
  idp: {
    issuer: string
    token(request: TokenRequest): Promise<string>
    keys(): Promise<{ keys: Jwk[] }>
    /** Of the tokens that accounts issue themselves (GetWebIdentityToken). */
    outboundKeys(): Promise<{ keys: Jwk[] }>
    /** In Base64. */
    samlResponse(request: SamlRequest): Promise<string>
    /** XML. */
    samlMetadata(): Promise<string>
  }
  /** Hosts that are answered while no key is configured. */
  knownHosts: Pick<KnownHosts, 'knows'>
  /** Whether a request for `/` is for S3 as a whole, by its Host: no bucket, no other service. */
  isServiceLevel(request: WireRequest): MaybePromise<boolean>
  bucketExists(name: string): MaybePromise<boolean>
}

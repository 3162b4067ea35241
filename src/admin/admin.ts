/** What the admin routes need of the server. */
import type { Config } from '../config/config.ts'
import type { Log } from '../context.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'

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
  /** Forgets everything stored and makes the configured buckets again. */
  reset(): Promise<void>
  /** The certificate, in PEM, of the CA that clients with TLS have to trust; undefined without TLS or when unknown. */
  ca?: string | undefined
  bucketExists(name: string): MaybePromise<boolean>
}

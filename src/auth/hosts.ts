/**
 * Under which other names this server may have been signed for. A URL presigned for `minio:9000` inside a network of
 * containers is opened as `localhost:9000` by a browser; the signature covers Host, so it is also tried with the names
 * this server is known by. Tried only after the received Host has failed; every name still needs a valid signature.
 * An alias replaces only the server's part of a host: a name that would address another bucket, or the same bucket in
 * the other addressing style, is none. Otherwise a signature for one bucket would open another.
 */
import type { WireRequest } from '../http/wire.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { Lru } from './lru.ts'

export interface HostOptions {
  /** Configured `host[:port]` names. */
  publicHosts: readonly string[]
  /** Only the received Host counts. */
  strictHost: boolean
  /** What the machine or container calls itself. */
  hostname: string
  /** The port listened on, once it is known. */
  port: () => number | undefined
  /** Whether the request, sent with this Host header, would address what it addresses now (`Addresser`). */
  isAlias: (request: WireRequest, host: string) => MaybePromise<boolean>
}

const learnedCapacity = 16
const longestHost = 255

/** The names of this server, configured, implied and learned. */
export class HostAliases {
  readonly #options: HostOptions
  readonly #learned = new Lru<true>(learnedCapacity)
  #lastLearned = ''

  constructor(options: HostOptions) {
    this.#options = options
  }

  /**
   * Remembers the server's part of the Host of a validly signed request.
   * @param bucket the bucket when it was addressed by host: its name is no part of the server's
   */
  learn(host: string, bucket: string | undefined): void {
    if (this.#options.strictHost || host === this.#lastLearned || host === '' || host.length > longestHost) return
    this.#lastLearned = host
    const name = serverPart(host, bucket)
    if (name !== undefined) this.#learned.set(name, true)
  }

  /**
   * Names to try beside the received one, best first, without repeats: forwarded, configured, the machine's own with
   * the listening and the received port, learned. Whether a name addresses the same bucket is not looked at here.
   */
  candidates(received: string, forwarded: string | undefined, bucket: string | undefined): string[] {
    if (this.#options.strictHost) return []
    const names = new Set<string>()
    if (forwarded !== undefined) names.add(firstOf(forwarded))
    const prefix = bucket === undefined ? '' : `${bucket}.`
    const add = (name: string): unknown => names.add(prefix + name)
    for (const name of this.#options.publicHosts) add(name)
    for (const name of this.#ownNames(received)) add(name)
    for (const name of [...this.#learned.keys()].reverse()) add(name)
    names.delete(received)
    names.delete('')
    return [...names]
  }

  /** Whether a candidate may stand for the received Host of an S3 request. */
  isAlias(request: WireRequest, host: string): MaybePromise<boolean> {
    return this.#options.isAlias(request, host)
  }

  #ownNames(received: string): string[] {
    const ports = new Set<string>()
    const listening = this.#options.port()
    if (listening !== undefined) ports.add(`:${listening}`)
    const receivedPort = /:\d{1,5}$/.exec(received)?.[0]
    if (receivedPort !== undefined) ports.add(receivedPort)
    ports.add('')
    const names: string[] = []
    for (const name of ['localhost', '127.0.0.1', '[::1]', this.#options.hostname]) {
      if (name !== '') for (const port of ports) names.push(name + port)
    }
    return names
  }
}

/** The host without the bucket in front of it; undefined when the whole host is the bucket (a domain of its own). */
function serverPart(host: string, bucket: string | undefined): string | undefined {
  if (bucket === undefined) return host
  // Host names have no case, names of buckets are always lower case.
  return host.toLowerCase().startsWith(`${bucket}.`) ? host.slice(bucket.length + 1) : undefined
}

/** Each proxy appends itself to X-Forwarded-Host; the client's own is the first. */
function firstOf(forwarded: string): string {
  const comma = forwarded.indexOf(',')
  return (comma < 0 ? forwarded : forwarded.slice(0, comma)).trim()
}

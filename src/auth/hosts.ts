/**
 * Under which other names this server may have been signed for. A URL presigned for `minio:9000` inside a network of
 * containers is opened as `localhost:9000` by a browser; the signature covers Host, so it is also tried with the names
 * this server is known by. Tried only after the received Host has failed; every name still needs a valid signature.
 */
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
  /** The scheme's default port is left out of Host by clients. */
  isTls?: boolean
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
   * Remembers the Host of a validly signed request.
   * @param bucket the bucket when it was addressed by host: its label is no part of the server's name
   */
  learn(host: string, bucket: string | undefined): void {
    if (this.#options.strictHost || host === this.#lastLearned || host === '' || host.length > longestHost) return
    this.#lastLearned = host
    this.#learned.set(withoutBucket(host, bucket), true)
  }

  /**
   * Names to try beside the received one, best first, without repeats: forwarded, configured, the machine's own with
   * the listening and the received port, learned.
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

function withoutBucket(host: string, bucket: string | undefined): string {
  return bucket !== undefined && host.startsWith(`${bucket}.`) ? host.slice(bucket.length + 1) : host
}

/** Each proxy appends itself to X-Forwarded-Host; the client's own is the first. */
function firstOf(forwarded: string): string {
  const comma = forwarded.indexOf(',')
  return (comma < 0 ? forwarded : forwarded.slice(0, comma)).trim()
}

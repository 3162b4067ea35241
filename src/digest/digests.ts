/**
 * The digests of a body, computed while its bytes pass: those of a large one in a thread of their own where there is
 * one (`digest-thread.ts`), so that receiving and enciphering go on meanwhile.
 */
import type { Readable } from 'node:stream'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { whenReady } from '../lib/when-ready.ts'
import type { ChecksumAlgorithm } from '../store/records.ts'
import { threadDigests } from './digest-thread.ts'
import { createHasher, type Hasher } from './hasher.ts'

/** Base64, by algorithm. */
export type DigestValues = ReadonlyMap<ChecksumAlgorithm, string>

/** Takes bytes in order, then gives the digests once. */
export interface Digests {
  /** A promise: no more bytes until it resolves. The chunk must stay as it is only until this returns. */
  update(chunk: Uint8Array): void | Promise<void>
  /** @throws Error when the thread has died */
  digest(): MaybePromise<DigestValues>
  /** There will be no more. */
  abandon(): void
}

/** What is to be computed: MD5 is one like the others; what is undefined or comes twice is left out. */
export type Wanted = readonly (ChecksumAlgorithm | undefined)[]

/** @param sizeBytes of the body; undefined: not known, and taken to be large */
export function openDigests(wanted: Wanted, sizeBytes?: number): MaybePromise<Digests> {
  const algorithms = [...new Set(wanted)].filter((algorithm) => algorithm !== undefined)
  return threadDigests(algorithms, sizeBytes) ?? localDigests(algorithms)
}

/** The MD5 as an entity tag shows it; undefined when it was not wanted. */
export function md5Hex(values: DigestValues): string | undefined {
  const base64 = values.get('MD5')
  return base64 && Buffer.from(base64, 'base64').toString('hex')
}

/** Computed where it is called. */
export function localDigests(algorithms: readonly ChecksumAlgorithm[]): MaybePromise<Digests> {
  const hashers = algorithms.map((algorithm) => createHasher(algorithm))
  const isReady = (hasher: MaybePromise<Hasher>): hasher is Hasher => !(hasher instanceof Promise)
  return whenReady(
    hashers.every(isReady) ? hashers : Promise.all(hashers),
    (ready) => new LocalDigests(algorithms, ready),
  )
}

/** Of bytes that are read anew. */
export async function digestsOf(
  content: Uint8Array | Readable,
  wanted: Wanted,
  sizeBytes: number,
): Promise<DigestValues> {
  const digests = await openDigests(wanted, sizeBytes)
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) await digests.update(chunk)
    return await digests.digest()
  } catch (cause) {
    digests.abandon()
    throw cause
  }
}

class LocalDigests implements Digests {
  readonly #algorithms: readonly ChecksumAlgorithm[]
  readonly #hashers: readonly Hasher[]

  constructor(algorithms: readonly ChecksumAlgorithm[], hashers: readonly Hasher[]) {
    this.#algorithms = algorithms
    this.#hashers = hashers
  }

  update(chunk: Uint8Array): void {
    for (const hasher of this.#hashers) hasher.update(chunk)
  }

  digest(): DigestValues {
    const values = this.#hashers.map((hasher) => hasher.digest().toString('base64'))
    return new Map(this.#algorithms.map((algorithm, n) => [algorithm, values[n] as string]))
  }

  abandon(): void {}
}

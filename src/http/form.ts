/**
 * A multipart/form-data body as S3 reads it: fields up to the first part named `file`, then that part as a stream.
 * What follows the file is ignored. The fields are bounded before anything is checked.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import { AwsError, error } from '../errors.ts'
import { guarded } from '../lib/guard.ts'
import { defaultIdleTimeoutMs } from './body.ts'
import type { RequestBody } from './request-body.ts'
import { header, type WireRequest } from './wire.ts'

/** AWS takes at most 20 KB of fields before the file. */
const maxFieldBytes = 20 * 1024
const maxFields = 200

export interface FormHead {
  /** In their order, names as sent; of repeats the last one counts. */
  readonly fields: ReadonlyMap<string, string>
  /** The name that the file has on the client's disk, without folders. */
  readonly fileName: string | undefined
  /** The file's bytes; its size is not known before its end. */
  readonly file: RequestBody
}

const noTrailers: ReadonlyMap<string, string> = new Map()

/** Streams the file part, and ends only when the form has ended well. */
class FilePart implements RequestBody {
  readonly sizeBytes = undefined
  readonly trailers = noTrailers
  readonly #file: AsyncIterable<Buffer>
  readonly #whole: Promise<void>

  constructor(file: AsyncIterable<Buffer>, whole: Promise<void>) {
    this.#file = file
    this.#whole = whole
  }

  async forEach(sink: (chunk: Buffer) => void | Promise<void>): Promise<void> {
    try {
      for await (const chunk of this.#file) await sink(chunk)
      await this.#whole
    } catch (cause) {
      throw cause instanceof AwsError ? cause : malformed(cause)
    }
  }
}

const malformed = (cause?: unknown): AwsError => error('MalformedPOSTRequest', {}, { cause })

/**
 * Reads a form up to its file.
 * @param idleMs how long the client may stay silent, up to the end of the form
 * @throws AwsError MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument without a file, IncompleteBody,
 * RequestTimeout
 */
export function readFormHead(request: WireRequest, idleMs = defaultIdleTimeoutMs): Promise<FormHead> {
  return new Promise((resolve, reject) => {
    const parser = createParser(request)
    const fields = new Map<string, string>()
    let sizeBytes = 0
    let file: BusboyFileStream | undefined
    let settleWhole: (cause?: unknown) => void = () => {}
    const whole = new Promise<void>((done, fail) => {
      settleWhole = (cause) => (cause === undefined ? done() : fail(cause))
    })
    // Whoever reads the file waits for it; before that nobody does.
    whole.catch(() => {})
    const watch = watchSilence(request, idleMs, () =>
      fail(error('RequestTimeout', {}, { headers: { Connection: 'close' } })),
    )
    const fail = (cause: unknown) => {
      watch.end()
      request.stream.unpipe(parser)
      request.stream.pause()
      // Whoever reads the file hears of it too.
      file?.destroy(cause as Error)
      settleWhole(cause)
      reject(cause)
    }
    // What a listener throws would end the process.
    const listen = <Args extends unknown[]>(listener: (...args: Args) => void) =>
      guarded(listener, (cause) => fail(cause instanceof AwsError ? cause : malformed(cause)))
    const onField = (name: string | undefined, value: string, _nameCut: boolean, isCut: boolean): void => {
      if (file !== undefined) return
      // RFC 7578, 4.2: every part has a name.
      if (name === undefined) {
        fail(malformed())
        return
      }
      sizeBytes += name.length + value.length
      if (isCut || sizeBytes > maxFieldBytes || fields.size >= maxFields) fail(error('MaxPostPreDataLengthExceeded'))
      else fields.set(name, value)
    }
    const onFile = (_name: string, part: BusboyFileStream, fileName: string | undefined): void => {
      // A form cut short breaks the part too, perhaps before anybody reads it.
      part.on('error', (cause: unknown) => fail(cause instanceof AwsError ? cause : malformed(cause)))
      if (file !== undefined) {
        part.resume()
        return
      }
      file = part
      resolve({ fields, fileName: fileName || undefined, file: new FilePart(part, whole) })
    }
    parser.on('field', listen(onField))
    parser.on('file', listen(onFile))
    parser.on('finish', () => {
      watch.end()
      if (file !== undefined) return settleWhole()
      const message = 'POST requires exactly one file upload per request.'
      fail(error('InvalidArgument', { ArgumentName: 'file', ArgumentValue: 0 }, { message }))
    })
    parser.on('error', (cause: unknown) => fail(cause instanceof AwsError ? cause : malformed(cause)))
    request.stream.on('error', () => fail(error('IncompleteBody')))
    request.stream.on('close', () => {
      if (!request.stream.readableEnded) fail(error('IncompleteBody'))
    })
    request.sendContinue()
    request.stream.pipe(parser)
  })
}

/** Says when a client has been silent; while nobody takes what it has sent, it need not send more. */
function watchSilence({ stream }: WireRequest, idleMs: number, onSilence: () => void): { end(): void } {
  const timer = setTimeout(() => {
    if (stream.isPaused() || stream.readableLength > 0) timer.refresh()
    else if (!stream.readableEnded) onSilence()
  }, idleMs).unref()
  const onData = () => void timer.refresh()
  stream.on('data', onData)
  return {
    end() {
      clearTimeout(timer)
      stream.off('data', onData)
    },
  }
}

function createParser(request: WireRequest): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': header(request, 'content-type') ?? '' },
      limits: { fieldSize: maxFieldBytes, fields: maxFields + 1, headerPairs: 50 },
      // A file is what is called so: browsers and programs also send it without a name of its own.
      isPartAFile: (name) => name === 'file',
    })
  } catch (cause) {
    throw malformed(cause)
  }
}

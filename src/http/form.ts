/**
 * A multipart/form-data body as S3 reads it: fields up to the first part named `file`, then that part as a stream.
 * What follows the file is ignored. The fields are bounded before anything is checked.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import { AwsError, error } from '../errors.ts'
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
 * @throws AwsError MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument without a file, IncompleteBody
 */
export function readFormHead(request: WireRequest): Promise<FormHead> {
  return new Promise((resolve, reject) => {
    const parser = createParser(request)
    const fields = new Map<string, string>()
    let sizeBytes = 0
    let hasFile = false
    let settleWhole: (cause?: unknown) => void = () => {}
    const whole = new Promise<void>((done, fail) => {
      settleWhole = (cause) => (cause === undefined ? done() : fail(cause))
    })
    // Whoever reads the file waits for it; before that nobody does.
    whole.catch(() => {})
    const fail = (cause: unknown) => {
      request.stream.unpipe(parser)
      request.stream.pause()
      settleWhole(cause)
      reject(cause)
    }
    parser.on('field', (name: string, value: string, _nameCut: boolean, isCut: boolean) => {
      if (hasFile) return
      sizeBytes += name.length + value.length
      if (isCut || sizeBytes > maxFieldBytes || fields.size >= maxFields) fail(error('MaxPostPreDataLengthExceeded'))
      else fields.set(name, value)
    })
    parser.on('file', (_name: string, file: BusboyFileStream, fileName: string) => {
      // A form cut short breaks the part too, perhaps before anybody reads it.
      file.on('error', (cause: unknown) => fail(malformed(cause)))
      if (hasFile) {
        file.resume()
        return
      }
      hasFile = true
      resolve({ fields, fileName: fileName || undefined, file: new FilePart(file, whole) })
    })
    parser.on('finish', () => {
      if (hasFile) return settleWhole()
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

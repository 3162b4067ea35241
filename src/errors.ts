/**
 * The one error class of the project. A handler throws `error('NoSuchKey', { Key })`; the writer turns it into AWS's
 * XML. Codes, statuses and messages are in `error-table.ts`.
 */
import { type ErrorCode, errorTable } from './error-table.ts'

/** Further elements of the error document, in order: `Key`, `BucketName`, `ArgumentName`, ... Undefined ones are left out. */
export type ErrorFields = Record<string, string | number | undefined>

export interface ErrorOptions {
  /** Replaces the table's message. */
  message?: string
  status?: number
  /** Headers of the error response (`x-amz-bucket-region`, `x-amz-delete-marker`, ETag on 304, ...). */
  headers?: Record<string, string>
  /** AWS's front end answers without a document. */
  isBare?: boolean
  cause?: unknown
  /** Why, for explanations and the log; the caller is not told. */
  reason?: string | undefined
}

/** An answer of AWS that is not success. Anything else that is thrown becomes InternalError and is logged with its cause. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  readonly fields: ErrorFields
  readonly headers: Record<string, string>
  readonly isBare: boolean
  /** What the answer does not tell, for explanations. */
  readonly reason: string | undefined

  constructor(code: string, message: string, status: number, fields: ErrorFields = {}, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AwsError'
    this.code = code
    this.status = status
    this.fields = fields
    this.headers = options.headers ?? {}
    this.isBare = options.isBare === true
    this.reason = options.reason
  }
}

/** Makes the error of a code in the table. `options.message` replaces its text where AWS has several for one code. */
export function error(code: ErrorCode, fields: ErrorFields = {}, options: ErrorOptions = {}): AwsError {
  const row = errorTable[code]
  return new AwsError(code, options.message ?? row.message, options.status ?? row.status, fields, options)
}

/** The honest answer for something of AWS that is not built. @param reason a clause: `websites are not served` */
export function notImplemented(what: string, reason: string | undefined): AwsError {
  const why = reason === undefined ? ' yet' : `: ${reason}`
  const message = `${what} is not implemented by Sandbucket${why}. See /_sandbucket/coverage for what is.`
  return error('NotImplemented', { Operation: what }, { message })
}

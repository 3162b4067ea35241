/**
 * Answers that begin before their work is done. Completing and copying may take longer than clients and proxies wait in
 * silence; AWS then sends `200 OK` at once, white space while it works, and at the end the result or an error document.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html "Response and special errors"
 */
import { Readable } from 'node:stream'
import type { WireResponse } from './http/wire.ts'
import { XML_DECLARATION } from './protocol/xml-write.ts'

/** When an answer begins that has no result yet, and how often white space follows; in ms. */
export interface Pace {
  readonly silentMs: number
  readonly spaceMs: number
}

const operations: ReadonlySet<string> = new Set(['CompleteMultipartUpload', 'CopyObject', 'UploadPartCopy'])

/** Whether AWS answers an operation before it is done. */
export const mayAnswerLate = (operation: string): boolean => operations.has(operation)

/**
 * The answer, or, when there is none in time, one that ends with it. The work goes on when the client leaves.
 * @param working the answer as a document; it may reject as long as it is in time
 * @param failed writes the error document of work that fails later
 */
export async function answerInTime(
  working: Promise<WireResponse>,
  failed: (cause: unknown) => WireResponse,
  { silentMs, spaceMs }: Pace,
): Promise<WireResponse> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, silentMs, undefined)
  })
  try {
    return (await Promise.race([working, tooLong])) ?? begin(working.catch(failed), spaceMs)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Assumed: the XML declaration leaves first, because a document with white space before it could not be read.
 * What would be in headers is not told any more: they have left.
 */
function begin(working: Promise<WireResponse>, spaceMs: number): WireResponse {
  const body = new Readable({ read() {} })
  body.push(XML_DECLARATION)
  const beat = setInterval(() => body.push(' '), spaceMs)
  body.once('close', () => clearInterval(beat))
  const ended = working.then((response) => {
    clearInterval(beat)
    if (body.destroyed) return
    const document = typeof response.body === 'string' ? response.body : ''
    body.push(document.slice(XML_DECLARATION.length))
    body.push(null)
  })
  // Work that fails in a way nobody can write down: the answer is cut.
  const until = ended.catch((cause: unknown) => void body.destroy(cause as Error))
  return { status: 200, headers: { 'Content-Type': 'application/xml' }, body, until }
}

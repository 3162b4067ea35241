/** The payload of an annotation as it comes in: 1 byte to 1 MiB of UTF-8 text, checked chunk by chunk. */
import { TextDecoder } from 'node:util'
import { error } from '../../errors.ts'
import type { RequestBody } from '../../http/request-body.ts'

const maxPayloadBytes = 1024 ** 2

const tooLarge = (ProposedSize: number) => error('EntityTooLarge', { ProposedSize, MaxSizeAllowed: maxPayloadBytes })

function decode(decoder: TextDecoder, chunk: Buffer | undefined): void {
  try {
    if (chunk === undefined) decoder.decode()
    else decoder.decode(chunk, { stream: true })
  } catch (cause) {
    throw error('UnsupportedMediaType', {}, { cause })
  }
}

/**
 * The body, refused as soon as it is too long or no text.
 * Assumed: codes of a wrong size, because AWS documents the limits only.
 * @throws from `forEach`: EntityTooLarge, InvalidRequest (empty), UnsupportedMediaType
 */
export function annotationPayload(body: RequestBody): RequestBody {
  if (body.sizeBytes !== undefined && body.sizeBytes > maxPayloadBytes) throw tooLarge(body.sizeBytes)
  return {
    sizeBytes: body.sizeBytes,
    get trailerNames() {
      return body.trailerNames ?? []
    },
    trailers: body.trailers,
    async forEach(sink) {
      const decoder = new TextDecoder('utf-8', { fatal: true })
      let sizeBytes = 0
      const checked = (chunk: Buffer): void | Promise<void> => {
        sizeBytes += chunk.length
        if (sizeBytes > maxPayloadBytes) throw tooLarge(sizeBytes)
        decode(decoder, chunk)
        return sink(chunk)
      }
      await body.forEach(checked)
      decode(decoder, undefined)
      if (sizeBytes > 0) return
      throw error('InvalidRequest', {}, { message: 'The annotation payload must be between 1 byte and 1 MiB.' })
    },
  }
}

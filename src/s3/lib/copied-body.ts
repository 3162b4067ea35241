/**
 * The body of a copy. The bytes are shared and only their data key is sealed anew, so it takes no longer for larger
 * ones. What an older version stored in plain is encrypted on this occasion, by writing it again.
 */
import type { Ctx } from '../../context.ts'
import type { Sealer } from '../../encryption/sealer.ts'
import type { BodyRef } from '../../store/records.ts'
import type { StagedBody } from '../../store/store.ts'
import type { ByteRange } from './range.ts'

/**
 * A new body out of a range of another. Undefined when that has gone meanwhile.
 * @param from opens the source's key
 * @param to seals the copy's; undefined: the copy is in plain (a part of an upload that an older version began)
 */
export async function copiedBody(
  { store }: Pick<Ctx, 'store'>,
  source: BodyRef,
  { start, end }: ByteRange,
  from: Sealer,
  to: Sealer | undefined,
): Promise<StagedBody | undefined> {
  const isEncrypted = source.sealedKey !== undefined
  const isSame = isEncrypted === (to !== undefined)
  if (isSame || source.kind === 'empty') return store.bodies.slice(source, start, end, from, to)
  const content = await store.bodies.read(source, start, end, from)
  if (content === undefined) return undefined
  const writer = store.bodies.writer(to)
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) await writer.write(chunk as Buffer)
    return await writer.finish()
  } catch (cause) {
    await writer.abort()
    throw cause
  }
}

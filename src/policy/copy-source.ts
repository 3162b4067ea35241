/** The object named by x-amz-copy-source, as permission needs it; faults of the header are the handler's to word. */
import { splitCopySource } from '../lib/copy-source.ts'

export interface CopySource {
  bucket: string
  key: string
  versionId: string | undefined
}

/** The object that a copy source names; undefined when it names none. */
export function readCopySource(header: string): CopySource | undefined {
  const source = splitCopySource(header)
  if (source === undefined || source.path.startsWith('arn:')) return undefined
  const { path, versionId } = source
  const start = path.startsWith('/') ? 1 : 0
  const slash = path.indexOf('/', start)
  const key = path.slice(slash + 1)
  if (slash <= start || key === '') return undefined
  return { bucket: path.slice(start, slash), key, versionId }
}

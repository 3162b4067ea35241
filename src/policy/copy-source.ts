/** The object named by x-amz-copy-source, as permission needs it; faults of the header are the handler's to word. */
import { decodePath } from '../lib/percent.ts'

export interface CopySource {
  bucket: string
  key: string
  versionId: string | undefined
}

/** `[/]BUCKET/KEY[?versionId=ID]`, percent-encoded; undefined when it names no object. */
export function readCopySource(header: string): CopySource | undefined {
  const question = header.indexOf('?')
  const path = decodePath(question === -1 ? header : header.slice(0, question))
  if (path === undefined || path.startsWith('arn:')) return undefined
  const start = path.startsWith('/') ? 1 : 0
  const slash = path.indexOf('/', start)
  const key = path.slice(slash + 1)
  if (slash <= start || key === '') return undefined
  const pair = question === -1 ? [] : header.slice(question + 1).split('&')
  const version = pair.find((text) => text.startsWith('versionId='))?.slice('versionId='.length)
  return { bucket: path.slice(start, slash), key, versionId: version && (decodePath(version) ?? version) }
}

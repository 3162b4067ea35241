/** Copies of 5 GiB: no byte of the object is to be moved. */
import type { Child } from './child.ts'
import { element, prepare, timed } from './client.ts'
import { atMost, type Row } from './report.ts'
import { withSandbucket } from './sandbucket.ts'

const pieceBytes = 64 * 2 ** 20
/** Of 5 GiB, the most that CopyObject takes. */
const pieces = 80
const rounds = 5

/** The object is made of copies of one piece, so that it needs the disk of one piece only. */
export async function copy(): Promise<Row[]> {
  return withSandbucket(async (server) => {
    await prepare(server, { method: 'PUT', path: '/bench/piece', body: Buffer.alloc(pieceBytes, 7) })()
    await joinPieces(server, '/bench/joined')
    return [await copyRow(server, '/bench/joined', `Copy of an object of 5 GiB in ${pieces} parts`)]
  })
}

/** A row for copies of one object. */
export async function copyRow(server: Child, source: string, what: string): Promise<Row> {
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) {
    const headers = { 'X-Amz-Copy-Source': source }
    seconds.push(await timed(prepare(server, { method: 'PUT', path: `${source}-copy-${round}`, headers })))
  }
  // The first counts as well: whatever it finds out about the source and keeps is part of its work.
  const text = `longest of ${seconds.map((value) => `${(value * 1000).toFixed(1)} ms`).join(', ')}`
  return atMost(what, text, Math.max(...seconds), 1, ' s')
}

async function joinPieces(server: Child, path: string): Promise<void> {
  const begun = await prepare(server, { method: 'POST', path: `${path}?uploads=` })()
  const uploadId = encodeURIComponent(element(begun.text, 'UploadId'))
  let list = ''
  for (let number = 1; number <= pieces; number++) {
    const partPath = `${path}?partNumber=${number}&uploadId=${uploadId}`
    const headers = { 'X-Amz-Copy-Source': '/bench/piece' }
    const { text } = await prepare(server, { method: 'PUT', path: partPath, headers })()
    list += `<Part><PartNumber>${number}</PartNumber><ETag>${element(text, 'ETag')}</ETag></Part>`
  }
  const body = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`)
  await prepare(server, { method: 'POST', path: `${path}?uploadId=${uploadId}`, body })()
}

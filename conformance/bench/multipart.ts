/** Completing an upload of 10,000 parts, and reading what came of it. */
import { createHash } from 'node:crypto'
import type { Child } from './child.ts'
import { element, prepare, timed } from './client.ts'
import { median, sendAll } from './load.ts'
import { atMost, type Row } from './report.ts'
import { keys, withSandbucket } from './sandbucket.ts'
import { signedBytes } from './sign.ts'

const partsCount = 10_000
const partBytes = 1024
const rounds = 3

/** Two uploads, because the first one also warms up; parts are small, which completing cannot tell. */
export async function multipart(): Promise<Row[]> {
  return withSandbucket(
    async (server) => {
      const seconds = { complete: [] as number[], get: [] as number[] }
      for (let round = 0; round < rounds; round++) {
        const path = `/bench/parts-${round}`
        const complete = await uploadParts(server, path)
        seconds.complete.push(await timed(complete))
        const get = prepare(server, { method: 'GET', path })
        seconds.get.push(
          await timed(async () => {
            const { sizeBytes } = await get()
            if (sizeBytes !== partsCount * partBytes) throw new Error(`${path} has ${sizeBytes} bytes`)
          }),
        )
      }
      const text = (values: number[]) =>
        `median of ${values.map((value) => `${(value * 1000).toFixed(0)} ms`).join(', ')}`
      const what = `CompleteMultipartUpload of ${partsCount.toLocaleString('en')} parts`
      return [
        atMost(what, text(seconds.complete), median(seconds.complete), 1, ' s'),
        atMost('First GET of that object, whole', text(seconds.get), median(seconds.get), 1, ' s'),
      ]
    },
    ['--min-part-size', '1'],
  )
}

/** Uploads the parts; the function it gives completes. */
async function uploadParts(server: Child, path: string): Promise<() => Promise<unknown>> {
  const begun = await prepare(server, { method: 'POST', path: `${path}?uploads=` })()
  const uploadId = encodeURIComponent(element(begun.text, 'UploadId'))
  const requests: Buffer[] = []
  let list = ''
  for (let number = 1; number <= partsCount; number++) {
    const body = Buffer.alloc(partBytes, `part ${number} of ${path} `)
    const partPath = `${path}?partNumber=${number}&uploadId=${uploadId}`
    requests.push(signedBytes(server.port, keys, { method: 'PUT', path: partPath, body }))
    const ETag = createHash('md5').update(body).digest('hex')
    list += `<Part><PartNumber>${number}</PartNumber><ETag>"${ETag}"</ETag></Part>`
  }
  await sendAll(server.port, requests)
  const body = Buffer.from(`<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`)
  return prepare(server, { method: 'POST', path: `${path}?uploadId=${uploadId}`, body })
}

/** The yardsticks: a bare Koa "hello" and a node:http file stream, as a process of its own like the server under test. */
import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'

const [kind, file] = process.argv.slice(2)

function listen(server: ReturnType<typeof createServer>): void {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    process.stdout.write(`${JSON.stringify({ event: 'listening', url: `http://127.0.0.1:${port}` })}\n`)
  })
}

if (kind === 'koa') {
  const app = new Koa()
  app.use((ctx) => {
    ctx.body = 'hello'
  })
  listen(createServer(app.callback()))
} else if (kind === 'file' && file !== undefined) {
  const size = statSync(file).size
  listen(
    createServer((_request, response) => {
      response.writeHead(200, { 'Content-Length': size })
      createReadStream(file).pipe(response)
    }),
  )
} else {
  process.stderr.write('usage: hello.js koa | file PATH\n')
  process.exitCode = 2
}

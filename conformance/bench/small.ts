/**
 * Small signed requests against a bare Koa "hello": requests per second, taking turns. A machine that is shared may be
 * twice as fast a few seconds later, so what counts is the median of what each turn says. Reads come after writes: what
 * writes leave to do in the background is not to slow the other server.
 */
import { fileURLToPath } from 'node:url'
import { startChild } from './child.ts'
import { load, median, sendAll } from './load.ts'
import { atLeast, type Row } from './report.ts'
import { keys, withSandbucket } from './sandbucket.ts'
import { signedBytes } from './sign.ts'

const rounds = 15
const secondsEach = 1

export async function small(): Promise<Row[]> {
  const hello = await startChild([fileURLToPath(new URL('./hello.js', import.meta.url)), 'koa'])
  try {
    return await withSandbucket(async (server) => {
      const body = Buffer.alloc(1024, 'x')
      const puts = Array.from({ length: 2000 }, (_, n) =>
        signedBytes(server.port, keys, { method: 'PUT', path: `/bench/small/${n}`, body }),
      )
      const gets = Array.from({ length: 2000 }, (_, n) =>
        signedBytes(server.port, keys, { method: 'GET', path: `/bench/small/${n}` }),
      )
      const plain = [Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${hello.port}\r\n\r\n`)]
      await sendAll(server.port, puts)
      await load(server.port, gets, 1)
      await load(hello.port, plain, 1)
      const rates = { hello: [] as number[], get: [] as number[], put: [] as number[] }
      const ratios = { get: [] as number[], put: [] as number[] }
      const cpuUs = { get: [] as number[], put: [] as number[] }
      for (let round = 0; round < rounds; round++) {
        const koa = (await load(hello.port, plain, secondsEach)).perSecond
        rates.hello.push(koa)
        for (const [name, requests] of [
          ['put', puts],
          ['get', gets],
        ] as const) {
          const before = server.cpuMs()
          const result = await load(server.port, requests, secondsEach)
          if (result.errors > 0) throw new Error(`${result.errors} of ${result.requests} ${name} requests failed`)
          rates[name].push(result.perSecond)
          ratios[name].push(result.perSecond / koa)
          cpuUs[name].push(((server.cpuMs() - before) * 1000) / result.requests)
        }
      }
      const line = (name: 'get' | 'put') =>
        `${Math.round(median(rates[name]))}/s (${median(cpuUs[name]).toFixed(0)} us CPU) against ${Math.round(median(rates.hello))}/s; median of ${rounds} turns`
      return [
        atLeast('Signed GET of 1 KiB / bare Koa hello', line('get'), median(ratios.get), 0.5),
        atLeast('Signed PUT of 1 KiB / bare Koa hello', line('put'), median(ratios.put), 0.35),
      ]
    })
  } finally {
    await hello.stop()
  }
}

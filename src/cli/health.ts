/** `sandbucket health`: asks the server at the configured address whether it is ready. For container health checks. */
import { get } from 'node:http'
import type { Config } from '../config/config.ts'
import { exitCodes } from './exit-codes.ts'
import { clientUrl } from './exports.ts'
import type { Io } from './io.ts'

/** Exit code 0 when it answers 200 within two seconds. */
export function health(config: Config, io: Io): Promise<number> {
  // Without TLS, which is never the only way in: whether the certificate is trusted here is another question.
  const url = `${clientUrl(config.host, config.port, false)}/_sandbucket/health/ready`
  return new Promise((resolve) => {
    const request = get(url, { timeout: 2000, agent: false }, (response) => {
      response.resume()
      const isReady = response.statusCode === 200
      io.out(`${isReady ? 'ready' : `not ready: status ${response.statusCode}`}\n`)
      resolve(isReady ? exitCodes.clean : exitCodes.crash)
    })
    request.on('timeout', () => request.destroy(new Error('no answer within 2 s')))
    request.on('error', (cause) => {
      io.err(`${url}: ${cause.message}\n`)
      resolve(exitCodes.crash)
    })
  })
}

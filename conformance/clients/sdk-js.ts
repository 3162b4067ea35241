/** AWS SDK for JavaScript v3, the development dependency of this package. */
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../lib/program.ts'
import type { Client } from '../lib/scenario.ts'

export const sdkJs: Client = {
  name: 'sdk-js',
  styles: ['path', 'virtual'],
  install: 'npm ci',
  async version() {
    const manifest: { version: string } = createRequire(import.meta.url)('@aws-sdk/client-s3/package.json')
    return `@aws-sdk/client-s3 ${manifest.version}, Node.js ${process.version}`
  },
  // A process of its own: the environment is its whole configuration, as in a user's program.
  run: (target, report) => {
    const program = fileURLToPath(new URL(`./sdk-js/run${extname(import.meta.url)}`, import.meta.url))
    return runProgram([process.execPath, ...process.execArgv, program], target, `sdk-js/${target.style}`, report)
  },
}

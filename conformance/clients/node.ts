/** Clients written in JavaScript that only this run needs: minio-js, and the AWS SDK for JavaScript v2. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { nodeClients, source } from '../lib/paths.ts'
import { runProgram } from '../lib/program.ts'
import type { Client } from '../lib/scenario.ts'

export const minioJs = client('minio-js', 'minio')
export const sdkJsV2 = client('sdk-js-v2', 'aws-sdk')

/** The scenarios of `clients/node/NAME.mjs`, which loads `npmPackage` from a folder of its own. */
function client(name: string, npmPackage: string): Client {
  return {
    name,
    styles: ['path'],
    install: `npm install --prefix ${nodeClients} --no-save minio aws-sdk@2`,
    async version() {
      try {
        const manifest: { version: string } = createRequire(join(nodeClients, 'x.js'))(`${npmPackage}/package.json`)
        return `${npmPackage} ${manifest.version}`
      } catch {
        return undefined
      }
    },
    run: (target, report) => {
      const env = { ...target.env, CONFORMANCE_NODE: nodeClients }
      const program = [process.execPath, source('clients', 'node', `${name}.mjs`)]
      return runProgram(program, { ...target, env }, `${name}/${target.style}`, report)
    },
  }
}

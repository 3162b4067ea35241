/**
 * `npm run conformance -- [--require] [--jobs N] [--list] [names...]`: real clients against the compiled server over a
 * socket. A name is a client (`s3cmd`) or a client in one style (`s3cmd/virtual`); none means all.
 * A missing client is skipped, or a failure with `--require` or `CI=true`.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { awsCliV1 } from './clients/aws-cli.ts'
import { awsCliV2 } from './clients/aws-cli-v2.ts'
import { boto3, boto3Debian } from './clients/boto3.ts'
import { mc } from './clients/mc.ts'
import { minioJs, sdkJsV2 } from './clients/node.ts'
import { arrow, minioPy } from './clients/python.ts'
import { rclone } from './clients/rclone.ts'
import { restic } from './clients/restic.ts'
import { s3cmd } from './clients/s3cmd.ts'
import { s3fs } from './clients/s3fs.ts'
import { sdkJs } from './clients/sdk-js.ts'
import { serverProgram } from './lib/paths.ts'
import { createReport, type Report } from './lib/report.ts'
import { type Client, type Style, targetFor } from './lib/scenario.ts'
import { startServer } from './lib/server.ts'

const clients: readonly Client[] = [
  awsCliV1,
  awsCliV2,
  s3cmd,
  rclone,
  boto3,
  boto3Debian,
  sdkJs,
  sdkJsV2,
  minioJs,
  minioPy,
  mc,
  restic,
  s3fs,
  arrow,
]

interface Job {
  client: Client
  style: Style
  name: string
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    require: { type: 'boolean', default: process.env.CI === 'true' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    list: { type: 'boolean', default: false },
  },
})

const all = clients.flatMap((client) =>
  client.styles.map((style) => ({ client, style, name: `${client.name}/${style}` })),
)
const chosen = all.filter(
  (job) => positionals.length === 0 || positionals.some((name) => name === job.name || name === job.client.name),
)

if (values.list) {
  for (const job of all) console.log(job.name)
} else if (chosen.length === 0) {
  console.error(`No such client. There are: ${all.map((job) => job.name).join(', ')}`)
  process.exitCode = 2
} else if (!existsSync(serverProgram)) {
  console.error('The server is not built: run npm run build.')
  process.exitCode = 2
} else {
  const report = createReport()
  const queue = [...chosen]
  const work = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) await runJob(job, report, values.require)
  }
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work))
  if (!report.finish()) process.exitCode = 1
}

/** One client in one style against a server of its own. */
async function runJob({ client, style, name }: Job, report: Report, required: boolean): Promise<void> {
  const version = await client.version()
  if (version === undefined) {
    report.add(required ? 'failed' : 'skipped', `${name}: not installed; get it with: ${client.install}`)
    return
  }
  console.log(`# ${name}: ${version}`)
  const dir = await mkdtemp(join(tmpdir(), 'sandbucket-conformance-'))
  try {
    const server = await startServer(dir)
    try {
      await client.run(await targetFor(server, style, dir), report)
    } finally {
      const problems = await server.stop()
      report.add(
        problems.length === 0 ? 'passed' : 'failed',
        `${name}: the server logs no error and stops cleanly`,
        problems.join('\n'),
      )
    }
  } catch (cause) {
    report.add('failed', `${name}: run`, cause instanceof Error ? cause.message : String(cause))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

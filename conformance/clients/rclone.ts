/** rclone, as Debian packages it, configured by its environment alone. */
import { run } from '../lib/command.ts'
import { type CommandLine, commandLine } from '../lib/command-line.ts'
import { bucketName, type Client, runChecks, type Target } from '../lib/scenario.ts'
import { baseEnv } from '../lib/server.ts'
import { objectChecks } from './rclone/objects.ts'
import { treeChecks } from './rclone/trees.ts'

const program = process.env.CONFORMANCE_RCLONE ?? '/usr/bin/rclone'

/** rclone against one server, whose remote is `s3:`. */
export interface Rclone extends CommandLine {
  target: Target
  /** Makes a bucket of a name not used before. @returns its remote path, `s3:NAME` */
  bucket(hint: string): Promise<string>
}

export const rclone: Client = {
  name: 'rclone',
  styles: ['path', 'virtual'],
  install: 'apt-get install -y rclone',
  async version() {
    const result = await run([program, 'version'], { env: baseEnv('/nonexistent') })
    return result.code === 0 ? result.stdout.split('\n')[0] : undefined
  },
  async run(target, report) {
    const client = connect(target)
    const checks = [...objectChecks(client), ...treeChecks(client)]
    await runChecks(checks, `rclone/${target.style}`, report)
  },
}

function connect(target: Target): Rclone {
  const env: Record<string, string> = {
    ...target.env,
    RCLONE_CONFIG_S3_TYPE: 's3',
    RCLONE_CONFIG_S3_PROVIDER: 'Other',
    RCLONE_CONFIG_S3_ENV_AUTH: 'true',
    RCLONE_CONFIG_S3_ENDPOINT: target.endpoint,
    RCLONE_CONFIG_S3_REGION: target.env.AWS_REGION ?? 'us-east-1',
    RCLONE_CONFIG_S3_FORCE_PATH_STYLE: String(target.style === 'path'),
    // A failure is a failure: nothing is hidden by trying again.
    RCLONE_RETRIES: '1',
    RCLONE_LOW_LEVEL_RETRIES: '1',
  }
  // Go's resolver does not know names under .localhost; the server takes requests of a proxy's form as well.
  if (target.style === 'virtual') env.http_proxy = target.server.url
  const line = commandLine([program, '--config', ''], env, target.dir)
  return {
    ...line,
    target,
    async bucket(hint) {
      const name = `s3:${bucketName(hint)}`
      await line.ok('mkdir', name)
      return name
    },
  }
}

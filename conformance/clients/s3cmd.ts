/** s3cmd, as Debian packages it, with the file that `sandbucket s3cfg` writes. */
import { S3 } from '@aws-sdk/client-s3'
import { run } from '../lib/command.ts'
import { type CommandLine, commandLine } from '../lib/command-line.ts'
import { bucketName, type Client, runChecks, type Target } from '../lib/scenario.ts'
import { baseEnv } from '../lib/server.ts'
import { aclChecks } from './s3cmd/acls.ts'
import { bucketChecks } from './s3cmd/buckets.ts'
import { objectChecks } from './s3cmd/objects.ts'
import { settingChecks } from './s3cmd/settings.ts'
import { syncChecks } from './s3cmd/sync.ts'

const program = process.env.CONFORMANCE_S3CMD ?? '/usr/bin/s3cmd'

/** s3cmd against one server. */
export interface S3cmd extends CommandLine {
  target: Target
  /** The executable. */
  program: string
  /** Its whole environment. */
  env: Record<string, string>
  /** Makes a bucket of a name not used before, as AWS makes it: ACLs are off. */
  bucket(hint: string): Promise<string>
  /** Makes a bucket in which ACLs are on, as buckets were before April 2023. */
  bucketWithAcls(hint: string): Promise<string>
}

export const s3cmd: Client = {
  name: 's3cmd',
  styles: ['path', 'virtual'],
  install: 'apt-get install -y s3cmd',
  async version() {
    const result = await run([program, '--version'], { env: baseEnv('/nonexistent') })
    return result.code === 0 ? result.stdout.trim() : undefined
  },
  async run(target, report) {
    const client = connect(target)
    const checks = [bucketChecks, settingChecks, objectChecks, aclChecks, syncChecks]
    await runChecks(
      checks.flatMap((make) => make(client)),
      `s3cmd/${target.style}`,
      report,
    )
  },
}

function connect(target: Target): S3cmd {
  // It reads the keys from its file: nothing in the environment may help.
  const keyless = Object.entries(target.env).filter(([name]) => !name.startsWith('AWS_'))
  const env = Object.fromEntries(keyless)
  const host = `localhost:${target.server.port}`
  const named = ['--host', host, '--host-bucket', `%(bucket)s.${host}`]
  const argv = [program, '-c', target.server.s3cfg, '--no-progress', ...(target.style === 'virtual' ? named : [])]
  const line = commandLine(argv, env, target.dir)
  const bucket = async (hint: string) => {
    const name = bucketName(hint)
    await line.ok('mb', `s3://${name}`)
    return name
  }
  return {
    ...line,
    target,
    program,
    env,
    bucket,
    async bucketWithAcls(hint) {
      const name = await bucket(hint)
      const s3 = sdkFor(target)
      const OwnershipControls = { Rules: [{ ObjectOwnership: 'ObjectWriter' as const }] }
      await s3.putBucketOwnershipControls({ Bucket: name, OwnershipControls })
      await s3.deletePublicAccessBlock({ Bucket: name })
      s3.destroy()
      return name
    },
  }
}

/** What s3cmd has no command for is set up by an SDK. */
export function sdkFor({ env, server }: Target): S3 {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_REGION = 'us-east-1' } = env
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY }
  return new S3({ endpoint: server.url, region: AWS_REGION, forcePathStyle: true, credentials })
}

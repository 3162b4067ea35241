/** The command line: reads the sources of the configuration and runs one command. */
import { readFileSync } from 'node:fs'
import { type Arguments, readArguments } from '../config/arguments.ts'
import { loadConfigFile } from '../config/file.ts'
import { type Findings, type UsageError, usageError } from '../config/layer.ts'
import { type Resolution, resolveConfig } from '../config/resolve.ts'
import { version } from '../version.ts'
import { exitCodes } from './exit-codes.ts'
import { awsEnvironment, caFile, clientUrl, shellExports, shellUnsets, trustHints } from './exports.ts'
import type { Io } from './io.ts'

/** Runs what `argv` asks for. Resolves with the exit code; never throws a usage error. */
export async function run(io: Io): Promise<number> {
  const findings: Findings = { notes: [], problems: [] }
  const args = readArguments(io.argv, findings)
  if (args.wants === 'version') {
    io.out(`${version}\n`)
    return exitCodes.clean
  }
  if (args.wants === 'help') {
    const { helpText } = await import('./help.ts')
    io.out(helpText())
    return exitCodes.clean
  }
  try {
    return await runCommand(args, await resolve(args, io, findings), io)
  } catch (cause) {
    if ((cause as Partial<UsageError>).exitCode !== exitCodes.usage) throw cause
    for (const problem of (cause as UsageError).problems) io.err(`sandbucket: ${problem}\n`)
    return exitCodes.usage
  }
}

/** @throws UsageError when the port is one that only the server knows */
function checkPort({ config }: Resolution, command: string): void {
  if (config.port !== 0) return
  throw usageError([`port 0 is chosen when the server starts; say --port PORT to ${command}`])
}

async function resolve(args: Arguments, io: Io, findings: Findings): Promise<Resolution> {
  const file = await loadConfigFile(args.configPath ?? (io.env.SANDBUCKET_CONFIG || undefined), io.directory)
  const readText = (path: string): string => readFileSync(path, 'utf8')
  return resolveConfig({ args, env: io.env, file, readText, directory: io.directory }, findings)
}

async function runCommand(args: Arguments, resolution: Resolution, io: Io): Promise<number> {
  const { config } = resolution
  if (args.command === 'serve') {
    const { serve } = await import('./serve.ts')
    return serve(resolution, io)
  }
  checkPort(resolution, args.command)
  if (args.command === 'health') {
    const { health } = await import('./health.ts')
    return health(config, io)
  }
  const url = clientUrl(config.host, config.port, config.tls)
  if (args.command === 'explain') {
    const { explain } = await import('./explain.ts')
    return explain(args.word ?? '', config, args.json, io)
  }
  if (args.command === 'simulate') {
    const { simulate } = await import('./simulate.ts')
    return simulate(args.word ?? '', config, io)
  }
  if (args.command === 'record') {
    const { record } = await import('./record.ts')
    return record(args, config, io)
  }
  const ca = caFile(config, io.directory)
  if (args.command === 's3cfg') {
    const { s3cfg } = await import('./s3cfg.ts')
    io.out(s3cfg(url, config, ca))
  } else {
    const variables = awsEnvironment(url, config, ca)
    const lines = shellUnsets(io.env) + shellExports(variables) + trustHints(url, ca)
    io.out(args.json ? `${JSON.stringify(variables, undefined, 2)}\n` : lines)
  }
  return exitCodes.clean
}

/** The command line: reads the sources of the configuration and runs one command. */
import { readFileSync } from 'node:fs'
import { type Arguments, readArguments } from '../config/arguments.ts'
import { loadConfigFile } from '../config/file.ts'
import type { Findings, UsageError } from '../config/layer.ts'
import { options } from '../config/options.ts'
import { type Resolution, resolveConfig } from '../config/resolve.ts'
import { version } from '../version.ts'
import { exitCodes } from './exit-codes.ts'
import type { Io } from './io.ts'

/** Runs what `argv` asks for. Resolves with the exit code; never throws a usage error. */
export async function run(io: Io): Promise<number> {
  const findings: Findings = { notes: [], problems: [] }
  const args = readArguments(io.argv, findings)
  if (args.wants === 'version') {
    io.out(`${version}\n`)
    return exitCodes.clean
  }
  if (args.wants === 'help' && findings.problems.length === 0) {
    const { helpText } = await import('./help.ts')
    io.out(helpText(args.helpOn, io.columns))
    return exitCodes.clean
  }
  if (args.command === 'completion' && findings.problems.length === 0) {
    const { completion } = await import('./completion.ts')
    io.out(completion(args.word ?? ''))
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

async function resolve(args: Arguments, io: Io, findings: Findings): Promise<Resolution> {
  const file = await loadConfigFile(args.configPath ?? (io.env.SANDBUCKET_CONFIG || undefined), io.directory)
  const readText = (path: string): string => readFileSync(path, 'utf8')
  const resolution = resolveConfig({ args, env: io.env, file, readText, directory: io.directory }, findings)
  const { iam } = resolution.config
  if (iam !== undefined && args.command === 'serve') {
    const { checkConfigPolicies } = await import('../check-config-policies.ts')
    await checkConfigPolicies(iam, io.env[options.iam.env] ? undefined : file)
  }
  return resolution
}

async function runCommand(args: Arguments, resolution: Resolution, io: Io): Promise<number> {
  const { config } = resolution
  if (args.command === 'serve') {
    const { serve } = await import('./serve.ts')
    return serve(resolution, io)
  }
  if (args.command === 'check') return (await import('./check.ts')).check(args, config, io)
  const { findServer, noteOnOther } = await import('./find-server.ts')
  const server = await findServer(args, config, io)
  if (args.command === 'explain' || args.command === 'record' || args.command === 'simulate')
    io.err((await noteOnOther(server, config)) ?? '')
  switch (args.command) {
    case 'health':
      return (await import('./health.ts')).health(server, io)
    case 'explain':
      return (await import('./explain.ts')).explain(args.word ?? '', server, config, args.json, io)
    case 'simulate':
      return (await import('./simulate.ts')).simulate(args.word ?? '', server, config, io)
    case 'record':
      return (await import('./record.ts')).record(args, server, config, io)
    case 'reset':
      return (await import('./reset.ts')).reset(server, config, io)
    default:
      return (await import('./tell-clients.ts')).tellClients(args, server, config, io)
  }
}

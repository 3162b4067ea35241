/** Exit codes, and what a failed start means in words. */
import type { Config } from '../config/config.ts'
import { isError } from '../lib/is-error.ts'

export const exitCodes = {
  clean: 0,
  crash: 1,
  usage: 2,
  address: 3,
  data: 4,
  /** Of `check`: something is damaged or lost. */
  damaged: 5,
  interrupted: 130,
  terminated: 143,
} as const

export interface Failure {
  exitCode: number
  /** What happened and what to do. */
  message: string
}

/** Explains an error thrown by a start. */
export function explainFailure(cause: unknown, config: Config): Failure {
  const error = isError(cause) ? cause : new Error(String(cause))
  const { code, syscall } = error as NodeJS.ErrnoException
  const { host, port } = config
  if (code === 'EADDRINUSE') {
    const message = `Port ${port} of ${host} is in use. Stop the program that has it, or start with --port ${port < 65_535 ? port + 1 : port - 1}; --port 0 takes a free one.`
    return { exitCode: exitCodes.address, message }
  }
  if (code === 'EACCES' && syscall === 'listen') {
    return {
      exitCode: exitCodes.address,
      message: `This user may not listen on port ${port}. Ports from 1024 on need no privilege: --port 9000`,
    }
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EINVAL') {
    return {
      exitCode: exitCodes.address,
      message: `${host} is not an address of this machine. Use --host 127.0.0.1, or 0.0.0.0 for all of them.`,
    }
  }
  if (error.name === 'UsageError') return { exitCode: exitCodes.usage, message: error.message }
  if (error.name === 'StoreError') return { exitCode: exitCodes.data, message: error.message }
  return { exitCode: exitCodes.crash, message: error.stack ?? error.message }
}

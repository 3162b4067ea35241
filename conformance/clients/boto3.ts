/** boto3: the newest of PyPI, and the old one that Debian packages (no default checksums, SigV2 presigned URLs). */
import { join } from 'node:path'
import { run } from '../lib/command.ts'
import { source, venv } from '../lib/paths.ts'
import { runProgram } from '../lib/program.ts'
import type { Client } from '../lib/scenario.ts'
import { baseEnv } from '../lib/server.ts'

export const boto3 = client(
  'boto3',
  process.env.CONFORMANCE_PYTHON ?? join(venv, 'bin', 'python3'),
  `python3 -m venv ${venv} && ${venv}/bin/pip install awscli boto3 awscrt`,
)

export const boto3Debian = client(
  'boto3-debian',
  process.env.CONFORMANCE_PYTHON_DEBIAN ?? '/usr/bin/python3',
  'apt-get install -y python3-boto3',
)

/** The scenarios of `clients/boto3/*.py` run by `python`. */
function client(name: string, python: string, install: string): Client {
  return {
    name,
    styles: ['path', 'virtual'],
    install,
    async version() {
      const code = 'import boto3, botocore; print("boto3", boto3.__version__, "botocore", botocore.__version__)'
      const result = await run([python, '-c', code], { env: baseEnv('/nonexistent') })
      return result.code === 0 ? result.stdout.trim() : undefined
    },
    run: (target, report) =>
      runProgram([python, '-B', source('clients', 'boto3', 'run.py')], target, `${name}/${target.style}`, report),
  }
}

/** Clients written in Python other than boto3: minio-py, and pyarrow with Delta Lake. */
import { join } from 'node:path'
import { run } from '../lib/command.ts'
import { source, venv } from '../lib/paths.ts'
import { runProgram } from '../lib/program.ts'
import type { Client } from '../lib/scenario.ts'
import { baseEnv } from '../lib/server.ts'

const python = process.env.CONFORMANCE_PYTHON ?? join(venv, 'bin', 'python3')

export const minioPy = client('minio-py', 'minio', 'import minio; print("minio", minio.__version__)')

export const arrow = client(
  'arrow',
  'pyarrow deltalake',
  'import pyarrow, deltalake; print("pyarrow", pyarrow.__version__, "deltalake", deltalake.__version__)',
)

/** The scenarios of `clients/NAME/run.py`; `code` prints the versions of `packages`. */
function client(name: string, packages: string, code: string): Client {
  return {
    name,
    styles: ['path'],
    install: `python3 -m venv ${venv} && ${venv}/bin/pip install ${packages}`,
    async version() {
      const result = await run([python, '-c', code], { env: baseEnv('/nonexistent') })
      return result.code === 0 ? result.stdout.trim() : undefined
    },
    run: (target, report) =>
      runProgram([python, '-B', source('clients', name, 'run.py')], target, `${name}/${target.style}`, report),
  }
}

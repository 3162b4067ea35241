/** Where things are, whether this runs compiled (`dist/conformance`) or from source. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)))

/** The command that users start, as `package.json` has it; `CONFORMANCE_SERVER` names another build of it. */
export const serverProgram = process.env.CONFORMANCE_SERVER ?? join(root, commandOfPackage())

/** A source file of `conformance/`, for what is not compiled (Python). */
export function source(...parts: string[]): string {
  return join(root, 'conformance', ...parts)
}

/** The Python environment with the newest clients; `CONFORMANCE_VENV` names another. */
export const venv = process.env.CONFORMANCE_VENV ?? join(root, 'node_modules', '.cache', 'conformance-venv')

/** Where programs written in Go are built; `CONFORMANCE_GO_BIN` names another folder. */
export const goBin = process.env.CONFORMANCE_GO_BIN ?? join(root, 'node_modules', '.cache', 'conformance-go')

/** A folder with packages of npm that only this run needs; `CONFORMANCE_NODE` names another. */
export const nodeClients = process.env.CONFORMANCE_NODE ?? join(root, 'node_modules', '.cache', 'conformance-node')

function findRoot(from: string): string {
  if (existsSync(join(from, 'package.json'))) return from
  const parent = dirname(from)
  if (parent === from) throw new Error('package.json not found above the conformance runner')
  return findRoot(parent)
}

function commandOfPackage(): string {
  const { bin }: { bin: { sandbucket: string } } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return bin.sandbucket
}

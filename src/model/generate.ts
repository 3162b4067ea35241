/**
 * `npm run model`: makes the committed tables and types of the three services out of the installed SDK packages the
 * constraints in `data/constraints.json` and the corrections in `data/patches`. With `--check` it writes nothing and exits 1 when a committed file would change.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applyConstraints, type Constraints } from './generate/constraints.ts'
import { emitTables } from './generate/emit-tables.ts'
import { emitTypes } from './generate/emit-types.ts'
import { applyPatches, type Patch } from './generate/patch.ts'
import { readSdk, type Service } from './generate/read-sdk.ts'

const SERVICES: readonly Service[] = ['s3', 'iam', 'sts']

/** File name (in `src/model`) -> text, for every generated file. */
export async function generateModel(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  const constraintsFile = join(process.cwd(), 'data', 'constraints.json')
  const constraints = JSON.parse(await readFile(constraintsFile, 'utf8')) as Record<'iam' | 'sts', Constraints>
  for (const service of SERVICES) {
    const model = await readSdk(service)
    if (service !== 's3') applyConstraints(model, constraints[service])
    const patchFile = join(process.cwd(), 'data', 'patches', `${service}.json`)
    applyPatches(model, JSON.parse(await readFile(patchFile, 'utf8')) as Patch[])
    files.set(`${service}.gen.ts`, emitTables(model))
    files.set(`${service}.types.gen.ts`, emitTypes(model))
  }
  return files
}

async function main(): Promise<void> {
  const isCheck = process.argv.includes('--check')
  for (const [name, text] of await generateModel()) {
    const path = join(process.cwd(), 'src', 'model', name)
    if (!isCheck) await writeFile(path, text)
    else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
      console.error(
        `src/model/${name} is not what the installed SDK packages and data/patches give. Run: npm run model`,
      )
      process.exitCode = 1
    }
  }
}

if (process.argv[1]?.match(/[\\/]generate\.[jt]s$/)) await main()

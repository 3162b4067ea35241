// Builds the package: compiles it (dist/src, dist/test, dist/conformance), bundles the program and the entry for
// `require` (dist/bundle), and copies the types for CommonJS. All of it is made aside and then put into place, so that a
// build that fails changes nothing, and a server that runs from dist goes on: see publish.mjs.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { publish } from './publish.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Found in node_modules at run time: one has a native addon, the other is wanted by few. */
export const external = ['classic-level', 'hash-wasm']

/** As deep as dist, so that the sources which source maps name are found from there. */
const stage = mkdtempSync(join(root, '.build-'))
process.on('exit', () => rmSync(stage, { recursive: true, force: true }))
// A signal ends the process without that event.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

compile()
await bundle()
copyTypes()
publish(stage, join(root, 'dist'))

function compile() {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  const argv = [join(dirname(manifest), bin.tsc), '-p', join(root, 'tsconfig.json'), '--outDir', stage]
  try {
    execFileSync(process.execPath, argv, { stdio: 'inherit' })
  } catch {
    // The compiler has said what is wrong.
    process.exit(1)
  }
}

async function bundle() {
  /** @type {import('esbuild').BuildOptions} */
  const shared = {
    absWorkingDir: stage,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    minifyWhitespace: true,
    minifySyntax: true,
    external,
    logLevel: 'warning',
  }
  await build({
    ...shared,
    entryPoints: ['src/main.js', 'src/digest/digest-worker.js'],
    entryNames: '[name]',
    splitting: true,
    format: 'esm',
    outdir: 'bundle',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  })
  // For `require`, and so for Jest, which has no import() in CommonJS: everything is loaded by `require`.
  await build({
    ...shared,
    entryPoints: ['src/index.js'],
    format: 'cjs',
    outfile: 'bundle/index.cjs',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__moduleUrl' },
    banner: { js: "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
  })
}

/** What src/index.d.ts needs, as declarations of CommonJS modules: TypeScript tells the kind by the nearest package.json. */
function copyTypes() {
  const from = join(stage, 'src')
  const to = join(stage, 'commonjs-types')
  const waiting = [join(from, 'index.d.ts')]
  const seen = new Set(waiting)
  for (const path of waiting) {
    const copy = join(to, relative(from, path))
    mkdirSync(dirname(copy), { recursive: true })
    cpSync(path, copy)
    for (const [, name] of readFileSync(path, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]+)\.[jt]s['"]/g)) {
      const next = join(dirname(path), `${name}.d.ts`)
      if (!seen.has(next)) waiting.push(next)
      seen.add(next)
    }
  }
  writeFileSync(join(to, 'package.json'), '{ "type": "commonjs" }\n')
}

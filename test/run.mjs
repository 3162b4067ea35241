// Runs the built tests: every dist/test/**/*.test.js whose source still exists, as an explicit list, since Node's own
// patterns differ from 20 to 24. Arguments are parts of paths (`node test/run.mjs cli http`); without any, all run.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const built = join(root, 'dist', 'test')
const wanted = process.argv.slice(2)

const files = (existsSync(built) ? readdirSync(built, { recursive: true }) : [])
  .map(String)
  .filter((name) => name.endsWith('.test.js') && existsSync(join(root, 'test', name.replace(/\.js$/, '.ts'))))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort()

if (files.length === 0) {
  process.stderr.write('No built tests. Run npm run build first.\n')
  process.exit(1)
}

const argv = [
  '--enable-source-maps',
  '--test',
  '--test-reporter=spec',
  `--test-concurrency=${Math.max(2, availableParallelism())}`,
  ...files.map((name) => relative(process.cwd(), join(built, name))),
]
// Nothing is printed after Node's own summary: whoever reads the last lines finds it there.
const child = spawn(process.execPath, argv, { stdio: 'inherit' })
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1))

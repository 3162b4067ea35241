#!/usr/bin/env node
/** The `sandbucket` program. Only here and in `cli/` is the process itself touched. */
import module from 'node:module'
import { letHeapGrow } from './lib/heap.ts'

// Node 22 keeps compiled code between starts; earlier versions do not know the function.
;(module as { enableCompileCache?: () => unknown }).enableCompileCache?.()
letHeapGrow()
// A reader that leaves early (`sandbucket | head`) is no crash.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

const { run } = await import('./cli/run.ts')
const exitCode = await run({
  argv: process.argv.slice(2),
  env: process.env,
  directory: process.cwd(),
  isTerminal: process.stdout.isTTY === true,
  columns: process.stdout.columns,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
})
process.exit(exitCode)

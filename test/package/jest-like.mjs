// Runs a CommonJS file as Jest does by default: in a context of node:vm with its own Error and Promise, every module but
// Node's own loaded into it, and no import(). Usage: node jest-like.mjs FILE
import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'

const context = vm.createContext({})
const itsOwn = new Set(vm.runInContext('Object.getOwnPropertyNames(globalThis)', context))
for (const name of Object.getOwnPropertyNames(globalThis)) {
  if (!itsOwn.has(name)) Object.defineProperty(context, name, Object.getOwnPropertyDescriptor(globalThis, name))
}
// Jest shares the latter two with Node, or a Buffer would be no Uint8Array.
Object.assign(context, { global: context, console, ArrayBuffer, Uint8Array })

const loaded = new Map()

function load(filename) {
  const known = loaded.get(filename)
  if (known !== undefined) return known.exports
  const itsRequire = requireFrom(filename)
  const module = { exports: {}, filename, id: filename, loaded: false, children: [], paths: [], require: itsRequire }
  loaded.set(filename, module)
  if (filename.endsWith('.json')) module.exports = JSON.parse(readFileSync(filename, 'utf8'))
  else if (filename.endsWith('.node')) module.exports = createRequire(filename)(filename)
  else {
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(filename, 'utf8').replace(/^#!.*/, '')}\n})`
    const run = new vm.Script(source, { filename }).runInContext(context)
    run.call(module.exports, module.exports, itsRequire, module, filename, dirname(filename))
  }
  return module.exports
}

function requireFrom(filename) {
  const native = createRequire(filename)
  const itsRequire = (name) => {
    if (!isBuiltin(name)) return load(native.resolve(name))
    if (name !== 'module' && name !== 'node:module') return native(name)
    const path = (from) => (String(from).startsWith('file:') ? fileURLToPath(from) : String(from))
    return { ...native(name), createRequire: (from) => requireFrom(path(from)) }
  }
  return Object.assign(itsRequire, { resolve: native.resolve, cache: {} })
}

load(process.argv[2])

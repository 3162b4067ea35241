/**
 * The rules that a compiler does not hold: imports go one way, frameworks stay at the edge, files stay small, and
 * generated files are left alone. A scanner of import lines, without dependencies.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
/** The repository, from `test/` and from `dist/test/`. */
const root = resolve(here, here.includes(`${join('dist', 'test')}`) ? '../..' : '..')
const src = join(root, 'src')

interface SourceFile {
  /** Relative to src, with `/`. */
  path: string
  text: string
  imports: { target: string; isType: boolean }[]
}

const importLine = /^(?:import|export)\s+(type\s)?[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm

function read(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && statSync(join(folder, name)).isFile())
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8')
      const imports = [...text.matchAll(importLine)].map((found) => {
        const target = (found[2] ?? found[3] ?? found[4]) as string
        const path = target.startsWith('.') ? relative(src, resolve(folder, dirname(name), target)) : target
        return { target: path.replaceAll('\\', '/'), isType: found[1] !== undefined }
      })
      return { path: name.replaceAll('\\', '/'), text, imports }
    })
}

const files = read(src)
const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '')
const folderOf = (path: string) => (path.includes('/') ? (path.split('/')[0] as string) : '')

/**
 * For each folder, the folders it may use at run time; types may come from anywhere below it. '' are the files directly
 * in src: wiring, pipelines, and the shared leaves (errors, context).
 */
const mayUse: Record<string, string[]> = {
  lib: [],
  model: ['lib'],
  config: ['lib'],
  encryption: ['lib'],
  digest: ['lib'],
  store: ['lib', 'encryption'],
  policy: ['lib'],
  http: ['lib', 'admin'],
  auth: ['lib', 'http'],
  protocol: ['lib', 'model'],
  s3: ['lib', 'http', 'policy', 'encryption', 'digest'],
  iam: ['lib', 'policy', 'store'],
  // The test identity provider has a certificate.
  sts: ['lib', 'policy', 'iam', 'store', 'tls/certificate.ts'],
  // What a certificate must name is what an address may be.
  tls: ['lib', 'config', 'store', 'http', 'address.ts'],
  admin: ['lib', 'http', 'policy', 'authorization'],
  authorization: ['lib', 'http', 'policy', 'iam', 's3', 'store'],
}
/** Leaves in src itself that every folder may use. */
const leaves = new Set(['errors.ts', 'error-table.ts', 'context.ts'])

/** Plain objects whose names are ours: members of the model, options, condition keys, headers, ARNs of what exists. */
const namedByUs = new Set([
  'admin/imds.ts headers',
  'authorization/query-keys.ts more',
  'call.ts input',
  'cli/simulate.ts parameters',
  'config/resolve.ts values',
  'coverage.ts reasonsOf',
  'lib/name-map.ts rows',
  'policy/principals.ts uniqueIds',
  'policy/validate-bucket.ts uniqueIds',
  'policy/validate-trust.ts uniqueIds',
  'protocol/bind.ts input',
  'protocol/query-input.ts output',
  'protocol/xml-shape.ts output',
  's3/lib/conditional.ts headers',
])

describe('architecture', () => {
  it('imports go one way: protocol, auth, s3, iam and the store are strangers to one another', () => {
    const wrong: string[] = []
    for (const { path, imports } of files) {
      const allowed = mayUse[folderOf(path)]
      if (allowed === undefined) continue
      for (const { target, isType } of imports) {
        if (isType || !target.endsWith('.ts')) continue
        const folder = folderOf(target)
        if (
          folder === folderOf(path) ||
          allowed.includes(folder) ||
          allowed.includes(target) ||
          (folder === '' && leaves.has(target))
        )
          continue
        wrong.push(`${path} imports ${target}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('no framework or socket past the edge', () => {
    const wrong = files
      .filter(({ path }) => !['http', 'admin', 'cli'].includes(folderOf(path)))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => /^(koa|@koa\/.*|node:https?|node:tls)$/.test(target))
          .map(({ target }) => `${path} imports ${target}`),
      )
    assert.deepEqual(wrong, [])
  })

  it('handlers and the store take time and chance from their context only', () => {
    const wrong = files
      .filter(({ path }) => ['s3', 'iam', 'sts', 'policy', 'protocol'].includes(folderOf(path)))
      .filter(({ text }) => /\bDate\.now\(|\bMath\.random\(|\bprocess\.env\b/.test(text))
      .map(({ path }) => path)
    assert.deepEqual(wrong, [])
  })

  it('a hand-written file has at most 500 lines and says at its head what it is', () => {
    const handWritten = files.filter(({ path }) => !path.endsWith('.gen.ts'))
    const tooLong = handWritten.filter(({ text }) => text.split('\n').length > 500).map(({ path }) => path)
    assert.deepEqual(tooLong, [])
    const silent = handWritten.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text)).map(({ path }) => path)
    assert.deepEqual(silent, [])
  })

  it('packages are not imported on demand, but for those that stay outside the bundle: of CommonJS it would see no names', () => {
    const build = readFileSync(join(root, 'src', 'build', 'build.mjs'), 'utf8')
    const list = /^export const external = \[(.*)\]$/m.exec(build)?.[1] ?? ''
    const outside = [...list.matchAll(/'([^']+)'/g)].map(([, name]) => name)
    const wrong = files.flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(/(?<!typeof )\bimport\('(?!node:|\.)([^']+)'\)/g)]
        .filter(([, name]) => !outside.includes(name))
        .map(([, name]) => `${path} imports ${name}`),
    )
    assert.deepEqual(wrong, [])
  })

  it('maps of names are Maps, have no prototype (`nameMap`) or are asked by Object.hasOwn: plain objects know `constructor`', () => {
    const plain = /\b(\w+): [^:=\n]*\bRecord<string,[^=\n]*= (?:Object\.\w+\()?\{|\bv\.record\(/g
    const wrong = files
      .filter(({ path }) => !path.endsWith('.gen.ts') && !path.startsWith('model/generate/'))
      .flatMap(({ path, text }) =>
        [...withoutComments(text).matchAll(plain)]
          .filter(([, name]) => !text.includes(`Object.hasOwn(${name},`) && !text.includes(`own(${name},`))
          .map(([found, name]) => `${path} ${name ?? found}`)
          .filter((place) => !namedByUs.has(place)),
      )
    assert.deepEqual(wrong, [])
  })

  it('errors are told by isError: in Jest those of Node are no instances of Error', () => {
    const wrong = files.filter(({ text }) => /instanceof Error\b/.test(withoutComments(text))).map(({ path }) => path)
    assert.deepEqual(wrong, [])
  })

  it('types and checks are not switched off', () => {
    const wrong = files
      .filter(({ path }) => !path.endsWith('.gen.ts'))
      .filter(
        ({ text }) =>
          /@ts-ignore|@ts-expect-error/.test(text) || /:\s*any\b|\bas any\b|<any>/.test(withoutComments(text)),
      )
      .map(({ path }) => path)
    assert.deepEqual(wrong, [])
  })
})

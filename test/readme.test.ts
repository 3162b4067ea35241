/** The README's tables come from the code. `npm run readme` writes them, this test holds them to it. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { optionsMarkdown } from '../src/cli/help.ts'
import { configSchema, schemaFile } from '../src/config/json-schema.ts'
import { coverage } from '../src/coverage.ts'

const here = dirname(fileURLToPath(import.meta.url))
const file = join(resolve(here, here.includes(join('dist', 'test')) ? '../..' : '..'), 'README.md')

function coverageMarkdown(): string {
  const { services, acceptedWithoutEffect } = coverage()
  let text = '| Service | Operations | Served |\n|---|---|---|\n'
  for (const [service, { operations, implemented }] of Object.entries(services)) {
    text += `| ${service.toUpperCase()} | ${operations} | ${implemented.length} |\n`
  }
  text += '\nOperations that answer 501 `NotImplemented` so far:\n\n'
  const byReason = new Map<string, string[]>()
  for (const { name, reason } of Object.values(services).flatMap(({ notImplemented }) => notImplemented))
    byReason.set(reason, [...(byReason.get(reason) ?? []), name])
  for (const [reason, names] of byReason) text += `- ${names.join(', ')}: ${reason}\n`
  text += '\nAccepted without effect:\n\n'
  for (const { name, reason } of acceptedWithoutEffect) text += `- \`${name}\`: ${reason}\n`
  return text
}

function fill(readme: string, name: string, content: string): string {
  const begin = new RegExp(`(<!-- ${name}:[^>]*-->\n)[\\s\\S]*?(<!-- /${name} -->)`)
  assert.match(readme, begin, `README.md has no place for ${name}`)
  return readme.replace(begin, (_all, head: string, tail: string) => `${head}\n${content.trim()}\n\n${tail}`)
}

const before = readFileSync(file, 'utf8')
const after = fill(fill(before, 'options', optionsMarkdown()), 'coverage', coverageMarkdown())

const schemaPath = join(dirname(file), schemaFile)
const schema = `${JSON.stringify(configSchema(), undefined, 2)}\n`

if (process.argv.includes('--update')) {
  writeFileSync(file, after)
  writeFileSync(schemaPath, schema)
} else {
  it('the schema of the configuration is that of the options (npm run readme)', () => {
    assert.equal(readFileSync(schemaPath, 'utf8'), schema)
  })

  it('the tables of README.md are those of the code (npm run readme)', () => {
    assert.equal(before, after)
  })
}

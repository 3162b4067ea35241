/** Lines reach a descriptor whole and in order, and none is left behind when the process ends. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { it } from 'node:test'

const module = fileURLToPath(new URL('../../src/lib/line-writer.ts', import.meta.url))
const compiled = module.replace(/\.ts$/, module.includes('/dist/') ? '.js' : '.ts')

/** What a program that has `line` to write with leaves on its standard output. */
async function outputOf(program: string): Promise<string> {
  const code = `import { lineWriter } from ${JSON.stringify(compiled)}\nconst line = lineWriter(1)\n${program}`
  const loader = compiled.endsWith('.ts') ? ['--import', 'tsx'] : []
  const child = spawn(process.execPath, [...loader, '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of child.stdout) text += chunk
  return text
}

it('what is held at the end of the process is written', async () => {
  assert.equal(await outputOf("line('one\\n')\nline('two\\n')\nprocess.exit(0)"), 'one\ntwo\n')
})

it('much more than a pipe holds arrives in order', async () => {
  const text = await outputOf("for (let n = 0; n < 20000; n++) line(n + 'x'.repeat(80) + '\\n')")
  const lines = text.split('\n')
  assert.equal(lines.pop(), '')
  assert.deepEqual(
    lines.map((line) => Number.parseInt(line, 10)),
    Array.from({ length: 20_000 }, (_, n) => n),
  )
})

it('a few lines are written although the process goes on', async () => {
  assert.equal(
    await outputOf("line('soon\\n')\nsetTimeout(() => process.kill(process.pid, 'SIGKILL'), 1000)"),
    'soon\n',
  )
})

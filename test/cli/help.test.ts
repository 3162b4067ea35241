/** Help fits the terminal, knows every command, and shows examples; completion works in a shell. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { completion } from '../../src/cli/completion.ts'
import { helpText } from '../../src/cli/help.ts'
import { run } from '../../src/cli/run.ts'
import { commandRows, commands } from '../../src/config/commands.ts'

async function cli(argv: string[], columns?: number) {
  const ran = { exitCode: -1, out: '', err: '' }
  const out = (text: string) => {
    ran.out += text
  }
  const err = (text: string) => {
    ran.err += text
  }
  ran.exitCode = await run({
    argv,
    env: {},
    directory: '/nonexistent',
    isTerminal: columns !== undefined,
    columns,
    out,
    err,
  })
  return ran
}

describe('help', () => {
  for (const columns of [40, 60, 80, 132]) {
    it(`fits ${columns} columns, but for words and examples that are longer`, async () => {
      const { out } = await cli(['--help'], columns)
      const examples = Object.values(commandRows).flatMap((row) => row.examples.map(({ line }) => `  ${line}`))
      for (const line of out.split('\n')) {
        if (line.length <= columns || examples.includes(line) || line.startsWith('  sandbucket ')) continue
        assert.ok(!line.trim().includes(' ') || /^ {2,6}(?:-\w, )?--/.test(line), line)
      }
    })
  }

  for (const command of commands) {
    it(`tells of ${command}, with examples`, async () => {
      const { exitCode, out } = await cli(['help', command])
      assert.equal(exitCode, 0)
      assert.match(out, /^Usage: sandbucket /)
      assert.ok(commandRows[command].examples.length > 0)
      for (const { line } of commandRows[command].examples) assert.ok(out.includes(`  ${line}\n`), line)
      for (const flag of commandRows[command].flags ?? []) assert.ok(out.includes(`--${flag}`), flag)
      assert.equal((await cli([command, '--help'])).out, out)
    })
  }

  it('in general has an example of each command and the exit codes', () => {
    const text = helpText()
    for (const command of commands) assert.ok(text.includes(commandRows[command].examples[0]?.line ?? '-'), command)
    assert.match(text, /Exit codes: 0 stopped/)
  })

  it('of a check names the folder, and no server', async () => {
    const { out } = await cli(['help', 'check'])
    assert.match(out, / {2}-d, --data DIR\n {8}the folder to check \(\.\/\.sandbucket\)\n$/)
    assert.doesNotMatch(out, /which server/)
    assert.match((await cli(['help', 'reset'])).out, /which server/)
  })

  it('about help is the general one', async () => {
    assert.deepEqual(await cli(['help', 'help']), await cli(['help']))
  })

  it('about what is no command is a mistake', async () => {
    const { exitCode, err } = await cli(['help', 'explan'])
    assert.deepEqual([exitCode, err], [2, 'sandbucket: "explan" is not a command; did you mean explain?\n'])
  })
})

/** What bash offers at the end of a line. */
function offered(line: string): string[] {
  const words = line.split(' ')
  const script = `${completion('bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
compopt() { :; }
_sandbucket; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status, error } = spawnSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.equal(error, undefined)
  assert.deepEqual([status, stderr], [0, ''])
  return stdout.split('\n').filter((word) => word !== '')
}

describe('completion', () => {
  it('needs the name of a shell', async () => {
    assert.equal((await cli(['completion'])).exitCode, 2)
    assert.match(
      (await cli(['completion', 'powershell'])).err,
      /completion powershell is not known; it is one of bash, zsh, fish/,
    )
    const near = await cli(['completion', 'tcsh'])
    assert.equal(near.err, 'sandbucket: completion tcsh is not known; it is one of bash, zsh, fish\n')
    assert.match((await cli(['completion', 'zsh'])).out, /^#compdef sandbucket\n/)
    for (const command of commands) assert.ok(completion('fish').includes(` -a ${command} -d `), command)
  })

  const rows: [line: string, includes: string[], excludes: string[]][] = [
    ['sandbucket ', ['serve', 'env', 'explain', 'completion', 'help'], ['--port']],
    ['sandbucket ex', ['explain'], ['env']],
    ['sandbucket --log-l', ['--log-level'], ['--log-format']],
    ['sandbucket --log-level ', ['silent', 'debug'], ['serve']],
    ['sandbucket --log-format j', ['json'], ['pretty']],
    ['sandbucket --bucket-defaults ', ['aws', 'legacy'], []],
    ['sandbucket --no-', ['--no-open-cors'], ['--no-tls']],
    ['sandbucket record ', ['start', 'stop', 'show'], ['env']],
    ['sandbucket record --', ['--principal', '--format', '--json', '--port'], []],
    ['sandbucket record --format ', ['policy'], []],
    ['sandbucket env --', ['--json', '--endpoint'], ['--principal']],
    ['sandbucket help re', ['record', 'reset'], ['env']],
    ['sandbucket completion ', ['bash', 'zsh', 'fish'], []],
    ['sandbucket --port 9001 h', ['health', 'help'], []],
    ['sandbucket --port ', [], ['serve']],
    ['sandbucket --data /us', ['/usr'], []],
    ['sandbucket simulate /etc/pass', ['/etc/passwd'], []],
  ]
  for (const [line, includes, excludes] of rows) {
    it(`in bash: ${line}`, () => {
      const found = offered(line)
      for (const word of includes) assert.ok(found.includes(word), `${word} in ${found.join(' ')}`)
      for (const word of excludes) assert.ok(!found.includes(word), `${word} not in ${found.join(' ')}`)
    })
  }
})

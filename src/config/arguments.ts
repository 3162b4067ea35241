/** The layer of command-line flags, and which command is meant. */
import { parseArgs } from 'node:util'
import { nameMap } from '../lib/name-map.ts'
import { type Command, type CommandFlag, commandFlags, commandRows, commands } from './commands.ts'
import { isForeignCommand, readForeignArguments } from './foreign.ts'
import type { Findings, Layer } from './layer.ts'
import { didYouMean } from './nearest.ts'
import { type OptionName, type OptionRow, optionRows } from './options.ts'

export interface Arguments {
  command: Command
  /** Asked for instead of the command. */
  wants: 'help' | 'version' | undefined
  /** The command that help is wanted about. */
  helpOn: Command | undefined
  layer: Layer
  configPath: string | undefined
  /** What the command is about, of those that take a word: the id of a request, a file, what to do. */
  word: string | undefined
  /** `--json`, of commands that print. */
  json: boolean
  /** `--endpoint`, `--principal`, `--format` and `--repair` (an empty text), of those that have them. */
  flags: Partial<Record<CommandFlag, string>>
}

interface FlagMeaning {
  option: OptionName
  row: OptionRow
  /** What the flag alone says; undefined when it takes a value. */
  alone: boolean | undefined
}

const flags = new Map<string, FlagMeaning>()
const shorts: Record<string, string> = nameMap({ h: 'help', v: 'version', V: 'version', c: 'config' })
for (const [option, row] of optionRows) {
  if (row.flag === undefined) continue
  const isSwitch = row.placeholder === undefined
  for (const name of [row.flag, ...(row.aliases ?? [])])
    flags.set(name, { option, row, alone: isSwitch ? true : undefined })
  if (isSwitch) flags.set(`no-${row.flag}`, { option, row, alone: false })
  if (row.short !== undefined) shorts[row.short] = row.flag
}

type ParserOptions = Record<string, { type: 'string' | 'boolean'; short?: string; multiple?: boolean }>

/** parseArgs only splits the words; what they mean, and messages about them, come from our table. */
function parserOptions(): ParserOptions {
  const result: ParserOptions = {
    help: { type: 'boolean' },
    version: { type: 'boolean' },
    config: { type: 'string' },
  }
  for (const [name, { placeholder }] of Object.entries(commandFlags))
    result[name] = { type: placeholder === undefined ? 'boolean' : 'string' }
  for (const [name, meaning] of flags)
    result[name] = { type: meaning.alone === undefined ? 'string' : 'boolean', multiple: true }
  for (const [short, name] of Object.entries(shorts)) {
    if (short !== 'V') (result[name] as { short?: string }).short = short
  }
  return result
}

/** Reads `process.argv.slice(2)`. Every mistake becomes a problem; nothing is thrown. */
export function readArguments(argv: readonly string[], findings: Findings): Arguments {
  const result: Arguments = {
    command: 'serve',
    wants: undefined,
    helpOn: undefined,
    layer: {},
    configPath: undefined,
    word: undefined,
    json: false,
    flags: {},
  }
  if (isForeignCommand(argv)) {
    result.layer = readForeignArguments(argv, findings)
    return result
  }
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    else if (token.kind === 'option') readFlag(token.rawName, token.name, token.value, result, findings)
  }
  // After an unknown flag, what follows may be its value: one message is enough.
  if (findings.problems.length === 0) readCommand(positionals, result, findings)
  if (findings.problems.length === 0) checkFlags(result, findings)
  return result
}

function readCommand(positionals: readonly string[], result: Arguments, findings: Findings): void {
  const [word, ...rest] = positionals
  if (word === undefined) return
  if (word === 'help' || word === 'version') result.wants = word
  const about = rest[0] === 'help' || rest[0] === 'version' ? undefined : rest[0]
  const named = word === 'help' ? about : word === 'version' ? undefined : word
  if (named !== undefined) {
    if (!(commands as readonly string[]).includes(named)) {
      const otherwise = `; commands are ${commands.join(', ')}`
      findings.problems.push(`"${named}" is not a command${didYouMean(named, commands, otherwise)}`)
    } else if (word === 'help') result.helpOn = named as Command
    else result.command = named as Command
  }
  if (result.wants === 'help' && word !== 'help') result.helpOn = result.command
  if (result.wants !== undefined) return
  const row = commandRows[result.command]
  if (row.word !== undefined) {
    const { missing, choices } = row.word
    result.word = rest.shift()
    if (result.word === undefined) {
      if (missing !== undefined) findings.problems.push(missing)
    } else if (choices?.includes(result.word) === false) {
      findings.problems.push(`${word} ${result.word} is not known; it is one of ${choices.join(', ')}`)
    }
  }
  if (rest.length > 0) {
    findings.problems.push(`"${rest.join(' ')}" is not expected after "${word}"; options begin with --`)
  }
}

function readFlag(
  rawName: string,
  name: string,
  value: string | undefined,
  result: Arguments,
  findings: Findings,
): void {
  if (name === 'help' || name === 'version') result.wants ??= name
  else if (name === 'V') result.wants ??= 'version'
  else if (name === 'json') result.json = true
  else if (Object.hasOwn(commandFlags, name)) readCommandFlag(rawName, name as CommandFlag, value, result, findings)
  else if (name === 'config') {
    if (value === undefined) findings.problems.push(`${rawName} needs a value: the path of a configuration file`)
    else result.configPath = value
  } else readOption(rawName, name, value, result, findings)
}

function readCommandFlag(
  rawName: string,
  name: CommandFlag,
  value: string | undefined,
  result: Arguments,
  findings: Findings,
): void {
  const { placeholder, choices } = commandFlags[name]
  if (placeholder === undefined) result.flags[name] = ''
  else if (value === undefined) findings.problems.push(`${rawName} needs a value: ${placeholder}`)
  else if (choices?.includes(value) === false) {
    findings.problems.push(`${rawName} must be one of ${choices.join(', ')} (it is ${value})`)
  } else result.flags[name] = value
}

/** A flag of another command is a mistake; `--json` has always been taken by all. */
function checkFlags({ command, flags, wants }: Arguments, { problems }: Findings): void {
  for (const name of Object.keys(flags) as CommandFlag[]) {
    if (wants !== undefined || commandRows[command].flags?.includes(name)) continue
    problems.push(`--${name} means nothing to ${command}`)
  }
}

function readOption(
  rawName: string,
  name: string,
  value: string | undefined,
  result: Arguments,
  findings: Findings,
): void {
  const meaning = flags.get(name)
  if (meaning === undefined) {
    const others = [...Object.keys(commandFlags), 'config', 'help', 'version']
    const known = [...flags.keys(), ...others].map((flag) => `--${flag}`)
    findings.problems.push(`${rawName} is not an option${didYouMean(rawName, known, '; sandbucket --help lists them')}`)
    return
  }
  if (meaning.alone === undefined && value === undefined) {
    findings.problems.push(`${rawName} needs a value: ${meaning.row.kind.must}`)
    return
  }
  if (meaning.alone === false && value !== undefined) {
    findings.problems.push(`${rawName} takes no value`)
    return
  }
  const earlier = result.layer[meaning.option]
  const given = value ?? meaning.alone
  const all = meaning.row.isList && earlier !== undefined ? `${earlier.value as string},${given as string}` : given
  result.layer[meaning.option] = { value: all, from: rawName }
}

/** `sandbucket completion SHELL`: completion of commands, options and their values, made from the tables of both. */
import { type Command, commandFlags, commandRows, commands } from '../config/commands.ts'
import { type OptionRow, optionRows } from '../config/options.ts'

/** What may follow an option. */
type Values = { kind: 'words'; words: readonly string[] } | { kind: 'files' | 'folders' | 'any' }

interface Flag {
  long: string
  short: string | undefined
  help: string
  /** Undefined: a switch. */
  values: Values | undefined
}

const words = (all: readonly string[]): Values => ({ kind: 'words', words: all })

function valuesOf({ placeholder, kind }: OptionRow): Values | undefined {
  if (placeholder === undefined) return undefined
  const choices = /^one of (.*)$/.exec(kind.must)?.[1]?.split(', ')
  if (choices !== undefined) return words(choices)
  return { kind: placeholder === 'DIR' ? 'folders' : placeholder === 'FILE' ? 'files' : 'any' }
}

const serverFlags: readonly Flag[] = [
  ...optionRows.flatMap(([, row]): Flag[] => {
    if (row.flag === undefined) return []
    const flag = { long: row.flag, short: row.short, help: row.help, values: valuesOf(row) }
    // What is on unless told otherwise can only be switched off.
    return row.default === 'true' ? [flag, { ...flag, long: `no-${row.flag}`, short: undefined }] : [flag]
  }),
  { long: 'config', short: 'c', help: 'configuration file', values: { kind: 'files' } },
  { long: 'help', short: 'h', help: 'say how it is used', values: undefined },
  { long: 'version', short: 'v', help: 'print the version', values: undefined },
]

const commandFlagsOf = (command: Command): Flag[] =>
  (commandRows[command].flags ?? []).map((name) => {
    const { placeholder, help, choices } = commandFlags[name]
    const values =
      placeholder === undefined ? undefined : choices === undefined ? ({ kind: 'any' } as const) : words(choices)
    return { long: name, short: undefined, help, values }
  })

const allCommandFlags = [...new Map(commands.flatMap(commandFlagsOf).map((flag) => [flag.long, flag])).values()]

/** What may follow a command. */
function wordOf(command: Command): Values | undefined {
  const { word, usage } = commandRows[command]
  if (word === undefined) return undefined
  if (word.choices !== undefined) return words(word.choices)
  return { kind: usage.includes('FILE') ? 'files' : 'any' }
}

const shells = { bash, zsh, fish }

/** The script of a shell. */
export function completion(shell: string): string {
  return shells[shell as keyof typeof shells]()
}

const spellings = ({ long, short }: Flag): string[] => [`--${long}`, ...(short === undefined ? [] : [`-${short}`])]
const dashed = (flags: readonly Flag[]): string => flags.map(({ long }) => `--${long}`).join(' ')

function bash(): string {
  const reply = (values: Values): string => {
    if (values.kind === 'words') return `COMPREPLY=($(compgen -W '${values.words.join(' ')}' -- "$cur")); return`
    if (values.kind === 'folders') return 'compopt -o filenames; COMPREPLY=($(compgen -d -- "$cur")); return'
    if (values.kind === 'files') return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$cur")); return'
    return 'return'
  }
  const afterFlag = [...serverFlags, ...allCommandFlags].flatMap((flag) =>
    flag.values === undefined ? [] : [`    ${spellings(flag).join('|')}) ${reply(flag.values)} ;;`],
  )
  const ofCommand = commands.flatMap((command) => {
    const flags = commandFlagsOf(command)
    return flags.length === 0 ? [] : [`      ${command}) options="$options ${dashed(flags)}" ;;`]
  })
  const afterCommand = commands.flatMap((command) => {
    const values = wordOf(command)
    return values === undefined ? [] : [`    ${command}) ${reply(values)} ;;`]
  })
  return `# Completion of sandbucket in bash. Put into ~/.bashrc: source <(sandbucket completion bash)
_sandbucket() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${commands.join('|')}|help) command=$word; break ;;
    esac
  done
  case $prev in
${afterFlag.join('\n')}
  esac
  if [[ $cur == -* ]]; then
    local options='${dashed(serverFlags)}'
    case $command in
${ofCommand.join('\n')}
    esac
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
    return
  fi
  case $command in
    '') COMPREPLY=($(compgen -W '${commands.join(' ')} help' -- "$cur")) ;;
    help) COMPREPLY=($(compgen -W '${commands.join(' ')}' -- "$cur")) ;;
${afterCommand.join('\n')}
  esac
}
complete -F _sandbucket sandbucket
`
}

/** Inside single quotes of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

function zsh(): string {
  const action = (values: Values | undefined): string => {
    if (values === undefined) return ''
    if (values.kind === 'words') return `:value:(${values.words.join(' ')})`
    if (values.kind === 'folders') return ':folder:_files -/'
    return values.kind === 'files' ? ':file:_files' : ':value: '
  }
  // Colons and brackets divide the parts of a specification.
  const plain = (text: string) => text.replace(/[[\]:]/g, (char) => `\\${char}`)
  const spec = (flag: Flag): string[] =>
    spellings(flag).map((name) => `    ${quoted(`*${name}[${plain(flag.help)}]${action(flag.values)}`)}`)
  const described = commands.map((command) => `    ${quoted(`${command}:${commandRows[command].help}`)}`)
  const cases = commands.map((command) => {
    const own = commandFlagsOf(command).flatMap(spec)
    const values = wordOf(command)
    const word = values === undefined ? [] : [`    ${quoted(`1${action(values)}`)}`]
    return `        ${command}) specs+=(\n${[...own, ...word].join('\n')}\n        ) ;;`
  })
  return `#compdef sandbucket
# Completion of sandbucket in zsh. Put into ~/.zshrc, behind compinit: source <(sandbucket completion zsh)
_sandbucket() {
  local -a commands specs
  local state line curcontext=$curcontext
  commands=(
${described.join('\n')}
    'help:say more about a command'
  )
  specs=(
${serverFlags.flatMap(spec).join('\n')}
  )
  _arguments -C $specs '1: :->command' '*:: :->argument'
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      case $line[1] in
${cases.join('\n')}
        help) specs=("1:command:(${commands.join(' ')})") ;;
      esac
      _arguments $specs ;;
  esac
}
if [ "$funcstack[1]" = _sandbucket ]; then _sandbucket "$@"; else compdef _sandbucket sandbucket; fi
`
}

function fish(): string {
  const option = (flag: Flag, condition: string): string => {
    const { long, short, help, values } = flag
    const parts = ['complete -c sandbucket', condition, `-l ${long}`]
    if (short !== undefined) parts.push(`-s ${short}`)
    if (values?.kind === 'words') parts.push(`-x -a ${fishQuoted(values.words.join(' '))}`)
    else if (values?.kind === 'folders') parts.push("-x -a '(__fish_complete_directories)'")
    else if (values?.kind === 'files') parts.push('-r -F')
    else if (values !== undefined) parts.push('-x')
    parts.push(`-d ${fishQuoted(help)}`)
    return parts.filter((part) => part !== '').join(' ')
  }
  const ofCommands = commands.flatMap((command) => {
    const within = `-n '__fish_seen_subcommand_from ${command}'`
    const values = wordOf(command)
    const word =
      values?.kind === 'words'
        ? [`complete -c sandbucket ${within} -a ${fishQuoted(values.words.join(' '))}`]
        : values?.kind === 'files'
          ? [`complete -c sandbucket ${within} -F`]
          : []
    return [...commandFlagsOf(command).map((flag) => option(flag, within)), ...word]
  })
  const first = commands.map(
    (command) =>
      `complete -c sandbucket -n __fish_use_subcommand -a ${command} -d ${fishQuoted(commandRows[command].help)}`,
  )
  return [
    '# Completion of sandbucket in fish: sandbucket completion fish > ~/.config/fish/completions/sandbucket.fish',
    'complete -c sandbucket -f',
    ...first,
    `complete -c sandbucket -n __fish_use_subcommand -a help -d 'say more about a command'`,
    `complete -c sandbucket -n '__fish_seen_subcommand_from help' -a '${commands.join(' ')}'`,
    ...serverFlags.map((flag) => option(flag, '')),
    ...ofCommands,
    '',
  ].join('\n')
}

const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Every command, once: how it is called, what may follow it, and what help says of it. */

export type Command = 'serve' | 'env' | 's3cfg' | 'health' | 'explain' | 'simulate' | 'record' | 'reset'

/** Flags that only commands have; options of the server are in `options.ts`. */
export type CommandFlag = 'json' | 'endpoint' | 'principal' | 'format'

export interface CommandRow {
  /** As help shows it. */
  usage: string
  help: string
  /** The one word that the command is about. */
  word?: {
    /** Said when it is missing; undefined: it may be. */
    missing?: string
    /** Words it may be; undefined: any. */
    choices?: readonly string[]
  }
  flags?: readonly CommandFlag[]
}

/** In the order of help. */
export const commandRows: Readonly<Record<Command, CommandRow>> = {
  serve: { usage: '[serve] [options]', help: 'start the server' },
  env: {
    usage: 'env [--json]',
    help: 'print what clients need: eval "$(sandbucket env)"',
    flags: ['json', 'endpoint'],
  },
  s3cfg: {
    usage: 's3cfg',
    help: 'print a configuration for s3cmd: sandbucket s3cfg > ~/.s3cfg',
    flags: ['endpoint'],
  },
  explain: {
    usage: 'explain ID|last|list [--json]',
    help: 'say why a request was allowed or refused, by its x-amz-request-id; last: the last error; list: the last requests',
    word: {
      missing:
        'explain needs the id of a request, x-amz-request-id of its answer; or "last" for the last error, "list" for the last requests',
    },
    flags: ['json', 'endpoint'],
  },
  simulate: {
    usage: 'simulate FILE',
    help: 'check who may do what: YAML or JSON, [{ principal, action, resource, context, expect }]',
    word: { missing: 'simulate needs a file of tests' },
    flags: ['endpoint'],
  },
  record: {
    usage: 'record [start|stop|show]',
    help: 'collect what every principal does, and print the least policy for it',
    word: { choices: ['start', 'stop', 'show'] },
    flags: ['json', 'principal', 'format', 'endpoint'],
  },
  reset: {
    usage: 'reset',
    help: 'forget everything stored, and make the configured buckets again',
    flags: ['endpoint'],
  },
  health: { usage: 'health', help: 'exit 0 when the server is ready', flags: ['endpoint'] },
}

/** Flags of commands: undefined is a switch, otherwise what must follow. */
export const commandFlags: Readonly<
  Record<CommandFlag, { placeholder: string | undefined; help: string; choices?: readonly string[] }>
> = {
  json: { placeholder: undefined, help: 'print JSON (env, explain, record)' },
  endpoint: {
    placeholder: 'URL',
    help: 'the server to ask; default: the one that runs on this data folder (all commands but serve)',
  },
  principal: { placeholder: 'ARN', help: 'record: of this one only; user/NAME and role/NAME will do' },
  format: {
    placeholder: 'text|json|policy',
    help: 'record: policy prints nothing but the document, of one principal',
    choices: ['text', 'json', 'policy'],
  },
}

export const commands = Object.keys(commandRows) as Command[]

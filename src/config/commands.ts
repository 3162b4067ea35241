/** Every command, once: how it is called, what may follow it, and what help says of it. */

export type Command =
  | 'serve'
  | 'env'
  | 's3cfg'
  | 'health'
  | 'explain'
  | 'simulate'
  | 'record'
  | 'reset'
  | 'check'
  | 'completion'

/** Flags that only commands have; options of the server are in `options.ts`. */
export type CommandFlag = 'json' | 'repair' | 'endpoint' | 'principal' | 'format'

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
  /** The first one is shown by `--help` too. */
  examples: readonly Example[]
}

export interface Example {
  line: string
  /** A clause in the present. */
  does: string
}

/** In the order of help. */
export const commandRows: Readonly<Record<Command, CommandRow>> = {
  serve: {
    usage: '[serve] [options]',
    help: 'start the server',
    examples: [
      {
        line: 'sandbucket --bucket photos',
        does: 'serves http://127.0.0.1:9000 with a bucket, and keeps data in ./.sandbucket',
      },
      { line: 'sandbucket --in-memory --port 0', does: 'takes a free port and forgets everything when it stops' },
      {
        line: 'sandbucket --host 0.0.0.0 --access-key-id me --secret-access-key hush',
        does: 'serves the network, with a key of its own',
      },
      { line: 'sandbucket --config sandbucket.config.yaml', does: 'takes users, roles and policies from a file' },
    ],
  },
  env: {
    usage: 'env [--json]',
    help: 'print what clients need: eval "$(sandbucket env)"',
    flags: ['json', 'endpoint'],
    examples: [
      {
        line: 'eval "$(sandbucket env)"',
        does: 'makes the AWS CLI and SDKs of this shell use the server of this data folder',
      },
      {
        line: 'sandbucket env --json --endpoint http://s3.test:9000',
        does: 'prints the variables for another server as JSON',
      },
    ],
  },
  s3cfg: {
    usage: 's3cfg',
    help: 'print a configuration for s3cmd: sandbucket s3cfg > ~/.s3cfg',
    flags: ['endpoint'],
    examples: [{ line: 'sandbucket s3cfg > sandbucket.s3cfg', does: 'writes a file for s3cmd -c sandbucket.s3cfg' }],
  },
  explain: {
    usage: 'explain ID|last|list [--json]',
    help: 'say why a request was allowed or refused, by its x-amz-request-id; last: the last error; list: the last requests',
    word: {
      missing:
        'explain needs the id of a request, x-amz-request-id of its answer; or "last" for the last error, "list" for the last requests',
    },
    flags: ['json', 'endpoint'],
    examples: [
      { line: 'sandbucket explain last', does: 'explains the last request that failed, and says what would allow it' },
      { line: 'sandbucket explain 4442587FB7D0A2F9', does: 'explains the request with that x-amz-request-id' },
      { line: 'sandbucket explain list', does: 'lists the last requests with their ids' },
    ],
  },
  simulate: {
    usage: 'simulate FILE',
    help: 'check who may do what: YAML or JSON, [{ principal, action, resource, context, expect }]',
    word: { missing: 'simulate needs a file of tests' },
    flags: ['endpoint'],
    examples: [
      { line: 'sandbucket simulate policies.yaml', does: 'asks the running server, and fails when an answer differs' },
    ],
  },
  record: {
    usage: 'record [start|stop|show]',
    help: 'collect what every principal does, and print the least policy for it',
    word: { choices: ['start', 'stop', 'show'] },
    flags: ['json', 'principal', 'format', 'endpoint'],
    examples: [
      { line: 'sandbucket record', does: 'prints the least policy for everybody who asked something' },
      { line: 'sandbucket record start', does: 'begins to collect; run your tests, then sandbucket record' },
      {
        line: 'sandbucket record --principal user/alice --format policy',
        does: 'prints the policy of one of them alone',
      },
    ],
  },
  reset: {
    usage: 'reset',
    help: 'forget everything stored, and make the configured buckets again',
    flags: ['endpoint'],
    examples: [{ line: 'sandbucket reset', does: 'empties the server that runs on this data folder' }],
  },
  check: {
    usage: 'check [--repair] [--json]',
    help: 'read all that is stored in a data folder that no server has open, and say what is damaged or lost',
    flags: ['json', 'repair'],
    examples: [
      { line: 'sandbucket check --data ./.sandbucket', does: 'changes nothing; exit code 5 when something is damaged' },
      {
        line: 'sandbucket check --repair',
        does: 'mends what can be, and keeps in DATA/damaged what cannot be read or is named by nothing',
      },
    ],
  },
  health: {
    usage: 'health',
    help: 'exit 0 when the server is ready',
    flags: ['endpoint'],
    examples: [{ line: 'sandbucket health --endpoint http://127.0.0.1:9000', does: 'is what a container asks' }],
  },
  completion: {
    usage: 'completion bash|zsh|fish',
    help: 'print a script that completes commands and options in a shell',
    word: { missing: 'completion needs the name of a shell: bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] },
    examples: [
      { line: 'source <(sandbucket completion bash)', does: 'belongs into ~/.bashrc' },
      { line: 'source <(sandbucket completion zsh)', does: 'belongs into ~/.zshrc, behind compinit' },
      { line: 'sandbucket completion fish > ~/.config/fish/completions/sandbucket.fish', does: 'is enough for fish' },
    ],
  },
}

/** Flags of commands: undefined is a switch, otherwise what must follow. */
export const commandFlags: Readonly<
  Record<CommandFlag, { placeholder: string | undefined; help: string; choices?: readonly string[] }>
> = {
  json: { placeholder: undefined, help: 'print JSON (env, explain, record, check)' },
  repair: {
    placeholder: undefined,
    help: 'check: mend what can be; nothing is removed, what cannot be read goes to DATA/damaged',
  },
  endpoint: {
    placeholder: 'URL',
    help: 'the server to ask; default: the one that runs on this data folder (commands that ask one)',
  },
  principal: { placeholder: 'ARN', help: 'record: of this one only; user/NAME and role/NAME will do' },
  format: {
    placeholder: 'text|json|policy',
    help: 'record: policy prints nothing but the document, of one principal',
    choices: ['text', 'json', 'policy'],
  },
}

export const commands = Object.keys(commandRows) as Command[]

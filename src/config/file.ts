/** The configuration file: finding it, reading it, and its layer. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Layer, usageError } from './layer.ts'
import { didYouMean } from './nearest.ts'
import { type OptionName, options } from './options.ts'

/** Tried in this order in the working directory. */
export const defaultFileNames = [
  'sandbucket.config.json',
  'sandbucket.config.yaml',
  'sandbucket.config.yml',
  'sandbucket.config.mjs',
] as const

/** A file's path as the user knows it and its content: an object, or whatever stands there instead. */
export interface ConfigFile {
  path: string
  value: unknown
  /** Of JSON and YAML: as it stands there. */
  text?: string
  /** By place in the value: the files that `{ "$file": "PATH" }` stood for. */
  files?: ReadonlyMap<string, string>
}

/**
 * Loads the named file, or the default one when it exists. An `.mjs` file exports its options as default.
 * @throws UsageError when the file is missing or cannot be read
 */
export async function loadConfigFile(path: string | undefined, directory: string): Promise<ConfigFile | undefined> {
  const name = path ?? defaultFileNames.find((candidate) => existsSync(resolve(directory, candidate)))
  if (name === undefined) return undefined
  const absolute = resolve(directory, name)
  if (!existsSync(absolute)) throw usageError([`there is no file ${absolute}`])
  const isModule = /\.[cm]?js$/.test(name)
  const isYaml = /\.ya?ml$/i.test(name)
  try {
    if (!isModule) return await readTextFile(absolute, name, isYaml)
    const module = (await import(pathToFileURL(absolute).href)) as { default?: unknown }
    return { path: name, value: module.default }
  } catch (cause) {
    if ((cause as Error).name === 'UsageError') throw cause
    const form = isModule ? 'a module with a default export' : isYaml ? 'YAML' : 'JSON'
    throw usageError([`${name}: ${(cause as Error).message}; it must be ${form}`])
  }
}

/**
 * JSON or YAML in which `{ "$file": "PATH" }` stands for the text of a file beside it: a secret, or a policy. In YAML
 * every value is the text that stands there: an account id keeps its zeros.
 * @throws SyntaxError, UsageError
 */
async function readTextFile(absolute: string, name: string, isYaml: boolean): Promise<ConfigFile> {
  const text = readFileSync(absolute, 'utf8')
  const value = isYaml ? (await import('./read-yaml.ts')).readYaml(text).value : parseJson(text)
  const problems: string[] = []
  const files = new Map<string, string>()
  const read = (path: string, where: string): unknown => {
    files.set(where, path)
    try {
      // An editor's last newline is not part of a secret.
      return readFileSync(resolve(dirname(absolute), path), 'utf8').replace(/\r?\n$/, '')
    } catch (cause) {
      problems.push(`${where} in ${name}: cannot read ${path} (${(cause as Error).message}); name a readable file`)
      return undefined
    }
  }
  const filled = fillIn(value, '', read)
  if (problems.length > 0) throw usageError(problems)
  return { path: name, value: filled, text, files }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SyntaxError(withLine((cause as Error).message, text))
  }
}

/** Older versions of Node count characters only. */
function withLine(message: string, text: string): string {
  const position = / at position (\d+)$/.exec(message)?.[1]
  if (position === undefined) return message
  const lines = text.slice(0, Number(position)).split('\n')
  return `${message} (line ${lines.length} column ${(lines.at(-1) ?? '').length + 1})`
}

function fillIn(value: unknown, where: string, read: (path: string, where: string) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item, at) => fillIn(item, `${where}.${at}`, read))
  const entries = Object.entries(value)
  const [name, path] = entries[0] ?? []
  if (entries.length === 1 && name === '$file' && typeof path === 'string') return read(path, where.slice(1))
  return Object.fromEntries(entries.map(([key, item]) => [key, fillIn(item, `${where}.${key}`, read)]))
}

/** Adds a problem for each key that is no option. Shared by the file and the Node API. */
export function readObject(value: unknown, place: string, problems: string[]): Layer {
  const layer: Layer = {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problems.push(`${place} must be an object with options such as { "port": 9000 }`)
    return layer
  }
  for (const [key, given] of Object.entries(value)) {
    if (given === undefined || (key === '$schema' && typeof given === 'string')) continue
    if (Object.hasOwn(options, key)) layer[key as OptionName] = { value: given, from: `${key} in ${place}` }
    else problems.push(`${key} in ${place} is not an option${didYouMean(key, Object.keys(options))}`)
  }
  return layer
}

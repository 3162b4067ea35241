/** The configuration file: finding it, reading it, and its layer. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Layer, usageError } from './layer.ts'
import { didYouMean } from './nearest.ts'
import { type OptionName, options } from './options.ts'

/** Tried in this order in the working directory. */
export const defaultFileNames = ['sandbucket.config.json', 'sandbucket.config.mjs'] as const

/** A file's path as the user knows it and its content: an object, or whatever stands there instead. */
export interface ConfigFile {
  path: string
  value: unknown
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
  try {
    if (!/\.[cm]?js$/.test(name)) return { path: name, value: JSON.parse(readFileSync(absolute, 'utf8')) }
    const module = (await import(pathToFileURL(absolute).href)) as { default?: unknown }
    return { path: name, value: module.default }
  } catch (cause) {
    throw usageError([
      `${name}: ${(cause as Error).message}; it must be ${/js$/.test(name) ? 'a module with a default export' : 'JSON'}`,
    ])
  }
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

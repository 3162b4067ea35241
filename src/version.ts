/** The version of this package, as package.json says. */
import { readFileSync } from 'node:fs'

function readVersion(): string {
  // From src/ in development and from dist/src/ when built.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    }
  }
  return '0.0.0'
}

export const version = readVersion()

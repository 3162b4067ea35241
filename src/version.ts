/** The version of this package, as package.json says. */
import { readPackageJson } from './lib/package-files.ts'

export const version = (readPackageJson('package.json') as { version: string }).version

/** The repository, from `test/` and from `dist/test/`. */
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
export const root = resolve(here, here.includes(join('dist', 'test')) ? '../../..' : '../..')

/** The layer of `SANDBUCKET_*` variables. */
import { type Environment, type Findings, type Layer, readVariable } from './layer.ts'
import { didYouMean } from './nearest.ts'
import { optionRows } from './options.ts'

const prefix = 'SANDBUCKET_'
const names = new Set(['SANDBUCKET_CONFIG'])
for (const [, row] of optionRows) {
  names.add(row.env)
  if (row.isSecret) names.add(`${row.env}_FILE`)
}

/** Reads every option's variable. A name with our prefix that is no option gets a note: it is nearly always a typo. */
export function readEnvironment(env: Environment, readText: (path: string) => string, findings: Findings): Layer {
  const layer: Layer = {}
  for (const [name, row] of optionRows) {
    const given = readVariable(row.env, env, row.isSecret === true, readText, findings)
    if (given !== undefined) layer[name] = given
  }
  for (const name of Object.keys(env)) {
    if (!name.startsWith(prefix) || names.has(name)) continue
    findings.notes.push(`${name} is not an option and was ignored${didYouMean(name, [...names])}`)
  }
  return layer
}

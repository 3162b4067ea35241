/** Which context keys a policy asks for: the answer of GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy. */
import type { PolicyDocument } from './document.ts'
import { findKey } from './keys.ts'
import { variableNamesIn } from './match.ts'

/** Keys of conditions and variables, each once, in AWS's spelling where it is known and as written otherwise. */
export function contextKeysIn(document: PolicyDocument): string[] {
  const found = new Map<string, string>()
  const add = (name: string) => {
    const lower = name.toLowerCase()
    if (!found.has(lower)) found.set(lower, name.includes('/') ? name : (findKey(name)?.name ?? name))
  }
  for (const { conditions, resource } of document.statements ?? []) {
    for (const { key, values } of conditions) {
      add(key)
      if (document.version === '2012-10-17') values.flatMap(variableNamesIn).forEach(add)
    }
    if (document.version === '2012-10-17') resource?.values.flatMap(variableNamesIn).forEach(add)
  }
  return [...found.values()]
}

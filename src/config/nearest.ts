/** "Did you mean": the most similar of some names. */

/** Edit distance of two short texts, by rows. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (above[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replace, (above[j] as number) + 1, (row[j - 1] as number) + 1))
    }
    above = row
  }
  return above[b.length] as number
}

/** `; did you mean X?` for a name that is close to one of `names`, else `otherwise`. */
export function didYouMean(name: string, names: readonly string[], otherwise = ''): string {
  const close = names
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(
      ({ candidate, edits }) => edits <= (candidate.length > 3 ? Math.max(2, Math.floor(candidate.length / 3)) : 1),
    )
    .sort((a, b) => a.edits - b.edits)[0]
  return close === undefined ? otherwise : `; did you mean ${close.candidate}?`
}

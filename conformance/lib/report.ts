/** What happened to each check: one line as it ends, the totals last. */

export type Outcome = 'passed' | 'failed' | 'skipped'

export interface Report {
  /** Prints the line of one check; `detail` follows it, indented. */
  add(outcome: Outcome, name: string, detail?: string): void
  /** Prints the failures again and the totals as the last line. @returns whether nothing failed */
  finish(): boolean
}

const marks: Record<Outcome, string> = { passed: 'ok', failed: 'not ok', skipped: 'skipped' }

/** A report that prints to standard output. */
export function createReport(): Report {
  const totals: Record<Outcome, number> = { passed: 0, failed: 0, skipped: 0 }
  const failures: string[] = []
  return {
    add(outcome, name, detail) {
      totals[outcome]++
      console.log(`${marks[outcome]} ${name}`)
      if (detail) console.log(indent(detail))
      if (outcome === 'failed') failures.push(name)
    },
    finish() {
      if (failures.length > 0) console.log(`\nFailed:\n${indent(failures.join('\n'))}`)
      console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
      return totals.failed === 0
    },
  }
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, '    ')
}

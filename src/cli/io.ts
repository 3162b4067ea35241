/** What a command touches of its process, so that tests can stand in for it. */
export interface Io {
  argv: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  directory: string
  isTerminal: boolean
  /** Of the terminal; undefined where the output is none. */
  columns?: number | undefined
  out(text: string): void
  err(text: string): void
}

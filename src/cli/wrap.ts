/** Text on lines of the terminal. */

/** Narrower terminals get lines of this width. */
export const minColumns = 40

/** Lines of words, indented. A word that is longer than a line stays whole. */
export function wrap(text: string, indent: number, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one)
}

/**
 * Texts of headers as they were sent, kept beside the values that were read from them: an error of AWS shows what was
 * sent, not what was understood. They hang on the input under a symbol, so a copy of the input has them too.
 */
const sentTexts = Symbol('sentTexts')

interface WithTexts {
  [sentTexts]?: Map<string, string>
}

/** Keeps the text of one member. */
export function keepSentText(input: object, member: string, text: string): void {
  const holder = input as WithTexts
  holder[sentTexts] ??= new Map()
  holder[sentTexts].set(member, text)
}

/** The text that a member was read from; undefined when none was kept. */
export function sentText(input: object, member: string): string | undefined {
  return (input as WithTexts)[sentTexts]?.get(member)
}

/**
 * Decides whether bytes are one well-formed XML document of the kind S3 takes: UTF-8, one root, balanced tags, no
 * DOCTYPE, the five entities and character references only, bounded depth and number of nodes. The parser behind it is lenient; this is not.
 */

const MAX_DEPTH = 32
const MAX_ATTRIBUTES = 32
/**
 * Elements, comments and the like: each costs the parser a microsecond. CompleteMultipartUpload of 10,000 parts with all
 * checksums has 90,000.
 */
const MAX_NODES = 100_000

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the characters XML 1.0 forbids
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/
const NAME = '[A-Za-z_\\u0080-\\uffff][\\w.\\-:\\u0080-\\uffff]*'
const OPEN = new RegExp(`<(${NAME})`, 'y')
const ATTRIBUTE = new RegExp(`\\s+(${NAME})\\s*=\\s*("[^"<]*"|'[^'<]*')`, 'y')
const OPEN_END = /\s*(\/?)>/y
const CLOSE = new RegExp(`</(${NAME})\\s*>`, 'y')
const REFERENCE = /&(?:amp|lt|gt|quot|apos|#(\d{1,8})|#x([0-9A-Fa-f]{1,6}));/y
const DECLARATION =
  /^<\?xml\s+version\s*=\s*["']1\.[01]["'](?:\s+encoding\s*=\s*["']([\w.-]+)["'])?(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*\?>/
const WHITE = /^[ \t\r\n]*$/

/** True when `text` is such a document. Never throws; time grows linearly with the length. */
export function isWellFormed(text: string): boolean {
  if (FORBIDDEN.test(text)) return false
  const open: string[] = []
  let isDone = false
  let at = 0
  let nodes = 0
  if (text.startsWith('<?xml') && /\s/.test(text[5] ?? '')) {
    const declaration = DECLARATION.exec(text)
    if (declaration === null || !isUtf8Name(declaration[1])) return false
    at = declaration[0].length
  }
  while (at < text.length) {
    const tag = text.indexOf('<', at)
    const end = tag === -1 ? text.length : tag
    if (!isText(text, at, end, open.length > 0)) return false
    if (tag === -1) break
    if (text[tag + 1] !== '/' && ++nodes > MAX_NODES) return false
    const skipped = skipSpecial(text, tag, open.length > 0)
    if (skipped === -1) return false
    if (skipped > 0) {
      at = skipped
      continue
    }
    if (text[tag + 1] === '/') {
      const name = sticky(CLOSE, text, tag)
      if (name === null || open.pop() !== name[1]) return false
      at = CLOSE.lastIndex
      isDone ||= open.length === 0
      continue
    }
    if (isDone || open.length === MAX_DEPTH) return false
    const element = openingTag(text, tag)
    if (element === undefined) return false
    at = element.end
    if (!element.isEmpty) open.push(element.name)
    else isDone ||= open.length === 0
  }
  return isDone && open.length === 0
}

function isUtf8Name(encoding: string | undefined): boolean {
  return encoding === undefined || /^(utf-?8|us-ascii)$/i.test(encoding)
}

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** Character data between two tags; outside the root only white space. */
function isText(text: string, start: number, end: number, isInside: boolean): boolean {
  if (start === end) return true
  if (!isInside) return WHITE.test(text.slice(start, end))
  const part = text.slice(start, end)
  return !part.includes(']]>') && hasKnownReferences(part)
}

function hasKnownReferences(part: string): boolean {
  for (let at = part.indexOf('&'); at !== -1; at = part.indexOf('&', at + 1)) {
    const match = sticky(REFERENCE, part, at)
    if (match === null) return false
    const digits = match[1] ?? match[2]
    if (digits !== undefined && !isXmlCharacter(Number.parseInt(digits, match[1] === undefined ? 16 : 10))) return false
  }
  return true
}

function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff)
}

/** End of a comment, CDATA section or processing instruction; 0 when there is none at `at`, -1 when it is not allowed. */
function skipSpecial(text: string, at: number, isInside: boolean): number {
  const next = text[at + 1]
  if (next === '?')
    return text.startsWith('<?xml', at) && /\s/.test(text[at + 5] ?? '') ? -1 : after(text, '?>', at + 2)
  if (next !== '!') return 0
  if (text.startsWith('<!--', at)) return after(text, '-->', at + 4)
  if (isInside && text.startsWith('<![CDATA[', at)) return after(text, ']]>', at + 9)
  return -1
}

function after(text: string, closer: string, from: number): number {
  const at = text.indexOf(closer, from)
  return at === -1 ? -1 : at + closer.length
}

function openingTag(text: string, at: number): { name: string; end: number; isEmpty: boolean } | undefined {
  const name = sticky(OPEN, text, at)?.[1]
  if (name === undefined) return undefined
  let end = OPEN.lastIndex
  const seen: string[] = []
  for (;;) {
    const attribute = sticky(ATTRIBUTE, text, end)
    if (attribute === null) break
    const key = attribute[1] as string
    if (seen.includes(key) || seen.length === MAX_ATTRIBUTES) return undefined
    seen.push(key)
    if (!hasKnownReferences(attribute[2] as string)) return undefined
    end = ATTRIBUTE.lastIndex
  }
  const closed = sticky(OPEN_END, text, end)
  return closed === null ? undefined : { name, end: OPEN_END.lastIndex, isEmpty: closed[1] === '/' }
}

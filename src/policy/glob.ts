/**
 * Whether a text fits a pattern of literal pieces, `?` and `*`: the pieces are looked for from left to right, without
 * backtracking. A short search compares plainly. Who searches one text again and again, or for something long, uses bits
 * instead, 32 places of the text at a time: a policy of 20 KB takes a millisecond on the longest key, however it is written.
 */

/** What stands between two stars. */
export interface Piece {
  /** With `?` where any character may stand. */
  readonly text: string
  /** UTF-16 units with -1 for "any"; undefined when there is none of these and `text` says it all. */
  readonly units: Int32Array | undefined
  /** The places of each unit in the piece; made by the first search with bits. */
  offsets?: ReadonlyMap<number, readonly number[]>
}

/** @param holes where any character may stand in `text` */
export function pieceOf(text: string, holes: readonly number[]): Piece {
  if (holes.length === 0) return { text, units: undefined }
  const units = new Int32Array(text.length)
  for (let at = 0; at < text.length; at++) units[at] = text.charCodeAt(at)
  for (const at of holes) units[at] = -1
  return { text, units }
}

/** Whether the pieces, with anything between two of them, make up the whole text. @param pieces at least one */
export function fits(pieces: readonly Piece[], text: string): boolean {
  const first = pieces[0] as Piece
  if (pieces.length === 1) return text.length === first.text.length && isAt(first, text, 0)
  if (!isAt(first, text, 0)) return false
  const last = pieces[pieces.length - 1] as Piece
  const end = text.length - last.text.length
  let at = first.text.length
  if (end < at || !isAt(last, text, end)) return false
  for (let index = 1; index < pieces.length - 1; index++) {
    const piece = pieces[index] as Piece
    const found = find(piece, text, at, end - piece.text.length)
    if (found === -1) return false
    at = found + piece.text.length
  }
  return true
}

function isAt({ text: wanted, units }: Piece, text: string, at: number): boolean {
  if (units === undefined) return text.startsWith(wanted, at)
  if (at + units.length > text.length) return false
  for (let index = 0; index < units.length; index++) {
    const unit = units[index]
    if (unit !== -1 && unit !== text.charCodeAt(at + index)) return false
  }
  return true
}

/** The first place of a piece between two places, both included; -1 when there is none. */
function find(piece: Piece, text: string, from: number, to: number): number {
  if (to < from) return -1
  if (text.length <= shortText || piece.text.length === 1) return findPlainly(piece, text, from, to)
  const searched = searchedText(text)
  const atWorst = (to - from + 1) * piece.text.length
  if (searched.effort + (piece.units === undefined ? 0 : atWorst) > plainEffort) {
    // What is at hand needs no bits.
    const plain = piece.text.length > 16 ? from : Math.min(to + 1, from + 16)
    for (let at = from; at < plain; at++) if (isAt(piece, text, at)) return at
    return plain > to ? -1 : searched.find(piece, plain, to)
  }
  const found = findPlainly(piece, text, from, to)
  searched.effort += found === -1 ? atWorst : (found - from + 1) * piece.text.length
  return found
}

function findPlainly(piece: Piece, text: string, from: number, to: number): number {
  if (piece.units === undefined) {
    const at = text.indexOf(piece.text, from)
    return at > to ? -1 : at
  }
  for (let at = from; at <= to; at++) if (isAt(piece, text, at)) return at
  return -1
}

/** Texts up to this length, as names of actions are, are only searched plainly; a single character always is. */
const shortText = 64
/** Comparisons that plain searches of one text may need at worst; about as long as it takes to find out its places. */
const plainEffort = 16_384
/** Texts of one request and a few more. */
const maxTexts = 64
const texts = new Map<string, SearchedText>()

function searchedText(text: string): SearchedText {
  let known = texts.get(text)
  if (known === undefined) {
    if (texts.size >= maxTexts) texts.clear()
    known = new SearchedText(text)
    texts.set(text, known)
  }
  return known
}

/** The places of one unit in a text, a bit for each place. */
interface Row {
  readonly bits: Int32Array
  count: number
}

class SearchedText {
  /** Comparisons that the searches up to now can have needed. */
  effort = 0
  readonly #text: string
  #rows: ReadonlyMap<number, Row> | undefined

  constructor(text: string) {
    this.#text = text
  }

  /**
   * The first place of a piece between two places, both included; -1 when there is none. Many places at once are held
   * against one unit of the piece after the other, the rarest first.
   */
  find(piece: Piece, from: number, to: number): number {
    this.#rows ??= rowsOf(this.#text)
    piece.offsets ??= offsetsOf(piece)
    const wanted: Wanted[] = []
    for (const [unit, offsets] of piece.offsets) {
      const row = this.#rows.get(unit)
      if (row === undefined) return -1
      wanted.push({ row, offsets })
    }
    if (wanted.length > 1) wanted.sort((a, b) => a.row.count - b.row.count)
    const lastWord = to >> 5
    // What is found is mostly near: each stretch is twice as long as the one before.
    for (let word = from >> 5, size = 1; word <= lastWord; word += size, size *= 2) {
      const count = Math.min(size, lastWord - word + 1)
      if (places.length < count) places = new Int32Array(count * 2)
      places.fill(-1, 0, count)
      if (word === from >> 5) places[0] = -1 << (from & 31)
      if (word + count > lastWord) places[count - 1] = (places[count - 1] as number) & ((2 << (to & 31)) - 1)
      const found = firstOf(wanted, word, count)
      if (found !== -1) return found
    }
    return -1
  }
}

/** A unit of a piece: where it stands in the text, and where in the piece. */
interface Wanted {
  readonly row: Row
  readonly offsets: readonly number[]
}

/** A bit for each place that may still be one of the piece; used by one search at a time. */
let places = new Int32Array(64)

/** The first of `places` that has all units of the piece. @param word the first word of the stretch */
function firstOf(wanted: readonly Wanted[], word: number, count: number): number {
  for (const { row, offsets } of wanted) {
    for (const offset of offsets) if (!narrow(row.bits, word + (offset >> 5), count, offset & 31)) return -1
  }
  for (let at = 0; at < count; at++) {
    const bits = places[at] as number
    if (bits !== 0) return ((word + at) << 5) + 31 - Math.clz32(bits & -bits)
  }
  return -1
}

/** Keeps the places that have a unit so much further on. @returns whether any is left */
function narrow(bits: Int32Array, from: number, count: number, shift: number): boolean {
  let left = 0
  for (let at = 0; at < count; at++) {
    const low = (bits[from + at] as number) >>> shift
    // In two steps: a shift by 32 would be none.
    const high = ((bits[from + at + 1] as number) << 1) << (31 - shift)
    const kept = (places[at] as number) & (low | high)
    places[at] = kept
    left |= kept
  }
  return left !== 0
}

function rowsOf(text: string): ReadonlyMap<number, Row> {
  const rows = new Map<number, Row>()
  // A word more than the text needs, because `narrow` reads the next one.
  const words = (text.length >> 5) + 2
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    let row = rows.get(unit)
    if (row === undefined) {
      row = { bits: new Int32Array(words), count: 0 }
      rows.set(unit, row)
    }
    const word = at >> 5
    row.bits[word] = (row.bits[word] as number) | (1 << (at & 31))
    row.count++
  }
  return rows
}

function offsetsOf({ text, units }: Piece): ReadonlyMap<number, readonly number[]> {
  const offsets = new Map<number, number[]>()
  for (let at = 0; at < text.length; at++) {
    const unit = units === undefined ? text.charCodeAt(at) : (units[at] as number)
    if (unit === -1) continue
    const known = offsets.get(unit)
    if (known === undefined) offsets.set(unit, [at])
    else known.push(at)
  }
  return offsets
}

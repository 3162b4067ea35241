/** The tuples of the generated tables. Positions are fixed; trailing ones may be missing. */

/**
 * `string`, `integer`, `boolean`, `blob`, `timestamp`, `dateTime`, `httpDate`, one of them followed by `[]` (list) or `{}`
 * (map), or the name of a row in `shapes`.
 */
export type TypeRef = string

/** Where a member travels: label, query, header, prefix of headers, payload, host label, status, or (empty) in the XML or form body. */
export type LocationCode = '' | 'L' | 'Q' | 'H' | 'P' | 'B' | 'HL' | 'S'

export interface MemberExtra {
  /** Repeated without a wrapping element. */
  readonly flat?: 1
  /** Name of a row in `enums`. */
  readonly enum?: string
  readonly attribute?: 1
  /** prefix, URI */
  readonly namespace?: readonly [string, string]
  readonly sensitive?: 1
  /** The body itself, or a stream of events. */
  readonly streaming?: 1
  /** Bounds of a text's length, a list's length or a number's value. */
  readonly min?: number
  readonly max?: number
  /** What a text must match as a whole. */
  readonly pattern?: string
  /** The same of each item of a list of texts. */
  readonly item?: { readonly min?: number; readonly max?: number; readonly pattern?: string }
}

/** name, type, location, wire name (query key, header or element), required, rest */
export type MemberRow = readonly [string, TypeRef, LocationCode, string, 0 | 1, MemberExtra?]

/** Structure, union, or structure whose root element holds the only member's text; members in wire order; root element. */
export type StructureRow = readonly ['s' | 'u' | 'w', readonly MemberRow[], string]
/** List: item type, item element. */
export type ListRow = readonly ['l', TypeRef, string]
/** Map: key type, value type. */
export type MapRow = readonly ['m', TypeRef, TypeRef]
export type ShapeRow = StructureRow | ListRow | MapRow

/** `S`: documented by AWS but not in the published model. `X`: told by `x-id` alone. */
export type OperationFlag = 'S' | 'X'

/** name, method, uri, status, input shape, output shape (empty: none) */
export type OperationRow = readonly [string, string, string, number, string, string, OperationFlag?]

/** One service's generated table. */
export interface ServiceTable {
  readonly operations: readonly OperationRow[]
  readonly shapes: Readonly<Record<string, ShapeRow>>
  readonly enums: Readonly<Record<string, readonly string[]>>
}

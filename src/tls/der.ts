/** Writing DER, as much of it as certificates need. Nothing here reads: OpenSSL does that, through node:crypto. */

/** One encoded element. */
export type Der = Buffer

/** Tag, length and content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Der {
  const body = Buffer.concat(content)
  if (body.length < 128) return Buffer.concat([Buffer.of(tag, body.length), body])
  const length = Buffer.from(toHex(body.length), 'hex')
  return Buffer.concat([Buffer.of(tag, 128 + length.length), length, body])
}

function toHex(value: number): string {
  const hex = value.toString(16)
  return hex.length % 2 === 0 ? hex : `0${hex}`
}

export const sequence = (...items: readonly Der[]): Der => element(0x30, ...items)
export const set = (...items: readonly Der[]): Der => element(0x31, ...items)
export const octets = (content: Uint8Array): Der => element(0x04, content)
export const utf8 = (text: string): Der => element(0x0c, Buffer.from(text))
export const boolean = (value: boolean): Der => element(0x01, Buffer.of(value ? 255 : 0))
/** A field `[number]` around other elements. */
export const tagged = (number: number, ...items: readonly Der[]): Der => element(0xa0 + number, ...items)
/** A field `[number] IMPLICIT` of a type that is bytes. */
export const implicit = (number: number, content: Uint8Array): Der => element(0x80 + number, content)

/** A whole number that is not negative, big-endian. */
export function integer(bytes: Uint8Array): Der {
  const isNegative = ((bytes[0] as number) & 0x80) !== 0
  return isNegative ? element(0x02, Buffer.of(0), bytes) : element(0x02, bytes)
}

/** @param unused bits at the end that do not count */
export function bits(content: Uint8Array, unused = 0): Der {
  return element(0x03, Buffer.of(unused), content)
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const arc of rest) {
    const groups = [arc & 127]
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 127) | 128)
    bytes.push(...groups)
  }
  return element(0x06, Buffer.from(bytes))
}

/** A time to the second: UTCTime before 2050, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function time(ms: number): Der {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '')
  return digits < '2050' ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits))
}

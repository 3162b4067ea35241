/** Addresses and CIDR blocks of IPv4 and IPv6, as the IpAddress operators compare them. */
import { isIPv4, isIPv6 } from 'node:net'

export interface Address {
  version: 4 | 6
  value: bigint
}

export interface Cidr extends Address {
  /** Length of the prefix in bits: 0-32 or 0-128. */
  bits: number
}

const mappedPrefix = 0xffffn

/** Undefined when the text is no address. An IPv4-mapped IPv6 address is its IPv4 address. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { version: 4, value: ipv4Value(text) }
  if (!isIPv6(text) || text.includes('%')) return undefined
  const value = ipv6Value(text)
  return value >> 32n === mappedPrefix ? { version: 4, value: value & 0xffffffffn } : { version: 6, value }
}

/** `10.0.0.0/8`, `fd00::/8`, or a bare address, which is a block of one. Host bits are dropped. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  const addressText = slash === -1 ? text : text.slice(0, slash)
  const address = parseAddress(addressText)
  if (address === undefined) return undefined
  const written = slash === -1 ? undefined : text.slice(slash + 1)
  if (written !== undefined && !/^\d{1,3}$/.test(written)) return undefined
  // A mapped block is written with the 96 bits of the mapping counted in.
  const extra = address.version === 4 && addressText.includes(':') ? 96 : 0
  const size = address.version === 4 ? 32 : 128
  const bits = written === undefined ? size : Number(written) - extra
  if (bits < 0 || bits > size) return undefined
  return { version: address.version, value: masked(address.value, size - bits), bits }
}

/** Whether an address lies in a block; IPv4 and IPv6 never meet. */
export function isInCidr(address: Address, cidr: Cidr): boolean {
  if (address.version !== cidr.version) return false
  return masked(address.value, (cidr.version === 4 ? 32 : 128) - cidr.bits) === cidr.value
}

function masked(value: bigint, hostBits: number): bigint {
  const shift = BigInt(hostBits)
  return (value >> shift) << shift
}

function ipv4Value(text: string): bigint {
  return BigInt(text.split('.').reduce((value, octet) => value * 256 + Number(octet), 0))
}

function ipv6Value(text: string): bigint {
  const dotted = text.slice(text.lastIndexOf(':') + 1)
  const hex = isIPv4(dotted) ? text.slice(0, -dotted.length) + hexWords(ipv4Value(dotted)) : text
  const [front = '', back] = hex.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const head = groups(front)
  const tail = back === undefined ? [] : groups(back)
  const zeros = Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...zeros, ...tail].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}

function hexWords(value: bigint): string {
  return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
}

/** A certificate and key that somebody brings: read, checked, and refused in words that say what to do. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { usageError } from '../config/layer.ts'
import type { Log } from '../context.ts'
import type { Pair } from './certificate.ts'

/** Each a path, or PEM itself. */
export interface OwnFiles {
  cert: string
  key: string
}

/** True for PEM, false for the path of a file with it. */
export function isPem(value: string): boolean {
  return value.startsWith('-----BEGIN')
}

/**
 * The pair, and the CA when the certificate comes with its whole chain or is its own.
 * @param accepts throws what OpenSSL has against the pair (a key too short, a hash too weak)
 * @throws UsageError
 */
export async function ownIdentity(
  files: OwnFiles,
  nowMs: number,
  log: Log,
  accepts: (pair: Pair) => void,
): Promise<{ identity: Pair; ca: string | undefined }> {
  const cert = await readPem('--tls-cert', files.cert)
  const key = await readPem('--tls-key', files.key)
  const chain = readChain(cert)
  const [server] = chain
  if (server === undefined) {
    throw usageError(['--tls-cert holds no certificate; it must be PEM, with a line -----BEGIN CERTIFICATE-----'])
  }
  checkKey(chain, readKey(key))
  try {
    accepts({ cert, key })
  } catch (cause) {
    throw usageError([
      `--tls-cert cannot be used (${(cause as Error).message}); make one with a newer tool, such as mkcert`,
    ])
  }
  if (Date.parse(server.validTo) < nowMs) {
    log.warn({ validTo: server.validTo }, 'the certificate of --tls-cert has expired; clients will refuse it')
  }
  const last = chain.at(-1) as X509Certificate
  return { identity: { cert, key }, ca: last.checkIssued(last) ? last.toString() : undefined }
}

async function readPem(flag: string, value: string): Promise<string> {
  if (isPem(value)) return value
  try {
    return await readFile(value, 'utf8')
  } catch (cause) {
    throw usageError([`${flag}: cannot read ${value} (${(cause as Error).message}); name a readable PEM file`])
  }
}

function readChain(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  return blocks.map((block, at) => {
    try {
      return new X509Certificate(block)
    } catch (cause) {
      throw usageError([
        `--tls-cert: certificate ${at + 1} of ${blocks.length} is broken (${(cause as Error).message}); copy the file again`,
      ])
    }
  })
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    const isEncrypted = (cause as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE' || pem.includes('ENCRYPTED')
    throw usageError([
      isEncrypted
        ? '--tls-key is encrypted; take the passphrase off: openssl pkey -in KEY -out PLAIN_KEY'
        : '--tls-key holds no private key; it must be PEM, with a line -----BEGIN PRIVATE KEY-----',
    ])
  }
}

function checkKey(chain: readonly X509Certificate[], key: KeyObject): void {
  if (chain[0]?.checkPrivateKey(key)) return
  const at = chain.findIndex((cert) => cert.checkPrivateKey(key))
  throw usageError([
    at < 0
      ? `--tls-key is not the key of --tls-cert (${chain[0]?.subject.replaceAll('\n', ', ')}); give the two files of one pair`
      : `--tls-key belongs to certificate ${at + 1} of --tls-cert; put this server's certificate first, its issuers after it`,
  ])
}

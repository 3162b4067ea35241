/**
 * The generated identity: a CA that is made once, because people tell their clients to trust it, and a server
 * certificate that follows the configured names. What cannot be used any more is replaced, with a line in the log.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Log } from '../context.ts'
import type { TlsIdentity } from '../http/tls-front.ts'
import { type CaReady, issueCa, issueServer, type Names, type Pair, readyCa } from './certificate.ts'
import type { TlsFile, TlsFolder } from './folder.ts'
import { isHostName } from './names.ts'

const dayMs = 86_400_000
/** Replaced at a start with less than this left, so that a server that is never restarted has this long. */
const caMarginMs = 30 * dayMs
const serverMarginMs = 90 * dayMs
/** Certificates for single bucket hosts that are remembered. Clients choose the names. */
const rememberedHosts = 200

export interface GenerateOptions {
  folder: TlsFolder
  names: Names
  nowMs: number
  log: Log
  /** True for host names that mean this server or a bucket of it. */
  isOwnHost(name: string): boolean
}

/** Reads what is kept, or makes and keeps it. @throws the system's error when the folder cannot be read or written */
export async function generatedIdentity(options: GenerateOptions): Promise<{ identity: TlsIdentity; ca: string }> {
  const { folder, nowMs, log } = options
  let ca = await keptCa(folder, nowMs, log)
  if (ca === undefined) {
    ca = issueCa(nowMs)
    await keep(folder, ca, 'ca.pem', 'ca-key.sealed')
  }
  const issuer = new X509Certificate(ca.cert)
  const ready = readyCa(ca, Date.parse(issuer.validTo))
  const fresh = issueServer(ready, options.names, nowMs)
  const kept = await readPair(folder, 'cert.pem', 'key.sealed')
  const isGood = kept !== undefined && replaces(kept, fresh, issuer, nowMs)
  if (!isGood) await keep(folder, fresh, 'cert.pem', 'key.sealed')
  const server = isGood ? kept : fresh
  return { ca: ca.cert, identity: { ...server, certFor: hostCertificates(server, ready, options) } }
}

/** Key first: a certificate without its key would be taken for a whole pair. */
async function keep(folder: TlsFolder, pair: Pair, cert: TlsFile, key: TlsFile): Promise<void> {
  await folder.write(key, pair.key)
  await folder.write(cert, pair.cert)
}

async function readPair(folder: TlsFolder, certFile: TlsFile, keyFile: TlsFile): Promise<Pair | undefined> {
  const [cert, key] = [await folder.read(certFile), await folder.read(keyFile)]
  return cert === undefined || key === undefined ? undefined : { cert, key }
}

async function keptCa(folder: TlsFolder, nowMs: number, log: Log): Promise<Pair | undefined> {
  const pair = await readPair(folder, 'ca.pem', 'ca-key.sealed')
  if (pair === undefined) return undefined
  const reason = whyUnusable(pair, nowMs)
  if (reason === undefined) return pair
  // People trust the old one: what is wrong with it may still be mended.
  await folder.setAside('ca.pem')
  await folder.setAside('ca-key.sealed')
  log.warn({ reason }, 'made a new CA for TLS: clients must be given the new ca.pem')
  return undefined
}

function whyUnusable(pair: Pair, nowMs: number): string | undefined {
  try {
    const cert = new X509Certificate(pair.cert)
    if (!cert.checkPrivateKey(createPrivateKey(pair.key))) return 'ca-key.sealed is not the key of ca.pem'
    if (Date.parse(cert.validTo) - nowMs < caMarginMs) return 'ca.pem expires'
    return undefined
  } catch {
    return 'ca.pem or ca-key.sealed cannot be read'
  }
}

/** Whether a kept certificate does all that a fresh one would. */
function replaces(kept: Pair, fresh: Pair, issuer: X509Certificate, nowMs: number): boolean {
  try {
    const cert = new X509Certificate(kept.cert)
    return (
      cert.subjectAltName === new X509Certificate(fresh.cert).subjectAltName &&
      cert.checkPrivateKey(createPrivateKey(kept.key)) &&
      cert.verify(issuer.publicKey) &&
      (Date.parse(cert.validTo) - nowMs >= serverMarginMs || cert.validTo === issuer.validTo)
    )
  } catch {
    return false
  }
}

/**
 * Certificates for what a wildcard does not reach: `*.localhost` is refused by OpenSSL and Node as too wide, and a bucket
 * with a dot in its name has one label too many. Issued when a client asks for the host, for this server's hosts only.
 */
function hostCertificates(server: Pair, ca: CaReady, options: GenerateOptions): (name: string) => Pair | undefined {
  const covered = new X509Certificate(server.cert)
  const made = new Map<string, Pair>()
  return (given) => {
    const name = given.toLowerCase()
    const known = made.get(name)
    if (known !== undefined) return known
    if (!isHostName(name) || !options.isOwnHost(name)) return undefined
    const isWide = name.endsWith('.localhost') && name.indexOf('.') === name.lastIndexOf('.')
    if (!isWide && covered.checkHost(name) !== undefined) return undefined
    const pair = issueServer(ca, { dns: [name], ip: [] }, Date.now())
    if (made.size >= rememberedHosts) made.clear()
    made.set(name, pair)
    return pair
  }
}

/**
 * What is needed of an identity provider's metadata: who it is, and the keys that its assertions are signed with.
 * @see https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf
 */
import { X509Certificate } from 'node:crypto'
import type { SamlProviderRecord } from '../../store/iam-records.ts'
import { allAt, attributeOf, childrenOf, isNamed, parseSaml, samlNamespaces, textOf } from './saml-xml.ts'

export interface SamlMetadata {
  /** What the provider's assertions have as Issuer. */
  entityId: string
  /** PEM. IAM does not look at when they expire, as AWS documents. */
  certificates: readonly string[]
}

const minRsaBits = 1024
/** Keys that one provider may sign with. Assumed: providers have one or two; each is tried in turn. */
const maxCertificates = 10

/** Undefined for what AWS refuses: no metadata of an identity provider, no signing certificate, or too weak a key. */
export function readSamlMetadata(text: string): SamlMetadata | undefined {
  const root = parseSaml(text)
  const { metadata, signature } = samlNamespaces
  if (root === undefined || !isNamed(root, metadata, 'EntityDescriptor')) return undefined
  const entityId = attributeOf(root, 'entityID')
  const keys = allAt(root, metadata, 'IDPSSODescriptor', 'KeyDescriptor').filter(
    (key) => (attributeOf(key, 'use') ?? 'signing') === 'signing',
  )
  const encoded = keys
    .flatMap((key) => childrenOf(key, signature, 'KeyInfo'))
    .flatMap((info) => allAt(info, signature, 'X509Data', 'X509Certificate'))
    .map((element) => textOf(element).replace(/\s+/g, ''))
  const certificates = [...new Set(encoded)].map(toPem)
  if (entityId === undefined || certificates.length === 0 || certificates.length > maxCertificates) return undefined
  return certificates.every(isUsable) ? { entityId, certificates } : undefined
}

function toPem(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** AWS documents the least size of keys. */
function isUsable(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = new X509Certificate(pem).publicKey
    return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= minRsaBits
  } catch {
    return false
  }
}

const read = new WeakMap<SamlProviderRecord, SamlMetadata>()

/** Of a stored provider, read once. */
export function metadataOf(provider: SamlProviderRecord): SamlMetadata | undefined {
  const known = read.get(provider)
  if (known !== undefined) return known
  const metadata = readSamlMetadata(provider.SAMLMetadataDocument)
  if (metadata !== undefined) read.set(provider, metadata)
  return metadata
}

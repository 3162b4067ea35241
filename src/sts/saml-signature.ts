/**
 * The signature of a SAML response: found where the standard has it, verified by xml-crypto, and answered with the very
 * elements that were signed. Whatever else the document holds is never looked at again, which is what defeats signature
 * wrapping.
 * @see https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf section 5.4
 */
import { createRequire } from 'node:module'
import {
  allAt,
  attributeOf,
  childrenOf,
  isNamed,
  parseSaml,
  samlNamespaces,
  textOf,
  type XmlElement,
} from '../iam/lib/saml-xml.ts'

/** As much of xml-crypto as is used here. */
interface XmlCrypto {
  SignedXml: new (options: {
    publicCert: string
    getCertFromKeyInfo: () => null
  }) => {
    loadSignature(node: XmlElement): void
    checkSignature(xml: string): boolean
    /** The canonical text of what was verified. */
    getSignedReferences(): string[]
  }
}

const { protocol, assertion, signature: dsig } = samlNamespaces

/** What SAML allows, and what identity providers use: all without comments. */
const transforms = new Set([
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
])
const canonicalizations = new Set([
  'http://www.w3.org/2001/10/xml-exc-c14n#',
  'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
])

/**
 * The one assertion of a response, of which it or the whole response is signed with one of the keys. Undefined when that
 * is not so, or the response is none. @param certificates PEM
 */
export function signedAssertion(xml: string, certificates: readonly string[]): XmlElement | undefined {
  const root = parseSaml(xml)
  if (root === undefined || !isNamed(root, protocol, 'Response')) return undefined
  const assertions = childrenOf(root, assertion, 'Assertion')
  const [only] = assertions
  if (only === undefined || assertions.length > 1) return undefined
  const holder = childrenOf(root, dsig, 'Signature').length > 0 ? root : only
  const signed = verified(xml, holder, certificates)
  if (signed === undefined || holder === only) return signed
  const [inside, ...others] = childrenOf(signed, assertion, 'Assertion')
  return others.length === 0 ? inside : undefined
}

/** Whether the provider says that it could not authenticate the user. Not signed, as a rule: good for a refusal only. */
export function isFailure(xml: string): boolean {
  const root = parseSaml(xml)
  if (root === undefined || !isNamed(root, protocol, 'Response')) return false
  const [code] = allAt(root, protocol, 'Status', 'StatusCode')
  const value = attributeOf(code, 'Value')
  return value !== undefined && value !== 'urn:oasis:names:tc:SAML:2.0:status:Success'
}

/** The element as it was signed, parsed anew from its canonical text. */
function verified(xml: string, holder: XmlElement, certificates: readonly string[]): XmlElement | undefined {
  const id = attributeOf(holder, 'ID')
  const signatures = childrenOf(holder, dsig, 'Signature')
  const [node] = signatures
  if (id === undefined || node === undefined || signatures.length > 1 || !isPlain(node, id)) return undefined
  // Loaded with the first response.
  const { SignedXml } = createRequire(import.meta.url)('xml-crypto') as XmlCrypto
  for (const publicCert of certificates) {
    // A key that the document brings along proves nothing.
    const check = new SignedXml({ publicCert, getCertFromKeyInfo: () => null })
    try {
      check.loadSignature(node)
      // False: the digest is wrong, whatever the key. A wrong key throws.
      if (!check.checkSignature(xml)) return undefined
    } catch {
      continue
    }
    const [text, ...others] = check.getSignedReferences()
    const signed = text === undefined || others.length > 0 ? undefined : parseSaml(text)
    if (signed === undefined || !isNamed(signed, holder.namespaceURI ?? '', holder.localName)) return undefined
    return attributeOf(signed, 'ID') === id ? signed : undefined
  }
  return undefined
}

/** One reference, to the element that holds the signature, with nothing but the usual transforms. Bounds the work, too. */
function isPlain(signature: XmlElement, id: string): boolean {
  const infos = childrenOf(signature, dsig, 'SignedInfo')
  const [info] = infos
  if (info === undefined || infos.length > 1) return false
  const references = childrenOf(info, dsig, 'Reference')
  const [reference] = references
  if (reference === undefined || references.length > 1 || attributeOf(reference, 'URI') !== `#${id}`) return false
  const [method] = childrenOf(info, dsig, 'CanonicalizationMethod')
  if (!canonicalizations.has(attributeOf(method, 'Algorithm') ?? '')) return false
  const used = allAt(reference, dsig, 'Transforms', 'Transform')
  const isUsual =
    used.length <= transforms.size && used.every((each) => transforms.has(attributeOf(each, 'Algorithm') ?? ''))
  return isUsual && textOf(allAt(reference, dsig, 'DigestValue')[0]) !== ''
}

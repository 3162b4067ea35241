/**
 * The built-in identity provider for tests, speaking SAML: it gives anyone a signed response for any user and role. It is
 * worth something only where IAM has a SAML provider with its metadata, and a role that trusts that.
 */
import { generateKeyPair, type KeyObject, randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { samlNamespaces } from '../iam/lib/saml-xml.ts'
import type { IamStore } from '../store/iam.ts'
import { selfSigned } from '../tls/certificate.ts'
import { testIssuer } from './test-idp.ts'

/** What a response shall say. */
export interface SamlRequest {
  /** ARN of the role to offer. */
  role: string
  /** ARN of the SAML provider in IAM that has this provider's metadata. */
  provider: string
  /** NameID. */
  sub: string
  /** RoleSessionName; `sub` unless given. */
  sessionName?: string | undefined
  /** NameID's format, in full or the end of it: `persistent` unless given. */
  format?: string | undefined
  /** Seconds until NotOnOrAfter; five minutes unless given. Negative: issued and expired that long ago, for tests. */
  expiresIn?: number | undefined
  audience?: string | undefined
  recipient?: string | undefined
  sessionDuration?: number | undefined
  sourceIdentity?: string | undefined
  tags?: Readonly<Record<string, string>> | undefined
  transitiveTagKeys?: readonly string[] | undefined
  /** What is signed: the assertion unless given. */
  signed?: 'assertion' | 'response' | undefined
  /** Further attributes by their full names. */
  attributes?: Readonly<Record<string, string | readonly string[]>> | undefined
}

interface Signing {
  signatureAlgorithm: string
  canonicalizationAlgorithm: string
  addReference(reference: { xpath: string; digestAlgorithm: string; transforms: string[] }): void
  computeSignature(xml: string, options: object): void
  getSignedXml(): string
}
interface XmlCrypto {
  SignedXml: new (options: { privateKey: string; publicCert: string }) => Signing
}

const secretName = 'saml idp'
const defaultSeconds = 300
const awsEndpoint = 'https://signin.aws.amazon.com/saml'
const prefix = 'https://aws.amazon.com/SAML/Attributes/'
const { protocol, assertion, metadata, signature } = samlNamespaces
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'

/** RSA, because SAML providers of AWS take no other. */
async function identity(iam: IamStore, nowMs: number): Promise<{ key: string; cert: string }> {
  const made = await iam.secret(secretName, async () => {
    const keys = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    const cert = selfSigned(keys, 'Sandbucket test identity provider', nowMs)
    return Buffer.from(JSON.stringify({ key: toPem(keys.privateKey), cert }))
  })
  return JSON.parse(made.toString()) as { key: string; cert: string }
}

const toPem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string

/** What CreateSAMLProvider takes. AWS wants at least 1,000 characters; the certificate alone has more. */
export async function testSamlMetadata(iam: IamStore, nowMs: number): Promise<string> {
  const { cert } = await identity(iam, nowMs)
  const base64 = cert.replace(/-----[^-]+-----|\s+/g, '')
  const sso = `Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${testIssuer}/saml"`
  return `<?xml version="1.0" encoding="UTF-8"?>
<EntityDescriptor xmlns="${metadata}" entityID="${testIssuer}">
  <IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="${protocol}">
    <KeyDescriptor use="signing">
      <KeyInfo xmlns="${signature}"><X509Data><X509Certificate>${base64}</X509Certificate></X509Data></KeyInfo>
    </KeyDescriptor>
    <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>
    <SingleSignOnService ${sso}/>
  </IDPSSODescriptor>
</EntityDescriptor>
`
}

/** A response with a signed assertion, in Base64, as AssumeRoleWithSAML takes it. @param nowMs the server's time */
export async function issueSamlResponse(iam: IamStore, request: SamlRequest, nowMs: number): Promise<string> {
  const { key, cert } = await identity(iam, nowMs)
  const { SignedXml } = createRequire(import.meta.url)('xml-crypto') as XmlCrypto
  const signing = new SignedXml({ privateKey: key, publicCert: cert })
  signing.signatureAlgorithm = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
  signing.canonicalizationAlgorithm = exclusive
  const path = request.signed === 'response' ? '/*' : "/*/*[local-name(.)='Assertion']"
  signing.addReference({
    xpath: path,
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', exclusive],
  })
  // The standard has the signature right after the issuer.
  const location = { reference: `${path}/*[local-name(.)='Issuer']`, action: 'after' }
  signing.computeSignature(responseXml(request, nowMs), { location })
  return Buffer.from(signing.getSignedXml()).toString('base64')
}

function responseXml(request: SamlRequest, nowMs: number): string {
  const { expiresIn = defaultSeconds, audience = 'urn:amazon:webservices', recipient = awsEndpoint } = request
  const endMs = nowMs + expiresIn * 1000
  const now = isoTime(Math.min(nowMs, endMs))
  const end = isoTime(endMs)
  const { format = 'persistent' } = request
  const nameFormat = format.includes(':') ? format : `urn:oasis:names:tc:SAML:2.0:nameid-format:${format}`
  const issuer = `<Issuer xmlns="${assertion}">${testIssuer}</Issuer>`
  return [
    `<samlp:Response xmlns:samlp="${protocol}" ID="_${randomUUID()}" Version="2.0" IssueInstant="${now}" Destination="${xmlText(recipient)}">`,
    issuer,
    '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>',
    `<Assertion xmlns="${assertion}" ID="_${randomUUID()}" Version="2.0" IssueInstant="${now}">${issuer}`,
    `<Subject><NameID Format="${xmlText(nameFormat)}">${xmlText(request.sub)}</NameID>`,
    '<SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">',
    `<SubjectConfirmationData NotOnOrAfter="${end}" Recipient="${xmlText(recipient)}"/></SubjectConfirmation></Subject>`,
    `<Conditions NotBefore="${now}" NotOnOrAfter="${end}">`,
    `<AudienceRestriction><Audience>${xmlText(audience)}</Audience></AudienceRestriction></Conditions>`,
    `<AuthnStatement AuthnInstant="${now}"><AuthnContext><AuthnContextClassRef>`,
    'urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</AuthnContextClassRef></AuthnContext></AuthnStatement>',
    `<AttributeStatement>${attributesOf(request).map(attributeXml).join('')}</AttributeStatement>`,
    '</Assertion></samlp:Response>',
  ].join('')
}

function attributesOf(request: SamlRequest): [name: string, values: readonly string[]][] {
  const { sessionDuration, sourceIdentity, tags = {}, transitiveTagKeys = [], attributes = {} } = request
  return [
    [`${prefix}Role`, [`${request.role},${request.provider}`]],
    [`${prefix}RoleSessionName`, [request.sessionName ?? request.sub]],
    [`${prefix}SessionDuration`, sessionDuration === undefined ? [] : [String(sessionDuration)]],
    [`${prefix}SourceIdentity`, sourceIdentity === undefined ? [] : [sourceIdentity]],
    ...Object.entries(tags).map(([key, value]): [string, string[]] => [`${prefix}PrincipalTag:${key}`, [value]]),
    [`${prefix}TransitiveTagKeys`, transitiveTagKeys],
    ...Object.entries(attributes).map(([name, value]): [string, readonly string[]] => [name, [value].flat()]),
  ]
}

function attributeXml([name, values]: [string, readonly string[]]): string {
  if (values.length === 0) return ''
  const items = values.map((value) => `<AttributeValue>${xmlText(value)}</AttributeValue>`)
  return `<Attribute Name="${xmlText(name)}">${items.join('')}</Attribute>`
}

const isoTime = (ms: number) => new Date(ms).toISOString()

/** Line ends as references, so that they stay. Control characters have no place in XML at all. */
const xmlText = (text: string) =>
  text.replace(/\p{Cc}|[&<>"]/gu, (char) => (/[&<>"\r\n\t]/.test(char) ? `&#${char.charCodeAt(0)};` : ''))

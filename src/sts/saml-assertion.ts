/** A SAML assertion as plain data. Nothing is judged here. @see https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf */
import { allAt, attributeOf, childrenOf, samlNamespaces, textOf, type XmlElement } from '../iam/lib/saml-xml.ts'

export interface SamlAssertion {
  issuer: string
  issuedMs: number | undefined
  /** NameID; undefined when there is none. */
  subject: { value: string; format: string } | undefined
  /** One for each SubjectConfirmation of a bearer. */
  confirmations: readonly { recipient: string; notBeforeMs?: number; notOnOrAfterMs?: number }[]
  notBeforeMs: number | undefined
  notOnOrAfterMs: number | undefined
  /** One list for each AudienceRestriction; every one of them must be met. */
  audiences: readonly (readonly string[])[]
  sessionNotOnOrAfterMs: number | undefined
  /** By exact name, in the order of the assertion. */
  attributes: ReadonlyMap<string, readonly string[]>
}

const saml = samlNamespaces.assertion
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'

/** Times that cannot be read are NaN, which is before and after nothing. */
export function readAssertion(assertion: XmlElement): SamlAssertion {
  const all = (...path: string[]) => allAt(assertion, saml, ...path)
  const [nameId] = all('Subject', 'NameID')
  const [conditions] = all('Conditions')
  const [statement] = all('AuthnStatement')
  return {
    issuer: textOf(all('Issuer')[0]),
    issuedMs: timeOf(assertion, 'IssueInstant'),
    subject: nameId && { value: textOf(nameId), format: attributeOf(nameId, 'Format') ?? '' },
    confirmations: all('Subject', 'SubjectConfirmation').flatMap(readConfirmation),
    notBeforeMs: timeOf(conditions, 'NotBefore'),
    notOnOrAfterMs: timeOf(conditions, 'NotOnOrAfter'),
    audiences: all('Conditions', 'AudienceRestriction').map((each) => childrenOf(each, saml, 'Audience').map(textOf)),
    sessionNotOnOrAfterMs: timeOf(statement, 'SessionNotOnOrAfter'),
    attributes: readAttributes(all('AttributeStatement', 'Attribute')),
  }
}

function readConfirmation(confirmation: XmlElement): SamlAssertion['confirmations'][number][] {
  if (attributeOf(confirmation, 'Method') !== bearer) return []
  const [data] = childrenOf(confirmation, saml, 'SubjectConfirmationData')
  const notBeforeMs = timeOf(data, 'NotBefore')
  const notOnOrAfterMs = timeOf(data, 'NotOnOrAfter')
  return [
    {
      recipient: attributeOf(data, 'Recipient') ?? '',
      ...(notBeforeMs !== undefined && { notBeforeMs }),
      ...(notOnOrAfterMs !== undefined && { notOnOrAfterMs }),
    },
  ]
}

/** Values of attributes that come twice are those of both. */
function readAttributes(elements: readonly XmlElement[]): Map<string, string[]> {
  const attributes = new Map<string, string[]>()
  for (const element of elements) {
    const name = attributeOf(element, 'Name') ?? ''
    const values = childrenOf(element, saml, 'AttributeValue').map(textOf)
    attributes.set(name, [...(attributes.get(name) ?? []), ...values])
  }
  return attributes
}

/** An xs:dateTime; SAML has them in UTC. */
function timeOf(element: XmlElement | undefined, name: string): number | undefined {
  const text = attributeOf(element, name)
  if (text === undefined) return undefined
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?$/.test(text) ? Date.parse(text.replace(/Z?$/, 'Z')) : Number.NaN
}

/**
 * What AWS takes from the attributes of an assertion: role, session name, tags and so on under names of its own, and the
 * usual attributes of directories as condition keys.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
 */
import { error } from '../errors.ts'
import { nameMap } from '../lib/name-map.ts'
import type { SamlAssertion } from './saml-assertion.ts'
import { readSessionTags, type SessionTags } from './session-input.ts'

export interface SamlClaims {
  /** Pairs of ARNs of a role and a provider, in this order. */
  roles: readonly (readonly [role: string, provider: string])[]
  sessionName: string
  tags: SessionTags
  sourceIdentity: string | undefined
  /** Seconds. */
  sessionDuration: number | undefined
}

const prefix = 'https://aws.amazon.com/SAML/Attributes/'
const tagPrefix = `${prefix}PrincipalTag:`
const namePattern = /^[\w+=,.@-]{2,64}$/

/** Observed: the words, but for those of the duration (AWS documents them as faults to look for). */
const invalid = (message: string) => error('InvalidIdentityToken', {}, { message })

/** @throws AwsError InvalidIdentityToken, InvalidParameterValue for tags */
export function readClaims({ attributes }: SamlAssertion): SamlClaims {
  const first = (name: string) => attributes.get(prefix + name)?.[0]
  const sessionName = first('RoleSessionName') ?? ''
  if (sessionName === '') throw invalid('RoleSessionName is required in AuthnResponse')
  if (!namePattern.test(sessionName))
    throw invalid('RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}')
  const sourceIdentity = first('SourceIdentity')
  if (sourceIdentity !== undefined && (!namePattern.test(sourceIdentity) || /^aws:/i.test(sourceIdentity))) {
    throw invalid('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
  }
  const given = [...attributes].flatMap(([name, [Value = '']]) =>
    name.startsWith(tagPrefix) ? [{ Key: name.slice(tagPrefix.length), Value }] : [],
  )
  return {
    roles: (attributes.get(`${prefix}Role`) ?? []).flatMap(readRole),
    sessionName,
    tags: readSessionTags(given, attributes.get(`${prefix}TransitiveTagKeys`) ?? [], undefined),
    sourceIdentity,
    sessionDuration: readDuration(first('SessionDuration')),
  }
}

/** Identity providers write the pair in either order. Observed: AWS takes both. */
function readRole(value: string): [string, string][] {
  const [one = '', other = '', ...rest] = value.split(',').map((arn) => arn.trim())
  if (rest.length > 0 || other === '') return []
  return [one.includes(':saml-provider/') ? [other, one] : [one, other]]
}

function readDuration(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (/^\d{1,6}$/.test(text) && seconds >= 900 && seconds <= 43_200) return seconds
  // Assumed: the code and words, because AWS documents the bounds only.
  throw invalid('SessionDuration in AuthnResponse must be between 900 and 43200')
}

/** Attributes that are condition keys: of several values, and of one. */
const listKeys: Readonly<Record<string, string>> = nameMap({
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': 'edupersonaffiliation',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.2': 'edupersonnickname',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.4': 'edupersonorgunitdn',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.7': 'edupersonentitlement',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.9': 'edupersonscopedaffiliation',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.10': 'edupersontargetedid',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.11': 'edupersonassurance',
  'urn:oid:1.3.6.1.4.1.5923.1.2.1.2': 'eduorghomepageuri',
  'urn:oid:1.3.6.1.4.1.5923.1.2.1.3': 'eduorgidentityauthnpolicyuri',
  'urn:oid:1.3.6.1.4.1.5923.1.2.1.4': 'eduorglegalname',
  'urn:oid:1.3.6.1.4.1.5923.1.2.1.5': 'eduorgsuperioruri',
  'urn:oid:1.3.6.1.4.1.5923.1.2.1.6': 'eduorgwhitepagesuri',
  'urn:oid:2.5.4.3': 'cn',
})
const singleKeys: Readonly<Record<string, string>> = nameMap({
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.3': 'edupersonorgdn',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.5': 'edupersonprimaryaffiliation',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.6': 'edupersonprincipalname',
  'urn:oid:1.3.6.1.4.1.5923.1.1.1.8': 'edupersonprimaryorgunitdn',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': 'name',
  'http://schemas.xmlsoap.org/claims/CommonName': 'commonname',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname': 'givenname',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname': 'surname',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': 'mail',
  'http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid': 'uid',
  '2.5.4.3': 'commonname',
  '2.5.4.4': 'surname',
  '2.4.5.42': 'givenname',
  '2.5.4.45': 'x500uniqueidentifier',
  '0.9.2342.19200300100.1.1': 'uid',
  '0.9.2342.19200300100.1.3': 'mail',
  '0.9.2342.19200300.100.1.45': 'organizationstatus',
})

/** The condition keys `saml:*` of an assertion's attributes, names in lower case. Where several map to one, the first does. */
export function attributeKeys({ attributes }: SamlAssertion): Record<string, string | readonly string[]> {
  const keys: Record<string, string | readonly string[]> = nameMap()
  for (const [name, values] of attributes) {
    const list = Object.hasOwn(listKeys, name) ? listKeys[name] : undefined
    const single = Object.hasOwn(singleKeys, name) ? singleKeys[name] : undefined
    if (list !== undefined) keys[`saml:${list}`] ??= values
    if (single !== undefined && values[0] !== undefined) keys[`saml:${single}`] ??= values[0]
  }
  return keys
}

/** Metadata of SAML identity providers: what IAM takes, and what is read from it. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { readSamlMetadata } from '../../src/iam/lib/saml-metadata.ts'
import { selfSigned } from '../../src/tls/certificate.ts'

const certificate = (keys: Parameters<typeof selfSigned>[0]) =>
  selfSigned(keys, 'idp', Date.now()).replace(/-----[^-]+-----|\s+/g, '')
const rsa = certificate(generateKeyPairSync('rsa', { modulusLength: 1024 }))
const key = (cert: string, use = ' use="signing"') =>
  `<md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\n ${cert}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
const metadata = (keys: string, root = 'md:EntityDescriptor') =>
  `<${root} xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example"><md:IDPSSODescriptor>${keys}</md:IDPSSODescriptor></${root}>`

describe('SAML metadata', () => {
  it('names the provider and its signing keys, whatever the prefix and however the certificate is broken into lines', () => {
    const read = readSamlMetadata(
      metadata(key(rsa.replace(/(.{40})/g, '$1\n')) + key(rsa, '') + key(rsa, ' use="encryption"')),
    )
    assert.equal(read?.entityId, 'https://idp.example')
    assert.equal(read.certificates.length, 1)
  })

  it('is refused without a signing key, with a weak or unreadable one, and when it is something else', () => {
    const weak = certificate(generateKeyPairSync('rsa', { modulusLength: 512 }))
    const ec = certificate(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
    for (const text of [
      '',
      'text',
      '<a',
      metadata(''),
      metadata(key(rsa, ' use="encryption"')),
      metadata(key(rsa) + key(weak)),
      metadata(key(ec)),
      metadata(key('AAAA')),
      metadata(key(rsa), 'md:EntitiesDescriptor'),
      metadata(key(rsa)).replace('entityID="https://idp.example"', ''),
      metadata(key(rsa)).replace('urn:oasis:names:tc:SAML:2.0:metadata', 'urn:else'),
      `<!DOCTYPE x>${metadata(key(rsa))}`,
      metadata(key(rsa)).slice(0, -1),
      metadata(key(rsa) + '<a>'.repeat(80) + '</a>'.repeat(80)),
    ]) {
      assert.equal(readSamlMetadata(text), undefined, text)
    }
  })
})

/** AssumeRoleWithSAML, with responses of the built-in identity provider and with forged ones. */
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { CreateRoleCommand, CreateSAMLProviderCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, AssumeRoleWithSAMLCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { resolveOptions } from '../../src/config/resolve.ts'
import { createServer, type RunningServer } from '../../src/server.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { issueSamlResponse, type SamlRequest, testSamlMetadata } from '../../src/sts/test-saml.ts'
import { signedAssertion } from '../../src/sts/saml-signature.ts'
import { readSamlMetadata } from '../../src/iam/lib/saml-metadata.ts'
import { selfSigned } from '../../src/tls/certificate.ts'
import { allow, failure, trust } from '../iam/support.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const issuer = 'https://idp.sandbucket.localhost'
const account = '000000000000'
const provider = `arn:aws:iam::${account}:saml-provider/corp`
const endpoint = 'https://signin.aws.amazon.com/saml'
const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`
const denied = '403 AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML'
const invalid = (words: string) => `400 InvalidIdentityTokenException: ${words}`
const badSignature = invalid('Response signature invalid')

describe('AssumeRoleWithSAML', () => {
  let store: Store
  let server: RunningServer
  const client = (keys?: object) => ({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test', ...keys },
    maxAttempts: 1,
  })
  const response = (more: Partial<SamlRequest> = {}, nowMs = Date.now()) =>
    issueSamlResponse(store.iam, { role: roleArn('dev'), provider, sub: 'ann', ...more }, nowMs)
  const assume = (SAMLAssertion: string, more: object = {}) =>
    new STSClient(client()).send(
      new AssumeRoleWithSAMLCommand({ RoleArn: roleArn('dev'), PrincipalArn: provider, SAMLAssertion, ...more }),
    )
  const edited = async (change: (xml: string) => string, more: Partial<SamlRequest> = {}) =>
    Buffer.from(change(Buffer.from(await response(more), 'base64').toString())).toString('base64')
  const role = (name: string, action: string | string[], condition?: object) =>
    new IAMClient(client()).send(
      new CreateRoleCommand({
        RoleName: name,
        AssumeRolePolicyDocument: trust({ Federated: provider }, action, condition),
      }),
    )

  before(async () => {
    store = await openStore()
    server = await createServer(resolveOptions({}).config, silent, { store })
    const iam = new IAMClient(client())
    const SAMLMetadataDocument = await testSamlMetadata(store.iam, Date.now())
    await iam.send(new CreateSAMLProviderCommand({ Name: 'corp', SAMLMetadataDocument }))
    await role('dev', 'sts:AssumeRoleWithSAML', { StringEquals: { 'SAML:aud': endpoint } })
    await iam.send(
      new PutRolePolicyCommand({ RoleName: 'dev', PolicyName: 'p', PolicyDocument: allow(['s3:*', 'sts:*'], '*') }),
    )
  })
  after(() => server.close({ graceMs: 0 }))

  it('a signed response becomes a session, and the answer says whose', async () => {
    const { Credentials, ...answer } = await assume(await response())
    const hash = createHash('sha1').update(`${issuer}${account}/corp`).digest('base64')
    assert.equal(answer.Subject, 'ann')
    assert.equal(answer.SubjectType, 'persistent')
    assert.equal(answer.Issuer, issuer)
    assert.equal(answer.Audience, endpoint)
    assert.equal(answer.NameQualifier, hash)
    assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${account}:assumed-role/dev/ann`)
    assert.equal(answer.PackedPolicySize, undefined)
    const session = {
      accessKeyId: Credentials?.AccessKeyId,
      secretAccessKey: Credentials?.SecretAccessKey,
      sessionToken: Credentials?.SessionToken,
    }
    await new S3Client(client(session)).send(new ListBucketsCommand({}))
    const { Arn } = await new STSClient(client(session)).send(new GetCallerIdentityCommand({}))
    assert.equal(Arn, answer.AssumedRoleUser?.Arn)
  })

  it('one response serves several calls until it expires, as tools of AWS users rely on', async () => {
    const once = await response()
    await assume(once)
    await assume(once)
  })

  it('what is not signed by the provider is refused: no signature, another key, any change', async () => {
    assert.equal(await failure(assume('!!!!')), invalid('Invalid base64 SAMLResponse'))
    assert.equal(await failure(assume(Buffer.from('<a/>').toString('base64'))), badSignature)
    const unsigned = await edited((xml) => xml.replace(/<Signature[\s\S]*<\/Signature>/, ''))
    assert.equal(await failure(assume(unsigned)), badSignature)
    assert.equal(await failure(assume(await edited((xml) => xml.replace('>ann<', '>bob<')))), badSignature)
    const other = await openStore()
    const request = { role: roleArn('dev'), provider, sub: 'ann' }
    assert.equal(await failure(assume(await issueSamlResponse(other.iam, request, Date.now()))), badSignature)
    await other.close()
    const doctype = await edited((xml) => `<!DOCTYPE r [<!ENTITY e "x">]>${xml}`)
    assert.equal(await failure(assume(doctype)), badSignature)
    assert.match(
      await failure(assume('A'.repeat(100_001))),
      /^400 ValidationError: 1 validation error detected: Value at 'sAMLAssertion' failed .* less than or equal to 100000$/,
    )
    const deep = Buffer.from('<a>'.repeat(9000) + '</a>'.repeat(9000)).toString('base64')
    assert.equal(await failure(assume(deep)), badSignature)
    // Nobody may keep the server busy with a large response: more than any honest one has is not verified.
    const large = await edited((xml) => xml.replace('<Assertion', `${'<a/>'.repeat(5000)}<Assertion`))
    assert.equal(await failure(assume(large)), badSignature)
  })

  it('signature wrapping is refused: an assertion beside, around or inside the signed one', async () => {
    const evil = (assertion: string) =>
      assertion
        .replace(/<Signature[\s\S]*<\/Signature>/, '')
        .replace(/ID="_[^"]+"/, 'ID="_evil"')
        .replace('>ann<', '>root<')
    const pattern = /<Assertion[\s\S]*<\/Assertion>/
    const signature = /<Signature[\s\S]*<\/Signature>/
    const beside = await edited((xml) => xml.replace(pattern, (signed) => evil(signed) + signed))
    assert.equal(await failure(assume(beside)), badSignature)
    const around = await edited((xml) =>
      xml.replace(pattern, (signed) =>
        evil(signed).replace('</Issuer>', `</Issuer><Extensions>${signed}</Extensions>`),
      ),
    )
    assert.equal(await failure(assume(around)), badSignature)
    // The evil assertion carries the genuine signature, whose reference is the genuine one.
    const moved = await edited((xml) =>
      xml.replace(pattern, (signed) => {
        const genuine = signed.replace(signature, '')
        const [taken = ''] = signature.exec(signed) ?? []
        return evil(signed).replace(
          '</Issuer>',
          `</Issuer>${taken.replace('</Signature>', `<Object>${genuine}</Object></Signature>`)}`,
        )
      }),
    )
    assert.equal(await failure(assume(moved)), badSignature)
    // As before, with the same ID on both.
    const twice = await edited((xml) =>
      xml.replace(pattern, (signed) => {
        const [, id = ''] = /<Assertion[^>]* ID="([^"]+)"/.exec(signed) ?? []
        const genuine = signed.replace(signature, '')
        const [taken = ''] = signature.exec(signed) ?? []
        return evil(signed)
          .replace('_evil', id)
          .replace('</Issuer>', `</Issuer>${taken.replace('</Signature>', `<Object>${genuine}</Object></Signature>`)}`)
      }),
    )
    assert.equal(await failure(assume(twice)), badSignature)
    const comment = await edited((xml) => xml.replace('>bobadmin<', '>bob<!---->admin<'), { sub: 'bobadmin' })
    assert.equal((await assume(comment)).Subject, 'bobadmin')
  })

  it('a signature of the whole response serves as well, and covers what is in it', async () => {
    const signed = 'response'
    assert.equal((await assume(await response({ signed }))).Subject, 'ann')
    assert.equal(await failure(assume(await edited((xml) => xml.replace('>ann<', '>bob<'), { signed }))), badSignature)
    const evil = (xml: string) => xml.replace(/(<Assertion[\s\S]*<\/Assertion>)/, '$1$1')
    assert.equal(await failure(assume(await edited(evil, { signed }))), badSignature)
  })

  it('whatever is changed in a response, it is refused or says the same, and nothing breaks', async () => {
    const xml = Buffer.from(await response(), 'base64').toString()
    const certificates = readSamlMetadata(await testSamlMetadata(store.iam, Date.now()))?.certificates ?? []
    const told = signedAssertion(xml, certificates)?.textContent
    assert.ok(told)
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed % below
    }
    const pieces = ['<', '>', '"', '&amp;', '&#0;', '<!---->', '<![CDATA[x]]>', ' ID="_x"', '<a/>', '\u{1F600}', '']
    for (let round = 0; round < 150; round++) {
      const at = random(xml.length)
      const changed = xml.slice(0, at) + pieces[random(pieces.length)] + xml.slice(at + random(8))
      const found = signedAssertion(changed, certificates)?.textContent
      assert.ok(found === undefined || found === told, changed)
    }
  })

  it('it must be fresh, for AWS, and from the provider that is named', async () => {
    const nowMs = Date.now()
    assert.equal(
      await failure(assume(await response({ expiresIn: -1 }))),
      '400 ExpiredTokenException: Response has expired',
    )
    assert.equal(
      await failure(assume(await response({ expiresIn: 3600 }, nowMs - 301_000))),
      '400 ExpiredTokenException: Token must be redeemed within 5 minutes of issuance',
    )
    assert.equal(await failure(assume(await response({}, nowMs + 400_000))), invalid('Response is not yet valid'))
    await assume(await response({ audience: 'https://eu-west-1.signin.aws.amazon.com/saml' }))
    assert.equal(
      await failure(assume(await response({ audience: 'https://example.com' }))),
      invalid('Response does not contain the required audience.'),
    )
    assert.equal(
      await failure(assume(await response({ recipient: 'https://signin.aws.amazon.com.evil.example/saml' }))),
      invalid('Response does not contain the required recipient.'),
    )
    assert.equal(
      await failure(assume(await response(), { PrincipalArn: `${provider}2` })),
      invalid("Specified provider doesn't exist."),
    )
    assert.equal(
      await failure(assume(await response(), { PrincipalArn: 'no-arn-but-long-enough' })),
      '400 ValidationError: no-arn-but-long-enough is invalid',
    )
    const rejected =
      '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/></samlp:Status></samlp:Response>'
    assert.match(await failure(assume(Buffer.from(rejected).toString('base64'))), /^403 IDPRejectedClaim/)
    const other = (await testSamlMetadata(store.iam, nowMs)).replace(
      /entityID="[^"]*"/,
      'entityID="https://else.example"',
    )
    await new IAMClient(client()).send(new CreateSAMLProviderCommand({ Name: 'else', SAMLMetadataDocument: other }))
    const PrincipalArn = `arn:aws:iam::${account}:saml-provider/else`
    assert.equal(
      await failure(assume(await response({ provider: PrincipalArn }), { PrincipalArn })),
      invalid('Issuer not present in specified provider'),
    )
  })

  it('the role must be offered by the response and trust the provider', async () => {
    assert.equal(await failure(assume(await response({ role: roleArn('none') }), { RoleArn: roleArn('none') })), denied)
    assert.equal(await failure(assume(await response({ role: roleArn('else') }))), denied)
    assert.equal(await failure(assume(await response({ sub: '', sessionName: 'x1' }))), denied)
    await role('picky', 'sts:AssumeRoleWithSAML', {
      StringEquals: {
        'saml:sub': 'ann',
        'SAML:iss': issuer,
        'saml:sub_type': 'persistent',
        'saml:doc': `${account}/corp`,
      },
      'ForAnyValue:StringEquals': { 'saml:edupersonaffiliation': 'staff' },
    })
    const RoleArn = roleArn('picky')
    const attributes = { 'urn:oid:1.3.6.1.4.1.5923.1.1.1.1': ['member', 'staff'] }
    await assume(await response({ role: RoleArn, attributes }), { RoleArn })
    assert.equal(await failure(assume(await response({ role: RoleArn }), { RoleArn })), denied)
    assert.equal(await failure(assume(await response({ role: RoleArn, attributes, sub: 'bob' }), { RoleArn })), denied)
  })

  it("session names and source identities have AWS's form", async () => {
    assert.equal(
      await failure(assume(await response({ sessionName: '' }))),
      invalid('RoleSessionName is required in AuthnResponse'),
    )
    assert.equal(
      await failure(assume(await response({ sessionName: 'Ann Example' }))),
      invalid('RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}'),
    )
    assert.equal(
      await failure(assume(await response({ sourceIdentity: 'x' }))),
      invalid('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'),
    )
  })

  it('tags and source identity need their own permissions, and stay with the session', async () => {
    const tags = { Project: 'Marketing' }
    const more = { tags, transitiveTagKeys: ['Project'], sourceIdentity: 'ann@corp' }
    assert.equal(await failure(assume(await response({ tags }))), denied)
    await role('tagged', ['sts:AssumeRoleWithSAML', 'sts:TagSession'])
    const tagged = { RoleArn: roleArn('tagged') }
    await assume(await response({ role: tagged.RoleArn, tags }), tagged)
    assert.equal(await failure(assume(await response({ role: tagged.RoleArn, ...more }), tagged)), denied)
    await role('whole', ['sts:AssumeRoleWithSAML', 'sts:TagSession', 'sts:SetSourceIdentity'])
    const condition = {
      StringEquals: { 'aws:PrincipalTag/Project': 'Marketing', 'aws:SourceIdentity': 'ann@corp', 'saml:sub': 'ann' },
    }
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*', Condition: condition }],
    })
    await new IAMClient(client()).send(new PutRolePolicyCommand({ RoleName: 'whole', PolicyName: 'p', PolicyDocument }))
    const RoleArn = roleArn('whole')
    const { Credentials, SourceIdentity, PackedPolicySize } = await assume(await response({ role: RoleArn, ...more }), {
      RoleArn,
    })
    assert.equal(SourceIdentity, 'ann@corp')
    assert.ok((PackedPolicySize ?? 0) > 0)
    const session = {
      accessKeyId: Credentials?.AccessKeyId,
      secretAccessKey: Credentials?.SecretAccessKey,
      sessionToken: Credentials?.SessionToken,
    }
    await new S3Client(client(session)).send(new ListBucketsCommand({}))
    assert.match(
      await failure(
        new STSClient(client(session)).send(new AssumeRoleCommand({ RoleArn: roleArn('dev'), RoleSessionName: 'xx' })),
      ),
      /^403 AccessDenied/,
    )
  })

  it('responses of other products are read: prefixes, inclusive namespaces, typed values, both ways of writing a role', async () => {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const cert = selfSigned(keys, 'other', Date.now())
    const base64 = cert.replace(/-----[^-]+-----|\s+/g, '')
    const metadata = `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="http://www.okta.example/exk1"><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>`
    const iam = new IAMClient(client())
    const { SAMLProviderArn = '' } = await iam.send(
      new CreateSAMLProviderCommand({ Name: 'okta', SAMLMetadataDocument: metadata }),
    )
    const AssumeRolePolicyDocument = trust({ Federated: SAMLProviderArn }, 'sts:AssumeRoleWithSAML')
    await iam.send(new CreateRoleCommand({ RoleName: 'okta', AssumeRolePolicyDocument }))
    const at = (ms: number) => new Date(Date.now() + ms).toISOString()
    const attribute = (name: string, value: string) =>
      `<saml2:Attribute Name="https://aws.amazon.com/SAML/Attributes/${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml2:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">${value}</saml2:AttributeValue></saml2:Attribute>`
    const xml = `<?xml version="1.0" encoding="UTF-8"?><saml2p:Response xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:xs="http://www.w3.org/2001/XMLSchema" Destination="${endpoint}" ID="id1" IssueInstant="${at(0)}" Version="2.0"><saml2:Issuer xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">http://www.okta.example/exk1</saml2:Issuer><saml2p:Status><saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status><saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="id2" IssueInstant="${at(0)}" Version="2.0"><saml2:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">http://www.okta.example/exk1</saml2:Issuer><saml2:Subject><saml2:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">ann@example.com</saml2:NameID><saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml2:SubjectConfirmationData NotOnOrAfter="${at(300_000)}" Recipient="${endpoint}"/></saml2:SubjectConfirmation></saml2:Subject><saml2:Conditions NotBefore="${at(-300_000)}" NotOnOrAfter="${at(300_000)}"><saml2:AudienceRestriction><saml2:Audience>urn:amazon:webservices</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions><saml2:AttributeStatement>${attribute('Role', `${SAMLProviderArn}, ${roleArn('okta')}`)}${attribute('RoleSessionName', 'ann@example.com')}</saml2:AttributeStatement></saml2:Assertion></saml2p:Response>`
    const { SignedXml } = createRequire(import.meta.url)('xml-crypto')
    const signing = new SignedXml({
      privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      publicCert: cert,
    })
    signing.signatureAlgorithm = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
    signing.canonicalizationAlgorithm = 'http://www.w3.org/2001/10/xml-exc-c14n#'
    signing.addReference({
      xpath: "//*[local-name(.)='Assertion']",
      digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
      transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'],
      inclusiveNamespacesPrefixList: ['xs'],
    })
    const location = { reference: "//*[local-name(.)='Assertion']/*[local-name(.)='Issuer']", action: 'after' }
    signing.computeSignature(xml, { prefix: 'ds', location })
    const SAMLAssertion = Buffer.from(signing.getSignedXml())
      .toString('base64')
      .replace(/(.{76})/g, '$1\r\n')
    const asked = { RoleArn: roleArn('okta'), PrincipalArn: SAMLProviderArn }
    const answer = await assume(SAMLAssertion, asked)
    assert.equal(answer.Subject, 'ann@example.com')
    // Only prefixes of SAML 2.0 are taken off, as AWS documents.
    assert.equal(answer.SubjectType, 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified')
    assert.equal(answer.AssumedRoleUser?.Arn, `arn:aws:sts::${account}:assumed-role/okta/ann@example.com`)
  })

  it('the session is as short as the request, the attribute and the role say', async () => {
    const seconds = async (request: Partial<SamlRequest>, more: object = {}) => {
      const { Credentials } = await assume(await response(request), more)
      return Math.round(((Credentials?.Expiration?.getTime() ?? 0) - Date.now()) / 100_000)
    }
    assert.equal(await seconds({}), 36)
    assert.equal(await seconds({ sessionDuration: 1800 }), 18)
    assert.equal(await seconds({ sessionDuration: 43_200 }, { DurationSeconds: 900 }), 9)
    assert.match(await failure(assume(await response({ sessionDuration: 60 }))), /^400 InvalidIdentityToken/)
    assert.equal(
      await failure(assume(await response(), { DurationSeconds: 7200 })),
      '400 ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
    const large = { Policy: `${allow('s3:*', '*')}${' '.repeat(2048)}` }
    assert.match(await failure(assume(await response(), large)), /^400 (?:PackedPolicyTooLarge|ValidationError)/)
  })
})

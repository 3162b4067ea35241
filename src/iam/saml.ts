/** SAML providers: whose assertions AssumeRoleWithSAML takes, by the keys in their metadata. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html */
import { error } from '../errors.ts'
import { newLongId } from '../lib/aws-ids.ts'
import type { IamHandlers, UpdateSAMLProviderRequest } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { SamlProviderRecord } from '../store/iam-records.ts'
import { samlProviderArn } from './lib/arns.ts'
import { alreadyExists, noSuchEntity } from './lib/find.ts'
import { checkQuota } from './lib/quotas.ts'
import { readSamlMetadata } from './lib/saml-metadata.ts'
import { newTags } from './lib/tags.ts'
import { tagList } from './lib/views.ts'

/** Observed: AWS says that metadata is good for a century. */
const validMs = 100 * 365.25 * 86_400_000

export const saml = {
  async CreateSAMLProvider(input, ctx) {
    const tags = newTags(input.Tags)
    refuseEncryption(input)
    checkMetadata(input.SAMLMetadataDocument)
    const { accountId } = ctx.principal
    await ctx.store.iam.change(accountId, (draft) => {
      const { Name, SAMLMetadataDocument } = input
      if (draft.get('samlProvider', Name) !== undefined) {
        throw alreadyExists(`SAMLProvider with name ${Name} already exists.`)
      }
      checkQuota(draft, 'samlProvider')
      const createdMs = ctx.clock.now()
      draft.put('samlProvider', {
        Name,
        SAMLMetadataDocument,
        createdMs,
        validUntilMs: createdMs + validMs,
        SAMLProviderUUID: newLongId(),
        ...(tags !== undefined && { Tags: tags }),
      })
    })
    return {
      SAMLProviderArn: samlProviderArn(accountId, input.Name),
      ...(tags !== undefined && { Tags: tagList(tags) }),
    }
  },

  async GetSAMLProvider(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const provider = requireSamlProvider(account, input.SAMLProviderArn)
    return {
      SAMLProviderUUID: provider.SAMLProviderUUID,
      SAMLMetadataDocument: provider.SAMLMetadataDocument,
      CreateDate: provider.createdMs,
      ValidUntil: provider.validUntilMs,
      Tags: tagList(provider.Tags),
    }
  },

  async ListSAMLProviders(_input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const SAMLProviderList = account.list('samlProvider').map(({ Name, validUntilMs, createdMs }) => ({
      Arn: samlProviderArn(account.id, Name),
      ValidUntil: validUntilMs,
      CreateDate: createdMs,
    }))
    return { SAMLProviderList }
  },

  async UpdateSAMLProvider(input, ctx) {
    refuseEncryption(input)
    if (input.SAMLMetadataDocument !== undefined) checkMetadata(input.SAMLMetadataDocument)
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const provider = requireSamlProvider(draft, input.SAMLProviderArn)
      const { SAMLMetadataDocument = provider.SAMLMetadataDocument } = input
      draft.put('samlProvider', { ...provider, SAMLMetadataDocument, validUntilMs: ctx.clock.now() + validMs })
    })
    return { SAMLProviderArn: input.SAMLProviderArn }
  },

  async DeleteSAMLProvider(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      draft.delete('samlProvider', requireSamlProvider(draft, input.SAMLProviderArn).Name)
    })
  },
} satisfies Partial<IamHandlers>

/** Observed: the words (AWS documents them as a fault to look for). @throws AwsError InvalidInput */
function checkMetadata(text: string): void {
  if (readSamlMetadata(text) === undefined) throw error('InvalidInput', {}, { message: 'Could not parse metadata' })
}

/** Keys for encrypted assertions: accepted, they would be expected to be used. @throws AwsError NotImplemented */
function refuseEncryption(input: Pick<UpdateSAMLProviderRequest, 'AssertionEncryptionMode' | 'AddPrivateKey'>): void {
  if (input.AddPrivateKey === undefined && input.AssertionEncryptionMode !== 'Required') return
  throw error('NotImplemented', {}, { message: 'Encrypted SAML assertions are not decrypted by Sandbucket yet.' })
}

/** @throws AwsError NoSuchEntity */
export function requireSamlProvider(account: IamAccount, arn: string): SamlProviderRecord {
  const start = samlProviderArn(account.id, '')
  const provider = arn.startsWith(start) ? account.get('samlProvider', arn.slice(start.length)) : undefined
  if (provider === undefined) throw noSuchEntity(`SAMLProvider not found for arn ${arn}`)
  return provider
}

/** Server certificates. The private key is checked against the certificate and not kept: nothing here serves TLS with it. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { error } from '../errors.ts'
import { newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers, ServerCertificateMetadata } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { ServerCertificateRecord } from '../store/iam-records.ts'
import { serverCertificateArn } from './lib/arns.ts'
import { alreadyExists, noSuchEntity } from './lib/find.ts'
import { readPath, readPathPrefix } from './lib/input.ts'
import { pageOf } from './lib/page.ts'
import { checkQuota } from './lib/quotas.ts'
import { newTags } from './lib/tags.ts'
import { tagList } from './lib/views.ts'

export const serverCertificates = {
  async UploadServerCertificate(input, ctx) {
    const tags = newTags(input.Tags)
    const path = readPath(input.Path)
    const expiresMs = checkPair(input.CertificateBody, input.PrivateKey)
    const { accountId } = ctx.principal
    const record = await ctx.store.iam.change(accountId, (draft) => {
      checkNewName(draft, input.ServerCertificateName)
      checkQuota(draft, 'serverCertificate')
      const made: ServerCertificateRecord = {
        ServerCertificateName: input.ServerCertificateName,
        ServerCertificateId: newUniqueId('ASCA'),
        Path: path,
        createdMs: ctx.clock.now(),
        expiresMs,
        CertificateBody: input.CertificateBody.trim(),
        ...(input.CertificateChain !== undefined && { CertificateChain: input.CertificateChain.trim() }),
        ...(tags !== undefined && { Tags: tags }),
      }
      draft.put('serverCertificate', made)
      return made
    })
    const ServerCertificateMetadata = metadata(accountId, record)
    return { ServerCertificateMetadata, ...(tags !== undefined && { Tags: tagList(tags) }) }
  },

  async GetServerCertificate(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const record = requireServerCertificate(account, input.ServerCertificateName)
    const { CertificateBody, CertificateChain, Tags } = record
    return {
      ServerCertificate: {
        ServerCertificateMetadata: metadata(account.id, record),
        CertificateBody,
        ...(CertificateChain !== undefined && { CertificateChain }),
        ...(Tags !== undefined && Tags.length > 0 && { Tags: tagList(Tags) }),
      },
    }
  },

  async ListServerCertificates(input, ctx) {
    const prefix = readPathPrefix(input.PathPrefix)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const found = account.list('serverCertificate').filter(({ Path }) => Path.startsWith(prefix))
    const { items, more } = pageOf(found, input, ({ ServerCertificateName }) => ServerCertificateName)
    return { ServerCertificateMetadataList: items.map((record) => metadata(account.id, record)), ...more }
  },

  async UpdateServerCertificate(input, ctx) {
    const path = input.NewPath === undefined ? undefined : readPath(input.NewPath, 'newPath')
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const record = requireServerCertificate(draft, input.ServerCertificateName)
      const name = input.NewServerCertificateName ?? record.ServerCertificateName
      if (name.toLowerCase() !== record.ServerCertificateName.toLowerCase()) checkNewName(draft, name)
      draft.delete('serverCertificate', record.ServerCertificateName)
      draft.put('serverCertificate', { ...record, ServerCertificateName: name, Path: path ?? record.Path })
    })
  },

  async DeleteServerCertificate(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      draft.delete(
        'serverCertificate',
        requireServerCertificate(draft, input.ServerCertificateName).ServerCertificateName,
      )
    })
  },
} satisfies Partial<IamHandlers>

function checkNewName(account: IamAccount, name: string): void {
  if (account.get('serverCertificate', name) === undefined) return
  throw alreadyExists(`The Server Certificate with name ${name} already exists.`)
}

/** Observed: the words (published error texts of UploadServerCertificate). */
export const unreadableCertificate = 'Unable to parse certificate. Please ensure the certificate is in PEM format.'

/** @returns when the certificate ends, in ms. @throws AwsError MalformedCertificate, KeyPairMismatch */
function checkPair(certificateText: string, keyText: string): number {
  try {
    const certificate = new X509Certificate(certificateText)
    if (certificate.checkPrivateKey(createPrivateKey(keyText))) return Date.parse(certificate.validTo)
  } catch (cause) {
    throw error('MalformedCertificate', {}, { message: unreadableCertificate, cause })
  }
  throw error('KeyPairMismatch')
}

function metadata(accountId: string, record: ServerCertificateRecord): ServerCertificateMetadata {
  return {
    Path: record.Path,
    ServerCertificateName: record.ServerCertificateName,
    ServerCertificateId: record.ServerCertificateId,
    Arn: serverCertificateArn(accountId, record),
    UploadDate: record.createdMs,
    Expiration: record.expiresMs,
  }
}

/** @throws AwsError NoSuchEntity. Observed: the words (recorded against AWS by LocalStack's suite). */
export function requireServerCertificate(account: IamAccount, name: string): ServerCertificateRecord {
  const record = account.get('serverCertificate', name)
  if (record === undefined) throw noSuchEntity(`The Server Certificate with name ${name} cannot be found.`)
  return record
}

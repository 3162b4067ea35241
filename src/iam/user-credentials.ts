/** Further credentials of users, as state: SSH keys, signing certificates, credentials of single services. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html */
import { createHash, X509Certificate } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import { newLongId, newUniqueId } from '../lib/aws-ids.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import type { UserRecord } from '../store/iam-records.ts'
import { invalid, limitExceeded, noSuchEntity, requireUser } from './lib/find.ts'
import { userNameOf } from './lib/input.ts'
import { pageOf } from './lib/page.ts'
import { unreadableCertificate } from './server-certificates.ts'

type SshKey = NonNullable<UserRecord['sshKeys']>[number]
type Certificate = NonNullable<UserRecord['signingCertificates']>[number]

const sshKeysPerUser = 5
const certificatesPerUser = 2

function nameOf(name: string | undefined, ctx: Ctx): string {
  const found = userNameOf(name, ctx)
  if (found === undefined) throw invalid('Must specify userName when calling with non-User credentials')
  return found
}

async function readUser(ctx: Ctx, name: string | undefined): Promise<UserRecord> {
  return requireUser(await ctx.store.iam.account(ctx.principal.accountId), nameOf(name, ctx))
}

/** Changes a user and gives back what `change` gives beside the record. */
function changeUser<T>(
  ctx: Ctx,
  name: string | undefined,
  change: (user: UserRecord) => { user: UserRecord; result: T },
): Promise<T> {
  return ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const { user, result } = change(requireUser(draft, nameOf(name, ctx)))
    draft.put('user', user)
    return result
  })
}

/** A list with one item changed (undefined: removed). @throws what `missing` makes, when there is none */
function withItem<T>(
  items: readonly T[] = [],
  isIt: (item: T) => boolean,
  change: (item: T) => T | undefined,
  missing: () => Error,
): T[] {
  if (!items.some(isIt)) throw missing()
  return items.flatMap((item) => (isIt(item) ? (change(item) ?? []) : [item]))
}

const noSshKey = (id: string) => () => noSuchEntity(`The Public Key with id ${id} cannot be found.`)
const noCertificate = (id: string) => () => noSuchEntity(`The Certificate with id ${id} cannot be found.`)

const sshView = (UserName: string, { createdMs, ...key }: SshKey) => ({ UserName, ...key, UploadDate: createdMs })
const certificateView = (UserName: string, { createdMs, ...rest }: Certificate) => ({
  UserName,
  ...rest,
  UploadDate: createdMs,
})

export const userCredentials = {
  UploadSSHPublicKey: (input, ctx) =>
    changeUser(ctx, input.UserName, (user) => {
      const sshKeys = user.sshKeys ?? []
      if (sshKeys.length >= sshKeysPerUser) throw limitExceeded('SSHPublicKeysPerUser', sshKeysPerUser)
      const SSHPublicKeyBody = input.SSHPublicKeyBody.trim()
      const key = {
        SSHPublicKeyId: newUniqueId('APKA'),
        Fingerprint: fingerprint(SSHPublicKeyBody),
        SSHPublicKeyBody,
        Status: 'Active',
        createdMs: ctx.clock.now(),
      }
      const result = { SSHPublicKey: sshView(user.UserName, key) }
      return { user: { ...user, sshKeys: [...sshKeys, key] }, result }
    }),

  async GetSSHPublicKey(input, ctx) {
    const user = await readUser(ctx, input.UserName)
    const key = user.sshKeys?.find(({ SSHPublicKeyId }) => SSHPublicKeyId === input.SSHPublicKeyId)
    if (key === undefined) throw noSshKey(input.SSHPublicKeyId)()
    return { SSHPublicKey: sshView(user.UserName, key) }
  },

  async ListSSHPublicKeys(input, ctx) {
    const user = await readUser(ctx, input.UserName)
    const { items, more } = pageOf(user.sshKeys ?? [], input, ({ SSHPublicKeyId }) => SSHPublicKeyId)
    const SSHPublicKeys = items.map((key) => {
      const { Fingerprint: _, SSHPublicKeyBody: __, ...metadata } = sshView(user.UserName, key)
      return metadata
    })
    return { SSHPublicKeys, ...more }
  },

  UpdateSSHPublicKey: ({ UserName, SSHPublicKeyId: id, Status }, ctx) =>
    changeUser(ctx, UserName, (user) => {
      const sshKeys = withItem(
        user.sshKeys,
        ({ SSHPublicKeyId }) => SSHPublicKeyId === id,
        (key) => ({ ...key, Status }),
        noSshKey(id),
      )
      return { user: { ...user, sshKeys }, result: undefined }
    }),

  DeleteSSHPublicKey: ({ UserName, SSHPublicKeyId: id }, ctx) =>
    changeUser(ctx, UserName, (user) => {
      const isIt = ({ SSHPublicKeyId }: SshKey) => SSHPublicKeyId === id
      const sshKeys = withItem(user.sshKeys, isIt, () => undefined, noSshKey(id))
      return { user: { ...user, sshKeys }, result: undefined }
    }),

  UploadSigningCertificate: (input, ctx) =>
    changeUser(ctx, input.UserName, (user) => {
      const all = user.signingCertificates ?? []
      if (all.length >= certificatesPerUser) throw limitExceeded('CertificatesPerUser', certificatesPerUser)
      const certificate = {
        CertificateId: newLongId(),
        CertificateBody: checkedCertificate(input.CertificateBody),
        Status: 'Active',
        createdMs: ctx.clock.now(),
      }
      const result = { Certificate: certificateView(user.UserName, certificate) }
      return { user: { ...user, signingCertificates: [...all, certificate] }, result }
    }),

  async ListSigningCertificates(input, ctx) {
    const user = await readUser(ctx, input.UserName)
    const { items, more } = pageOf(user.signingCertificates ?? [], input, ({ CertificateId }) => CertificateId)
    return { Certificates: items.map((certificate) => certificateView(user.UserName, certificate)), ...more }
  },

  UpdateSigningCertificate: ({ UserName, CertificateId: id, Status }, ctx) =>
    changeUser(ctx, UserName, (user) => {
      const signingCertificates = withItem(
        user.signingCertificates,
        ({ CertificateId }) => CertificateId === id,
        (certificate) => ({ ...certificate, Status }),
        noCertificate(id),
      )
      return { user: { ...user, signingCertificates }, result: undefined }
    }),

  DeleteSigningCertificate: ({ UserName, CertificateId: id }, ctx) =>
    changeUser(ctx, UserName, (user) => {
      const isIt = ({ CertificateId }: Certificate) => CertificateId === id
      const signingCertificates = withItem(user.signingCertificates, isIt, () => undefined, noCertificate(id))
      return { user: { ...user, signingCertificates }, result: undefined }
    }),
} satisfies Partial<IamHandlers>

/** As `ssh-keygen -E md5` shows it. @throws AwsError ValidationError */
function fingerprint(body: string): string {
  const blob = /^(?:ssh-rsa|ssh-ed25519|ecdsa-sha2-\S+)\s+([A-Za-z0-9+/=]+)/.exec(body)?.[1]
  const isPem = body.startsWith('-----BEGIN ')
  // Assumed: the words, because AWS documents only the code InvalidPublicKey.
  if (blob === undefined && !isPem) throw error('ValidationError', {}, { message: 'Invalid SSH public key.' })
  const bytes = Buffer.from(blob ?? body.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  return (createHash('md5').update(bytes).digest('hex').match(/../g) ?? []).join(':')
}

function checkedCertificate(text: string): string {
  try {
    new X509Certificate(text)
  } catch (cause) {
    throw error('MalformedCertificate', {}, { message: unreadableCertificate, cause })
  }
  return text.trim()
}

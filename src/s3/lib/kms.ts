/**
 * KMS keys in requests: by id, ARN or alias, and S3's answers when there is none or it cannot be used.
 * Observed: codes and texts of ids and ARNs (recorded, test_s3_sse_validate_kms_key), of states
 * (test_s3_sse_validate_kms_key_state). Assumed: the text for an alias, as KMS itself words it.
 * By design: plain HTTP is accepted, which AWS refuses for KMS as well; no secret of the client is in such a request.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
import type { Ctx } from '../../context.ts'
import { type KeyPlace, type KmsKey, s3Alias } from '../../encryption/key-ring.ts'
import { type AwsError, error } from '../../errors.ts'

const arnForm = /^arn:aws[a-zA-Z0-9-]*:kms:([^:]*):([^:]*):(key\/|alias\/)(.+)$/
const keyIdForm = /^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export interface KmsArn extends KeyPlace {
  /** A key id, or an alias with its `alias/`. */
  name: string
}

/** Undefined for a text that is no ARN of a KMS key or alias. */
export function parseKmsArn(text: string): KmsArn | undefined {
  const [, region, accountId, kind, rest] = arnForm.exec(text) ?? []
  if (region === undefined || accountId === undefined || rest === undefined) return undefined
  return { region, accountId, name: kind === 'alias/' ? `alias/${rest}` : rest }
}

const notFound = (message: string): AwsError => error('KMS.NotFoundException', {}, { message })

/**
 * The key that a request or a bucket's configuration names, in a state to be used. No name means the key of S3 itself.
 * Names without account are looked up in the requester's.
 * @throws KMS.NotFoundException, KMS.DisabledException, KMS.KMSInvalidStateException, InvalidArgument (no Signature V4)
 */
export function requestedKmsKey(ctx: Ctx, name: string | undefined): KmsKey {
  requireSignatureV4(ctx)
  const { region } = ctx.bucket
  const own: KeyPlace = { region, accountId: ctx.principal.accountId || ctx.bucket.ownerId }
  if (name === undefined) return usable(find(ctx, { ...own, name: s3Alias }))
  if (!name.startsWith('arn:')) return usable(find(ctx, { ...own, name }))
  const arn = parseKmsArn(name)
  if (arn === undefined) throw notFound(`Invalid arn ${name}`)
  if (arn.region !== region) throw notFound(`Invalid arn ${arn.region}`)
  return usable(find(ctx, arn))
}

/**
 * The key an object was encrypted with, for reading it.
 * @param arn as stored
 * @throws as `requestedKmsKey`
 */
export function storedKmsKey(ctx: Ctx, arn: string): KmsKey {
  requireSignatureV4(ctx)
  const parsed = parseKmsArn(arn)
  if (parsed === undefined) throw new Error(`the stored ARN of a KMS key cannot be read: ${arn}`)
  return usable(find(ctx, parsed))
}

function find(ctx: Ctx, { name, region, accountId }: KmsArn): KmsKey {
  const { keys } = ctx.store
  const place = { region, accountId }
  const arn = `arn:aws:kms:${region}:${accountId}`
  if (name.startsWith('alias/')) {
    const key = keys.byAlias(name, place)
    if (key === undefined) throw notFound(`Alias ${arn}:${name} is not found.`)
    return key
  }
  const key = keys.byId(name, place)
  if (key !== undefined) return key
  throw notFound(keyIdForm.test(name) ? `Key '${arn}:key/${name}' does not exist` : `Invalid keyId '${name}'`)
}

function usable(key: KmsKey): KmsKey {
  if (key.state === 'Disabled') throw error('KMS.DisabledException', {}, { message: `${key.arn} is disabled.` })
  if (key.state === 'PendingDeletion') {
    throw error('KMS.KMSInvalidStateException', {}, { message: `${key.arn} is pending deletion.` })
  }
  return key
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms */
function requireSignatureV4({ auth }: Ctx): void {
  if (auth.signatureVersion !== undefined && auth.signatureVersion !== 'AWS') return
  throw error(
    'InvalidArgument',
    // Observed: `null` for an anonymous request. Assumed: the same for Signature V2.
    { ArgumentName: 'Authorization', ArgumentValue: 'null' },
    {
      message: 'Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.',
    },
  )
}

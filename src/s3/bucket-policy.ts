/**
 * Bucket policies: checked when they are put, kept normalised with the unique ids of whom they name, shown as they read
 * now. What they decide is in `authorization`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
 */
import type { StoredPolicy } from '../authorization/bucket-policies.ts'
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import { bucketArn } from '../lib/arn.ts'
import type { GetBucketPolicyOutput, GetBucketPolicyStatusOutput, S3Handlers } from '../model/s3.types.gen.ts'
import { publicAccessMessage } from '../policy/message.ts'
import { renderStoredPolicy } from '../policy/normalize.ts'
import { parsePolicy } from '../policy/parse.ts'
import { isPublicPolicy } from '../policy/public.ts'
import { type ResolvedPrincipal, validateBucketPolicy } from '../policy/validate-bucket.ts'
import { changeBucket, withDocument } from './lib/change-bucket.ts'
import { directoryArn, isDirectory } from './lib/directory-bucket.ts'

/** More principals than a policy of 20 KiB can name are not looked up. */
const maxPrincipals = 2048

/** Only the owner's account manages the policy, whatever policies allow others. @throws AwsError MethodNotAllowed */
function refuseStrangers({ principal, bucket }: Ctx, Method: 'GET' | 'PUT' | 'DELETE'): void {
  if (principal.accountId === bucket.ownerId) return
  const reason = `other account: only account ${bucket.ownerId}, which owns the bucket, may use its policy, whatever policies allow others. Ask with a key of that account.`
  throw error('MethodNotAllowed', { Method, ResourceType: 'BUCKETPOLICY' }, { reason })
}

const nameOf = (type: string, value: string) => `${type} ${value}`

/** What the principals of a policy stand for, by type and value. Empty when it cannot be read: the checks say so then. */
async function resolvePrincipals(text: string, ctx: Ctx): Promise<Map<string, ResolvedPrincipal>> {
  const statements = parsePolicy(text)?.document.statements ?? []
  const entries = statements.flatMap(({ principal }) => principal?.entries ?? []).slice(0, maxPrincipals)
  const found = new Map<string, ResolvedPrincipal>()
  for (const { type, value } of entries) {
    if (type !== 'AWS' && type !== 'CanonicalUser') continue
    const resolved = await ctx.access.resolvePrincipal(type, value)
    if (resolved !== undefined) found.set(nameOf(type, value), resolved)
  }
  return found
}

/** @throws AwsError NoSuchBucketPolicy */
function policyOf({ bucket }: Ctx): StoredPolicy {
  const stored = bucket.documents.policy as StoredPolicy | undefined
  if (stored === undefined) throw error('NoSuchBucketPolicy', { BucketName: bucket.Name })
  return stored
}

const publicPolicy =
  'BlockPublicPolicy: the policy is public, and BlockPublicPolicy of the bucket or of its account refuses to store public policies. Name accounts, users or roles as Principal instead of "*", or turn it off: aws s3api put-public-access-block (new buckets have it on, as on AWS).'

export const bucketPolicy = {
  /**
   * Assumed: ConfirmRemoveSelfBucketAccess changes nothing, because AWS documents no answer to a request that lacks it,
   * and the owner's root can always change the policy back.
   */
  async PutBucketPolicy(input, ctx): Promise<void> {
    refuseStrangers(ctx, 'PUT')
    const { Name } = ctx.bucket
    const principals = await resolvePrincipals(input.Policy, ctx)
    const result = validateBucketPolicy(input.Policy, {
      bucket: Name,
      directoryArn: isDirectory(ctx.bucket) ? directoryArn(ctx.bucket) : undefined,
      resolve: (type, value) => principals.get(nameOf(type, value)),
    })
    if (!result.ok) throw error('MalformedPolicy', { Detail: result.detail }, { message: result.message })
    const block = await ctx.access.publicAccessBlock(ctx.bucket)
    if (block.BlockPublicPolicy === true && isPublicPolicy(result.document)) {
      const action = isDirectory(ctx.bucket) ? 's3express:PutBucketPolicy' : 's3:PutBucketPolicy'
      const request = { principal: ctx.principal, action, resource: bucketArn(Name) }
      throw error(
        'AccessDenied',
        {},
        { message: publicAccessMessage(request, 'BlockPublicPolicy'), reason: publicPolicy },
      )
    }
    const stored: StoredPolicy = { text: result.text, uniqueIds: result.uniqueIds }
    await changeBucket(ctx, (bucket) => withDocument(bucket, 'policy', stored))
  },

  async GetBucketPolicy(_input, ctx): Promise<GetBucketPolicyOutput> {
    refuseStrangers(ctx, 'GET')
    const { text, uniqueIds } = policyOf(ctx)
    const current = new Map<string, string | undefined>()
    for (const arn of Object.keys(uniqueIds)) current.set(arn, await ctx.access.uniqueIdOf(arn))
    return { Policy: renderStoredPolicy(text, uniqueIds, (arn) => current.get(arn)) }
  },

  /** Deleting none is fine. Observed: recorded, test_bucket_policy_crud. */
  DeleteBucketPolicy(_input, ctx): Promise<void> {
    refuseStrangers(ctx, 'DELETE')
    return changeBucket(ctx, (bucket) => withDocument(bucket, 'policy', undefined))
  },

  /** Observed: tells what the policy is, also where RestrictPublicBuckets takes its effect away. */
  GetBucketPolicyStatus(_input, ctx): GetBucketPolicyStatusOutput {
    const document = parsePolicy(policyOf(ctx).text)?.document
    return { PolicyStatus: { IsPublic: document !== undefined && isPublicPolicy(document) } }
  },
} satisfies Partial<S3Handlers>

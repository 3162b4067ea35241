/**
 * The operations of S3 Control that general purpose buckets need: Block Public Access of an account, and tags of buckets
 * by ARN.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html
 */
import type { Ctx, EffectiveBlock } from '../../context.ts'
import { type AwsError, error } from '../../errors.ts'
import { changeBucket, withDocument } from '../lib/change-bucket.ts'
import type { Tag } from '../lib/tags.ts'

export interface ControlInput {
  AccountId: string
  PublicAccessBlockConfiguration?: EffectiveBlock
  ResourceArn?: string
  /** A missing key or value is kept as such: it is refused here. */
  Tags?: readonly { Key: string | undefined; Value: string | undefined }[]
  TagKeys?: readonly string[]
}

export interface ControlOutput {
  PublicAccessBlockConfiguration?: EffectiveBlock
  Tags?: Tag[]
}

const blocks = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const
const maxTags = 50
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

async function setBlock({ AccountId }: ControlInput, block: EffectiveBlock | undefined, ctx: Ctx): Promise<void> {
  await ctx.store.iam.change(AccountId, (draft) => {
    const { publicAccessBlock: _before, ...account } = draft.get('account', '') ?? { accessKeys: [] }
    draft.put('account', block === undefined ? account : { ...account, publicAccessBlock: block })
  })
}

const invalidTag = (message: string): AwsError => error('InvalidTag', {}, { message })

/** Observed: codes and texts (recorded, TestS3ControlTagging test_tag_resource_validation). */
function checkedTags(tags: ControlInput['Tags'] = []): Tag[] {
  const checked: Tag[] = []
  for (const { Key, Value } of tags) {
    if (Key === undefined || Value === undefined) throw error('MalformedXML')
    if (Key.startsWith('aws:')) {
      throw invalidTag(
        'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.',
      )
    }
    if (checked.some((tag) => tag.Key === Key)) {
      throw invalidTag('There are duplicate tag keys in your request. Remove the duplicate tag keys and try again.')
    }
    if (Key === '' || Key.length > 128 || Value.length > 256 || !allowed.test(Key) || !allowed.test(Value)) {
      throw invalidTag(
        "This request contains a tag key or value that isn't valid. Valid characters include the following: [a-zA-Z+-=._:/]. Tag keys can contain up to 128 characters. Tag values can contain up to 256 characters.",
      )
    }
    checked.push({ Key, Value })
  }
  return checked
}

const tagsOf = (document: unknown): Tag[] => (document as { TagSet?: Tag[] } | undefined)?.TagSet ?? []

function changeTags(ctx: Ctx, change: (tags: Tag[]) => Tag[]): Promise<void> {
  return changeBucket(ctx, (bucket) => {
    const TagSet = change(tagsOf(bucket.documents.tagging))
    // Assumed: text after that of PutBucketTagging, because none is recorded.
    if (TagSet.length > maxTags) {
      throw error('BadRequest', {}, { message: `Bucket tag count cannot be greater than ${maxTags}` })
    }
    return withDocument(bucket, 'tagging', TagSet.length === 0 ? undefined : { TagSet })
  })
}

export type ControlHandler = (input: ControlInput, ctx: Ctx) => Promise<ControlOutput>

/** Handlers by name of the operation. */
export const controlHandlers = {
  async GetPublicAccessBlock({ AccountId }, ctx) {
    const block = (await ctx.store.iam.account(AccountId)).get('account', '')?.publicAccessBlock
    // Observed: recorded, TestS3ControlPublicAccessBlock.
    if (block === undefined) throw error('NoSuchPublicAccessBlockConfiguration', { AccountId })
    return { PublicAccessBlockConfiguration: block }
  },

  async PutPublicAccessBlock(input, ctx) {
    const asked = input.PublicAccessBlockConfiguration ?? {}
    if (blocks.every((name) => asked[name] === undefined)) {
      throw error('InvalidRequest', {}, { message: 'Must specify at least one configuration.' })
    }
    await setBlock(input, Object.fromEntries(blocks.map((name) => [name, asked[name] ?? false])), ctx)
    return {}
  },

  async DeletePublicAccessBlock(input, ctx) {
    await setBlock(input, undefined, ctx)
    return {}
  },

  /** Tags are added to those there are; the same key replaces its value. */
  async TagResource({ Tags }, ctx) {
    const added = checkedTags(Tags)
    await changeTags(ctx, (tags) => {
      const merged = new Map([...tags, ...added].map(({ Key, Value }) => [Key, Value]))
      return [...merged].map(([Key, Value]) => ({ Key, Value }))
    })
    return {}
  },

  async UntagResource({ TagKeys = [] }, ctx) {
    await changeTags(ctx, (tags) => tags.filter(({ Key }) => !TagKeys.includes(Key)))
    return {}
  },

  async ListTagsForResource(_input, ctx) {
    return { Tags: tagsOf(ctx.bucket.documents.tagging) }
  },
} satisfies Record<string, ControlHandler>

export type ControlOperation = keyof typeof controlHandlers

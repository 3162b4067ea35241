/**
 * GetObjectAttributes: chosen facts about an object, without its bytes.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
 */
import type { Ctx } from '../context.ts'
import { AwsError, error } from '../errors.ts'
import type {
  GetObjectAttributesOutput,
  GetObjectAttributesParts,
  GetObjectAttributesRequest,
  ObjectPart,
  S3Handlers,
} from '../model/s3.types.gen.ts'
import type { ObjectRecord, PartRecord } from '../store/records.ts'
import { checksumOutput, checksumValueOutput } from './lib/checksum.ts'
import { checkCustomerKey, readCustomerKey } from './lib/customer-key.ts'
import { isDirectory } from './lib/directory-bucket.ts'
import { readSealer } from './lib/encryption.ts'
import { findObject } from './lib/find-object.ts'
import { shownVersionId } from './lib/version-id.ts'

/**
 * Observed: a delete marker named by its id is no such key, other than to GetObject (versity/versitygw's suite, run
 * against AWS). @throws AwsError of `findObject`, but no MethodNotAllowed
 */
async function findAttributed(ctx: Ctx, input: GetObjectAttributesRequest): Promise<ObjectRecord> {
  try {
    return await findObject(ctx, input)
  } catch (cause) {
    if (!(cause instanceof AwsError) || cause.code !== 'MethodNotAllowed') throw cause
    const { Allow: _allow, 'Last-Modified': _modified, ...headers } = cause.headers
    throw error('NoSuchKey', { Key: input.Key }, { headers })
  }
}

const names: ReadonlySet<string> = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'])
const maxPartsLimit = 1000

const invalid = (message: string, ArgumentName: string, ArgumentValue?: string | number) =>
  error('InvalidArgument', { ArgumentName, ArgumentValue }, { message })

function wantedAttributes(input: GetObjectAttributesRequest): ReadonlySet<string> {
  const wanted = new Set(input.ObjectAttributes.flatMap((item) => item.split(',')).map((name) => name.trim()))
  wanted.delete('')
  if (wanted.size === 0) {
    throw error(
      'InvalidRequest',
      {},
      {
        message:
          'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
      },
    )
  }
  for (const name of wanted) {
    if (!names.has(name)) throw invalid('Invalid attribute name specified.', 'x-amz-object-attributes')
  }
  return wanted
}

/** The value without `-N`: recorded, test_complete_multipart_parts_checksum_composite. */
function attributeChecksum(record: ObjectRecord): GetObjectAttributesOutput['Checksum'] {
  const { checksum } = record
  if (checksum === undefined) return undefined
  const dash = checksum.type === 'COMPOSITE' ? checksum.value.lastIndexOf('-') : -1
  return checksumOutput(dash < 0 ? checksum : { ...checksum, value: checksum.value.slice(0, dash) })
}

/** Parts are listed only when they were checksummed one by one (composite); otherwise just counted. Observed: recorded, same tests. */
function attributeParts(
  record: ObjectRecord,
  parts: PartRecord[],
  input: GetObjectAttributesRequest,
  isAlways: boolean,
): GetObjectAttributesParts {
  // "Directory buckets: regardless of whether an additional checksum is applied" (GetObjectAttributesParts).
  if (record.checksum?.type !== 'COMPOSITE' && !isAlways) return { TotalPartsCount: parts.length }
  const marker = markerOf(input.PartNumberMarker)
  const MaxParts = Math.min(input.MaxParts ?? maxPartsLimit, maxPartsLimit)
  if (MaxParts < 0)
    throw invalid('Argument max-parts must be an integer between 0 and 2147483647', 'max-parts', MaxParts)
  const first = parts.findIndex((part) => part.PartNumber > marker)
  const rest = first < 0 ? [] : parts.slice(first)
  const page = rest.slice(0, MaxParts)
  return {
    TotalPartsCount: parts.length,
    PartNumberMarker: String(marker),
    NextPartNumberMarker: String(page.at(-1)?.PartNumber ?? 0),
    MaxParts,
    IsTruncated: rest.length > page.length,
    Parts: page.map(
      (part): ObjectPart => ({ PartNumber: part.PartNumber, Size: part.Size, ...checksumValueOutput(part.checksum) }),
    ),
  }
}

function markerOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw invalid('Argument part-number-marker must be an integer.', 'part-number-marker', text)
}

export const objectAttributes = {
  async GetObjectAttributes(input, ctx: Ctx): Promise<GetObjectAttributesOutput> {
    const wanted = wantedAttributes(input)
    const customerKey = readCustomerKey(input, ctx, 'read')
    const record = await findAttributed(ctx, input)
    if (wanted.has('Checksum')) readSealer(record, customerKey, ctx)
    else checkCustomerKey(record.encryption, customerKey)
    const output: GetObjectAttributesOutput = {
      LastModified: record.lastModifiedMs,
      VersionId: shownVersionId(ctx.bucket, record),
    }
    if (wanted.has('ETag')) output.ETag = record.ETag
    if (wanted.has('Checksum')) output.Checksum = attributeChecksum(record)
    if (wanted.has('ObjectParts')) {
      const parts = await ctx.store.objects.parts(record)
      if (parts !== undefined) output.ObjectParts = attributeParts(record, parts, input, isDirectory(ctx.bucket))
    }
    if (wanted.has('StorageClass')) output.StorageClass = record.StorageClass
    if (wanted.has('ObjectSize')) output.ObjectSize = record.sizeBytes
    return output
  },
} satisfies Partial<S3Handlers>

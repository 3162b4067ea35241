/**
 * The request path of S3 Control, of which a handful of operations exist here: a small table instead of a model. Its
 * documents are written and read by hand.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html
 */
import type { Target } from './address.ts'
import { type AuthDeps, authenticate } from './auth/authenticate.ts'
import { openBody } from './auth/open-body.ts'
import type { Call } from './call.ts'
import type { EffectiveBlock } from './context.ts'
import { error } from './errors.ts'
import { collectBody } from './http/body.ts'
import { header, type WireResponse } from './http/wire.ts'
import { noteKeyUse } from './key-use.ts'
import { nameMap } from './lib/name-map.ts'
import { verifyPayloadDigest } from './payload-digest.ts'
import type { Query } from './protocol/index.ts'
import { parseXml, type XmlElement } from './protocol/xml-read.ts'
import { escapeXml, XML_DECLARATION } from './protocol/xml-write.ts'
import {
  type ControlHandler,
  controlHandlers,
  type ControlInput,
  type ControlOperation,
  type ControlOutput,
} from './s3/control/handlers.ts'
import { refuseZonal } from './zonal.ts'

const namespace = 'http://awss3control.amazonaws.com/doc/2018-08-20/'
const blockPath = '/v20180820/configuration/publicAccessBlock'
const tagsPath = '/v20180820/tags/'
const maxDocumentBytes = 64 * 1024

interface Row {
  name: ControlOperation
  status: number
  read?: (root: XmlElement) => Partial<ControlInput>
  write?: (output: ControlOutput) => string
}

const blockRows: Readonly<Record<string, Row>> = nameMap({
  GET: { name: 'GetPublicAccessBlock', status: 200, write: writeBlock },
  PUT: { name: 'PutPublicAccessBlock', status: 200, read: readBlock },
  DELETE: { name: 'DeletePublicAccessBlock', status: 204 },
})
const tagRows: Readonly<Record<string, Row>> = nameMap({
  GET: { name: 'ListTagsForResource', status: 200, write: writeTags },
  POST: { name: 'TagResource', status: 204, read: readTags },
  DELETE: { name: 'UntagResource', status: 204 },
})

/** Runs one call. @throws AwsError */
export async function handleControlCall(
  call: Call,
  target: Target,
  deps: { auth: AuthDeps; bodyIdleMs?: number | undefined },
): Promise<WireResponse> {
  const { request } = call
  const { method } = request
  const { path } = target
  const isTags = path.startsWith(tagsPath)
  const row = isTags ? tagRows[method] : path === blockPath ? blockRows[method] : undefined
  if (row === undefined) {
    const message = `${method} ${path} of S3 Control is not implemented by Sandbucket: of S3 Control only Block Public Access of accounts and tags of buckets are here. See /_sandbucket/coverage.`
    throw error('NotImplemented', {}, { message })
  }
  call.operation = row.name
  const authenticated = await authenticate(request, { ...target, bucket: undefined }, deps.auth)
  refuseZonal(authenticated.principal)
  call.principal = authenticated.principal
  call.auth = authenticated.auth
  // Observed: S3 Control's actions are those of S3 (Service Authorization Reference).
  noteKeyUse(call.store.iam, call.principal, call.auth, 's3', call.clock.now())
  if (call.principal.kind === 'anonymous') {
    const reason = 'no signature: S3 Control takes no anonymous callers. Sign the request.'
    throw error('AccessDenied', {}, { reason })
  }
  const input = readHead(call, isTags ? path.slice(tagsPath.length) : undefined, target.query)
  if (row.read !== undefined) {
    const body = openBody(request, authenticated, { lengthRequired: false, idleTimeoutMs: deps.bodyIdleMs })
    const bytes = await collectBody(body, maxDocumentBytes, 'MaxMessageLengthExceeded')
    await verifyPayloadDigest(request, body, bytes, { isChecksumRequired: false, isChecksumOfObject: false })
    Object.assign(input, row.read(parseXml(bytes, maxDocumentBytes)))
  }
  call.input = { ...input }
  if (isTags) await findBucket(call, input.ResourceArn ?? '')
  await call.authorizer.control(call, input.AccountId)
  const handler: ControlHandler = controlHandlers[row.name]
  const output = await handler(input, call)
  if (row.write === undefined) return { status: row.status, headers: {} }
  return { status: row.status, headers: { 'Content-Type': 'application/xml' }, body: row.write(output) }
}

function readHead({ request }: Call, ResourceArn: string | undefined, query: Query): ControlInput {
  const AccountId = header(request, 'x-amz-account-id')
  if (AccountId === undefined || AccountId === '') {
    // Assumed: text, because SDKs never leave it out.
    throw error('InvalidRequest', {}, { message: 'Missing required header for this request: x-amz-account-id' })
  }
  if (ResourceArn === undefined) return { AccountId }
  const TagKeys = query.flatMap(({ name, value }) => (name === 'tagKeys' ? [value] : []))
  return TagKeys.length === 0 ? { AccountId, ResourceArn } : { AccountId, ResourceArn, TagKeys }
}

/** Observed: NoSuchResource (recorded, TestS3ControlTagging test_tag_operation_no_bucket). */
async function findBucket(call: Call, arn: string): Promise<void> {
  const directory = /^arn:aws:s3express:[^:]*:[^:]*:bucket\/([^/]+)$/.exec(arn)?.[1]
  const name = directory ?? (arn.startsWith('arn:aws:s3:::') ? arn.slice('arn:aws:s3:::'.length) : '')
  const bucket = name === '' || name.includes('/') ? undefined : await call.store.buckets.get(name)
  if (bucket === undefined || (bucket.type === 'directory') !== (directory !== undefined)) throw error('NoSuchResource')
  call.bucket = bucket
}

const blockMembers = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const
const childText = (element: XmlElement, name: string) => element.children.find((child) => child.name === name)?.text

/** @throws AwsError MalformedXML */
function readBlock(root: XmlElement): Partial<ControlInput> {
  if (root.name !== 'PublicAccessBlockConfiguration') throw error('MalformedXML')
  const block: EffectiveBlock = {}
  for (const member of blockMembers) {
    const text = childText(root, member)?.trim().toLowerCase()
    if (text === undefined) continue
    if (text !== 'true' && text !== 'false') throw error('MalformedXML')
    block[member] = text === 'true'
  }
  return { PublicAccessBlockConfiguration: block }
}

/** @throws AwsError MalformedXML */
function readTags(root: XmlElement): Partial<ControlInput> {
  const list = root.children.find(({ name }) => name === 'Tags')
  if (root.name !== 'TagResourceRequest' || list === undefined) throw error('MalformedXML')
  return { Tags: list.children.map((tag) => ({ Key: childText(tag, 'Key'), Value: childText(tag, 'Value') })) }
}

const document = (root: string, content: string) =>
  `${XML_DECLARATION}<${root} xmlns="${namespace}">${content}</${root}>`

function writeBlock({ PublicAccessBlockConfiguration: block = {} }: ControlOutput): string {
  const content = blockMembers.map((member) => `<${member}>${block[member] === true}</${member}>`).join('')
  return document('PublicAccessBlockConfiguration', content)
}

function writeTags({ Tags = [] }: ControlOutput): string {
  const tags = Tags.map(({ Key, Value }) => `<Tag><Key>${escapeXml(Key)}</Key><Value>${escapeXml(Value)}</Value></Tag>`)
  return document('ListTagsForResourceResult', `<Tags>${tags.join('')}</Tags>`)
}

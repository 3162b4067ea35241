/**
 * Everything the request path needs to know of one S3 operation, compiled from the model on its first use: how its
 * input is bound, how its document is read, how its output is written.
 */
import { error } from '../errors.ts'
import { nameMap } from '../lib/name-map.ts'
import { s3Table } from '../model/s3.gen.ts'
import type { S3Handlers } from '../model/s3.types.gen.ts'
import type { MemberRow, OperationRow, StructureRow } from '../model/shape.ts'
import { type Bind, compileBind } from './bind.ts'
import { compileWrite, type WriteOutput } from './rest-xml.ts'
import type { Level } from './routes.ts'
import { parseXml } from './xml-read.ts'
import { createShapeReader } from './xml-shape.ts'
import { createShapeWriter } from './xml-write.ts'

/** What the body is: nothing, a document, text, a stream that the handler consumes, or a browser form (a stream too). */
export type BodyKind = 'none' | 'xml' | 'text' | 'blob' | 'form'

export interface Plan {
  readonly service: 's3'
  readonly name: keyof S3Handlers
  readonly level: Level
  readonly bodyKind: BodyKind
  /** AWS refuses the document without Content-MD5 or any x-amz-checksum-*. */
  readonly isChecksumRequired: boolean
  /** The x-amz-checksum-* headers are those of the object, not of this body: they are members of the input. */
  readonly isChecksumOfObject: boolean
  /** The most a document or text may have, in bytes. */
  readonly maxPayloadBytes: number
  /** @throws InvalidArgument, InvalidRequest, MissingSecurityHeader, InvalidStorageClass as AWS does */
  readonly bind: Bind
  /** Adds the members of a document or text to the input. @throws MalformedXML, MalformedACLError, MissingRequestBodyError */
  parsePayload(input: Record<string, unknown>, bytes: Uint8Array): void
  readonly write: WriteOutput
}

const MIB = 1024 * 1024

/**
 * The most bytes of documents that are not limited to 1 MiB: 1,000 keys of 1,024 escaped bytes, 10,000 parts with the
 * longest checksum; for CORS AWS documents a limit of its own.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
 */
const DOCUMENT_LIMITS: Readonly<Record<string, number>> = nameMap({
  DeleteObjects: 8 * MIB,
  CompleteMultipartUpload: 4 * MIB,
  PutBucketCors: 64 * 1024,
})

/** Observed: an ACL document that does not validate has a code of its own (recorded AWS answers). */
const ACL_OPERATIONS: ReadonlySet<string> = new Set(['PutBucketAcl', 'PutObjectAcl'])

/**
 * The operations that AWS refuses without a digest of their document. Observed: DeleteObjects, PutBucketTagging and
 * those of Object Lock (recorded AWS answers). PutBucketCors, PutBucketLifecycle and PutBucketReplication: AWS's SDKs
 * computed a Content-MD5 for these before they computed one for every document (botocore before 2020).
 * All others go without: s3cmd, minio-js, minio-go and the Java SDK v1 send ACLs, policies, versioning and object tags
 * with no digest, and AWS takes them (s3tools/s3cmd#648, #1304; versity/versitygw#1662). The model's
 * `httpChecksumRequired` tells SDKs to send a digest; it is no rule of the service.
 * Assumed: what nobody has tried without a digest (PutBucketEncryption, PutPublicAccessBlock, ...) goes without too.
 */
const DIGEST_DEMANDED: ReadonlySet<string> = new Set([
  'DeleteObjects',
  'PutBucketCors',
  'PutBucketLifecycleConfiguration',
  'PutBucketReplication',
  'PutBucketTagging',
  'PutObjectLegalHold',
  'PutObjectLockConfiguration',
  'PutObjectRetention',
])

const operations = new Map(s3Table.operations.map((row) => [row[0], row]))
const plans = new Map<string, Plan>()
const shapeReader = createShapeReader(s3Table)
const shapeWriter = createShapeWriter(s3Table, 's3')

/** The plan of an operation of S3. @throws Error for a name that is none */
export function planOf(name: string): Plan {
  let plan = plans.get(name)
  if (plan === undefined) {
    const row = operations.get(name)
    if (row === undefined) throw new Error(`no operation ${name}`)
    plan = compilePlan(row)
    plans.set(name, plan)
  }
  return plan
}

function compilePlan(row: OperationRow): Plan {
  const [name, , uri, , input] = row
  const rows = (s3Table.shapes[input] as StructureRow | undefined)?.[1] ?? []
  const payload = rows.find((member) => member[2] === 'B')
  const bodyKind = bodyKindOf(name, payload, rows)
  return {
    service: 's3',
    name: name as keyof S3Handlers,
    level: uri.startsWith('/{Key+}') ? 'object' : rows.some((member) => member[0] === 'Bucket') ? 'bucket' : 'service',
    bodyKind,
    isChecksumRequired: DIGEST_DEMANDED.has(name),
    isChecksumOfObject: rows.some((member) => member[0] === 'ChecksumCRC32'),
    maxPayloadBytes: DOCUMENT_LIMITS[name] ?? MIB,
    bind: compileBind(row, s3Table),
    parsePayload: compileParse(row, bodyKind, payload),
    write: compileWrite(row, s3Table, shapeWriter),
  }
}

function bodyKindOf(name: string, payload: MemberRow | undefined, rows: readonly MemberRow[]): BodyKind {
  if (name === 'PostObject') return 'form'
  if (payload !== undefined) return payload[1] === 'blob' ? 'blob' : payload[1] === 'string' ? 'text' : 'xml'
  return rows.some((member) => member[2] === '') ? 'xml' : 'none'
}

function compileParse(row: OperationRow, bodyKind: BodyKind, payload: MemberRow | undefined): Plan['parsePayload'] {
  const [name, , , , input] = row
  if (bodyKind === 'text' && payload !== undefined) {
    return (target, bytes) => {
      target[payload[0]] = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
    }
  }
  if (bodyKind !== 'xml') return () => {}
  const maxBytes = DOCUMENT_LIMITS[name] ?? MIB
  const root = payload?.[3] ?? input
  const parse: Plan['parsePayload'] = (target, bytes) => {
    const element = parseXml(bytes, maxBytes)
    if (element.name !== root) throw error('MalformedXML')
    if (payload === undefined) Object.assign(target, shapeReader.readBodyMembers(input, element))
    else target[payload[0]] = shapeReader.readStructure(payload[1], element)
  }
  const isRequired = payload === undefined || payload[4] === 1
  return (target, bytes) => {
    if (bytes.byteLength === 0) {
      if (isRequired) throw emptyBody(name)
      return
    }
    try {
      parse(target, bytes)
    } catch (cause) {
      if (ACL_OPERATIONS.has(name)) throw error('MalformedACLError', {}, { cause })
      throw cause
    }
  }
}

/** Assumed: lock documents are MalformedXML when absent, because other servers that were compared with AWS say so. */
const MALFORMED_WHEN_EMPTY: ReadonlySet<string> = new Set(['PutObjectLegalHold', 'PutObjectRetention'])

function emptyBody(name: string): Error {
  return error(MALFORMED_WHEN_EMPTY.has(name) ? 'MalformedXML' : 'MissingRequestBodyError')
}

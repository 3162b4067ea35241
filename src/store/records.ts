/**
 * What is stored, as typed records. They are written as JSON rows (see `keys.ts`); binary never is in them. Field names
 * that AWS has are spelled as AWS spells them. A new field must be optional: rows of older versions stay readable.
 */

import type { EmbeddedBytes } from './embedded.ts'

/** Where the bytes of a body are. `size` 0 has no row and no file (`kind: 'empty'`). */
export interface BodyRef {
  id: string
  /** embedded: in the row of the object's record; inline: a row of its own; file: one blob file; segments: a list of ranges of other bodies. */
  kind: 'empty' | 'embedded' | 'inline' | 'file' | 'segments'
  sizeBytes: number
  /**
   * The body's data key, sealed (`encryption/sealer.ts`): in an object under the key its encryption names, in a part
   * under that of its upload, in a segment list under that of the list. Undefined: in plain, as older versions wrote, or
   * empty. Embedded bodies may share one (`encryption/key-stream.ts`).
   */
  sealedKey?: string
  /** Of an embedded body. */
  bytes?: EmbeddedBytes
}

export interface BucketRecord {
  Name: string
  /** Random and never reused: rows of objects hang on it, so a bucket made again under the same name starts empty. */
  id: string
  region: string
  /** `Account.id` of the owner. */
  ownerId: string
  createdMs: number
  type: 'general' | 'directory'
  versioning?: 'Enabled' | 'Suspended'
  objectLockEnabled?: boolean
  ObjectOwnership?: 'BucketOwnerEnforced' | 'BucketOwnerPreferred' | 'ObjectWriter'
  /** Configurations that are stored and returned, by kind (`cors`, `policy`, `publicAccessBlock`, `encryption`, `tagging`, ...), in the shape of the model's members. */
  documents: Record<string, unknown>
}

/** Names as in the model's ChecksumAlgorithm enum: the ten algorithms. */
export type ChecksumAlgorithm =
  | 'CRC32'
  | 'CRC32C'
  | 'CRC64NVME'
  | 'SHA1'
  | 'SHA256'
  | 'SHA512'
  | 'MD5'
  | 'XXHASH64'
  | 'XXHASH3'
  | 'XXHASH128'

export interface Checksum {
  algorithm: ChecksumAlgorithm
  /** Base64; of a COMPOSITE one with the `-N` suffix. */
  value: string
  type: 'FULL_OBJECT' | 'COMPOSITE'
}

/** The system-defined headers stored with an object and given back as they came. */
export interface ContentHeaders {
  CacheControl?: string
  ContentDisposition?: string
  ContentEncoding?: string
  ContentLanguage?: string
  ContentType?: string
  /** As sent; AWS gives the text back. */
  Expires?: string
}

/** Server-side encryption as asked for and answered. */
export interface EncryptionRecord {
  ServerSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse'
  SSEKMSKeyId?: string
  /** Base64 of JSON, as sent; needed to open the data key. */
  SSEKMSEncryptionContext?: string
  BucketKeyEnabled?: boolean
  SSECustomerAlgorithm?: string
  /** Recognises the customer's key (`encryption/customer-key.ts`), which itself is not stored. */
  customerKeyMemo?: string
}

/** How long an event hold retains a version after it is released: either days or years. */
export interface LockPeriod {
  Days?: number
  Years?: number
}

/** One part of a completed multipart object: what partNumber reads and GetObjectAttributes need. */
export interface PartRecord {
  PartNumber: number
  Size: number
  /** Hex MD5, unquoted. */
  ETag: string
  checksum?: Checksum
}

/** One version of an object, or a delete marker. */
export interface ObjectRecord {
  Key: string
  /** 'null' or an opaque id. */
  VersionId: string
  isDeleteMarker?: boolean
  lastModifiedMs: number
  /** Unquoted: 32 hex digits, or `hex-N` of a multipart object. Empty for a delete marker. */
  ETag: string
  sizeBytes: number
  body: BodyRef
  content: ContentHeaders
  /** Names in lower case without `x-amz-meta-`; values as they came (Latin-1 text of the bytes on the wire). */
  metadata: Record<string, string>
  checksum?: Checksum
  StorageClass: string
  encryption: EncryptionRecord
  /** Account id of the writer (differs from the bucket owner only without owner enforcement). */
  ownerId: string
  tags?: { Key: string; Value: string }[]
  WebsiteRedirectLocation?: string
  /** AccessControlList as the model's Grants, when ACLs are on and it is not just the owner's. */
  acl?: unknown
  ObjectLockMode?: 'GOVERNANCE' | 'COMPLIANCE'
  /** While an event hold is on: the date before which retention does not end, whatever the hold's duration. */
  ObjectLockRetainUntilMs?: number
  ObjectLockLegalHoldStatus?: 'ON' | 'OFF'
  ObjectLockEventHold?: 'ON' | 'OFF'
  ObjectLockEventHoldDuration?: LockPeriod
  /** The last restoration of an archived object: its tier, for how many days, when the copy is there and when it expires. */
  restore?: { tier: string; days: number; readyMs: number; expiresMs: number }
  /** What its annotations hang on, since it has had one (`AnnotationStore`), and how many there are. */
  annotationsId?: string
  annotationCount?: number
  /** Of an object that was appended to: how many pieces it has been made of. */
  appendedParts?: number
  /** The request that gave it its key, of a renamed object: a repeated one succeeds. */
  renamedBy?: { token: string; from: string }
  /** Number of parts of a multipart object; the parts themselves are a row of their own (`ObjectStore.parts`). */
  partsCount?: number
  /** Whether older versions of this key exist; kept by the store on the newest version only. */
  hasOlder?: boolean
  /** Place among the versions of its key, counting up; kept by the store. */
  sequence?: number
  /** Id of the multipart upload that made it: a repeated CompleteMultipartUpload finds its answer here. */
  uploadId?: string
}

/** A named payload that belongs to one version of an object. */
export interface AnnotationRecord {
  Name: string
  lastModifiedMs: number
  /** Unquoted. */
  ETag: string
  sizeBytes: number
  checksum: Checksum
  body: BodyRef
  /** That of the object when it was written. */
  encryption: EncryptionRecord
}

/** A multipart upload in progress: what CreateMultipartUpload said, applied to the object at completion. */
export interface UploadRecord {
  Key: string
  UploadId: string
  initiatedMs: number
  /** Account id and ARN of who began it. */
  ownerId: string
  initiatorArn: string
  /** Which object the key had when the upload began (`objectIdentity`): a conditional completion must find it there. */
  replaces?: string
  content: ContentHeaders
  metadata: Record<string, string>
  StorageClass: string
  encryption: EncryptionRecord
  /** The key that the data keys of its parts are sealed under, itself sealed as `encryption` says. */
  sealedKey?: string
  ChecksumAlgorithm?: ChecksumAlgorithm
  ChecksumType?: 'FULL_OBJECT' | 'COMPOSITE'
  tags?: { Key: string; Value: string }[]
  WebsiteRedirectLocation?: string
  acl?: unknown
  ObjectLockMode?: 'GOVERNANCE' | 'COMPLIANCE'
  /** While an event hold is on: the date before which retention does not end, whatever the hold's duration. */
  ObjectLockRetainUntilMs?: number
  ObjectLockLegalHoldStatus?: 'ON' | 'OFF'
  ObjectLockEventHold?: 'ON' | 'OFF'
  ObjectLockEventHoldDuration?: LockPeriod
}

/** A part uploaded so far. */
export interface UploadPartRecord extends PartRecord {
  lastModifiedMs: number
  body: BodyRef
}

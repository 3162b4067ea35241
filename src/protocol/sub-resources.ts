/**
 * The sub-resources S3 recognises in a query string: what AWS calls them in errors, and which ones it serves below a
 * key as well. Everything else in a query is a parameter and never routes.
 */

/**
 * Bucket sub-resources that answer under a key too, the key being ignored.
 * Observed: HEAD and GET of each, with the `Allow` header of its bucket form (brekkylab/backlot#267, 2026-09).
 */
import { nameMap } from '../lib/name-map.ts'
export const BUCKET_SELECTORS_UNDER_KEYS: readonly string[] = [
  'accelerate',
  'cors',
  'inventory',
  'lifecycle',
  'location',
  'logging',
  'notification',
  'policy',
  'replication',
  'requestPayment',
  'versioning',
  'website',
]

/** Observed: refused under a key with a message of their own (versity/versitygw#1688 for `versions`). */
export const NOT_UNDER_KEYS: readonly string[] = ['versions', 'uploads']

/**
 * ResourceType of MethodNotAllowed where it is not the selector in capitals.
 * Observed: SERVICE and OBJECT (versity/versitygw#1810, mhart/aws4fetch#14). Assumed: the others, because they are the
 * resource types of AWS's server access log.
 */
const RESOURCE_TYPES: Record<string, string> = nameMap({
  'intelligent-tiering': 'INTELLIGENT_TIERING',
  'legal-hold': 'LEGAL_HOLD',
  'object-lock': 'OBJECT_LOCK',
  attributes: 'OBJECT_ATTRIBUTES',
  delete: 'MULTI_OBJECT_REQUEST',
  logging: 'LOGGING_STATUS',
  ownershipControls: 'OWNERSHIP_CONTROLS',
  policy: 'BUCKETPOLICY',
  policyStatus: 'POLICY_STATUS',
  publicAccessBlock: 'PUBLIC_ACCESS_BLOCK',
  requestPayment: 'REQUEST_PAYMENT',
  uploadId: 'UPLOAD',
  versions: 'BUCKETVERSIONS',
})

/** What an error calls the addressed thing. */
export function resourceType(level: string, selector: string): string {
  if (selector === '') return level.toUpperCase()
  return RESOURCE_TYPES[selector] ?? selector.toUpperCase()
}

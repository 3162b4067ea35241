/**
 * Which operation a request means: by method and level, then by sub-resource, then by the parameters and headers that
 * tell operations apart. Values of sub-resources are ignored, case matters, and unknown keys never route.
 */
import { error } from '../errors.ts'
import { type Plan, planOf } from './plan.ts'
import { type Query, queryValue } from './query-string.ts'
import { type Candidate, deriveRoutes, type Level } from './routes.ts'
import { BUCKET_SELECTORS_UNDER_KEYS, NOT_UNDER_KEYS, resourceType } from './sub-resources.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

const routes = deriveRoutes()

/** The order of AWS's Allow header. Observed: `DELETE, POST, GET`, `GET, PUT` (brekkylab/backlot#230, 2026-09). */
const ALLOW_ORDER = ['HEAD', 'DELETE', 'POST', 'GET', 'PUT']

/**
 * Finds the operation of an S3 request. Below a key some sub-resources address the bucket: then `plan.level` is
 * `bucket` and the key is ignored, as AWS does.
 * Assumed: what no operation is for is refused before the signature is looked at, because AWS then cannot know its rules.
 * @throws MethodNotAllowed with `Allow`; InvalidArgument for two sub-resources; InvalidRequest for one a key has not
 */
export function matchS3(method: string, level: Level, query: Query, headers: Headers): Plan {
  const selector = findSelector(level, query)
  let place = level
  if (level === 'object' && selector !== '') {
    if (BUCKET_SELECTORS_UNDER_KEYS.includes(selector)) place = 'bucket'
    else if (NOT_UNDER_KEYS.includes(selector) && method === 'GET') {
      const message = `There is no such thing as the ?${selector} sub-resource for a key`
      throw error('InvalidRequest', {}, { message })
    }
  }
  const candidates = routes.byMethod.get(method)?.[place].get(selector)
  const found = candidates?.find((candidate) => isMet(candidate, query, headers))
  if (found === undefined) throw refusal(method, place, selector, query, headers)
  const name = found.operation[0]
  if (name === 'PostObject') checkFormType(headers)
  return planOf(name)
}

/**
 * Parameters that an operation refuses though they chose it. Asked once the signature is known to be right: a caller
 * who is nobody hears of nothing else.
 * @throws InvalidArgument
 */
export function checkQuery({ name }: Pick<Plan, 'name'>, query: Query): void {
  if (name === 'PutObject' || name === 'CopyObject') checkPartNumber(query)
}

function findSelector(level: Level, query: Query): string {
  if (query.length === 0) return ''
  const known = routes.selectors[level]
  let selector = ''
  for (const { name } of query) {
    if (name === selector || !known.has(name)) continue
    if (selector !== '') {
      throw error(
        'InvalidArgument',
        // Observed: 400 for `?acl&versioning` (brekkylab/backlot#230). Assumed: text and fields, as AWS forums quote them.
        { ArgumentName: 'ResourceType', ArgumentValue: selector },
        { message: `Conflicting query string parameters: ${selector}, ${name}` },
      )
    }
    selector = name
  }
  return selector
}

function isMet(candidate: Candidate, query: Query, headers: Headers): boolean {
  for (const wanted of candidate.queries) {
    const value = queryValue(query, wanted.name)
    if (value === undefined || (wanted.value !== undefined && value !== wanted.value)) return false
  }
  for (const name of candidate.headers) if (headers[name] === undefined) return false
  return true
}

function refusal(method: string, level: Level, selector: string, query: Query, headers: Headers) {
  if (selector === 'uploads' && level === 'bucket' && method === 'POST') {
    // Assumed: AWS's wording for key operations that are sent to a bucket.
    return error('InvalidRequest', {}, { message: 'A key must be specified' })
  }
  const allowed = ALLOW_ORDER.filter((other) => {
    // Observed: `?uploads` names POST and GET at either level, `?versions` GET (brekkylab/backlot#230, #267).
    const levels: Level[] = NOT_UNDER_KEYS.includes(selector) ? ['bucket', 'object'] : [level]
    return levels.some((place) =>
      routes.byMethod
        .get(other)
        ?.[place].get(selector)
        ?.some((candidate) => isMet(candidate, query, headers)),
    )
  })
  return error(
    'MethodNotAllowed',
    { Method: method, ResourceType: resourceType(level, selector) },
    allowed.length === 0 ? {} : { headers: { Allow: allowed.join(', ') } },
  )
}

function checkFormType(headers: Headers): void {
  const type = headers['content-type']
  if (typeof type === 'string' && /^multipart\/form-data\s*(;|$)/i.test(type)) return
  // Observed: PreconditionFailed (test_post_object_with_wrong_content_type of a public suite's AWS recordings).
  throw error('PreconditionFailed', {
    Condition: 'Bucket POST must be of the enclosure-type multipart/form-data',
  })
}

function checkPartNumber(query: Query): void {
  if (queryValue(query, 'partNumber') === undefined) return
  // Observed: versity/versitygw#1226.
  throw error(
    'InvalidArgument',
    { ArgumentName: 'partNumber', ArgumentValue: 'partNumber' },
    { message: 'This operation does not accept partNumber without uploadId' },
  )
}

/** The S3 side of the protocol layer as the request path uses it. IAM and STS are in `query.ts`, loaded when needed. */
export { writeError } from './error-xml.ts'
export { checkQuery, type Headers, matchS3 } from './match.ts'
export { type BodyKind, type Plan, planOf } from './plan.ts'
export { parseQuery, type Query, type QueryPair, queryValue } from './query-string.ts'
export type { Level } from './routes.ts'
export { ignoredNames, isChecksumHeader, refuseChecksumName } from './untaken.ts'

/** The routes of the test identity provider: a token for any claims, a SAML response for any user and role. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as v from 'valibot'
import { recordOf } from '../lib/record-schema.ts'
import type { AdminDeps } from './admin.ts'

const maxBodyBytes = 64 * 1024
/** Assumed: what the token is for unless it says so, because GitHub's and others' tokens for AWS say it. */
const defaultAudience = 'sts.amazonaws.com'
/** What the provider says itself. */
const set = ['iss', 'iat', 'exp']

interface Answer {
  status: number
  value: object
}

const wrong = (status: number, error: string): Answer => ({ status, value: { error } })

/** Status and value, to be sent as JSON. The body: `sub`, `aud`, `expiresIn` in seconds, and any further claims. */
export async function testToken(req: IncomingMessage, res: ServerResponse, deps: AdminDeps): Promise<Answer> {
  const { claims, fault } = await readClaims(req, res, '{"sub": "...", "aud": "..."}')
  if (claims === undefined) return fault
  const { sub, aud = defaultAudience, expiresIn, ...rest } = claims
  if (typeof sub !== 'string' || sub === '') return wrong(400, '"sub" must be text that is not empty')
  if (typeof aud !== 'string' || aud === '') return wrong(400, '"aud" must be text that is not empty')
  if (expiresIn !== undefined && (typeof expiresIn !== 'number' || !Number.isSafeInteger(expiresIn))) {
    return wrong(400, '"expiresIn" must be a whole number of seconds')
  }
  const taken = set.find((name) => Object.hasOwn(rest, name))
  if (taken !== undefined) return wrong(400, `"${taken}" is the provider's to say; "expiresIn" moves the expiry`)
  const { issuer } = deps.idp
  return { status: 200, value: { token: await deps.idp.token({ sub, aud, expiresIn, claims: rest }), issuer } }
}

const name = v.pipe(v.string('must be text'), v.nonEmpty('must not be empty'))
const samlBody = v.strictObject({
  role: name,
  provider: name,
  sub: v.optional(name, 'test-user'),
  sessionName: v.optional(v.string()),
  format: v.optional(name),
  expiresIn: v.optional(v.pipe(v.number(), v.safeInteger())),
  audience: v.optional(name),
  recipient: v.optional(name),
  sessionDuration: v.optional(v.pipe(v.number(), v.safeInteger())),
  sourceIdentity: v.optional(v.string()),
  tags: v.optional(recordOf(v.string(), v.string())),
  transitiveTagKeys: v.optional(v.array(v.string())),
  attributes: v.optional(recordOf(v.string(), v.union([v.string(), v.array(v.string())]))),
  signed: v.optional(v.picklist(['assertion', 'response'])),
})

/** Status and value, to be sent as JSON. The body is a `SamlRequest`. */
export async function testSamlResponse(
  req: IncomingMessage,
  res: ServerResponse,
  deps: Pick<AdminDeps, 'idp'>,
): Promise<Answer> {
  const { claims, fault } = await readClaims(req, res, '{"role": "ARN", "provider": "ARN", "sub": "..."}')
  if (claims === undefined) return fault
  const read = v.safeParse(samlBody, claims)
  if (!read.success) {
    const [issue] = read.issues
    return wrong(400, `"${v.getDotPath(issue) ?? ''}": ${issue.message}`)
  }
  return { status: 200, value: { assertion: await deps.idp.samlResponse(read.output) } }
}

type Claims = { claims: Record<string, unknown>; fault?: undefined } | { claims?: undefined; fault: Answer }

/** @param example of what to send */
async function readClaims(req: IncomingMessage, res: ServerResponse, example: string): Promise<Claims> {
  if (req.headers.expect !== undefined) res.writeContinue()
  const body = await readBody(req)
  if (body === undefined) return { fault: wrong(413, `the claims are larger than ${maxBodyBytes} bytes`) }
  const claims = parseObject(body)
  if (claims === undefined) return { fault: wrong(400, `send the claims as a JSON object: ${example}`) }
  return { claims }
}

/** Undefined when there is more of it than there may be. */
async function readBody(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    sizeBytes += (chunk as Buffer).length
    if (sizeBytes > maxBodyBytes) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

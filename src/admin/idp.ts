/** The routes of the test identity provider: a token for any claims, and the keys it is verified with. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdminDeps } from './admin.ts'

const maxBodyBytes = 64 * 1024
/** Assumed: what the token is for unless it says so, because GitHub's and others' tokens for AWS say it. */
const defaultAudience = 'sts.amazonaws.com'
const set = ['iss', 'iat', 'exp']

/** Status and value, to be sent as JSON. The body: `sub`, `aud`, `expiresIn` in seconds, and any further claims. */
export async function testToken(
  req: IncomingMessage,
  res: ServerResponse,
  deps: AdminDeps,
): Promise<{ status: number; value: object }> {
  const wrong = (status: number, error: string) => ({ status, value: { error } })
  if (req.headers.expect !== undefined) res.writeContinue()
  const body = await readBody(req)
  if (body === undefined) return wrong(413, `the claims are larger than ${maxBodyBytes} bytes`)
  const claims = parseObject(body)
  if (claims === undefined) return wrong(400, 'send the claims as a JSON object: {"sub": "...", "aud": "..."}')
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

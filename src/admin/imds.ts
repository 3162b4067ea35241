/**
 * The instance metadata service, version 2: a token first, then the role of the instance profile. It is served below
 * `/_sandbucket/imds`, and at the root for SDKs that drop the path of AWS_EC2_METADATA_SERVICE_ENDPOINT (JavaScript's):
 * there only to requests that show that they mean it (`imds-request.ts`).
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { WireResponse } from '../http/wire.ts'
import { nameMap } from '../lib/name-map.ts'
import type { AdminDeps } from './admin.ts'
import { isSameText, type Reader, refuseReader } from './guard.ts'
import { tokenHeader, tokenPath, ttlHeader } from './imds-request.ts'
import { isoSeconds, isSession, keysOf } from './roles.ts'

/** A request for the tree; `path` begins with `/latest/`. */
export interface ImdsRequest extends Reader {
  method: string
  path: string
}

const maxTtlSeconds = 21_600
/** Tokens are not remembered: they say when they end, and this process signs them. */
const tokenKey = randomBytes(32)

/** Answers it. */
export async function answerImds(request: ImdsRequest, deps: AdminDeps): Promise<WireResponse> {
  const refusal = refuseReader(request, deps.config)
  if (refusal !== undefined) return text(403, refusal.reason)
  const { method, path, headers } = request
  if (path === tokenPath) return method === 'PUT' ? issueToken(request, deps.now()) : notAllowed('PUT')
  if (method !== 'GET' && method !== 'HEAD') return notAllowed('GET, HEAD')
  // As on an instance that requires version 2.
  if (!isToken(String(headers[tokenHeader] ?? ''), deps.now())) return text(401, 'Unauthorized')
  const found = await read(path, deps)
  return found === undefined ? text(404, 'Not Found') : text(200, found)
}

function text(status: number, body: string, headers: Record<string, string> = {}): WireResponse {
  return { status, headers: { 'Content-Type': 'text/plain', 'Cache-Control': 'no-store', ...headers }, body }
}

const notAllowed = (methods: string): WireResponse => text(405, 'Method Not Allowed', { Allow: methods })

function issueToken({ headers }: ImdsRequest, nowMs: number): WireResponse {
  // A proxy that was talked into asking adds it.
  if (headers['x-forwarded-for'] !== undefined) return text(403, 'Forbidden')
  const ttl = String(headers[ttlHeader] ?? '')
  const seconds = /^\d{1,5}$/.test(ttl) ? Number(ttl) : 0
  if (seconds < 1 || seconds > maxTtlSeconds) return text(400, 'Bad Request')
  const expiresMs = String(nowMs + seconds * 1000)
  return text(200, `${expiresMs}.${seal(expiresMs)}`, { 'X-Aws-Ec2-Metadata-Token-Ttl-Seconds': ttl })
}

const seal = (expiresMs: string): string => createHmac('sha256', tokenKey).update(expiresMs).digest('base64url')

function isToken(token: string, nowMs: number): boolean {
  const [expiresMs = '', signature = ''] = token.split('.', 2)
  return isSameText(signature, seal(expiresMs)) && Number(expiresMs) > nowMs
}

type Leaf = (deps: AdminDeps) => string | undefined | Promise<string | undefined>

const zone = ({ config }: AdminDeps): string => `${config.region}a`

/** Assumed: an id that follows from the account, because there is no instance that could have one. */
function instanceId({ config }: AdminDeps): string {
  const digest = createHash('sha256').update(config.accounts[0]?.id ?? '')
  return `i-${digest.digest('hex').slice(0, 17)}`
}

const leaves: Readonly<Record<string, Leaf>> = nameMap({
  '/latest/dynamic/instance-identity/document': identityDocument,
  '/latest/meta-data/iam/info': profileInfo,
  '/latest/meta-data/instance-id': instanceId,
  '/latest/meta-data/placement/availability-zone': zone,
  '/latest/meta-data/placement/region': ({ config }) => config.region,
})
const credentialsPath = '/latest/meta-data/iam/security-credentials'

async function read(path: string, deps: AdminDeps): Promise<string | undefined> {
  const name = path.endsWith('/') ? path.slice(0, -1) : path
  if (Object.hasOwn(leaves, name)) return leaves[name]?.(deps)
  const found = await deps.roles.instanceProfile()
  if (name === credentialsPath) return found?.role.RoleName
  if (name.startsWith(`${credentialsPath}/`)) {
    return found?.role.RoleName === name.slice(credentialsPath.length + 1) ? credentials(found, deps) : undefined
  }
  // What is not there without a profile is not listed either.
  const all = [...Object.keys(leaves), `${credentialsPath}/`].filter(
    (leaf) => found !== undefined || !leaf.includes('/iam/'),
  )
  const below = all.filter((leaf) => leaf.startsWith(`${name}/`)).map((leaf) => leaf.slice(name.length + 1))
  const entries = below.map((rest) => (rest.includes('/') ? rest.slice(0, rest.indexOf('/') + 1) : rest))
  return entries.length === 0 ? undefined : [...new Set(entries)].sort().join('\n')
}

type Profile = NonNullable<Awaited<ReturnType<AdminDeps['roles']['instanceProfile']>>>

async function credentials(profile: Profile, deps: AdminDeps): Promise<string | undefined> {
  const session = await deps.roles.ofInstance(profile, instanceId(deps))
  if (isSession(session)) {
    const { issuedMs } = session
    return pretty({ Code: 'Success', LastUpdated: isoSeconds(issuedMs), Type: 'AWS-HMAC', ...keysOf(session) })
  }
  if (session === 'missing') return undefined
  // Observed: status 200, code and words of a role that does not trust EC2 (AWS's troubleshooting page for IAM and EC2).
  const Message = `EC2 cannot assume the role ${profile.role.RoleName}. Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc.`
  return pretty({ Code: 'AssumeRoleUnauthorizedAccess', Message, LastUpdated: isoSeconds(deps.now()) })
}

const pretty = (value: object): string => JSON.stringify(value, null, 2)

async function profileInfo(deps: AdminDeps): Promise<string | undefined> {
  const found = await deps.roles.instanceProfile()
  if (found === undefined) return undefined
  return pretty({
    Code: 'Success',
    LastUpdated: isoSeconds(deps.now()),
    InstanceProfileArn: found.arn,
    InstanceProfileId: found.profile.InstanceProfileId,
  })
}

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-identity-documents.html */
function identityDocument(deps: AdminDeps): string {
  const { config } = deps
  return pretty({
    accountId: config.accounts[0]?.id ?? '',
    architecture: process.arch === 'arm64' ? 'arm64' : 'x86_64',
    availabilityZone: zone(deps),
    imageId: 'ami-00000000000000000',
    instanceId: instanceId(deps),
    instanceType: 't3.micro',
    privateIp: '127.0.0.1',
    region: config.region,
    version: '2017-09-30',
  })
}

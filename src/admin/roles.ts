/**
 * The container-credentials endpoint, which AWS_CONTAINER_CREDENTIALS_FULL_URI points at: a role's session as JSON.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
import type { AdminDeps, ServiceAnswer, ServiceSession } from './admin.ts'
import { isSameText, type Reader, refuseReader } from './guard.ts'

/** Status and value, to be sent as JSON. */
export interface JsonAnswer {
  status: number
  value: object
}

/** SDKs show `code` and `message` of what is not 200. */
const failure = (status: number, code: string, message: string): JsonAnswer => ({ status, value: { code, message } })

/** @param accountId undefined: the default account */
export async function containerCredentials(
  reader: Reader,
  roleName: string,
  accountId: string | undefined,
  deps: AdminDeps,
): Promise<JsonAnswer> {
  const { credentialsToken } = deps.config
  if (credentialsToken !== undefined && !isSameText(String(reader.headers.authorization ?? ''), credentialsToken)) {
    return failure(401, 'Unauthorized', 'Authorization must be the configured token (--credentials-token)')
  }
  const refusal = refuseReader(reader, deps.config, credentialsToken !== undefined)
  if (refusal !== undefined) return failure(refusal.status, 'Forbidden', refusal.reason)
  const session = await deps.roles.ofRole(roleName, accountId)
  if (!isSession(session)) {
    return session === 'missing'
      ? failure(404, 'NoSuchEntity', `The role with name ${roleName} cannot be found.`)
      : failure(
          403,
          'AccessDenied',
          `The trust policy of ${roleName} lets no service assume it (ecs-tasks, lambda, ...).`,
        )
  }
  return { status: 200, value: { RoleArn: session.roleArn, ...keysOf(session) } }
}

export const isSession = (answer: ServiceAnswer): answer is ServiceSession => typeof answer === 'object'

/** The members that all endpoints of this kind share. */
export function keysOf({ credentials }: ServiceSession) {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials
  return { AccessKeyId, SecretAccessKey, Token: SessionToken, Expiration: isoSeconds(Number(Expiration)) }
}

/** `2026-01-31T12:00:00Z`: SDKs refuse fractions. */
export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

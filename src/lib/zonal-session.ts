/**
 * Sessions of directory buckets: what the credentials of CreateSession stand for. The whole session is in its token, so
 * that it survives a restart and costs nothing while it is not used.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html
 */
import { createHmac } from 'node:crypto'
import { openToken, sealToken } from './sealed-token.ts'

export type SessionMode = 'ReadWrite' | 'ReadOnly'

/** How what is written in a session is encrypted. */
export interface SessionEncryption {
  ServerSideEncryption: string
  /** ARN. */
  SSEKMSKeyId?: string
  SSEKMSEncryptionContext?: string
}

/** @typeParam P the principal who made the session, with all it consists of */
export interface ZonalSession<P> {
  accessKeyId: string
  bucketId: string
  mode: SessionMode
  expiresMs: number
  encryption: SessionEncryption
  principal: P
}

const purpose = 'zonal session'
/** Begins the key ids of sessions, which are looked for in no other place. */
export const sessionKeyPrefix = 'ASIAXZONAL'

/** The name of the server's secret that seals sessions. */
export const sessionSecret = 'zonal-session'

export const sealSession = <P>(session: ZonalSession<P>, key: Buffer): string => sealToken(purpose, session, key)

/** Undefined when this server did not make the token. */
export const openSession = <P>(token: string, key: Buffer): ZonalSession<P> | undefined =>
  openToken(purpose, token, key) as ZonalSession<P> | undefined

/** The secret access key that belongs to a key id: derived, so that it need not be in the token. */
export const sessionSecretKey = (accessKeyId: string, key: Buffer): string =>
  createHmac('sha256', key).update(accessKeyId).digest('base64').slice(0, 40)

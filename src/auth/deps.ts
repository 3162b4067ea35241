/** What authentication is asked about, works with and answers. */
import type { AuthInfo, Principal } from '../context.ts'
import type { Clock } from '../lib/clock.ts'
import type { HostAliases } from './hosts.ts'
import type { Query } from '../protocol/query-string.ts'
import type { CredentialSource } from './keys.ts'
import type { PayloadMode } from './payload.ts'
import { SigningKeys } from './sigv4.ts'
import { PublicKeys } from './sigv4a.ts'

/** What a signature must have been made for. The pipeline's `Target` fits. */
export interface AuthTarget {
  readonly service: 's3' | 's3control' | 'iam' | 'sts'
  /** The decoded path of the request. */
  readonly path: string
  /** The decoded parameters of the request. */
  readonly query: Query
  /** The bucket addressed, by path or host. */
  readonly bucket?: string | undefined
  /** `virtual-host` when the bucket is part of Host. */
  readonly style?: 'path' | 'virtual-host'
  /** Where the bucket lives, when that is not the server's own region. */
  readonly region?: string | undefined
  /** Query protocol: the hash of the form's bytes, which the caller has read; x-amz-content-sha256 may be absent there. */
  readonly payloadSha256Hex?: string
  /** Query protocol: whether this action may be called unsigned (AssumeRoleWithWebIdentity, ...). S3 decides by policy. */
  readonly allowsAnonymous?: boolean
}

/** What authentication works with; lives as long as the server. */
export interface AuthDeps {
  readonly credentials: CredentialSource
  readonly clock: Clock
  readonly hosts: HostAliases
  /** The region expected of signatures where the target names none. */
  readonly region: string
  readonly regionStrict: boolean
  /** `undefined` accepts any difference between the clocks. */
  readonly maxClockSkewMs: number | undefined
  readonly signingKeys: SigningKeys
  readonly publicKeys: PublicKeys
}

/** A request whose signature is right, or that has none. */
export interface Authenticated {
  readonly principal: Principal
  readonly auth: AuthInfo
  readonly payload: PayloadMode
  /** The name of this server that made the signature right where the received Host did not. */
  readonly hostAlias?: string | undefined
  /** When the client says it signed, in ms; undefined when it does not say. */
  readonly signedAtMs?: number | undefined
  /** Presigned: headers that came in the query instead. They count as headers of the request. */
  readonly movedHeaders?: Readonly<Record<string, string>> | undefined
}

/** The dependencies of `authenticate`, with empty caches. */
export function createAuthDeps(options: Omit<AuthDeps, 'signingKeys' | 'publicKeys'>): AuthDeps {
  return { ...options, signingKeys: new SigningKeys(), publicKeys: new PublicKeys() }
}

/** Whether the target speaks the Query protocol, whose faults and payload rules are not S3's. */
export function isQueryProtocol(target: AuthTarget): boolean {
  return target.service === 'iam' || target.service === 'sts'
}

/**
 * What is stored of IAM, as typed records: one row per entity. Members that AWS has are spelled as AWS spells them. A
 * new member must be optional: rows of older versions stay readable. Records are never changed in place, so that caches
 * may hang on them.
 */

export interface IamTag {
  Key: string
  Value: string
}

/** A long-term key pair. The secret is kept, because signatures are verified with it. */
export interface AccessKeyRecord {
  AccessKeyId: string
  SecretAccessKey: string
  Status: 'Active' | 'Inactive'
  createdMs: number
  /** The configuration made it, and takes it away by no longer naming it. */
  isConfigured?: true
}

/** What users, groups and roles have in common: policies. */
export interface PolicyHolder {
  /** Inline policies by name, as text. */
  inline: Readonly<Record<string, string>>
  /** ARNs of managed policies, in order of attachment. */
  attached: readonly string[]
}

export interface UserRecord extends PolicyHolder {
  UserName: string
  /** `AIDA...`. */
  UserId: string
  /** Begins and ends with `/`. */
  Path: string
  createdMs: number
  /** ARN of the managed policy that bounds it. */
  PermissionsBoundary?: string
  Tags?: readonly IamTag[]
  /** Ids (`AGPA...`) of the groups it is in, in order of joining. */
  groups: readonly string[]
  accessKeys: readonly AccessKeyRecord[]
  loginProfile?: { createdMs: number; PasswordResetRequired: boolean; hash: string }
  sshKeys?: readonly {
    SSHPublicKeyId: string
    Fingerprint: string
    SSHPublicKeyBody: string
    Status: string
    createdMs: number
  }[]
  signingCertificates?: readonly {
    CertificateId: string
    CertificateBody: string
    Status: string
    createdMs: number
  }[]
  serviceCredentials?: readonly {
    ServiceSpecificCredentialId: string
    ServiceName: string
    ServiceUserName: string
    ServicePassword: string
    Status: string
    createdMs: number
    expiresMs?: number
  }[]
}

export interface GroupRecord extends PolicyHolder {
  GroupName: string
  /** `AGPA...`. */
  GroupId: string
  Path: string
  createdMs: number
}

export interface RoleRecord extends PolicyHolder {
  RoleName: string
  /** `AROA...`. */
  RoleId: string
  Path: string
  createdMs: number
  /** The trust policy, as text. */
  AssumeRolePolicyDocument: string
  /** Which users and roles the ARNs of the trust policy stood for when it was stored: ARN to unique id. */
  trusted: Readonly<Record<string, string>>
  Description?: string
  /** Seconds. */
  MaxSessionDuration: number
  PermissionsBoundary?: string
  Tags?: readonly IamTag[]
  /** The service that a service-linked role belongs to. */
  linkedService?: string
}

export interface PolicyVersionRecord {
  /** `v1`. */
  VersionId: string
  Document: string
  createdMs: number
}

export interface PolicyRecord {
  PolicyName: string
  /** `ANPA...`. */
  PolicyId: string
  Path: string
  Description?: string
  createdMs: number
  updatedMs: number
  DefaultVersionId: string
  /** Newest first. */
  versions: readonly PolicyVersionRecord[]
  /** Number of the version made last: numbers are not used again. */
  lastVersion: number
  Tags?: readonly IamTag[]
}

export interface InstanceProfileRecord {
  InstanceProfileName: string
  /** `AIPA...`. */
  InstanceProfileId: string
  Path: string
  createdMs: number
  /** Ids of its roles: none or one. */
  roles: readonly string[]
  Tags?: readonly IamTag[]
}

export interface OidcProviderRecord {
  /** Without `https://`, as in its ARN. */
  Url: string
  ClientIDList: readonly string[]
  ThumbprintList: readonly string[]
  createdMs: number
  Tags?: readonly IamTag[]
  /** Public keys that tokens are verified with, as a JSON Web Key Set; only configuration can set it. */
  jwks?: { keys: readonly Readonly<Record<string, unknown>>[] }
}

export interface SamlProviderRecord {
  Name: string
  SAMLMetadataDocument: string
  createdMs: number
  validUntilMs: number
  SAMLProviderUUID: string
  Tags?: readonly IamTag[]
}

export interface MfaDeviceRecord {
  /** `arn:aws:iam::A:mfa/PATH/NAME`. */
  SerialNumber: string
  /** Base32. */
  seed: string
  createdMs: number
  /** Of the user it is enabled for (unique id, or the account id of root), and since when. */
  owner?: string
  enabledMs?: number
  Tags?: readonly IamTag[]
}

export interface ServerCertificateRecord {
  ServerCertificateName: string
  /** `ASCA...`. */
  ServerCertificateId: string
  Path: string
  createdMs: number
  expiresMs: number
  CertificateBody: string
  CertificateChain?: string
  Tags?: readonly IamTag[]
}

/** What belongs to the account itself. */
export interface AccountRecord {
  alias?: string
  passwordPolicy?: Readonly<Record<string, number | boolean>>
  /** Keys of root that IAM made; those of the configuration are not here. */
  accessKeys: readonly AccessKeyRecord[]
  reportMs?: number
  globalEndpointTokenVersion?: string
  /** Tokens for services elsewhere (GetWebIdentityToken). The id is part of the issuer's name, and stays. */
  outboundFederation?: { issuerId: string; isEnabled: boolean }
  /** Of S3: Block Public Access for all buckets of the account. */
  publicAccessBlock?: {
    BlockPublicAcls?: boolean
    IgnorePublicAcls?: boolean
    BlockPublicPolicy?: boolean
    RestrictPublicBuckets?: boolean
  }
}

/** Records by kind. */
export interface IamRecords {
  user: UserRecord
  group: GroupRecord
  role: RoleRecord
  policy: PolicyRecord
  instanceProfile: InstanceProfileRecord
  oidcProvider: OidcProviderRecord
  samlProvider: SamlProviderRecord
  mfaDevice: MfaDeviceRecord
  serverCertificate: ServerCertificateRecord
  account: AccountRecord
}

export type IamKind = keyof IamRecords

/** When and for what a key or role was last used. */
export interface LastUse {
  usedMs: number
  service: string
  region: string
}

/** ARNs of IAM's entities, made of an account and a record. Paths begin and end with `/`. */
import type {
  GroupRecord,
  InstanceProfileRecord,
  PolicyRecord,
  RoleRecord,
  ServerCertificateRecord,
  UserRecord,
} from '../../store/iam-records.ts'

export const userArn = (account: string, { Path, UserName }: UserRecord): string =>
  `arn:aws:iam::${account}:user${Path}${UserName}`

export const groupArn = (account: string, { Path, GroupName }: GroupRecord): string =>
  `arn:aws:iam::${account}:group${Path}${GroupName}`

export const roleArn = (account: string, { Path, RoleName }: RoleRecord): string =>
  `arn:aws:iam::${account}:role${Path}${RoleName}`

export const policyArn = (account: string, { Path, PolicyName }: PolicyRecord): string =>
  `arn:aws:iam::${account}:policy${Path}${PolicyName}`

export const instanceProfileArn = (account: string, record: InstanceProfileRecord): string =>
  `arn:aws:iam::${account}:instance-profile${record.Path}${record.InstanceProfileName}`

export const serverCertificateArn = (account: string, record: ServerCertificateRecord): string =>
  `arn:aws:iam::${account}:server-certificate${record.Path}${record.ServerCertificateName}`

export const oidcProviderArn = (account: string, url: string): string => `arn:aws:iam::${account}:oidc-provider/${url}`

export const samlProviderArn = (account: string, name: string): string =>
  `arn:aws:iam::${account}:saml-provider/${name}`

/** The name at the end of a path: `dev/api` and `/dev/api` are `api`. */
export const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/**
 * The catalogue of condition keys: names, types, and which hold several values. Names compare without case; a name that
 * ends in `/` takes any tag key after it.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
 */

export type KeyType = 'String' | 'Numeric' | 'Date' | 'Bool' | 'IPAddress' | 'ARN'

export interface KeyInfo {
  /** AWS's spelling. */
  name: string
  type: KeyType
  isMultivalued: boolean
}

type Listed = Partial<Record<KeyType, string>>

const singleValued: Listed = {
  String: `aws:PrincipalAccount aws:PrincipalType aws:userid aws:username aws:PrincipalTag/ aws:PrincipalOrgID
    aws:PrincipalServiceName aws:SourceIdentity aws:FederatedProvider aws:SourceVpc aws:SourceVpce aws:VpceAccount
    aws:VpceOrgID aws:UserAgent aws:referer aws:RequestedRegion aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/
    aws:RequestTag/ aws:SourceAccount aws:SourceOwner aws:SourceOrgID aws:CalledViaFirst aws:CalledViaLast
    aws:Ec2InstanceSourceVpc sts:ExternalId sts:RoleSessionName sts:SourceIdentity
    s3:authType s3:signatureversion s3:x-amz-content-sha256 s3:ResourceAccount s3:prefix s3:delimiter s3:versionid
    s3:x-amz-acl s3:x-amz-grant-read s3:x-amz-grant-write s3:x-amz-grant-read-acp s3:x-amz-grant-write-acp
    s3:x-amz-grant-full-control s3:x-amz-copy-source s3:x-amz-metadata-directive s3:x-amz-storage-class
    s3:x-amz-website-redirect-location s3:x-amz-object-annotation-directive s3:x-amz-server-side-encryption
    s3:x-amz-server-side-encryption-customer-algorithm s3:RequestObjectTag/ s3:ExistingObjectTag/ s3:object-lock-mode
    s3:object-lock-legal-hold s3:object-lock-event-hold s3:if-match s3:if-none-match s3:locationconstraint s3:x-amz-object-ownership
    s3:x-amz-bucket-namespace s3:annotation-prefix s3:x-amz-object-if-match s3:BucketTag/ s3:AccessPointTag/
    s3:DataAccessPointAccount s3:AccessPointNetworkOrigin s3:AccessGrantScope s3:AccessGrantsLocationScope
    s3:ExistingJobOperation s3:JobSuspendedCause s3:RequestJobOperation s3:destinationRegion s3:logType
    s3express:authType s3express:signatureversion s3express:x-amz-content-sha256 s3express:ResourceAccount
    s3express:BucketTag/ s3express:AccessPointTag/ s3express:AccessPointNetworkOrigin s3express:DataAccessPointAccount
    s3express:AllAccessRestrictedToLocalZoneGroup s3express:LocationName s3express:SessionMode
    s3express:x-amz-server-side-encryption`,
  Numeric: `aws:MultiFactorAuthAge s3:signatureAge s3:TlsVersion s3:max-keys s3:object-lock-remaining-retention-days
    s3:object-lock-event-hold-duration-days s3:max-annotation-results s3:ExistingJobPriority s3:RequestJobPriority s3express:signatureAge
    s3express:TlsVersion`,
  Date: 'aws:CurrentTime aws:EpochTime aws:TokenIssueTime s3:object-lock-retain-until-date',
  Bool: `aws:PrincipalIsAWSService aws:MultiFactorAuthPresent aws:AssumedRoot aws:SecureTransport aws:ViaAWSService
    aws:IsMcpServiceAction aws:ViaAWSMCPService s3:ObjectCreationOperation s3:isReplicationPauseRequest`,
  IPAddress: 'aws:SourceIp aws:VpcSourceIp aws:Ec2InstanceSourcePrivateIPv4',
  ARN: `aws:PrincipalArn aws:SourceArn aws:SourceVpcArn aws:ChatbotSourceArn s3:DataAccessPointArn
    s3:x-amz-server-side-encryption-aws-kms-key-id s3:AccessGrantsInstanceArn s3:deliverySourceArn
    s3:resourceArnBeingAuthorized ec2:SourceInstanceArn lambda:SourceFunctionArn ssm:SourceInstanceArn
    s3express:DataAccessPointArn s3express:x-amz-server-side-encryption-aws-kms-key-id
    glue:RoleAssumedBy glue:CredentialIssuingService codebuild:BuildArn codebuild:ProjectArn`,
}

const multivalued: Listed = {
  String: `aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:VpceOrgPaths aws:ResourceOrgPaths aws:TagKeys
    aws:SourceOrgPaths aws:CalledVia sts:TransitiveTagKeys s3:RequestObjectTagKeys s3:InventoryAccessibleOptionalFields
    s3express:InventoryAccessibleOptionalFields s3express:Permissions`,
}

const catalogue: ReadonlyMap<string, KeyInfo> = new Map([...rows(singleValued, false), ...rows(multivalued, true)])

function rows(listed: Listed, isMultivalued: boolean): [string, KeyInfo][] {
  return Object.entries(listed).flatMap(([type, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name): [string, KeyInfo] => [name.toLowerCase(), { name, type: type as KeyType, isMultivalued }]),
  )
}

/** What is known of a key; undefined for a name that AWS does not document. */
export function findKey(name: string): KeyInfo | undefined {
  const lower = name.toLowerCase()
  const slash = lower.indexOf('/')
  return catalogue.get(slash === -1 ? lower : lower.slice(0, slash + 1))
}

/** Every key of the catalogue. */
export function allKeys(): KeyInfo[] {
  return [...catalogue.values()]
}

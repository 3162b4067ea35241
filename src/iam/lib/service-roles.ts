/** What roles of services are called and may do. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html */
import { nameMap } from '../../lib/name-map.ts'

/** Observed: service (without `.amazonaws.com`), role (without `AWSServiceRoleFor`) and policy (recorded against AWS by LocalStack's suite). */
const rows = `
  accountdiscovery.ssm AmazonSSM_AccountDiscovery AWSSystemsManagerAccountDiscoveryServicePolicy
  acm CertificateManager CertificateManagerServiceRolePolicy
  appmesh AppMesh AWSAppMeshServiceRolePolicy
  autoscaling AutoScaling AutoScalingServiceRolePolicy
  autoscaling-plans AutoScalingPlans_EC2AutoScaling AWSAutoScalingPlansEC2AutoScalingPolicy
  backup Backup AWSBackupServiceLinkedRolePolicyForBackup
  batch Batch BatchServiceRolePolicy
  cassandra.application-autoscaling ApplicationAutoScaling_CassandraTable AWSApplicationAutoscalingCassandraTablePolicy
  cks.kms KeyManagementServiceCustomKeyStores AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy
  cloudtrail CloudTrail CloudTrailServiceRolePolicy
  codestar-notifications CodeStarNotifications AWSCodeStarNotificationsServiceRolePolicy
  config Config AWSConfigServiceRolePolicy
  connect AmazonConnect AmazonConnectServiceLinkedRolePolicy
  dms DMSServerless AWSDMSServerlessServiceRolePolicy
  dms-fleet-advisor DMSFleetAdvisor AWSDMSFleetAdvisorServiceRolePolicy
  docdb-elastic DocDB-Elastic AmazonDocDB-ElasticServiceRolePolicy
  ec2-instance-connect Ec2InstanceConnect Ec2InstanceConnectEndpoint
  ec2.application-autoscaling ApplicationAutoScaling_EC2SpotFleetRequest AWSApplicationAutoscalingEC2SpotFleetRequestPolicy
  ecr ECRTemplate ECRTemplateServiceRolePolicy
  ecs ECS AmazonECSServiceRolePolicy
  eks AmazonEKS AmazonEKSServiceRolePolicy
  eks-connector AmazonEKSConnector AmazonEKSConnectorServiceRolePolicy
  eks-fargate AmazonEKSForFargate AmazonEKSForFargateServiceRolePolicy
  eks-nodegroup AmazonEKSNodegroup AWSServiceRoleForAmazonEKSNodegroup
  elasticache ElastiCache ElastiCacheServiceRolePolicy
  elasticbeanstalk ElasticBeanstalk AWSElasticBeanstalkServiceRolePolicy
  elasticfilesystem AmazonElasticFileSystem AmazonElasticFileSystemServiceRolePolicy
  elasticloadbalancing ElasticLoadBalancing AWSElasticLoadBalancingServiceRolePolicy
  email.cognito-idp AmazonCognitoIdpEmailService AmazonCognitoIdpEmailServiceRolePolicy
  emr-containers AmazonEMRContainers AmazonEMRContainersServiceRolePolicy
  emrwal EMRWAL EMRDescribeClusterPolicyForEMRWAL
  fis FIS AmazonFISServiceRolePolicy
  grafana AmazonGrafana AmazonGrafanaServiceLinkedRolePolicy
  imagebuilder ImageBuilder AWSServiceRoleForImageBuilder
  iotmanagedintegrations IoTManagedIntegrations AWSIoTManagedIntegrationsRolePolicy
  kafka Kafka KafkaServiceRolePolicy
  kafkaconnect KafkaConnect KafkaConnectServiceRolePolicy
  lakeformation LakeFormationDataAccess LakeFormationDataAccessServiceRolePolicy
  lex LexBots AmazonLexBotPolicy
  lexv2 LexV2Bots AmazonLexV2BotPolicy
  lightsail Lightsail LightsailExportAccess
  m2 AWSM2 AWSM2ServicePolicy
  memorydb MemoryDB MemoryDBServiceRolePolicy
  mq AmazonMQ AmazonMQServiceRolePolicy
  mrk.kms KeyManagementServiceMultiRegionKeys AWSKeyManagementServiceMultiRegionKeysServiceRolePolicy
  notifications AwsUserNotifications AWSUserNotificationsServiceLinkedRolePolicy
  observability.aoss AmazonOpenSearchServerless AmazonOpenSearchServerlessServiceRolePolicy
  opensearchservice AmazonOpenSearchService AmazonOpenSearchServiceRolePolicy
  ops.apigateway APIGateway APIGatewayServiceRolePolicy
  ops.emr-serverless AmazonEMRServerless AmazonEMRServerlessServiceRolePolicy
  opsdatasync.ssm SystemsManagerOpsDataSync AWSSystemsManagerOpsDataSyncServiceRolePolicy
  opsinsights.ssm AmazonSSM_OpsInsights AWSSSMOpsInsightsServiceRolePolicy
  pullthroughcache.ecr ECRPullThroughCache AWSECRPullThroughCache_ServiceRolePolicy
  ram ResourceAccessManager AWSResourceAccessManagerServiceRolePolicy
  rds RDS AmazonRDSServiceRolePolicy
  redshift Redshift AmazonRedshiftServiceLinkedRolePolicy
  replication.cassandra KeyspacesReplication KeyspacesReplicationServiceRolePolicy
  replication.ecr ECRReplication ECRReplicationServiceRolePolicy
  repository.sync.codeconnections GitSync AWSGitSyncServiceRolePolicy
  resource-explorer-2 ResourceExplorer AWSResourceExplorerServiceRolePolicy
  rolesanywhere RolesAnywhere AWSRolesAnywhereServicePolicy
  s3-outposts S3OnOutposts AWSS3OnOutpostsServiceRolePolicy
  ses AmazonSES AmazonSESServiceRolePolicy
  shield AWSShield AWSShieldServiceRolePolicy
  ssm AmazonSSM AmazonSSMServiceRolePolicy
  ssm-incidents IncidentManager AWSIncidentManagerServiceRolePolicy
  ssm-quicksetup SSMQuickSetup SSMQuickSetupRolePolicy
  sso SSO AWSSSOServiceRolePolicy
  vpcorigin.cloudfront CloudFrontVPCOrigin AWSCloudFrontVPCOriginServiceRolePolicy
  waf WAFLogging WAFLoggingServiceRolePolicy
  wafv2 WAFV2Logging WAFV2LoggingServiceRolePolicy
`

/** Observed: descriptions that the services give (as above). */
const descriptions: Readonly<Record<string, string>> = nameMap({
  'rds.amazonaws.com': 'Allows Amazon RDS to manage AWS resources on your behalf',
  'ssm.amazonaws.com': 'Provides access to AWS Resources managed or used by Amazon SSM.',
  'sso.amazonaws.com':
    'Service-linked role used by AWS SSO to manage AWS resources, including IAM roles, policies and SAML IdP on your behalf.',
})

interface ServiceRole {
  name: string
  policy: string
}

const known: ReadonlyMap<string, ServiceRole> = new Map(
  rows
    .trim()
    .split('\n')
    .map((row) => row.trim().split(' '))
    .map(([service = '', name = '', policy = '']) => [`${service}.amazonaws.com`, { name, policy }]),
)

/** Assumed: services without a row are called by the words of their host. */
export function serviceRoleName(service: string, suffix: string | undefined): string {
  const words = service.replace(/\.amazonaws\.com$/, '').split(/[.-]/)
  const own = known.get(service)?.name ?? words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return `AWSServiceRoleFor${own}${suffix === undefined ? '' : `_${suffix}`}`
}

export const serviceRolePath = (service: string): string => `/aws-service-role/${service}/`

export const serviceRoleDescription = (service: string): string | undefined =>
  Object.hasOwn(descriptions, service) ? descriptions[service] : undefined

/** ARNs of the policies that the role has. What they allow is about services that are not here: they allow nothing. */
export function serviceRolePolicies(service: string): string[] {
  const policy = known.get(service)?.policy
  return policy === undefined ? [] : [`arn:aws:iam::aws:policy/aws-service-role/${policy}`]
}

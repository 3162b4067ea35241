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

/** Service and role as policies of AWS name them (its managed policies of 2026-09-30); their policies are not known here. */
const moreRows = `
  access-analyzer AccessAnalyzer
  aco-automation ComputeOptimizerAutomation
  agent-registry AgentRegistry
  airflow AmazonMWAA
  airflow-serverless AmazonMWAAServerless
  apidestinations.events AmazonEventBridgeApiDestinations
  appfabric AppFabric
  application-insights ApplicationInsights
  application-signals.cloudwatch CloudWatchApplicationSignals
  apprunner AppRunner
  appstream.application-autoscaling ApplicationAutoScaling_AppStreamFleet
  appsync AppSync
  artifact Artifact
  auditmanager AuditManager
  bedrock-agentcore BedrockAgentCoreGatewayNetwork
  braket AmazonBraket
  bugbust BugBust
  cassandra-streams AmazonKeyspacesCDC
  channels.lex LexChannels
  channels.lexv2 LexV2Channels
  chime AmazonChime
  codeguru-reviewer AmazonCodeGuruReviewer
  cognito-idp AmazonCognitoIdp
  compute-optimizer ComputeOptimizer
  config-conforms ConfigConforms
  continuousexport.discovery ApplicationDiscoveryServiceContinuousExport
  cost-optimization-hub.bcm CostOptimizationHub
  datasync DataSync
  delivery.logs LogDelivery
  devops-guru DevOpsGuru
  dynamodb.application-autoscaling ApplicationAutoScaling_DynamoDBTable
  ec2fastlaunch EC2FastLaunch
  elasticmapreduce EMRCleanup
  events CloudWatchEvents
  events.workmail AmazonWorkMailEvents
  fms FMS
  globalaccelerator GlobalAccelerator
  inspector AmazonInspector
  internetmonitor InternetMonitor
  iotsitewise IoTSiteWise
  justintimeaccess.ssm SystemsManagerJustInTimeAccess
  lambda Lambda
  license-management.marketplace MarketplaceLicenseManagement
  license-manager.member-account AWSLicenseManagerMemberAccountRole
  macie AmazonMacie
  maintenance.elasticbeanstalk ElasticBeanstalk
  managedupdates.elasticbeanstalk ElasticBeanstalk
  migrationhub-orchestrator MigrationHubOrchestrator
  monitoring.thinclient AmazonWorkSpacesThinClientMonitoring
  neptune-graph NeptuneGraph
  network-firewall NetworkFirewall
  network.bedrock-agentcore BedrockAgentCoreNetwork
  notifications.ssm SystemsManagerNotifications
  ops.athena AmazonAthena
  orgsdatasync.servicecatalog ServiceCatalogOrgsDataSync
  osis AmazonOpenSearchIngestionService
  private-marketplace.marketplace PrivateMarketplaceAdmin
  remediation.config ConfigRemediation
  replication.lexv2 LexV2Replication
  reporting.trustedadvisor TrustedAdvisorReporting
  route53resolver Route53Resolver
  rum RealUserMonitoring
  runtime-identity.bedrock-agentcore BedrockAgentCoreRuntimeIdentity
  runtime-instances.bedrock-agentcore BedrockAgentCoreRuntimeInstances
  sagemaker.application-autoscaling ApplicationAutoScaling_SageMakerEndpoint
  schemas Schemas
  scraper.aps AmazonPrometheusScraper
  sdmp SDMP
  security-ir SecurityIncidentResponse
  securitylake SecurityLake
  servicecatalog-appregistry AWSServiceCatalogAppRegistry
  servicequotas ServiceQuotas
  spot EC2Spot
  ssm-sap AWSSSMForSAP
  support Support
  supportplans SupportPlans
  sync.proton ProtonSync
  thirdparty.config ConfigThirdParty
  timestream-influxdb TimestreamInfluxDB
  transform-custom AWSTransformCustom
  transitgateway VPCTransitGateway
  triage.security-ir SecurityIncidentResponse_Triage
  user-attribute-cost-allocation-data UserAttributeCostAllocation
  vpc-lattice VpcLattice
`

interface ServiceRole {
  name: string
  policy: string | undefined
}

const known: ReadonlyMap<string, ServiceRole> = new Map(
  (rows.trim() + moreRows.trimEnd())
    .split('\n')
    .map((row) => row.trim().split(' '))
    .map(([service = '', name = '', policy]) => [`${service}.amazonaws.com`, { name, policy }]),
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

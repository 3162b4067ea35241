/** What roles of services are called. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html */

/** Observed: names that are not the service's own (recorded against AWS by LocalStack's suite). */
const names: Readonly<Record<string, string>> = {
  'autoscaling.amazonaws.com': 'AutoScaling',
  'backup.amazonaws.com': 'Backup',
  'batch.amazonaws.com': 'Batch',
  'cloudtrail.amazonaws.com': 'CloudTrail',
  'config.amazonaws.com': 'Config',
  'ecs.amazonaws.com': 'ECS',
  'eks.amazonaws.com': 'AmazonEKS',
  'elasticloadbalancing.amazonaws.com': 'ElasticLoadBalancing',
  'kafka.amazonaws.com': 'Kafka',
  'rds.amazonaws.com': 'RDS',
  's3-outposts.amazonaws.com': 'AwsS3OnOutposts',
  'ssm.amazonaws.com': 'AmazonSSM',
  'sso.amazonaws.com': 'SSO',
}

/** Assumed: services without a row are called by the words of their host. */
export function serviceRoleName(service: string, suffix: string | undefined): string {
  const words = service.replace(/\.amazonaws\.com$/, '').split(/[.-]/)
  const own = names[service] ?? words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return `AWSServiceRoleFor${own}${suffix === undefined ? '' : `_${suffix}`}`
}

export const serviceRolePath = (service: string): string => `/aws-service-role/${service}/`

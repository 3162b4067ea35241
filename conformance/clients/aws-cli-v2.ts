/** AWS CLI v2, as Debian packages it. */
import type { Client } from '../lib/scenario.ts'
import { awsClient } from './aws-cli/client.ts'

export const awsCliV2: Client = awsClient({
  name: 'aws-cli-v2',
  program: process.env.CONFORMANCE_AWS_V2 ?? '/usr/bin/aws',
  is: /^aws-cli\/2\./,
  install: 'apt-get install -y awscli',
})

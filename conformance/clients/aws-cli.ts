/** AWS CLI v1, the newest of PyPI. */
import { join } from 'node:path'
import { venv } from '../lib/paths.ts'
import type { Client } from '../lib/scenario.ts'
import { awsClient } from './aws-cli/client.ts'

export const awsCliV1: Client = awsClient({
  name: 'aws-cli',
  program: process.env.CONFORMANCE_AWS_V1 ?? join(venv, 'bin', 'aws'),
  is: /^aws-cli\/1\./,
  install: `python3 -m venv ${venv} && ${venv}/bin/pip install awscli boto3 awscrt`,
})

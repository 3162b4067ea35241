/**
 * `RECORDED_AWS_DIR=CHECKOUT node dist/conformance/suites/recorded-aws.js [pytest arguments...]`: the S3, IAM
 * and STS tests of localstack/localstack, whose expected answers were recorded from AWS.
 */
import { join } from 'node:path'
import { runSuite } from './suite.ts'

const domain = 's3.localhost.localstack.cloud'
// The suite signs with a user of the main account; the pair of test and test is written in some of its tests.
const main = { id: '000000000000', keys: [{ accessKeyId: 'test', secretAccessKey: 'test' }] }
const second = { id: '000000000002', keys: [{ accessKeyId: '000000000002', secretAccessKey: 'second-secret' }] }
const key = { accessKeyId: 'AKIATESTER', secretAccessKey: 'tester-secret' }
const iam = { users: [{ name: 'tester', attach: ['AdministratorAccess'], keys: [key] }] }
const kmsKeys = {
  'us-east-1': '6d3a0f5e-52a5-4a3c-9d0e-3f5a6d1f7c11',
  'us-west-2': '0b7d2c58-8f0e-4c0b-b6a1-6f2d8e4a9c22',
}

await runSuite(
  {
    name: 'recorded AWS answers',
    variable: 'RECORDED_AWS_DIR',
    get: 'git clone https://github.com/localstack/localstack && export RECORDED_AWS_DIR=$PWD/localstack',
    requirements: 'requirements-recorded-aws.txt',
    expected: 'recorded-aws.txt',
    server: {
      // AWS has no CORS without rules; the records of SSE-C are of HTTPS.
      flags: ['--domain', domain, '--no-open-cors', '--allow-sse-c-over-http'],
      env: {
        SANDBUCKET_ACCOUNTS: JSON.stringify([main, second]),
        SANDBUCKET_IAM: JSON.stringify(iam),
        // The records are of an account in one.
        SANDBUCKET_ORGANIZATION: 'o-a1b2c3d4e5',
        SANDBUCKET_KMS_KEYS: JSON.stringify(Object.entries(kmsKeys).map(([region, id]) => ({ region, id }))),
      },
    },
    tests: ['tests/aws/services/s3', 'tests/aws/services/iam/test_iam.py', 'tests/aws/services/sts'],
    async prepare(checkout, server) {
      const args = ['-p', 'recorded_aws', '--rootdir', checkout, '--confcutdir=tests/aws/services', '-c', '/dev/null']
      const env = {
        PYTHONPATH: `${join(checkout, 'localstack-core')}:${checkout}`,
        TEST_AWS_ENDPOINT_URL: `http://${domain}:${server.port}`,
        RECORDED_KMS_KEYS: JSON.stringify(kmsKeys),
        TEST_AWS_ACCESS_KEY_ID: key.accessKeyId,
        TEST_AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        TEST_AWS_ACCOUNT_ID: main.id,
        TEST_AWS_REGION_NAME: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        SECONDARY_TEST_AWS_ACCOUNT_ID: second.id,
        SECONDARY_TEST_AWS_ACCESS_KEY_ID: second.id,
        SECONDARY_TEST_AWS_SECRET_ACCESS_KEY: 'second-secret',
        GATEWAY_LISTEN: `127.0.0.1:${server.port}`,
        LOCALSTACK_HOST: `localhost.localstack.cloud:${server.port}`,
        TEST_SKIP_LOCALSTACK_START: '1',
        SKIP_SSL_CERT_DOWNLOAD: '1',
        DISABLE_EVENTS: '1',
        LOCALSTACK_INTERNAL_TEST_RUN: '1',
      }
      return { args, env }
    },
  },
  process.argv.slice(2),
)

/**
 * `RECORDED_AWS_DIR=CHECKOUT node dist/conformance/suites/recorded-aws.js [pytest arguments...]`: the S3 tests of
 * localstack/localstack, whose expected answers were recorded from AWS.
 */
import { join } from 'node:path'
import { runSuite } from './suite.ts'

const account = (id: string, secretAccessKey: string) => ({ id, keys: [{ accessKeyId: id, secretAccessKey }] })
const main = account('000000000000', 'main-secret')
const second = account('000000000002', 'second-secret')

await runSuite(
  {
    name: 'recorded AWS answers',
    variable: 'RECORDED_AWS_DIR',
    get: 'git clone https://github.com/localstack/localstack && export RECORDED_AWS_DIR=$PWD/localstack',
    requirements: 'requirements-recorded-aws.txt',
    expected: 'recorded-aws.txt',
    server: {
      // AWS has no CORS without rules.
      flags: ['--domain', 's3.localhost.localstack.cloud', '--no-open-cors'],
      env: { SANDBUCKET_ACCOUNTS: JSON.stringify([main, second]) },
    },
    tests: ['tests/aws/services/s3'],
    async prepare(checkout, server) {
      const args = [
        '-p',
        'recorded_aws',
        '--rootdir',
        checkout,
        '--confcutdir=tests/aws/services/s3',
        '-c',
        '/dev/null',
      ]
      const env = {
        PYTHONPATH: `${join(checkout, 'localstack-core')}:${checkout}`,
        TEST_AWS_ENDPOINT_URL: server.url,
        TEST_AWS_ACCESS_KEY_ID: main.id,
        TEST_AWS_SECRET_ACCESS_KEY: 'main-secret',
        TEST_AWS_ACCOUNT_ID: main.id,
        TEST_AWS_REGION_NAME: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: main.id,
        AWS_SECRET_ACCESS_KEY: 'main-secret',
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

/**
 * `S3TESTS_DIR=CHECKOUT node dist/conformance/suites/s3-tests.js [pytest arguments...]`: the S3 part of ceph/s3-tests.
 * Its accounts are made for it, and new buckets start as AWS's did before 2023, which is what it was written for.
 */
import { accounts, configure, kmsKeys } from './s3-tests-setup.ts'
import { runSuite } from './suite.ts'

await runSuite(
  {
    name: 'ceph/s3-tests',
    variable: 'S3TESTS_DIR',
    get: 'git clone https://github.com/ceph/s3-tests && export S3TESTS_DIR=$PWD/s3-tests',
    requirements: 'requirements-s3-tests.txt',
    expected: 's3-tests.txt',
    server: {
      // The suite speaks plain HTTP, with customers' keys too.
      flags: ['--bucket-defaults', 'legacy', '--allow-sse-c-over-http', ...kmsKeys.flatMap((id) => ['--kms-key', id])],
      env: { SANDBUCKET_ACCOUNTS: JSON.stringify(Object.values(accounts)) },
    },
    // Left out: Ceph's own logging, lifecycle on an accelerated clock, cloud tiers (all marked as not holding on AWS), and a
    // test whose outcome depends on the clock: a URL for no time at all may be used in the second that it is made in.
    tests: [
      '-m',
      'not (fails_on_aws and (bucket_logging or lifecycle or cloud_transition or cloud_restore))',
      '--deselect',
      's3tests/functional/test_s3.py::test_object_raw_get_x_amz_expires_out_range_zero',
      's3tests/functional/test_s3.py',
      's3tests/functional/test_headers.py',
    ],
    async prepare(_checkout, server, dir) {
      return { args: ['-p', 'ceph_names'], env: await configure(dir, server.port) }
    },
  },
  process.argv.slice(2),
)

/**
 * `S3TESTS_DIR=CHECKOUT node dist/conformance/suites/s3-tests-iam.js [pytest arguments...]`: the IAM and STS part of
 * ceph/s3-tests. Here its second user is an IAM user of the account that calls IAM, and tokens come from the built-in
 * identity provider; `ceph_names.py` puts AWS's names where the suite uses Ceph's.
 */
import { accounts, configure } from './s3-tests-setup.ts'
import type { Server } from '../lib/server.ts'
import { runSuite } from './suite.ts'

const { 's3 alt': alt, ...others } = accounts
/** Of the IAM user; it starts with all of S3, because a user of Ceph may use buckets of its own without a policy. */
const userName = 'alt'
const audience = 'conformance'
const subject = 'subject-of-the-token'

/** A token of the built-in identity provider with these claims. */
async function token(server: Server, claims: object): Promise<string> {
  const answer = await fetch(`${server.url}/_sandbucket/idp/token`, {
    method: 'POST',
    body: JSON.stringify({ sub: subject, aud: audience, expiresIn: 6 * 3600, ...claims }),
  })
  const { token } = (await answer.json()) as { token: string }
  return token
}

await runSuite(
  {
    name: 'ceph/s3-tests, IAM and STS',
    variable: 'S3TESTS_DIR',
    get: 'git clone https://github.com/ceph/s3-tests && export S3TESTS_DIR=$PWD/s3-tests',
    requirements: 'requirements-s3-tests.txt',
    expected: 's3-tests-iam.txt',
    server: {
      flags: ['--bucket-defaults', 'legacy'],
      env: {
        SANDBUCKET_ACCOUNTS: JSON.stringify(Object.values(others)),
        SANDBUCKET_IAM: JSON.stringify({
          account: accounts.iam.id,
          users: [{ name: userName, keys: alt.keys, attach: ['AmazonS3FullAccess'] }],
        }),
      },
    },
    // What the suite itself marks as not holding on AWS is left out.
    tests: ['-m', 'not fails_on_aws', 's3tests/functional/test_iam.py', 's3tests/functional/test_sts.py'],
    async prepare(_checkout, server, dir) {
      const tags = { principal_tags: { Department: ['Engineering'] } }
      const webidentity = {
        token: await token(server, {}),
        user_token: await token(server, { 'https://aws.amazon.com/tags': tags }),
        aud: audience,
        sub: subject,
        azp: audience,
        thumbprint: 'a'.repeat(40),
        KC_REALM: 'conformance',
      }
      const env = await configure(dir, server.port, { 's3 alt': { user_id: userName }, webidentity })
      // One test waits 15 minutes for credentials to expire.
      return { args: ['-p', 'ceph_names'], env: { ...env, RESULT_SECONDS: '1000', CEPH_NAMES_AUDIENCE: audience } }
    },
  },
  process.argv.slice(2),
)

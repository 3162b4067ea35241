/**
 * `S3TESTS_DIR=CHECKOUT node dist/conformance/suites/s3-tests.js [pytest arguments...]`: ceph/s3-tests.
 * Its accounts are made for it, and new buckets start as AWS's did before 2023, which is what it was written for.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runSuite } from './suite.ts'

interface Account {
  id: string
  canonicalId: string
  displayName: string
  email: string
  keys: { accessKeyId: string; secretAccessKey: string }[]
}

/** An account named for its section in the suite's configuration. */
function account(section: string, digit: string, canonicalId = digit.repeat(64)): Account {
  const id = digit.repeat(12)
  const accessKeyId = `${section.toUpperCase().replaceAll(' ', '')}KEY0000000000`.slice(0, 20)
  const keys = [{ accessKeyId, secretAccessKey: `secret-of-${section.replaceAll(' ', '-')}` }]
  return { id, canonicalId, displayName: section, email: `${section.replaceAll(' ', '.')}@example.com`, keys }
}

const accounts = {
  's3 main': account('main', '1'),
  's3 alt': account('alt', '2'),
  's3 tenant': account('tenant', '3'),
  iam: account('iam', '4'),
  'iam root': account('iam root', '5', '555555555555'),
  'iam alt root': account('iam alt root', '6', '666666666666'),
}

const kmsKeys = ['01234567-89ab-cdef-0123-456789abcdef', '11234567-89ab-cdef-0123-456789abcdef']

function section(name: string, { id, canonicalId, displayName, email, keys }: Account): string {
  const lines = [
    `[${name}]`,
    `user_id = ${canonicalId}`,
    `display_name = ${displayName}`,
    `email = ${email}`,
    `access_key = ${keys[0]?.accessKeyId}`,
    `secret_key = ${keys[0]?.secretAccessKey}`,
  ]
  if (name === 's3 main') {
    // The name of a region that CreateBucket takes, and keys as AWS answers them.
    const [key, key2] = kmsKeys.map((key) => `arn:aws:kms:us-east-1:${id}:key/${key}`)
    lines.push('api_name = us-west-2', `kms_keyid = ${key}`, `kms_keyid2 = ${key2}`)
  }
  if (name === 's3 tenant') lines.push('tenant = testx')
  return `${lines.join('\n')}\n`
}

await runSuite(
  {
    name: 'ceph/s3-tests',
    variable: 'S3TESTS_DIR',
    get: 'git clone https://github.com/ceph/s3-tests && export S3TESTS_DIR=$PWD/s3-tests',
    requirements: 'requirements-s3-tests.txt',
    expected: 's3-tests.txt',
    server: {
      flags: ['--bucket-defaults', 'legacy', ...kmsKeys.flatMap((id) => ['--kms-key', id])],
      env: { SANDBUCKET_ACCOUNTS: JSON.stringify(Object.values(accounts)) },
    },
    // What the suite itself marks as not holding on AWS is left out.
    tests: ['-m', 'not fails_on_aws', 's3tests/functional/test_s3.py', 's3tests/functional/test_headers.py'],
    async prepare(_checkout, server, dir) {
      const file = join(dir, 's3tests.conf')
      const head = [
        '[DEFAULT]',
        'host = 127.0.0.1',
        `port = ${server.port}`,
        'is_secure = False',
        '[fixtures]',
        'bucket prefix = conformance-{random}-',
      ]
      const sections = Object.entries(accounts).map(([name, one]) => section(name, one))
      await writeFile(file, `${head.join('\n')}\n${sections.join('')}`)
      return { args: [], env: { S3TEST_CONF: file, AWS_DEFAULT_REGION: 'us-east-1', AWS_MAX_ATTEMPTS: '2' } }
    },
  },
  process.argv.slice(2),
)

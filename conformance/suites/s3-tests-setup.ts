/** What ceph/s3-tests is told: its accounts, each a section of its configuration file, and where the server is. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Account {
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

/** By section. The `user_id` of a root section is what ARNs have, elsewhere it is what ACLs have. */
export const accounts = {
  's3 main': account('main', '1'),
  's3 alt': account('alt', '2'),
  's3 tenant': account('tenant', '3'),
  iam: account('iam', '4'),
  'iam root': account('iam root', '5', '555555555555'),
  'iam alt root': account('iam alt root', '6', '666666666666'),
}

/** Ids of the two KMS keys that the suite wants. */
export const kmsKeys = ['01234567-89ab-cdef-0123-456789abcdef', '11234567-89ab-cdef-0123-456789abcdef']

type Section = Readonly<Record<string, string>>

function sectionOf(name: string, { id, canonicalId, displayName, email, keys }: Account): Section {
  const [{ accessKeyId = '', secretAccessKey = '' } = {}] = keys
  const [key = '', key2 = ''] = kmsKeys.map((key) => `arn:aws:kms:us-east-1:${id}:key/${key}`)
  return {
    user_id: canonicalId,
    display_name: displayName,
    email,
    access_key: accessKeyId,
    secret_key: secretAccessKey,
    // The name of a region that CreateBucket takes, and keys as AWS answers them.
    ...(name === 's3 main' && { api_name: 'us-west-2', kms_keyid: key, kms_keyid2: key2 }),
    ...(name === 's3 tenant' && { tenant: 'testx' }),
  }
}

/**
 * Writes the suite's configuration file.
 * @param changes sections that are added, or that replace settings of an account's section
 * @returns the environment that makes the suite read it
 */
export async function configure(
  dir: string,
  port: number,
  changes: Readonly<Record<string, Section>> = {},
): Promise<Record<string, string>> {
  const sections: Record<string, Section> = {
    DEFAULT: { host: '127.0.0.1', port: String(port), is_secure: 'False' },
    fixtures: { 'bucket prefix': 'conformance-{random}-' },
  }
  for (const [name, one] of Object.entries(accounts)) sections[name] = sectionOf(name, one)
  for (const [name, settings] of Object.entries(changes)) sections[name] = { ...sections[name], ...settings }
  const text = Object.entries(sections).map(([name, settings]) => {
    const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`)
    return [`[${name}]`, ...lines, ''].join('\n')
  })
  const file = join(dir, 's3tests.conf')
  await writeFile(file, text.join('\n'))
  // For ceph_names.py.
  const display = Object.values(accounts).map(({ canonicalId, displayName }) => [canonicalId, displayName])
  const names = {
    CEPH_NAMES_ACCOUNT: accounts.iam.id,
    CEPH_NAMES_TENANT: accounts['s3 tenant'].id,
    CEPH_NAMES_DISPLAY: JSON.stringify(Object.fromEntries(display)),
  }
  return { S3TEST_CONF: file, AWS_DEFAULT_REGION: 'us-east-1', AWS_MAX_ATTEMPTS: '2', ...names }
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { wellKnownKeys } from '../../src/config/accounts.ts'
import { readArguments } from '../../src/config/arguments.ts'
import type { Config } from '../../src/config/config.ts'
import type { Findings, UsageError } from '../../src/config/layer.ts'
import { type Resolution, resolveConfig, resolveOptions } from '../../src/config/resolve.ts'

interface Given {
  argv?: string[]
  env?: Record<string, string>
  file?: unknown
  secrets?: Record<string, string>
}

function resolve(given: Given): Resolution {
  const findings: Findings = { notes: [], problems: [] }
  const args = readArguments(given.argv ?? [], findings)
  return resolveConfig(
    {
      args,
      env: given.env ?? {},
      file: given.file === undefined ? undefined : { path: 'sandbucket.config.json', value: given.file },
      readText(path) {
        const text = given.secrets?.[path]
        if (text === undefined) throw new Error('no such file')
        return text
      },
      directory: '/home/dev',
    },
    findings,
  )
}

function problems(given: Given): string {
  try {
    resolve(given)
  } catch (cause) {
    assert.equal((cause as UsageError).exitCode, 2)
    return (cause as Error).message
  }
  return assert.fail('it was accepted')
}

const keyOf = (config: Config): string => {
  const key = config.accounts[0]?.keys[0]
  return `${key?.accessKeyId}:${key?.secretAccessKey}`
}

describe('without any source', () => {
  it('has the documented defaults', () => {
    const { config, notes } = resolve({})
    const { accounts, ...rest } = config
    assert.deepEqual(rest, {
      host: '127.0.0.1',
      port: 9000,
      dataDir: '/home/dev/.sandbucket',
      durable: false,
      region: 'us-east-1',
      regionStrict: false,
      hasWellKnownKeys: true,
      bucketDefaults: 'aws',
      domains: [],
      publicHosts: [],
      trustProxy: false,
      strictHost: false,
      maxClockSkewMs: 900_000,
      minPartSizeBytes: 5_242_880,
      buckets: [],
      openCors: true,
      allowedOrigins: [],
      softMode: false,
      record: false,
      tls: false,
      tlsCert: undefined,
      tlsKey: undefined,
      kmsKeys: [],
      allowSseCOverHttp: false,
      logLevel: 'info',
      logFormat: 'pretty',
    })
    assert.equal(accounts.length, 1)
    assert.equal(accounts[0]?.id, '000000000000')
    assert.match(accounts[0]?.canonicalId ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual(accounts[0]?.keys, wellKnownKeys)
    assert.equal(keyOf(config), 'sandbucket:sandbucket')
    assert.deepEqual(notes, [])
  })

  it('the Node API listens on a free port, stores in memory and is silent', () => {
    const { config } = resolveOptions({})
    assert.equal(config.port, 0)
    assert.equal(config.dataDir, undefined)
    assert.equal(config.logLevel, 'silent')
  })
})

describe('precedence', () => {
  const cases: [string, Given, (config: Config) => unknown, unknown][] = [
    [
      'a flag wins over everything',
      { argv: ['--port', '1'], env: { SANDBUCKET_PORT: '2' }, file: { port: 3 } },
      (c) => c.port,
      1,
    ],
    [
      'our variable wins over a foreign one',
      { env: { SANDBUCKET_REGION: 'eu-west-1', MINIO_REGION: 'eu-north-1' } },
      (c) => c.region,
      'eu-west-1',
    ],
    [
      'a foreign variable wins over the file',
      { env: { MINIO_REGION: 'eu-north-1' }, file: { region: 'eu-west-3' } },
      (c) => c.region,
      'eu-north-1',
    ],
    ['the file wins over the default', { file: { region: 'eu-west-3' } }, (c) => c.region, 'eu-west-3'],
    ['an empty variable is not set', { env: { SANDBUCKET_PORT: '' }, file: { port: 3 } }, (c) => c.port, 3],
    ['a short flag', { argv: ['-p', '0'] }, (c) => c.port, 0],
    ['a flag with =', { argv: ['--port=77'] }, (c) => c.port, 77],
    ['the command may be named', { argv: ['serve', '--port=77'] }, (c) => c.port, 77],
    [
      'repeated --bucket adds up',
      { argv: ['--bucket', 'one', '-b', 'two,three', '--bucket=one'] },
      (c) => c.buckets,
      ['one', 'two', 'three'],
    ],
    [
      'a list of a stronger source replaces',
      { argv: ['-b', 'one'], env: { SANDBUCKET_BUCKETS: 'two' } },
      (c) => c.buckets,
      ['one'],
    ],
    ['a list in a variable', { env: { SANDBUCKET_BUCKETS: ' one, two ,' } }, (c) => c.buckets, ['one', 'two']],
    ['a list in the file', { file: { buckets: ['one', 'two'] } }, (c) => c.buckets, ['one', 'two']],
    ['a switch', { argv: ['--durable'] }, (c) => c.durable, true],
    ['a switch with a value', { argv: ['--durable=no'], env: { SANDBUCKET_DURABLE: '1' } }, (c) => c.durable, false],
    [
      'KMS keys by id and alias',
      { argv: ['--kms-key', 'my-key', '--kms-key=alias/mine'] },
      (c) => c.kmsKeys,
      [
        { id: 'my-key', aliases: [], state: 'Enabled', accountId: '000000000000', region: undefined },
        { id: undefined, aliases: ['alias/mine'], state: 'Enabled', accountId: '000000000000', region: undefined },
      ],
    ],
    [
      'KMS keys as JSON',
      {
        env: {
          SANDBUCKET_KMS_KEYS:
            '[{"id":"k","alias":["alias/a","alias/b"],"state":"Disabled","region":"eu-west-1","accountId":"7"}]',
        },
      },
      (c) => c.kmsKeys,
      [{ id: 'k', aliases: ['alias/a', 'alias/b'], state: 'Disabled', accountId: '7', region: 'eu-west-1' }],
    ],
    ['SSE-C over HTTP', { env: { SANDBUCKET_ALLOW_SSE_C_OVER_HTTP: '1' } }, (c) => c.allowSseCOverHttp, true],
    ['a negated switch', { argv: ['--no-open-cors'] }, (c) => c.openCors, false],
    ['a switch in a variable', { env: { SANDBUCKET_REGION_STRICT: 'Yes' } }, (c) => c.regionStrict, true],
    ['--in-memory wins over the default directory', { argv: ['--in-memory'] }, (c) => c.dataDir, undefined],
    [
      'memory wins over a directory of the same source',
      { env: { SANDBUCKET_IN_MEMORY: '1', SANDBUCKET_DATA: '/data' } },
      (c) => c.dataDir,
      undefined,
    ],
    [
      '--data wins over a weaker memory',
      { argv: ['--data', 'here'], env: { SANDBUCKET_IN_MEMORY: '1' } },
      (c) => c.dataDir,
      '/home/dev/here',
    ],
    [
      '--in-memory wins over a weaker directory',
      { argv: ['--in-memory'], env: { SANDBUCKET_DATA: '/data' } },
      (c) => c.dataDir,
      undefined,
    ],
    ['an absolute directory stays', { argv: ['-d', '/srv/s3'] }, (c) => c.dataDir, '/srv/s3'],
    ['a clock tolerance with a unit', { argv: ['--max-clock-skew', '2h'] }, (c) => c.maxClockSkewMs, 7_200_000],
    ['any clock', { env: { SANDBUCKET_MAX_CLOCK_SKEW: 'off' } }, (c) => c.maxClockSkewMs, undefined],
    ['a clock tolerance in the file is in ms', { file: { maxClockSkew: 1500 } }, (c) => c.maxClockSkewMs, 1500],
    ['a part size with a unit', { argv: ['--min-part-size', '64k'] }, (c) => c.minPartSizeBytes, 65_536],
    ['a part size in bytes', { env: { SANDBUCKET_MIN_PART_SIZE: '1' } }, (c) => c.minPartSizeBytes, 1],
    [
      'a URL as public host',
      { argv: ['--public-host', 'https://S3.Example.test:9000/x'] },
      (c) => c.publicHosts,
      ['s3.example.test:9000'],
    ],
    ['one key pair by flags', { argv: ['--access-key', 'me', '--secret-key', 'x y '] }, keyOf, 'me:x y '],
    [
      'a key pair replaces the well-known ones',
      { argv: ['--access-key', 'me', '--secret-key', 'x'] },
      (c) => c.accounts[0]?.keys.length,
      1,
    ],
    [
      'half of the pair from each source',
      { argv: ['--access-key-id', 'me'], env: { SANDBUCKET_SECRET_ACCESS_KEY: 's' } },
      keyOf,
      'me:s',
    ],
    [
      'a one-character secret is fine',
      { env: { SANDBUCKET_ACCESS_KEY_ID: 'a', SANDBUCKET_SECRET_ACCESS_KEY: 'b' } },
      keyOf,
      'a:b',
    ],
    ['another account id', { argv: ['--account-id', '123456789012'] }, (c) => c.accounts[0]?.id, '123456789012'],
  ]
  for (const [name, given, read, expected] of cases) {
    it(name, () => assert.deepEqual(read(resolve(given).config), expected))
  }

  it('secrets come from files, without their last newline', () => {
    const env = { SANDBUCKET_ACCESS_KEY_ID: 'me', SANDBUCKET_SECRET_ACCESS_KEY_FILE: '/run/secrets/key' }
    assert.equal(keyOf(resolve({ env, secrets: { '/run/secrets/key': 's3cret\n' } }).config), 'me:s3cret')
  })
})

describe('accounts', () => {
  const first = {
    id: 'tester',
    canonicalId: 'abc',
    displayName: 'T',
    email: 't@x',
    keys: [{ accessKeyId: 'A', secretAccessKey: 'B' }],
  }

  it('are taken as chosen, and completed where they say nothing', () => {
    const { config } = resolve({
      file: { accounts: [first, { id: '111122223333', keys: [{ accessKeyId: 'C', secretAccessKey: 'D' }] }] },
    })
    assert.deepEqual(config.accounts[0], first)
    const second = config.accounts[1]
    assert.equal(second?.displayName, '111122223333')
    assert.equal(second?.email, '111122223333@example.com')
    assert.match(second?.canonicalId ?? '', /^[0-9a-f]{64}$/)
  })

  it('may come as JSON in a variable', () => {
    const { config } = resolve({ env: { SANDBUCKET_ACCOUNTS: JSON.stringify([first]) } })
    assert.deepEqual(config.accounts, [first])
    assert.equal(config.hasWellKnownKeys, false)
  })

  it('a single key pair becomes the first key of the first account', () => {
    const { config } = resolve({ argv: ['--access-key', 'me', '--secret-key', 'x'], file: { accounts: [first] } })
    assert.deepEqual(
      config.accounts[0]?.keys.map((key) => key.accessKeyId),
      ['me', 'A'],
    )
  })

  it('the canonical id of an account never changes', () => {
    const id = (): string | undefined => resolve({}).config.accounts[0]?.canonicalId
    assert.equal(id(), id())
    assert.equal(id(), '52db8c99f7333dd989816a42b4510d8aa4de57945b61e60ce5de924a3b1cb322')
  })
})

describe('other servers', () => {
  it("MinIO's arguments and variables work and are noted", () => {
    const { config, notes } = resolve({
      argv: ['server', '/data', '--console-address', ':9001', '--address=:9005'],
      env: {
        MINIO_ROOT_USER: 'root',
        MINIO_ROOT_PASSWORD_FILE: '/p',
        MINIO_BROWSER: 'off',
        MINIO_DOMAIN: 's3.test',
        MINIO_SERVER_URL: 'https://s3.example.test',
        MINIO_DEFAULT_BUCKETS: 'a-bucket:public,other',
      },
      secrets: { '/p': 'pass' },
    })
    assert.equal(config.port, 9005)
    assert.equal(config.host, '127.0.0.1')
    assert.equal(config.dataDir, '/data')
    assert.equal(keyOf(config), 'root:pass')
    assert.deepEqual(config.domains, ['s3.test'])
    assert.deepEqual(config.publicHosts, ['s3.example.test'])
    assert.deepEqual(config.buckets, ['a-bucket', 'other'])
    assert.match(notes[0] ?? '', /another server's arguments; ignored --console-address :9001$/)
    assert.match(notes[1] ?? '', /MINIO_ROOT_USER as SANDBUCKET_ACCESS_KEY_ID/)
    assert.match(notes[2] ?? '', /not applied, the buckets are private/)
    assert.equal(notes[3], 'ignored MINIO_BROWSER')
  })

  const cases: [string, Given, (config: Config) => unknown, unknown][] = [
    ['minio server /data', { argv: ['minio', 'server', '/d'] }, (c) => c.dataDir, '/d'],
    ['weed mini -dir', { argv: ['mini', '-dir=/d'] }, (c) => c.dataDir, '/d'],
    ['the older MinIO names', { env: { MINIO_ACCESS_KEY: 'a', MINIO_SECRET_KEY: 'b' } }, keyOf, 'a:b'],
    [
      'LocalStack listens',
      { env: { GATEWAY_LISTEN: '0.0.0.0:4566,0.0.0.0:443' } },
      (c) => [c.host, c.port],
      ['0.0.0.0', 4566],
    ],
    [
      'LocalStack host name',
      { env: { LOCALSTACK_HOST: 'localstack:4566' } },
      (c) => c.publicHosts,
      ['localstack:4566'],
    ],
    [
      'LocalStack origins',
      { env: { EXTRA_CORS_ALLOWED_ORIGINS: 'https://app.example/,https://*.b.example' } },
      (c) => c.allowedOrigins,
      ['https://app.example', 'https://*.b.example'],
    ],
    ['LocalStack without CORS checks', { env: { DISABLE_CORS_CHECKS: '1' } }, (c) => c.allowedOrigins, ['*']],
    ['LocalStack with them', { env: { DISABLE_CORS_CHECKS: '0' } }, (c) => c.allowedOrigins, []],
    [
      'MinIO origins',
      { env: { MINIO_API_CORS_ALLOW_ORIGIN: 'https://a.example' } },
      (c) => c.allowedOrigins,
      ['https://a.example'],
    ],
    [
      'S3Mock buckets',
      { env: { COM_ADOBE_TESTING_S3MOCK_STORE_INITIAL_BUCKETS: 'one,two' } },
      (c) => c.buckets,
      ['one', 'two'],
    ],
    ['RustFS keys', { env: { RUSTFS_ACCESS_KEY: 'a', RUSTFS_SECRET_KEY: 'b' } }, keyOf, 'a:b'],
    ['CloudServer in memory', { env: { S3BACKEND: 'mem' } }, (c) => c.dataDir, undefined],
    [
      "s3rver's short flags",
      { argv: ['-d', '/d', '-a', '0.0.0.0', '-p', '4568'] },
      (c) => [c.dataDir, c.host, c.port],
      ['/d', '0.0.0.0', 4568],
    ],
  ]
  for (const [name, given, read, expected] of cases) {
    it(name, () => assert.deepEqual(read(resolve(given).config), expected))
  }
})

describe('mistakes say what to do', () => {
  const cases: [string, Given, string][] = [
    [
      'a bad port',
      { argv: ['--port', 'abc'] },
      '--port must be a whole number from 0 to 65535, 0 for a free port (it is abc)',
    ],
    [
      'a port out of range',
      { env: { SANDBUCKET_PORT: '70000' } },
      'SANDBUCKET_PORT must be a whole number from 0 to 65535, 0 for a free port (it is 70000)',
    ],
    [
      'a bad value in the file',
      { file: { port: true } },
      'port in sandbucket.config.json must be a whole number from 0 to 65535, 0 for a free port (it is true)',
    ],
    [
      'a flag without its value',
      { argv: ['--port'] },
      '--port needs a value: a whole number from 0 to 65535, 0 for a free port',
    ],
    ['a misspelt flag', { argv: ['--prot', '1'] }, '--prot is not an option; did you mean --port?'],
    ['an unknown flag', { argv: ['--quux'] }, '--quux is not an option; sandbucket --help lists them'],
    ['a misspelt command', { argv: ['serv'] }, '"serv" is not a command; did you mean serve?'],
    [
      'an unknown command',
      { argv: ['fly'] },
      '"fly" is not a command; commands are serve, env, s3cfg, explain, simulate, record, reset, check, health, completion',
    ],
    ['too many words', { argv: ['serve', '/data'] }, '"/data" is not expected after "serve"; options begin with --'],
    [
      'a misspelt key in the file',
      { file: { bucket: ['a'] } },
      'bucket in sandbucket.config.json is not an option; did you mean buckets?',
    ],
    [
      'a file that is no object',
      { file: [] },
      'sandbucket.config.json must be an object with options such as { "port": 9000 }',
    ],
    [
      'a time without a unit',
      { argv: ['--max-clock-skew', '15'] },
      '--max-clock-skew must be a time with its unit, such as 15m, 90s or 500ms, or "off" (it is 15)',
    ],
    [
      'an illegal bucket name',
      { argv: ['-b', 'Big_Bucket'] },
      '-b must be bucket names: 3 to 63 lower-case letters, digits, dots and hyphens each, with a comma between two names (it is Big_Bucket)',
    ],
    [
      'an origin with a path',
      { argv: ['--allow-origin', 'https://app.example/path'] },
      '--allow-origin must be origins such as https://app.example.com or https://*.example.com, or *, with a comma between two of them (it is https://app.example/path)',
    ],
    [
      'half a key',
      { argv: ['--access-key-id', 'me'] },
      'accessKeyId is set but secretAccessKey is not; a key needs both',
    ],
    [
      'a key id that no credential scope can hold',
      { argv: ['--access-key-id', 'a/b', '--secret-key', 's3cret'] },
      '--access-key-id must be text without spaces and without any of / , ; = &',
    ],
    [
      'a KMS key that is no id',
      { argv: ['--kms-key', 'a:b'] },
      '--kms-key must be ids or aliases (alias/NAME) of KMS keys with a comma between two, or a list of { "id", "alias", "state", "accountId", "region" } with at least "id" or "alias" (it is a:b)',
    ],
    [
      'a KMS key of AWS',
      { argv: ['--kms-key', 'alias/aws/s3'] },
      '--kms-key must be ids or aliases (alias/NAME) of KMS keys with a comma between two, or a list of { "id", "alias", "state", "accountId", "region" } with at least "id" or "alias" (it is alias/aws/s3)',
    ],
    [
      'a KMS key without a name',
      { env: { SANDBUCKET_KMS_KEYS: '[{}]' } },
      'SANDBUCKET_KMS_KEYS must be ids or aliases (alias/NAME) of KMS keys with a comma between two, or a list of { "id", "alias", "state", "accountId", "region" } with at least "id" or "alias" (it is [{}])',
    ],
    [
      'both a variable and its file',
      {
        env: {
          SANDBUCKET_SECRET_ACCESS_KEY: 'a',
          SANDBUCKET_SECRET_ACCESS_KEY_FILE: '/b',
          SANDBUCKET_ACCESS_KEY_ID: 'c',
        },
      },
      'SANDBUCKET_SECRET_ACCESS_KEY and SANDBUCKET_SECRET_ACCESS_KEY_FILE are both set; keep one of them',
    ],
    [
      'a secret file that is missing',
      { env: { SANDBUCKET_SECRET_ACCESS_KEY_FILE: '/b' } },
      'SANDBUCKET_SECRET_ACCESS_KEY_FILE: cannot read /b (no such file); name a readable file',
    ],
    [
      'accounts without keys',
      { file: { accounts: [{ id: '1' }] } },
      'accounts in sandbucket.config.json must be a list of accounts, each { "id", "keys": [{ "accessKeyId", "secretAccessKey" }] } with "canonicalId", "displayName", "email" and "organization" where they matter; look at 0.keys',
    ],
    [
      'accounts that are no JSON',
      { env: { SANDBUCKET_ACCOUNTS: 'x' } },
      'SANDBUCKET_ACCOUNTS must be a list of accounts, each { "id", "keys": [{ "accessKeyId", "secretAccessKey" }] } with "canonicalId", "displayName", "email" and "organization" where they matter',
    ],
    [
      'a distributed MinIO',
      { argv: ['server', 'http://host{1...4}/data'] },
      'http://host{1...4}/data: this server is one process; name a directory',
    ],
  ]
  for (const [name, given, expected] of cases) {
    it(name, () => assert.equal(problems(given), expected))
  }

  it('all of them are said at once', () => {
    assert.equal(problems({ argv: ['--port', 'x', '--quux'], file: { nope: 1 } }).split('\n').length, 3)
  })

  it('a key used twice is refused', () => {
    const keys = [{ accessKeyId: 'A', secretAccessKey: 'B' }]
    assert.equal(
      problems({
        file: {
          accounts: [
            { id: '1', keys },
            { id: '2', keys },
          ],
        },
      }),
      'accounts: the access key id "A" appears twice; give each account its own',
    )
  })

  it('secrets never appear in a message', () => {
    assert.ok(!problems({ env: { SANDBUCKET_ACCOUNTS: '[{"id":"1","keys":"hush"}]' } }).includes('hush'))
  })

  it('a variable with our prefix that is no option is noted, not refused', () => {
    assert.deepEqual(resolve({ env: { SANDBUCKET_PROT: '1' } }).notes, [
      'SANDBUCKET_PROT is not an option and was ignored; did you mean SANDBUCKET_PORT?',
    ])
  })

  it('options of the Node API are checked like the file', () => {
    assert.throws(() => resolveOptions({ port: -1 }), /port in the options must be a whole number/)
    assert.throws(
      () => resolveOptions({ prot: 1 } as object),
      /prot in the options is not an option; did you mean port\?/,
    )
  })
})

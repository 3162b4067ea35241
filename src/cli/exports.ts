/** What a client must be told to use this server, as the variables that every AWS SDK reads. */
import type { AccessKeyConfig, Config } from '../config/config.ts'

/** The key that is shown and handed out: the first of the default account. */
export function firstKey(config: Config): AccessKeyConfig {
  const key = config.accounts[0]?.keys[0]
  if (key === undefined) throw new Error('a configuration has at least one account with a key')
  return key
}

/** `http://host:port` as a client on this machine writes it. Addresses, not names: SDKs then choose path style. */
export function clientUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' || host === 'localhost' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

/** Names and values. Some SDKs read only one of the two region variables. */
export function awsEnvironment(url: string, config: Config): Record<string, string> {
  const { accessKeyId, secretAccessKey } = firstKey(config)
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: config.region,
    AWS_DEFAULT_REGION: config.region,
  }
}

/** A word that a POSIX shell reads back as it is. */
export function shellQuote(value: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
}

/** `export NAME=value` lines for `eval "$(sandbucket env)"`. */
export function shellExports(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
    .join('')
}

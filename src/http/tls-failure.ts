/** Why a TLS handshake failed, in words for the person who reads the log; OpenSSL's own are a line of its source code. */

/** What an alert of the client says. @see https://www.rfc-editor.org/rfc/rfc8446#section-6 */
const untrusted =
  "the client does not trust the CA of this server's certificate; give it the one at /_sandbucket/ca.pem"
const alerts: ReadonlyMap<number, string> = new Map([
  [40, 'the client and this server have no cipher in common'],
  [42, untrusted],
  [43, "the client does not take the kind of this server's certificate"],
  [44, "the client takes this server's certificate for revoked"],
  [45, "the client takes this server's certificate for expired; compare the clocks"],
  [46, untrusted],
  [48, untrusted],
  [49, "the client does not accept this server's certificate"],
  [70, 'the client does not speak TLS 1.2 or 1.3'],
  [71, 'the client wants stronger ciphers'],
  [112, 'the client called a name that is not in the certificate'],
])

const codes: ReadonlyMap<string, string> = new Map([
  ['ECONNRESET', `the client left; perhaps ${untrusted.replace('the client does not', 'it does not')}`],
  ['ERR_TLS_HANDSHAKE_TIMEOUT', 'the client did not go on with it in time'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'the client does not speak TLS 1.2 or 1.3'],
  ['ERR_SSL_VERSION_TOO_LOW', 'the client does not speak TLS 1.2 or 1.3'],
  ['ERR_SSL_NO_APPLICATION_PROTOCOL', 'the client speaks HTTP/2 only, this server HTTP/1.1'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'the client and this server have no cipher in common'],
  ['ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM', "the client does not take the kind of this server's certificate"],
])

/**
 * A clause about the failure that node:tls tells of.
 * @param cause with `code`, and the number of an alert at the end of its message
 */
export function handshakeFailure({ code, message }: NodeJS.ErrnoException): string {
  const alert = /alert number (\d{1,3})/.exec(message)?.[1]
  if (alert !== undefined) return alerts.get(Number(alert)) ?? `the client ended it with TLS alert ${alert}`
  return codes.get(code ?? '') ?? 'what the client sent is no TLS that can be read'
}

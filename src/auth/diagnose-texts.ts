/** What a client may have signed instead, where the text that is signed is no canonical request: SigV2 and browser forms. */

export interface TextGuess {
  /** The difference, as a sentence. */
  finding: string
  text: string
}

/** Of a string to sign of SigV2. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html */
export function* v2Guesses(stringToSign: string): Generator<TextGuess> {
  const lines = stringToSign.split('\n')
  const [method = '', md5 = '', type = ''] = lines
  const at = lines.length - 1
  const resource = lines[at] ?? ''
  const withLine = (index: number, line: string) => lines.map((own, place) => (place === index ? line : own)).join('\n')
  for (const [how, other] of otherResources(resource)) {
    yield { finding: `The resource was signed ${how}: ${other}.`, text: withLine(at, other) }
  }
  for (const other of ['', 'binary/octet-stream', 'application/octet-stream', 'application/x-www-form-urlencoded']) {
    const finding = `Content-Type was signed as "${other}" and arrived as "${type}".`
    yield { finding, text: withLine(2, other) }
  }
  yield { finding: `Content-MD5 was not signed, and arrived as "${md5}".`, text: withLine(1, '') }
  for (const other of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
    if (other !== method) yield { finding: `The method was signed as ${other}.`, text: withLine(0, other) }
  }
  for (let index = 4; index < at; index++) {
    const name = lines[index]?.split(':', 1)[0]
    yield {
      finding: `The header ${name} was not signed.`,
      text: lines.filter((_, place) => place !== index).join('\n'),
    }
  }
}

function otherResources(resource: string): [how: string, resource: string][] {
  const [path = '', query] = resource.split('?', 2)
  const tail = query === undefined ? '' : `?${query}`
  const afterBucket = path.indexOf('/', 1)
  const pairs = query?.split('&') ?? []
  const without = (at: number) => pairs.filter((_, other) => other !== at).join('&')
  return [
    ['without the bucket (virtual-host style)', afterBucket === -1 ? `/${tail}` : path.slice(afterBucket) + tail],
    ['without its parameters', path],
    ...pairs.map((pair, at): [string, string] => [
      `without the parameter ${pair.split('=', 1)[0]}, which AWS signs too (SigV4 signs all of them)`,
      `${path}?${without(at)}`,
    ]),
    ['with a slash at its end', `${path}/${tail}`],
    ['without the slash at its end', path.replace(/\/$/, '') + tail],
    ['without encoding', decode(path) + tail],
    ['encoded twice', path.split('/').map(encodeURIComponent).join('/') + tail],
  ]
}

/** Of a form's policy: the text in Base64 that is signed as it stands. */
export function* formGuesses(policy: string): Generator<TextGuess> {
  const json = Buffer.from(policy, 'base64').toString()
  yield { finding: 'The JSON of the policy was signed, not its Base64.', text: json }
  const candidates: [how: string, text: string][] = [
    ['with a line break at its end', `${policy}\n`],
    ['without white space', policy.replace(/\s+/g, '')],
    ['with plus signs where spaces arrived', policy.replaceAll(' ', '+')],
    ['without its padding', policy.replace(/=+$/, '')],
    ['in the alphabet for URLs', policy.replaceAll('+', '-').replaceAll('/', '_')],
    ['in lines of 76 characters', policy.replace(/(.{76})(?=.)/g, '$1\n')],
    ['percent-encoded', encodeURIComponent(policy)],
  ]
  for (const [how, text] of candidates) yield { finding: `The policy was signed ${how}.`, text }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

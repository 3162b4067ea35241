/** What to do about a request that could not be authenticated, for explanations. */
import { nameMap } from '../lib/name-map.ts'

/** The error as it was answered; of its fields those that hold no secret. */
export interface AuthenticationFault {
  code: string
  message: string
  fields: Readonly<Record<string, string>>
}

type Advise = (fields: AuthenticationFault['fields'], message: string) => string

const clock: Advise = ({ RequestTime, ServerTime, MaxAllowedSkewMilliseconds }) => {
  const apart = Math.abs(Date.parse(ServerTime ?? '') - readTime(RequestTime ?? ''))
  const told = Number.isNaN(apart)
    ? ''
    : ` They are ${duration(apart)} apart; ${duration(Number(MaxAllowedSkewMilliseconds))} are allowed.`
  return `The client signed at ${RequestTime}, and the clock of this server says ${ServerTime}.${told} Set the client's clock, or --max-clock-skew.`
}

const region: Advise = ({ Region }, message) =>
  /region/.test(message) && Region !== undefined
    ? `Sign for ${Region}, the region of the bucket or server; without --region-strict any region is taken.`
    : 'The client builds its Authorization by hand, or something has cut it: compare it with the form that the message names.'

/** The program itself often does not know the secret: it may have been given in flags. */
const useOwn = 'Use the key that the server was started with; the export lines of its start name its id.'

/** What cannot be read in a URL was seldom signed so. */
export const brokenUrl =
  'The presigned URL was changed or cut when it was copied. Make it again and quote it in the shell.'

const parametersOfUrl: Advise = (fields, message) => {
  if (/region/.test(message)) return region(fields, message)
  return /less than|non-negative/.test(message) ? 'Sign the URL again, for a time that the message allows.' : brokenUrl
}

const unknownKey: Advise = ({ AWSAccessKeyId: id }) => {
  const temporary = id?.startsWith('ASIA')
    ? 'Temporary keys work only with their session token, and end with their user or role.'
    : 'Keys made through IAM end with their user, with a reset and, in memory, with the process.'
  return `No key ${id ?? 'of this id'} is known here, or it is inactive. ${temporary} ${useOwn}`
}

const advice: Readonly<Record<string, Advise>> = nameMap({
  RequestTimeTooSkewed: clock,
  InvalidAccessKeyId: unknownKey,
  InvalidClientTokenId: () =>
    `The key is not known here, is inactive, or its session token is missing or wrong. ${useOwn}`,
  ExpiredToken: () =>
    'The session has ended: ask STS for a new one. SDKs do so by themselves when they have been given the role, not its keys.',
  InvalidToken: () =>
    'The session token is not that of the key. Beside a long-term key there must be none: is AWS_SESSION_TOKEN left over in the environment?',
  AuthorizationHeaderMalformed: region,
  AuthorizationQueryParametersError: parametersOfUrl,
  IncompleteSignature: () =>
    'Something of the signature is missing: the date, a component, or a slash in the credential.',
  MissingAuthenticationToken: () => 'The call is not signed: IAM and STS take no anonymous callers.',
  SignatureDoesNotMatch: (_fields, message) =>
    /^Signature (?:expired|not yet)/.test(message)
      ? "The clocks of client and server differ by more than is allowed. Set the client's clock, or --max-clock-skew."
      : 'The credential names another region, service or day than this call is for.',
  AccessDenied: (fields, message) => {
    const { HeadersNotSigned: unsigned, Expires, ServerTime } = fields
    if (unsigned !== undefined) {
      return `The client, or something after it, adds ${unsigned} without signing: x-amz-* headers have to be in SignedHeaders.`
    }
    if (Expires === undefined) return 'The request carries no date that can be read.'
    if (message.includes('not yet')) return `The URL is dated ahead of the clock of this server, ${ServerTime}.`
    return `The URL was good until ${Expires}; now it is ${ServerTime}. Sign a new one, for longer.`
  },
})

/** A sentence or two; undefined where nothing can be told beyond the message. */
export function adviceOn({ code, message, fields }: AuthenticationFault): string | undefined {
  return Object.hasOwn(advice, code) ? advice[code]?.(fields, message) : undefined
}

/** Dates as SigV4 and HTTP write them. */
function readTime(text: string): number {
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

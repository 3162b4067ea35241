/**
 * Decisions told to people: `GET /_sandbucket/explain/ID`, and the header that answers to x-sandbucket-explain. What is
 * told of decisions comes from the journal of `authorization`; of signatures, from trying what may have changed on the way.
 */
import { refuseBeside } from './admin/guard.ts'
import type { CredentialSource } from './auth/keys.ts'
import type { Diagnosis } from './auth/diagnose.ts'
import type { RequestExplanation } from './authorization/journal.ts'
import type { Call } from './call.ts'
import type { Config } from './config/config.ts'
import type { WireResponse } from './http/wire.ts'
import { decodePath } from './lib/percent.ts'
import type { IamStore } from './store/iam.ts'

/** An explanation with what can be told of a failed authentication. */
export type ToldExplanation = RequestExplanation & { diagnosis?: Diagnosis; advice?: string }

/** Where secrets come from. */
export interface ExplainDeps {
  readonly credentials: CredentialSource
  readonly config: Config
  readonly iam: Pick<IamStore, 'account'>
  /** The session token of a request whose signature was wrong, where the signed text has none. */
  tokenOf(requestId: string): string | undefined
}

/** Adds what most likely happened to a wrong signature, and what to do about a failed authentication. */
export async function tellExplanation(
  explanation: RequestExplanation | undefined,
  deps: ExplainDeps,
): Promise<ToldExplanation | undefined> {
  const { signature, authentication, requestId = '' } = explanation ?? {}
  if (explanation === undefined || authentication === undefined) return explanation
  if (signature === undefined) {
    const { adviceOn } = await import('./auth/advice.ts')
    const advice = adviceOn(authentication)
    return advice === undefined ? explanation : { ...explanation, advice }
  }
  const { diagnoseSignature } = await import('./auth/diagnose.ts')
  const { credentials, config } = deps
  const token = deps.tokenOf(requestId) ?? tokenIn(signature.canonicalRequest)
  const credential = await credentials.find(signature.accessKeyId, token)
  const hosts = [...config.publicHosts, ...config.domains]
  const others = await knownSecrets(deps)
  const diagnosis = diagnoseSignature(signature, { secret: credential?.secretAccessKey, others, hosts })
  return { ...explanation, diagnosis }
}

/** The session token of temporary credentials, among what they signed. */
function tokenIn(canonicalRequest: string): string | undefined {
  const found = /^x-amz-(?:security|s3session)-token:(.*)$/m.exec(canonicalRequest)
  if (found !== null) return found[1]
  const parameter = /[&\n]X-Amz-(?:Security|S3session)-Token=([^&\n]*)/.exec(canonicalRequest)?.[1]
  return parameter && decodePath(parameter)
}

/** Long-term keys of all accounts: those of the configuration, then those that IAM has made. */
async function knownSecrets({ config, iam }: ExplainDeps): Promise<[keyId: string, secret: string][]> {
  const found: [string, string][] = []
  for (const { keys } of config.accounts) {
    for (const { accessKeyId, secretAccessKey } of keys) found.push([accessKeyId, secretAccessKey])
  }
  for (const { id } of config.accounts) {
    const account = await iam.account(id)
    const made = [...account.list('account'), ...account.list('user')].flatMap(({ accessKeys }) => accessKeys)
    for (const { AccessKeyId, SecretAccessKey } of made) found.push([AccessKeyId, SecretAccessKey])
  }
  return found
}

const maxHeaderChars = 500

/**
 * Puts a line about the decision into the response, and where the rest can be read. Explanations show policies: the line
 * is for who may read that, too.
 */
export function addExplanation(call: Call, response: WireResponse): void {
  response.headers['x-sandbucket-explain-path'] = `/_sandbucket/explain/${call.requestId}`
  const { kind, session } = call.principal
  const refusal = refuseBeside(call.request, kind === 'root' && session === undefined, call.config)
  if (refusal !== undefined) {
    response.headers['x-sandbucket-explanation'] = headerText(`not told: ${refusal.reason}`)
    return
  }
  const explanation = call.authorizer.explain(call.requestId)
  const line = explanation === undefined ? 'no permission was asked for' : summaryOf(explanation)
  response.headers['x-sandbucket-explanation'] = headerText(line)
  const tolerated = explanation?.decisions.find(({ isTolerated }) => isTolerated)
  if (explanation?.outcome === 'tolerated') {
    const what = tolerated === undefined ? call.operation : `${tolerated.action} on ${tolerated.resource}`
    response.headers['x-sandbucket-would-deny'] = headerText(what)
  }
}

const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, maxHeaderChars)

/** One line: the decision that refused, or the first. */
export function summaryOf({ outcome, decisions, signature, authentication, refusal }: RequestExplanation): string {
  const soft = outcome === 'tolerated' ? 'would be denied: ' : ''
  if (refusal !== undefined) return soft + refusal
  if (signature !== undefined) return 'the signature does not match'
  if (authentication !== undefined) return `${authentication.code}: ${authentication.message}`
  const told = decisions.find(({ decision }) => decision !== 'allowed') ?? decisions[0]
  if (told === undefined) return 'no permission was asked for'
  const { decision, decidedBy, action, resource, statement, remedies } = told
  const by = statement === undefined ? decidedBy : `${decidedBy} ${statement}`
  const remedy = remedies[0] === undefined ? '' : `. ${remedies[0].text}`
  return `${soft}${action} on ${resource}: ${decision} by ${by}${remedy}`
}

/**
 * Requests told to people: `GET /_sandbucket/explain/ID`, and the header that answers to x-sandbucket-explain. What was
 * decided comes from the journal; of signatures, what may have changed on the way is tried; of every answer, what it
 * means and what to do comes from a table.
 */
import { refuseBeside } from './admin/guard.ts'
import type { CredentialSource } from './auth/keys.ts'
import type { Diagnosis } from './auth/diagnose.ts'
import type { Entry } from './authorization/journal-entry.ts'
import type { RequestExplanation, RequestSummary } from './authorization/journal-explanation.ts'
import type { Call } from './call.ts'
import type { Config } from './config/config.ts'
import type { WireResponse } from './http/wire.ts'
import { decodePath } from './lib/percent.ts'
import type { Explanation } from './policy/explain.ts'
import type { IamStore } from './store/iam.ts'

/** An explanation with what the answer means. */
export type ToldExplanation = RequestExplanation & {
  /** Of a wrong signature. */
  diagnosis?: Diagnosis
  /** What the answer means, and what to do about it. */
  advice: string
}

/** Where secrets come from. */
export interface ExplainDeps {
  readonly credentials: CredentialSource
  readonly config: Config
  readonly iam: Pick<IamStore, 'account'>
}

/** All that can be told of a request. */
export async function tellExplanation(entry: Entry, deps: ExplainDeps): Promise<ToldExplanation> {
  const explanation = await explained(entry)
  const { signature } = explanation
  if (signature === undefined) return explanation
  const { diagnoseSignature } = await import('./auth/diagnose.ts')
  const { credentials, config } = deps
  const token = entry.token ?? tokenIn(signature.canonicalRequest)
  const credential = await credentials.find(signature.accessKeyId, token)
  const hosts = [...config.publicHosts, ...config.domains]
  const others = await knownSecrets(deps)
  const diagnosis = diagnoseSignature(signature, { secret: credential?.secretAccessKey, others, hosts })
  return { ...explanation, diagnosis }
}

async function explained(entry: Entry): Promise<ToldExplanation> {
  const { explainEntry } = await import('./authorization/journal-explanation.ts')
  const { adviceOnAnswer } = await import('./explain-answers.ts')
  const explanation = explainEntry(entry)
  return { ...explanation, advice: adviceOnAnswer(explanation) }
}

/** Lines of the log of requests. */
export async function listRequests(entries: readonly Entry[]): Promise<RequestSummary[]> {
  const { summarize } = await import('./authorization/journal-explanation.ts')
  return entries.map(summarize)
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
 * Puts a line about the answer into the response, and where the rest can be read. Explanations show policies: the line
 * is for who may read that, too.
 */
export async function addExplanation(call: Call, response: WireResponse): Promise<void> {
  const { entry, requestId, operation, principal, request, config } = call
  response.headers['x-sandbucket-explain-path'] = `/_sandbucket/explain/${requestId}`
  const { kind, session } = principal
  const refusal = refuseBeside(request, kind === 'root' && session === undefined, config)
  if (refusal !== undefined) {
    response.headers['x-sandbucket-explanation'] = headerText(`not told: ${refusal.reason}`)
    return
  }
  const explanation = await explained(entry)
  response.headers['x-sandbucket-explanation'] = headerText(summaryOf(explanation))
  if (explanation.outcome === 'tolerated') {
    const tolerated = explanation.decisions.find(({ isTolerated }) => isTolerated)
    const what = tolerated === undefined ? operation : `${tolerated.action} on ${tolerated.resource}`
    response.headers['x-sandbucket-would-deny'] = headerText(what)
  }
}

const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, maxHeaderChars)

/** One line: the decision that refused; else what the answer means; else the decision that allowed. */
export function summaryOf({ outcome, decisions, refusal, answer, advice, status }: ToldExplanation): string {
  const soft = outcome === 'tolerated' ? 'would be denied: ' : ''
  if (outcome === 'signature') return 'the signature does not match'
  const isDenied = outcome === 'denied' || outcome === 'tolerated'
  const told = isDenied ? decisions.find(({ decision }) => decision !== 'allowed') : decisions[0]
  if (isDenied && refusal !== undefined) return soft + refusal
  if (answer !== undefined && (told === undefined || !isDenied || answer.reason !== undefined)) {
    return `${status} ${answer.code}: ${advice}`
  }
  if (told === undefined) return advice
  const { decision, decidedBy, action, resource, statement, remedies } = told
  const remedy = remedies[0] === undefined ? '' : `. ${remedies[0].text}`
  return `${soft}${action} on ${resource}: ${verdictWords(decision, decidedBy, statement)}${remedy}`
}

function verdictWords(
  decision: Explanation['decision'],
  by: Explanation['decidedBy'],
  statement: string | undefined,
): string {
  if (decision === 'implicitDeny')
    return by === 'publicAccessBlock' ? 'RestrictPublicBuckets denies it' : `no ${by} policy allows it`
  const what = statement === undefined ? by : `${by} ${statement}`
  return decision === 'allowed' ? `allowed by ${what}` : `explicitly denied by ${what}`
}

/**
 * Decisions told to people: `GET /_sandbucket/explain/ID`, and the header that answers to x-sandbucket-explain. What is
 * told of decisions comes from the journal of `authorization`; of signatures, from trying what may have changed on the way.
 */
import type { CredentialSource } from './auth/keys.ts'
import type { Diagnosis } from './auth/diagnose.ts'
import type { RequestExplanation } from './authorization/journal.ts'
import type { Call } from './call.ts'
import type { Config } from './config/config.ts'
import type { WireResponse } from './http/wire.ts'

/** An explanation with what can be told of a wrong signature. */
export type ToldExplanation = RequestExplanation & { diagnosis?: Diagnosis }

/** Adds to a wrong signature what most likely happened to it. */
export async function tellExplanation(
  explanation: RequestExplanation | undefined,
  credentials: CredentialSource,
  config: Config,
): Promise<ToldExplanation | undefined> {
  const { signature } = explanation ?? {}
  if (explanation === undefined || signature === undefined) return explanation
  const { diagnoseSignature } = await import('./auth/diagnose.ts')
  const credential = await credentials.find(signature.accessKeyId)
  const keys = config.accounts.flatMap((account) => account.keys)
  const others = keys.map(({ accessKeyId, secretAccessKey }) => [accessKeyId, secretAccessKey] as const)
  const hosts = [...config.publicHosts, ...config.domains]
  return { ...explanation, diagnosis: diagnoseSignature(signature, credential?.secretAccessKey, others, hosts) }
}

const maxHeaderChars = 500

/** Puts a line about the decision into the response, and where the rest can be read. */
export function addExplanation(call: Call, response: WireResponse): void {
  const explanation = call.authorizer.explain(call.requestId)
  const line = explanation === undefined ? 'no permission was asked for' : summaryOf(explanation)
  response.headers['x-sandbucket-explanation'] = headerText(line)
  const tolerated = explanation?.decisions.find(({ isTolerated }) => isTolerated)
  if (explanation?.outcome === 'tolerated') {
    const what = tolerated === undefined ? call.operation : `${tolerated.action} on ${tolerated.resource}`
    response.headers['x-sandbucket-would-deny'] = headerText(what)
  }
  response.headers['x-sandbucket-explain-path'] = `/_sandbucket/explain/${call.requestId}`
}

const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, maxHeaderChars)

/** One line: the decision that refused, or the first. */
export function summaryOf({ outcome, decisions, signature, refusal }: RequestExplanation): string {
  const soft = outcome === 'tolerated' ? 'would be denied: ' : ''
  if (refusal !== undefined) return soft + refusal
  if (signature !== undefined) return 'the signature does not match'
  const told = decisions.find(({ decision }) => decision !== 'allowed') ?? decisions[0]
  if (told === undefined) return 'no permission was asked for'
  const { decision, decidedBy, action, resource, statement, remedies } = told
  const by = statement === undefined ? decidedBy : `${decidedBy} ${statement}`
  const remedy = remedies[0] === undefined ? '' : `. ${remedies[0].text}`
  return `${soft}${action} on ${resource}: ${decision} by ${by}${remedy}`
}

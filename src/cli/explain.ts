/** `sandbucket explain ID`: why a request was allowed or refused, asked of the server. */
import type { Config } from '../config/config.ts'
import type { RequestSummary } from '../authorization/journal-explanation.ts'
import type { ToldExplanation } from '../explain.ts'
import { shortName } from '../lib/log.ts'
import { nameMap } from '../lib/name-map.ts'
import type { ConditionExplanation, Explanation } from '../policy/explain.ts'
import { askAdmin, refusalOf } from './ask-admin.ts'
import { minColumns, wrap } from './wrap.ts'
import { exitCodes } from './exit-codes.ts'
import type { ServerAddress } from './find-server.ts'
import type { Io } from './io.ts'

/** Prints what the server knows of a request, of the last one that failed, or of the last ones: text, or with `--json` all of it. */
export async function explain(
  id: string,
  server: ServerAddress,
  config: Config,
  isJson: boolean,
  io: Io,
): Promise<number> {
  try {
    if (id === 'list') return await list(server, config, isJson, io)
    const wanted = id === 'last' ? await lastFailure(server, config) : id
    if (wanted === undefined) {
      io.out('No request was answered with an error yet.\n')
      return exitCodes.clean
    }
    const answer = await askAdmin('GET', `explain/${encodeURIComponent(wanted)}`, server, config)
    if (answer.status !== 200) {
      io.err(`${refusalOf(answer, server)}\n`)
      return exitCodes.crash
    }
    io.out(isJson ? answer.text : printExplanation(JSON.parse(answer.text) as ToldExplanation, io.columns))
    return exitCodes.clean
  } catch (cause) {
    io.err(`${(cause as Error).message}\n`)
    return exitCodes.crash
  }
}

async function requests(server: ServerAddress, config: Config, query: string): Promise<string> {
  const answer = await askAdmin('GET', `explain?${query}`, server, config)
  if (answer.status !== 200) throw new Error(refusalOf(answer, server))
  return answer.text
}

const read = (text: string): RequestSummary[] => (JSON.parse(text) as { requests: RequestSummary[] }).requests

async function lastFailure(server: ServerAddress, config: Config): Promise<string | undefined> {
  return read(await requests(server, config, 'count=1&errors'))[0]?.requestId
}

/** The newest last, as in a log. */
async function list(server: ServerAddress, config: Config, isJson: boolean, io: Io): Promise<number> {
  const text = await requests(server, config, 'count=20')
  if (isJson) io.out(text)
  else {
    const lines = read(text).map(({ requestId, time, method, path, hostBucket, status, code, by }) => {
      const where = hostBucket === undefined ? path : `${hostBucket}:${path}`
      const fields = [
        time.slice(11, 19),
        requestId,
        `${status}${code === undefined ? '' : ` ${code}`}`,
        method === '' ? '(unreadable)' : method,
        where,
        shortName(by),
      ]
      return `${fields.filter((field) => field !== '').join(' ')}\n`
    })
    io.out(lines.length === 0 ? 'No request was answered yet.\n' : lines.reverse().join(''))
  }
  return exitCodes.clean
}

const outcomes: Readonly<Record<ToldExplanation['outcome'], string>> = {
  allowed: 'allowed',
  denied: 'denied',
  tolerated: 'allowed by soft mode only, AWS would deny it',
  signature: 'the signature does not match',
  authentication: 'not authenticated',
  redirected: 'redirected',
  failed: 'failed',
}

/** An explanation as text for people. @param columns of the terminal, to which sentences are fitted; undefined: none */
export function printExplanation(told: ToldExplanation, columns?: number): string {
  const { operation, requestId, time, outcome, status, answer, method, path, hostBucket, by, advice } = told
  const how = answer === undefined ? `${status}` : `${status} ${answer.code}`
  const lines: string[] = []
  const say = (...texts: string[]) => lines.push(...texts.flatMap((text) => fitted(text, columns)))
  say(`${operation || 'request'} ${requestId} at ${time}: ${outcomes[outcome]} (${how})`)
  if (method !== '') lines.push(`  ${method} ${hostBucket === undefined ? '' : `${hostBucket}:`}${path} by ${by}`)
  if (told.diagnosis !== undefined) {
    say('', told.diagnosis.finding)
    if (told.diagnosis.signed !== undefined) lines.push('What was signed:', indent(told.diagnosis.signed))
    if (told.signature?.canonicalRequest) lines.push('What arrived:', indent(told.signature.canonicalRequest))
  }
  lines.push('')
  if (answer !== undefined) say(`Answered: ${answer.code}, ${answer.message}`)
  if (told.diagnosis === undefined) say(advice)
  for (const decision of told.decisions) {
    const { principal, action, resource, decidedBy, statement, policies, remedies } = decision
    lines.push('', `${action} on ${resource}`, `  by ${principal}`)
    say(`  ${verdictText(decision.decision, decidedBy, statement)}`)
    for (const note of decision.notes) say(`  ${note}`)
    for (const policy of policies) {
      lines.push(`  ${policy.kind} policy ${policy.policy}: ${policyOutcomes[policy.outcome]}`)
      for (const each of policy.statements) {
        say(`    ${each.matched ? '*' : '-'} ${each.effect} ${each.statement}: ${each.why}`)
        const { conditions = [] } = each
        // One that fails alone is told already.
        if (each.matched || conditions.length > 1)
          for (const condition of conditions) say(`      ${printCondition(condition)}`)
      }
    }
    lines.push(...remedyLines(remedies, columns))
  }
  if (told.droppedDecisions !== undefined) lines.push('', `${told.droppedDecisions} further decisions were not kept.`)
  return `${lines.join('\n')}\n`
}

const policyOutcomes: Readonly<Record<Explanation['policies'][number]['outcome'], string>> = {
  allows: 'allows it',
  explicitDeny: 'denies it',
  noMatch: 'no statement fits',
}

/** What helps: one way, and another one beside what is enough by itself. */
function remedyLines(remedies: Explanation['remedies'], columns: number | undefined): string[] {
  const enough = remedies.find(({ isEnough }) => isEnough)
  const others = remedies.filter((remedy) => remedy !== enough)
  const lines = enough === undefined ? [] : [`  Remedy: ${enough.text}`]
  const isOr = enough !== undefined
  if (others.length > 1) lines.push(`  ${isOr ? 'Or all' : 'All'} of these together would allow it:`)
  for (const { text, statement } of others) {
    const isOnly = isOr && others.length === 1
    lines.push(
      ...fitted(isOnly ? `  Or, ${text.charAt(0).toLowerCase()}${text.slice(1)}` : `  Remedy: ${text}`, columns),
    )
    if (statement !== undefined) lines.push(indent(JSON.stringify(statement, undefined, 2)))
  }
  return lines
}

/** A sentence on lines of the terminal; those after the first are set in. */
function fitted(text: string, columns: number | undefined): string[] {
  if (columns === undefined || text.length <= columns) return [text]
  const indented = text.length - text.trimStart().length
  const [first = '', ...rest] = wrap(text.trimStart(), indented + 2, Math.max(minColumns, columns))
  return [first.slice(2), ...rest]
}

/** What decided, in words. */
function verdictText(decision: Explanation['decision'], by: Explanation['decidedBy'], statement?: string): string {
  if (decision === 'explicitDeny') return `explicitly denied by the ${by} policy statement ${statement}`
  if (decision === 'allowed')
    return statement === undefined ? `allowed: ${whyAllowed[by] ?? by}` : `allowed by ${statement}`
  return by === 'publicAccessBlock' ? 'denied by RestrictPublicBuckets' : `denied: no ${by} policy allows it`
}

const whyAllowed: Readonly<Record<string, string>> = nameMap({
  root: "the account's own root needs no policy",
  owner: "the root of the bucket's account keeps its policy",
  acl: 'an ACL grants it',
  always: 'nothing can deny it',
})

function printCondition({ operator, key, wanted, actual, holds }: ConditionExplanation): string {
  const had = actual === null ? 'absent' : JSON.stringify(actual)
  return `${holds ? 'holds' : 'fails'}: ${operator} ${key} ${JSON.stringify(wanted)}; the request has ${had}`
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')

/** `sandbucket explain ID`: why a request was allowed or refused, asked of the server at the configured address. */
import { get } from 'node:http'
import type { Config } from '../config/config.ts'
import type { ToldExplanation } from '../explain.ts'
import { exitCodes } from './exit-codes.ts'
import { clientUrl, firstKey } from './exports.ts'
import type { Io } from './io.ts'

interface Answer {
  status: number
  text: string
}

function ask(url: string, authorization: string | undefined): Promise<Answer> {
  const headers = authorization === undefined ? {} : { authorization }
  return new Promise((resolve, reject) => {
    const outgoing = get(url, { headers, timeout: 5000, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 5 s')))
    outgoing.on('error', reject)
  })
}

/** Prints what the server knows of a request: text, or with `--json` all of it. */
export async function explain(id: string, config: Config, isJson: boolean, io: Io): Promise<number> {
  // Without TLS, which is never the only way in.
  const url = `${clientUrl(config.host, config.port, false)}/_sandbucket/explain/${encodeURIComponent(id)}`
  const { accessKeyId, secretAccessKey } = firstKey(config)
  const basic = `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`
  try {
    const open = await ask(url, undefined)
    // From another machine it takes a root key.
    const { status, text } = open.status === 401 ? await ask(url, basic) : open
    if (status !== 200) {
      io.err(`${reasonIn(text) ?? `status ${status}`}\n`)
      return exitCodes.crash
    }
    io.out(isJson ? text : printExplanation(JSON.parse(text) as ToldExplanation))
    return exitCodes.clean
  } catch (cause) {
    io.err(`${url}: ${(cause as Error).message}\n`)
    return exitCodes.crash
  }
}

function reasonIn(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: string }).error
  } catch {
    return undefined
  }
}

/** An explanation as text for people. */
export function printExplanation(told: ToldExplanation): string {
  const lines = [`${told.operation || 'request'} ${told.requestId} at ${told.time}: ${told.outcome}`]
  if (told.diagnosis !== undefined) {
    lines.push('', `The signature does not match. ${told.diagnosis.finding}`)
    if (told.diagnosis.signed !== undefined) lines.push('What was signed:', indent(told.diagnosis.signed))
    if (told.signature?.canonicalRequest) lines.push('What arrived:', indent(told.signature.canonicalRequest))
  }
  if (told.refusal !== undefined) lines.push('', `Refused: ${told.refusal}`)
  for (const decision of told.decisions) {
    const { principal, action, resource, decidedBy, statement, policies, remedies } = decision
    lines.push('', `${action} on ${resource}`, `  by ${principal}`)
    lines.push(`  ${decision.decision}, decided by ${decidedBy}${statement === undefined ? '' : `: ${statement}`}`)
    for (const policy of policies) {
      lines.push(`  ${policy.kind} policy ${policy.policy}: ${policy.outcome}`)
      for (const each of policy.statements) {
        lines.push(`    ${each.matched ? '*' : '-'} ${each.effect} ${each.statement}: ${each.why}`)
      }
    }
    for (const remedy of remedies) {
      lines.push(`  Remedy: ${remedy.text}`)
      if (remedy.statement !== undefined) lines.push(indent(JSON.stringify(remedy.statement, undefined, 2)))
    }
  }
  if (told.droppedDecisions !== undefined) lines.push('', `${told.droppedDecisions} further decisions were not kept.`)
  return `${lines.join('\n')}\n`
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')

/** `sandbucket simulate FILE`: expectations about who may do what, asked of the server's IAM simulator. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { type UsageError, usageError } from '../config/layer.ts'
import { exitCodes } from './exit-codes.ts'
import { firstKey } from './exports.ts'
import { type ServerAddress, unknownSecret } from './find-server.ts'
import type { Io } from './io.ts'
import { type PolicyTest, readPolicyTests } from './policy-tests.ts'
import { callIam, elementsIn } from './sign-query.ts'

/** Runs the tests of a file: 0 when all expectations hold, 1 when one does not or the server does not answer. */
export async function simulate(file: string, server: ServerAddress, config: Config, io: Io): Promise<number> {
  const tests = await readPolicyTests(readText(resolve(io.directory, file), file), file)
  if (server.key === undefined) throw usageError([unknownSecret(server)])
  const questions = tests.flatMap((test) =>
    test.actions.flatMap((action) => test.resources.map((resource) => ({ test, action, resource }))),
  )
  let failures = 0
  try {
    for (const question of questions) {
      const answer = await ask(server, question, config)
      if (isExpected(question.test, answer)) continue
      failures++
      io.out(tell(question, answer))
    }
  } catch (cause) {
    io.err(`${(cause as Error).message}\n`)
    return exitCodes.crash
  }
  io.out(`${questions.length - failures} of ${questions.length} as expected\n`)
  return failures === 0 ? exitCodes.clean : exitCodes.crash
}

interface Question {
  test: PolicyTest
  action: string
  resource: string
}

function isExpected({ expect }: PolicyTest, { decision }: Answer): boolean {
  return expect === decision || (expect === 'denied' && (decision === 'implicitDeny' || decision === 'explicitDeny'))
}

/** As a diff: what the file has, and what it would have to have. */
function tell({ test, action, resource }: Question, { decision, policies, missing }: Answer): string {
  const by = policies.length === 0 ? '' : ` by ${policies.join(', ')}`
  const lacking = missing.length === 0 ? '' : `; no value for ${missing.join(', ')}`
  const name = test.name === undefined ? '' : ` ${test.name}`
  return [
    `not ok:${name} (${test.place})`,
    `    ${test.principal} ${action} ${resource}`,
    `  - ${test.expect}`,
    `  + ${decision}${by}${lacking}`,
    '',
  ].join('\n')
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw usageError([`${file} cannot be read: ${(cause as Error).message}`]) satisfies UsageError
  }
}

interface Answer {
  /** A decision, or the error of a call that was refused. */
  decision: string
  policies: string[]
  missing: string[]
}

/** @throws Error when the server does not answer */
async function ask(server: ServerAddress, { test, action, resource }: Question, config: Config): Promise<Answer> {
  const { principal, context, resourcePolicy } = test
  const parameters: Record<string, string> = {
    Action: 'SimulatePrincipalPolicy',
    PolicySourceArn: principal.startsWith('arn:') ? principal : `arn:aws:iam::${config.accounts[0]?.id}:${principal}`,
    'ActionNames.member.1': action,
    'ResourceArns.member.1': resource,
    ...(resourcePolicy !== undefined && { ResourcePolicy: resourcePolicy }),
  }
  for (const [index, [key, value]] of Object.entries(context).entries()) {
    const entry = `ContextEntries.member.${index + 1}`
    parameters[`${entry}.ContextKeyName`] = key
    parameters[`${entry}.ContextKeyType`] = typeof value === 'string' ? 'string' : 'stringList'
    for (const [at, one] of [value].flat().entries()) parameters[`${entry}.ContextKeyValues.member.${at + 1}`] = one
  }
  try {
    const xml = await callIam(server, parameters, server.key ?? firstKey(config))
    const missing = xml.match(/<MissingContextValues>.*?<\/MissingContextValues>/gs) ?? []
    return {
      decision: elementsIn(xml, 'EvalDecision')[0] ?? 'no decision',
      policies: [...new Set(elementsIn(xml, 'SourcePolicyId'))],
      missing: [...new Set(missing.flatMap((part) => elementsIn(part, 'member')))],
    }
  } catch (cause) {
    // The server did not answer at all: no test can say anything.
    if ((cause as Error).name === 'NoAnswer') throw cause
    return { decision: `an error: ${(cause as Error).message}`, policies: [], missing: [] }
  }
}

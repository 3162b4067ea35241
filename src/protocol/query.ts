/**
 * The Query protocol of IAM and STS: an action and its members as a form, an XML document back. Tables are loaded with
 * the first call of their service: a server that only sees S3 never pays for them.
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
import { error } from '../errors.ts'
import type { WireResponse } from '../http/wire.ts'
import type { OperationRow, ServiceTable } from '../model/shape.ts'
import { QUERY_NAMESPACES } from './error-xml.ts'
import { type FormNode, formValue } from './form.ts'
import { readFormInput } from './query-input.ts'
import { jsonAnswer } from './query-json.ts'
import { createShapeWriter, escapeXml, type ShapeWriter } from './xml-write.ts'

export type QueryService = 'iam' | 'sts'

export interface QueryPlan {
  readonly service: QueryService
  readonly name: string
  /** The 200 answer of an output. @param isJson for clients that accept JSON; XML otherwise */
  write(output: object | undefined, requestId: string, isJson?: boolean): WireResponse
}

interface QueryApi {
  readonly service: QueryService
  readonly table: ServiceTable
  readonly writer: ShapeWriter
  readonly operations: ReadonlyMap<string, OperationRow>
  readonly plans: Map<string, QueryPlan>
}

const VERSIONS: Readonly<Record<QueryService, string>> = { iam: '2010-05-08', sts: '2011-06-15' }
const apis = new Map<QueryService, QueryApi>()

/**
 * Reads a form into its action and typed input.
 * @throws MissingAction, InvalidAction, ValidationError, MalformedInput
 */
export async function parseQueryAction(
  service: QueryService,
  root: FormNode,
): Promise<{ plan: QueryPlan; input: Record<string, unknown> }> {
  const api = apis.get(service) ?? (await loadApi(service))
  const action = formValue(root, 'Action')
  if (action === undefined || action === '') throw error('MissingAction')
  const version = formValue(root, 'Version')
  const row = version === VERSIONS[service] ? api.operations.get(action) : undefined
  if (row === undefined) {
    // Observed: AWS's words for either unknown part, and this name for a version that is absent.
    const message = `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`
    throw error('InvalidAction', {}, { message })
  }
  return { plan: planOf(api, row), input: row[4] === '' ? {} : readFormInput(api.table, row[4], root) }
}

async function loadApi(service: QueryService): Promise<QueryApi> {
  const table =
    service === 'iam' ? (await import('../model/iam.gen.ts')).iamTable : (await import('../model/sts.gen.ts')).stsTable
  const api: QueryApi = {
    service,
    table,
    writer: createShapeWriter(table, 'query'),
    operations: new Map(table.operations.map((row) => [row[0], row])),
    plans: new Map(),
  }
  apis.set(service, api)
  return api
}

function planOf(api: QueryApi, row: OperationRow): QueryPlan {
  const name = row[0]
  let plan = api.plans.get(name)
  if (plan === undefined) {
    plan = { service: api.service, name, write: compileWrite(api, row) }
    api.plans.set(name, plan)
  }
  return plan
}

function compileWrite(api: QueryApi, row: OperationRow): QueryPlan['write'] {
  const [name, , , , , output] = row
  const members = output === '' ? undefined : api.writer.members(output)
  const open = `<${name}Response xmlns="${QUERY_NAMESPACES[api.service]}">`
  return (value, requestId, isJson) => {
    if (isJson === true) {
      const body = jsonAnswer(api.table, name, output, value ?? {}, requestId)
      return { status: 200, headers: { 'x-amzn-RequestId': requestId, 'Content-Type': 'application/json' }, body }
    }
    let result = ''
    if (members !== undefined) {
      const content = members((value ?? {}) as Record<string, unknown>)
      result = content === '' ? `<${name}Result/>` : `<${name}Result>${content}</${name}Result>`
    }
    const metadata = `<ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata>`
    return {
      status: 200,
      headers: { 'x-amzn-RequestId': requestId, 'Content-Type': 'text/xml' },
      body: `${open}${result}${metadata}</${name}Response>`,
    }
  }
}

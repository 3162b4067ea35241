/**
 * Which services of AWS a policy may name as a principal. Read when the first policy names one.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
 */
import { readPackageJson } from '../lib/package-files.ts'

interface ServicePrincipalsFile {
  /** `ec2` of `ec2.amazonaws.com`. */
  readonly services: readonly string[]
  /** Whole names under other domains. */
  readonly others: readonly string[]
}

let known: { services: ReadonlySet<string>; others: ReadonlySet<string> } | undefined

function load() {
  if (known === undefined) {
    const { services, others } = readPackageJson('data/service-principals.json') as ServicePrincipalsFile
    known = { services: new Set(services), others: new Set(others) }
  }
  return known
}

const region = /^[a-z]{2,3}(?:-[a-z]+)+-\d+$/

/**
 * Whether a name is a service's: `ec2.amazonaws.com`, with a region (`logs.eu-west-1.amazonaws.com`), below one
 * (`delivery.logs.amazonaws.com`), or in China (`ec2.amazonaws.com.cn`). Assumed: names below a known one exist, because
 * AWS publishes no list of them.
 */
export function isServicePrincipal(name: string): boolean {
  const start = /^([a-z0-9-]+(?:\.[a-z0-9-]+)*)\.amazonaws\.com(?:\.cn)?$/.exec(name)?.[1]
  const { services, others } = load()
  if (start === undefined) return others.has(name)
  const labels = start.split('.').filter((label) => !region.test(label))
  return labels.some((_, from) => services.has(labels.slice(from).join('.')))
}

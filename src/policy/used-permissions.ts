/**
 * What one principal did, kept small: actions with their resources, keys in each bucket, prefixes of listings. Where too
 * much is known it is replaced by patterns that cover it, so that size is bounded and nothing seen is ever lost.
 */
import { s3Actions, takesKey } from './actions.ts'
import { commonStart, generalisePaths, type PathSet } from './path-patterns.ts'

/** One permission as it was asked for. */
export interface Use {
  /** `s3:GetObject`. */
  action: string
  /** An ARN, or `*`. */
  resource: string
  /** `s3:prefix` of a listing; undefined: none. */
  prefix?: string | undefined
}

/** The resources of one kind that an action was used on. */
export interface UsedGroup {
  /** A bucket's ARN, or that of a kind of resource (`arn:aws:iam::1:user`); what ends in `*` stands for all that begin so. */
  group: string
  /** `whole`: the group itself. Of `paths` they follow its ARN; of `prefixes` they are those of listings. */
  kind: 'whole' | 'paths' | 'prefixes'
  used: PathSet
}

interface Used {
  exact: Set<string>
  folders: string[]
}

/** Resources of a kind, or listings of a bucket, known one by one. */
const maxPaths = 256
/** Buckets known by name, for each action. */
const maxGroups = 64
/** Rough cost of an entry beside its text. */
const entryChars = 50
const s3 = 'arn:aws:s3:::'

const listings = new Set(s3Actions.flatMap((action) => (takesKey(action, 's3:prefix') ? [action.name] : [])))

export class UsedPermissions {
  /** By action; keys of the inner map are groups, with `/` behind those that have paths. */
  readonly #actions = new Map<string, Map<string, Used>>()
  #sizeChars = 0
  #level = 0

  /** About what it holds in memory. */
  get sizeChars(): number {
    return this.#sizeChars
  }

  /** Whether all of it had to be made smaller, beyond what a policy would have said anyway. */
  get isGeneralised(): boolean {
    return this.#level > 0
  }

  /** Whether there is nothing left to make smaller. */
  get isSmallest(): boolean {
    return this.#level === smallest
  }

  add({ action, resource, prefix }: Use): void {
    let groups = this.#actions.get(action)
    if (groups === undefined) {
      groups = new Map()
      this.#actions.set(action, groups)
      this.#sizeChars += action.length + entryChars
    }
    const { group, path } = listings.has(action) ? { group: resource, path: prefix } : split(resource)
    if (isCoveredWide(groups, group, path !== undefined && !listings.has(action))) return
    const used = this.#open(groups, group)
    if (path === undefined) used.folders = ['']
    else this.#addPath(used, path)
    if (groups.size > maxGroups) this.#widen(groups)
  }

  /** All of it, in no order, within the limits of `generalisePaths`. */
  groups(): Map<string, UsedGroup[]> {
    return new Map([...this.#actions].map(([action, groups]) => [action, [...groups].map(groupOf(action))]))
  }

  /** Takes the next coarser step: folders, then whole buckets, then whole kinds. */
  shrink(): void {
    this.#level = Math.min(this.#level + 1, smallest)
    this.#sizeChars = 0
    for (const [action, groups] of this.#actions) {
      if (this.#level === smallest) this.#widen(groups)
      this.#sizeChars += action.length + entryChars
      for (const [group, used] of groups) {
        if (this.#level > 1) Object.assign(used, { exact: new Set(), folders: [''] })
        else reduce(used)
        this.#sizeChars += group.length + sizeOf(used)
      }
    }
  }

  #open(groups: Map<string, Used>, group: string): Used {
    let used = groups.get(group)
    if (used === undefined) {
      used = { exact: new Set(), folders: [] }
      groups.set(group, used)
      this.#sizeChars += group.length + entryChars
    }
    return used
  }

  #addPath(used: Used, path: string): void {
    if (used.exact.has(path) || used.folders.some((folder) => path.startsWith(folder))) return
    used.exact.add(path)
    this.#sizeChars += path.length + entryChars
    if (used.exact.size <= maxPaths) return
    this.#sizeChars -= sizeOf(used)
    reduce(used)
    this.#sizeChars += sizeOf(used)
  }

  /** Replaces the buckets of an action by what their names begin with; other kinds of resources by everything. */
  #widen(groups: Map<string, Used>): void {
    const all = [...groups.keys()]
    const hasPaths = all.some((group) => group.startsWith(s3) && group.endsWith('/'))
    const names = all.filter((group) => group.startsWith(s3)).map((group) => group.slice(s3.length).replace(/\/$/, ''))
    const others = all.filter((group) => !group.startsWith(s3))
    for (const group of all) this.#sizeChars -= group.length + sizeOf(groups.get(group) as Used)
    groups.clear()
    if (names.length > 0) {
      const start = `${s3}${commonStart(names.map((name) => name.replace(/\*$/, '')))}*`
      groups.set(hasPaths ? `${start}/` : start, { exact: new Set(), folders: [''] })
    }
    // Few kinds of resources are not S3's; only what makes up names can be many.
    if (others.length > 0)
      groups.set(others.length > 1 ? '*' : (others[0] as string), { exact: new Set(), folders: [''] })
    for (const [group, used] of groups) this.#sizeChars += group.length + sizeOf(used)
  }
}

const smallest = 3

/** The group of a resource, which is `*` where it is no ARN, and the path in it. */
function split(resource: string): { group: string; path: string | undefined } {
  // What a pattern for all buckets stands for is the service: it is only asked for as a whole.
  if (!resource.startsWith('arn:') || resource === `${s3}*`) return { group: '*', path: undefined }
  const slash = resource.indexOf('/')
  if (slash === -1) return { group: resource, path: undefined }
  return { group: resource.slice(0, slash + 1), path: resource.slice(slash + 1) }
}

function isCoveredWide(groups: ReadonlyMap<string, Used>, group: string, hasPaths: boolean): boolean {
  for (const wide of groups.keys()) {
    if (wide === '*') return true
    const star = wide.indexOf('*')
    if (star !== -1 && wide.endsWith('/') === hasPaths && group.startsWith(wide.slice(0, star))) return true
  }
  return false
}

function reduce(used: Used): void {
  const { exact, folders } = generalisePaths(used.exact, used.folders)
  used.exact = new Set(exact)
  used.folders = folders
}

function sizeOf({ exact, folders }: Used): number {
  let size = entryChars
  for (const path of exact) size += path.length + entryChars
  for (const folder of folders) size += folder.length + entryChars
  return size
}

const groupOf =
  (action: string) =>
  ([key, { exact, folders }]: [string, Used]): UsedGroup => {
    const used = generalisePaths(exact, folders)
    if (listings.has(action)) return { group: key, kind: 'prefixes', used }
    return key.endsWith('/') ? { group: key.slice(0, -1), kind: 'paths', used } : { group: key, kind: 'whole', used }
  }

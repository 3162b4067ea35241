/** Console passwords: kept as hashes and held to the account's rules. There is no console to use them in. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type AwsError, error } from '../errors.ts'
import type { IamHandlers, LoginProfile } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { UserRecord } from '../store/iam-records.ts'
import { alreadyExists, invalid, noSuchEntity, requireUser } from './lib/find.ts'
import { userNameOf } from './lib/input.ts'

type Profile = NonNullable<UserRecord['loginProfile']>

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>
const saltBytes = 16
const hashBytes = 32

async function hashed(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  return Buffer.concat([salt, await derive(password, salt, hashBytes)]).toString('base64')
}

async function isPassword(password: string, hash: string): Promise<boolean> {
  const bytes = Buffer.from(hash, 'base64')
  const derived = await derive(password, bytes.subarray(0, saltBytes), hashBytes)
  return timingSafeEqual(derived, bytes.subarray(saltBytes))
}

export const loginProfiles = {
  async CreateLoginProfile(input, ctx) {
    const name = requireName(userNameOf(input.UserName, ctx))
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    if (input.Password === undefined) throw invalid('Password must be specified.')
    checkPassword(account, input.Password)
    const profile = {
      createdMs: ctx.clock.now(),
      PasswordResetRequired: input.PasswordResetRequired ?? false,
      hash: await hashed(input.Password),
    }
    const user = await ctx.store.iam.change(account.id, (draft) => {
      const before = requireUser(draft, name)
      if (before.loginProfile !== undefined) throw alreadyExists(`Login Profile for user ${name} already exists.`)
      draft.put('user', { ...before, loginProfile: profile })
      return before
    })
    return { LoginProfile: view(user, profile) }
  },

  async GetLoginProfile(input, ctx) {
    const name = requireName(userNameOf(input.UserName, ctx))
    const user = requireUser(await ctx.store.iam.account(ctx.principal.accountId), name)
    return { LoginProfile: view(user, requireProfile(user)) }
  },

  async UpdateLoginProfile(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    if (input.Password !== undefined) checkPassword(account, input.Password)
    const hash = input.Password === undefined ? undefined : await hashed(input.Password)
    await ctx.store.iam.change(account.id, (draft) => {
      const user = requireUser(draft, input.UserName)
      const before = requireProfile(user)
      const { PasswordResetRequired = before.PasswordResetRequired } = input
      draft.put('user', { ...user, loginProfile: { ...before, PasswordResetRequired, hash: hash ?? before.hash } })
    })
  },

  async DeleteLoginProfile(input, ctx) {
    const name = requireName(userNameOf(input.UserName, ctx))
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const user = requireUser(draft, name)
      requireProfile(user)
      const { loginProfile: _, ...rest } = user
      draft.put('user', rest)
    })
  },

  /** A user's own password. */
  async ChangePassword(input, ctx) {
    const { userName, accountId } = ctx.principal
    if (userName === undefined) {
      throw error('InvalidUserType', {}, { message: 'Only users with a login profile can change their password.' })
    }
    const account = await ctx.store.iam.account(accountId)
    const profile = requireProfile(requireUser(account, userName))
    if (!(await isPassword(input.OldPassword, profile.hash))) {
      throw error('AccessDenied', {}, { message: 'The old password was incorrect.' })
    }
    checkPassword(account, input.NewPassword)
    const hash = await hashed(input.NewPassword)
    await ctx.store.iam.change(accountId, (draft) => {
      const user = requireUser(draft, userName)
      draft.put('user', { ...user, loginProfile: { ...requireProfile(user), hash, PasswordResetRequired: false } })
    })
  },
} satisfies Partial<IamHandlers>

function requireName(name: string | undefined): string {
  if (name === undefined) throw invalid('Must specify userName when calling with non-User credentials')
  return name
}

/** Observed: the words (published error texts). */
function requireProfile({ UserName, loginProfile }: UserRecord): Profile {
  if (loginProfile === undefined) throw noSuchEntity(`Login Profile for User ${UserName} cannot be found.`)
  return loginProfile
}

function view({ UserName }: UserRecord, { createdMs, PasswordResetRequired }: Profile): LoginProfile {
  return { UserName, CreateDate: createdMs, PasswordResetRequired }
}

/** Kinds of characters, and what AWS says where one is missing. */
const characterKinds = [
  { kind: /[a-z]/, missing: 'Password should have at least one lowercase letter' },
  { kind: /[A-Z]/, missing: 'Password should have at least one uppercase letter' },
  { kind: /[0-9]/, missing: 'Password should have at least one number' },
  { kind: /[^A-Za-z0-9]/, missing: 'Password should have at least one symbol' },
] as const
/** Of AWS's default policy, where the account has none. */
const defaultLength = 8
const defaultKinds = 3

/**
 * Observed: the words for the length, and under the default policy for missing kinds (published error texts of
 * CreateLoginProfile). Assumed: the words for a lowercase letter and a number, and one sentence for each fault under a
 * policy of the account, because only those for an uppercase letter and a symbol are published.
 * @throws AwsError PasswordPolicyViolation
 */
function checkPassword(account: IamAccount, password: string): void {
  const policy = account.get('account', '')?.passwordPolicy
  const minimumLength = policy === undefined ? defaultLength : Number(policy.MinimumPasswordLength ?? 6)
  if (password.length < minimumLength) throw violation(`Password should have a minimum length of ${minimumLength}`)
  const missing = characterKinds.filter(({ kind }) => !kind.test(password))
  if (policy === undefined) {
    const more = missing.length - (characterKinds.length - defaultKinds)
    if (more <= 0) return
    const texts = missing.map((one) => one.missing).join(', ')
    throw violation(`Password should meet ${more} more of the following requirements: ${texts}`)
  }
  const required = [
    policy.RequireLowercaseCharacters,
    policy.RequireUppercaseCharacters,
    policy.RequireNumbers,
    policy.RequireSymbols,
  ]
  const wanted = characterKinds.filter((one, at) => required[at] === true && missing.includes(one))
  if (wanted.length > 0) throw violation(wanted.map((one) => one.missing).join(', '))
}

const violation = (message: string): AwsError => error('PasswordPolicyViolation', {}, { message })

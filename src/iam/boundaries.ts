/** Permissions boundaries of users and roles. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html */
import type { Ctx } from '../context.ts'
import type { IamHandlers } from '../model/iam.types.gen.ts'
import { checkBoundary } from './lib/boundary.ts'
import { noSuchEntity, requireHolder } from './lib/find.ts'
import { checkModifiable } from './lib/protected.ts'

async function put(ctx: Ctx, kind: 'user' | 'role', name: string, arn: string): Promise<void> {
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const holder = requireHolder(draft, kind, name)
    checkModifiable(holder)
    checkBoundary(draft, arn)
    draft.put(kind, { ...holder, PermissionsBoundary: arn })
  })
}

async function remove(ctx: Ctx, kind: 'user' | 'role', name: string): Promise<void> {
  await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
    const { PermissionsBoundary, ...rest } = requireHolder(draft, kind, name)
    checkModifiable(rest)
    if (PermissionsBoundary === undefined) {
      // Assumed: the words, because AWS documents only the code.
      throw noSuchEntity(`The ${kind} ${name} has no permissions boundary.`)
    }
    draft.put(kind, rest)
  })
}

export const boundaries = {
  PutUserPermissionsBoundary: (input, ctx) => put(ctx, 'user', input.UserName, input.PermissionsBoundary),
  PutRolePermissionsBoundary: (input, ctx) => put(ctx, 'role', input.RoleName, input.PermissionsBoundary),
  DeleteUserPermissionsBoundary: (input, ctx) => remove(ctx, 'user', input.UserName),
  DeleteRolePermissionsBoundary: (input, ctx) => remove(ctx, 'role', input.RoleName),
} satisfies Partial<IamHandlers>

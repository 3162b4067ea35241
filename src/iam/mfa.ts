/** Virtual MFA devices: their codes are real ones, so that MFA conditions can be tested. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html */
import { randomBytes } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { error } from '../errors.ts'
import type { IamHandlers, VirtualMFADevice } from '../model/iam.types.gen.ts'
import type { IamAccount } from '../store/iam-account.ts'
import type { MfaDeviceRecord } from '../store/iam-records.ts'
import { alreadyExists, deleteConflict, limitExceeded, noSuchEntity, requireUser } from './lib/find.ts'
import { readPath, userNameOf } from './lib/input.ts'
import { pageOf } from './lib/page.ts'
import { newTags } from './lib/tags.ts'
import { encodeBase32, isTotpCode } from './lib/totp.ts'
import { tagList, userSummary } from './lib/views.ts'

const devicesPerUser = 8
const seedBytes = 40

/** @throws AwsError NoSuchEntity */
export function requireDevice(account: IamAccount, serial: string): MfaDeviceRecord {
  const device = account.get('mfaDevice', serial)
  if (device === undefined) throw noSuchEntity(`VirtualMFADevice with serial number ${serial} doesn't exist.`)
  return device
}

export const mfa = {
  /**
   * The seed comes as Base64 of its Base32 text, and as a QR code for an app to scan.
   * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html "otpauth://totp/..."
   */
  async CreateVirtualMFADevice(input, ctx) {
    const tags = newTags(input.Tags)
    const { accountId } = ctx.principal
    const SerialNumber = `arn:aws:iam::${accountId}:mfa${readPath(input.Path)}${input.VirtualMFADeviceName}`
    const seed = encodeBase32(randomBytes(seedBytes))
    await ctx.store.iam.change(accountId, (draft) => {
      if (draft.get('mfaDevice', SerialNumber) !== undefined) {
        throw alreadyExists('MFADevice entity at the same path and name already exists.')
      }
      const record = { SerialNumber, seed, createdMs: ctx.clock.now(), ...(tags !== undefined && { Tags: tags }) }
      draft.put('mfaDevice', record)
    })
    return {
      VirtualMFADevice: {
        SerialNumber,
        Base32StringSeed: Buffer.from(seed),
        QRCodePNG: await qrCodeOf(input.VirtualMFADeviceName, ctx, seed),
        ...(tags !== undefined && { Tags: tagList(tags) }),
      },
    }
  },

  async DeleteVirtualMFADevice(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const device = requireDevice(draft, input.SerialNumber)
      if (device.owner !== undefined) throw deleteConflict('deactivate MFA device')
      draft.delete('mfaDevice', device.SerialNumber)
    })
  },

  /** Takes two codes that follow one another. */
  async EnableMFADevice(input, ctx) {
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const { UserId } = requireUser(draft, input.UserName)
      const device = requireDevice(draft, input.SerialNumber)
      if (device.owner !== undefined) throw alreadyExists('MFA Device is already in use.')
      if (devicesOf(draft, UserId).length >= devicesPerUser) throw limitExceeded('MFADevicesPerUser', devicesPerUser)
      checkCodes(device, input, ctx.clock.now())
      draft.put('mfaDevice', { ...device, owner: UserId, enabledMs: ctx.clock.now() })
    })
  },

  async ResyncMFADevice(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const { UserId } = requireUser(account, input.UserName)
    const device = requireDevice(account, input.SerialNumber)
    if (device.owner !== UserId) throw notOfUser(input.UserName)
    checkCodes(device, input, ctx.clock.now())
  },

  async DeactivateMFADevice(input, ctx) {
    const name = userNameOf(input.UserName, ctx)
    await ctx.store.iam.change(ctx.principal.accountId, (draft) => {
      const owner = name === undefined ? ctx.principal.accountId : requireUser(draft, name).UserId
      const { owner: current, enabledMs: _, ...rest } = requireDevice(draft, input.SerialNumber)
      if (current !== owner) throw notOfUser(name ?? 'root')
      draft.put('mfaDevice', rest)
    })
  },

  async GetMFADevice(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const device = requireDevice(account, input.SerialNumber)
    const user = device.owner === undefined ? undefined : account.byId('user', device.owner)
    if (input.UserName !== undefined && requireUser(account, input.UserName) !== user) throw notOfUser(input.UserName)
    return {
      SerialNumber: device.SerialNumber,
      ...(user !== undefined && { UserName: user.UserName }),
      ...(device.enabledMs !== undefined && { EnableDate: device.enabledMs }),
    }
  },

  async ListMFADevices(input, ctx) {
    const name = userNameOf(input.UserName, ctx)
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const user = name === undefined ? undefined : requireUser(account, name)
    const found = devicesOf(account, user?.UserId ?? account.id)
    const { items, more } = pageOf(found, input, ({ SerialNumber }) => SerialNumber)
    const MFADevices = items.map(({ SerialNumber, enabledMs = 0 }) => ({
      UserName: user?.UserName ?? 'root',
      SerialNumber,
      EnableDate: enabledMs,
    }))
    return { MFADevices, ...more }
  },

  async ListVirtualMFADevices(input, ctx) {
    const account = await ctx.store.iam.account(ctx.principal.accountId)
    const wanted = input.AssignmentStatus ?? 'Any'
    const found = account
      .list('mfaDevice')
      .filter(({ owner }) => wanted === 'Any' || (wanted === 'Assigned') === (owner !== undefined))
    const { items, more } = pageOf(found, input, ({ SerialNumber }) => SerialNumber)
    return { VirtualMFADevices: items.map((device) => deviceView(account, device)), ...more }
  },
} satisfies Partial<IamHandlers>

/** Documented: the name of the device at that of the calling user, or at the account. */
async function qrCodeOf(device: string, { principal }: Ctx, seed: string): Promise<Buffer> {
  const { qrCodePng } = await import('./lib/qr-code.ts')
  const label = encodeURIComponent(`${device}@${principal.userName ?? principal.accountId}`).replace('%40', '@')
  return qrCodePng(`otpauth://totp/${label}?secret=${seed}`)
}

const devicesOf = (account: IamAccount, owner: string) =>
  account.list('mfaDevice').filter((device) => device.owner === owner)

const notOfUser = (name: string) => noSuchEntity(`MFA Device is not associated with user ${name}.`)

function checkCodes(
  { seed }: MfaDeviceRecord,
  { AuthenticationCode1, AuthenticationCode2 }: { AuthenticationCode1: string; AuthenticationCode2: string },
  nowMs: number,
): void {
  const isGood = isTotpCode(seed, AuthenticationCode1, nowMs) && isTotpCode(seed, AuthenticationCode2, nowMs)
  if (!isGood || AuthenticationCode1 === AuthenticationCode2) throw error('InvalidAuthenticationCode')
}

function deviceView(account: IamAccount, device: MfaDeviceRecord): VirtualMFADevice {
  const user = device.owner === undefined ? undefined : account.byId('user', device.owner)
  return {
    SerialNumber: device.SerialNumber,
    ...(user !== undefined && { User: userSummary(account.id, user) }),
    ...(device.enabledMs !== undefined && { EnableDate: device.enabledMs }),
    ...(device.Tags !== undefined && device.Tags.length > 0 && { Tags: tagList(device.Tags) }),
  }
}

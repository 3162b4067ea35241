/** `sandbucket check`: reads everything that is stored, says what is damaged or lost, and with `--repair` mends what can be. */
import type { Arguments } from '../config/arguments.ts'
import type { Config } from '../config/config.ts'
import { checkDataDir, type CheckReport } from '../store/check.ts'
import { StoreError } from '../store/store-error.ts'
import { exitCodes } from './exit-codes.ts'
import type { Io } from './io.ts'

/** How often the line of a terminal is written anew, ms. */
const refreshMs = 100
const barWidth = 30

/** @returns 0 when all is well or could be put right, 5 when something is damaged or lost, 4 when it cannot be looked at */
export async function check({ flags, json }: Arguments, { dataDir, kmsKeys }: Config, io: Io): Promise<number> {
  if (dataDir === undefined) {
    io.err('sandbucket: there is nothing to check in memory; say which folder with --data\n')
    return exitCodes.usage
  }
  const repair = flags.repair !== undefined
  // What a repair writes is for nobody else.
  process.umask(0o077)
  const progress = io.isTerminal && !json ? progressLine(io) : undefined
  try {
    const report = await checkDataDir({ dataDir, repair, kmsKeys, ...(progress && { onProgress: progress.show }) })
    progress?.clear()
    io.out(json ? `${JSON.stringify({ dataDir, repair, ...report }, undefined, 2)}\n` : tell(report, repair, dataDir))
    const isMended = report.mended.length === 0 || repair
    return report.damage.length === 0 && isMended ? exitCodes.clean : exitCodes.damaged
  } catch (cause) {
    progress?.clear()
    if (!(cause instanceof StoreError)) throw cause
    const isLocked = cause.code === 'LOCKED'
    io.err(isLocked ? `A server has ${dataDir} open. Stop it first, then check.\n` : `${cause.message}\n`)
    return exitCodes.data
  }
}

/** The report for people. */
function tell(report: CheckReport, repair: boolean, dataDir: string): string {
  const { damage, mended, rows, buckets, objects, bytes, unverified, leftOver } = report
  const lines = damage.map((what) => `damaged: ${what}`)
  for (const what of mended) lines.push(`${repair ? 'mended' : 'to be mended'}: ${what}`)
  if (leftOver > 0)
    lines.push(
      `${leftOver} bodies are named by nothing${repair ? ': they are in damaged/bodies' : ', as after a crash'}`,
    )
  if (unverified > 0) lines.push(`${unverified} bodies of earlier versions could only be compared in size`)
  const contents = `${counted(buckets, 'bucket')}, ${counted(objects, 'object')}`
  const size = `${counted(rows, 'record')}, ${(bytes / 1024 / 1024).toFixed(1)} MiB`
  lines.push(`Checked ${contents} (${size}) in ${dataDir}.`)
  lines.push(...(repair ? whatWasDone(report) : whatToDo(report, dataDir)))
  return `${lines.join('\n')}\n`
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** After a check alone: a repair is offered only where it mends something. */
function whatToDo({ damage, lost, mended, isMendable }: CheckReport, dataDir: string): string[] {
  if (damage.length === 0 && mended.length === 0) return ['All is well.']
  if (!isMendable && lost.length === 0) return ['Nothing was changed. A repair cannot mend this.']
  const lines: string[] = []
  if (isMendable) lines.push(`Nothing was changed. To mend what can be: sandbucket check --repair --data ${dataDir}`)
  const [first] = lost
  if (first === undefined) return lines
  // What can be mended is named above, too.
  const what = isMendable ? 'Damaged or missing bytes' : 'This'
  const which = lost.length === 1 ? first : isMendable ? 'those objects' : 'what is named above'
  const it = which === 'those objects' ? 'them' : 'it'
  return [...lines, `${what} cannot be mended: upload ${which} again, or delete ${it}.`]
}

function whatWasDone({ damage, lost, mended, isMendable }: CheckReport): string[] {
  if (damage.length === 0) return [mended.length === 0 ? 'All is well.' : 'All could be put right.']
  if (isMendable) {
    return ['What can be read is whole again. Upload or make again what is named above as damaged, or delete it.']
  }
  return [`Nothing could be mended.${lost.length === 0 ? '' : ' Upload what is named above again, or delete it.'}`]
}

function progressLine(io: Io) {
  let shownMs = 0
  return {
    show(doing: string, done: number, total: number | undefined): void {
      const nowMs = performance.now()
      if (nowMs - shownMs < refreshMs) return
      shownMs = nowMs
      const part = total === undefined || total === 0 ? undefined : Math.min(1, done / total)
      const filled = '#'.repeat(Math.round((part ?? 0) * barWidth))
      const bar = part === undefined ? String(done) : `[${filled.padEnd(barWidth)}] ${Math.floor(part * 100)} %`
      io.err(`\r\u001b[K${doing} ${bar}`)
    },
    clear: (): void => io.err('\r\u001b[K'),
  }
}

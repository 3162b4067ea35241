// What the scenarios of these clients share: loading a package, names, running, one JSON line each.
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Loads a package from the folder that holds the packages of this run. */
export const load = createRequire(join(process.env.CONFORMANCE_NODE ?? '.', 'x.js'))
export const endpoint = process.env.AWS_ENDPOINT_URL ?? ''
export const accessKeyId = process.env.AWS_ACCESS_KEY_ID ?? ''
export const secretAccessKey = process.env.AWS_SECRET_ACCESS_KEY ?? ''

let count = 0

/** A bucket name that no other scenario uses. */
export function bucketName(hint) {
  count++
  return `${hint}-${process.pid}-${count}`
}

/** Everything that a readable stream gives, as text. */
export async function textOf(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Runs `[title, steps]` pairs one after the other and prints the outcome of each. */
export async function runAll(checks) {
  for (const [check, steps] of checks) {
    let error = null
    try {
      await within(60_000, steps())
    } catch (cause) {
      error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    }
    process.stdout.write(`${JSON.stringify({ check, error })}\n`)
  }
  process.exit(0)
}

async function within(ms, work) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { threadDigests } from '../../src/digest/digest-thread.ts'
import { type Digests, type DigestValues, digestsOf, localDigests, openDigests } from '../../src/digest/digests.ts'
import type { ChecksumAlgorithm } from '../../src/store/records.ts'

const algorithms: ChecksumAlgorithm[] = ['MD5', 'CRC64NVME', 'XXHASH3', 'SHA256']

async function whole(digests: Digests, pieces: Iterable<Uint8Array>): Promise<DigestValues> {
  for (const piece of pieces) await digests.update(piece)
  return digests.digest()
}

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const inPlace = async (bytes: Buffer): Promise<DigestValues> => whole(await localDigests(algorithms), [bytes])

/** As `threadDigests`, of a body that is known to be in the thread. */
function inThread(wanted: ChecksumAlgorithm[] = algorithms): Digests {
  const digests = threadDigests(wanted)
  assert.ok(digests, 'there should be a thread')
  return digests
}

describe('digests of a body', () => {
  it('a small one is not worth a thread', () => {
    assert.equal(threadDigests(algorithms, 1024 * 1024 - 1), undefined)
  })

  it('while the thread starts, they are computed in place', async () => {
    const body = randomBytes(2 * 1024 * 1024)
    assert.deepEqual(await whole(await openDigests(algorithms, body.length), [body]), await inPlace(body))
  })
})

describe('digests in a thread', { skip: availableParallelism() < 2 && 'one processor: there is no thread' }, () => {
  before(async () => {
    let digests = threadDigests(algorithms)
    for (let ms = 0; ms < 20_000 && digests === undefined; ms += 20) {
      await sleep(20)
      digests = threadDigests(algorithms)
    }
    digests?.abandon()
  })

  // 256 KiB is the size of a block.
  for (const [length, pieceBytes] of [
    [0, 1],
    [1, 1],
    [256 * 1024, 64 * 1024],
    [256 * 1024 + 1, 64 * 1024],
    [3_000_000, 65_536],
    [3_000_000, 1_000_000],
    [5_000_000, 5_000_000],
    [300_000, 7],
  ] as const) {
    it(`are those of ${length} bytes that come ${pieceBytes} at a time`, async () => {
      const body = randomBytes(length)
      assert.deepEqual(await whole(inThread(), cut(body, pieceBytes)), await inPlace(body))
    })
  }

  it('a chunk may be overwritten as soon as it was given', async () => {
    const body = randomBytes(2_000_000)
    const expected = await inPlace(body)
    const digests = inThread()
    const buffer = Buffer.alloc(50_000)
    for (const piece of cut(body, buffer.length)) {
      piece.copy(buffer)
      await digests.update(buffer)
    }
    assert.deepEqual(await digests.digest(), expected)
  })

  it('bodies at the same time do not disturb one another', async () => {
    const bodies = Array.from({ length: 12 }, (_, n) => randomBytes(700_000 + n))
    const values = await Promise.all(bodies.map((body) => whole(inThread(), cut(body, 60_000))))
    assert.deepEqual(values, await Promise.all(bodies.map(inPlace)))
  })

  it('asks to wait when more comes than the thread has taken', async () => {
    const digests = inThread()
    const piece = randomBytes(256 * 1024)
    const answers = [1, 2, 3, 4].map(() => digests.update(piece))
    assert.deepEqual(
      answers.map((answer) => answer instanceof Promise),
      [false, false, false, true],
    )
    await answers[3]
    assert.deepEqual(await digests.digest(), await inPlace(Buffer.concat([piece, piece, piece, piece])))
  })

  it('an abandoned body leaves the thread to others, and may be abandoned again', async () => {
    const given = inThread()
    await given.update(randomBytes(400_000))
    given.abandon()
    given.abandon()
    const finished = inThread()
    await finished.digest()
    finished.abandon()
    const body = randomBytes(1000)
    assert.deepEqual(await whole(inThread(), [body]), await inPlace(body))
  })

  it('a stream is read to its end', async () => {
    const body = randomBytes(2_500_000)
    const stream = Readable.from(cut(body, 65_536))
    assert.deepEqual(await digestsOf(stream, algorithms, body.length), await inPlace(body))
    assert.deepEqual(await digestsOf(body, algorithms, body.length), await inPlace(body))
  })

  it('a stream that breaks is told', async () => {
    const stream = Readable.from(
      (function* () {
        yield randomBytes(500_000)
        throw new Error('the disk is gone')
      })(),
    )
    await assert.rejects(digestsOf(stream, algorithms, 2_000_000), /the disk is gone/)
  })

  it('a thread that cannot do what it is asked fails the bodies that it has, and is not used again', () => {
    // In a process of its own: a thread that has failed stays so.
    const script = `
      const { threadDigests } = await import(${JSON.stringify(new URL('../../src/digest/digest-thread.js', import.meta.url))})
      let good
      while ((good = threadDigests(['MD5'])) === undefined) await new Promise((resolve) => setTimeout(resolve, 10))
      const bad = threadDigests(['no such algorithm'])
      const results = await Promise.allSettled([good.update(new Uint8Array(9)), bad.digest(), good.digest()])
      let late
      try { good.update(new Uint8Array(1)) } catch (error) { late = error instanceof Error }
      console.log(JSON.stringify([results.map(({ status }) => status), late, threadDigests(['MD5']) === undefined]))`
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    assert.deepEqual(JSON.parse(printed), [['fulfilled', 'rejected', 'rejected'], true, true])
  })

  it('does not keep a process, and one whose file is missing is done without', () => {
    const src = fileURLToPath(new URL('../../src', import.meta.url))
    const folder = mkdtempSync(join(tmpdir(), 'sandbucket-digest-'))
    try {
      for (const name of ['digest', 'lib']) cpSync(join(src, name), join(folder, 'src', name), { recursive: true })
      rmSync(join(folder, 'src', 'digest', 'digest-worker.js'))
      const script = `
        const { threadDigests } = await import(${JSON.stringify(join(folder, 'src', 'digest', 'digest-thread.js'))})
        threadDigests(['MD5'])
        await new Promise((resolve) => setTimeout(resolve, 1000))
        console.log(threadDigests(['MD5']) === undefined)`
      const options = { encoding: 'utf8', cwd: dirname(src), timeout: 20_000 } as const
      assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', script], options), 'true\n')
      const whole = `
        const { threadDigests } = await import(${JSON.stringify(join(src, 'digest', 'digest-thread.js'))})
        console.log(threadDigests(['MD5']) === undefined)`
      assert.equal(execFileSync(process.execPath, ['--input-type=module', '-e', whole], options), 'true\n')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('a process that may have no threads does without', () => {
    const file = new URL('../../src/digest/digest-thread.js', import.meta.url)
    const script = `
      const { threadDigests } = await import(${JSON.stringify(file)})
      console.log(threadDigests(['MD5']) === undefined, threadDigests(['MD5']) === undefined)`
    const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
    const args = [flag, '--allow-fs-read=*', '--input-type=module', '-e', script]
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000, stdio: 'pipe' })
    assert.equal(printed, 'true true\n')
  })
})

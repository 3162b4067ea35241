/**
 * Lines on their way to a file descriptor: lines that come together are written together, in the thread pool, so that
 * nobody waits for a slow reader. What is still held when the process exits is written then.
 */
import { write, writeSync } from 'node:fs'

/** How long a line may wait for others, ms. */
const flushMs = 20
/** So much is written without waiting any longer, in UTF-16 units. */
const enough = 48 * 1024
/** So much is held for a reader that stands still; further lines are lost. */
const heldAtMost = 16 * 1024 * 1024
/** A full pipe that does not block is tried again after this time, ms. */
const retryMs = 10

/** Begins to write lines to a descriptor. @returns takes a line, with its end */
export function lineWriter(fd: number): (line: string) => void {
  let text = ''
  let isDue = false
  let isWriting = false
  let isBroken = false

  const fail = (error: NodeJS.ErrnoException, bytes: Buffer): void => {
    if (error.code === 'EAGAIN') setTimeout(send, retryMs, bytes)
    // Nobody reads any more: that is no reason to stop serving.
    else isBroken = true
  }
  const send = (bytes: Buffer): void =>
    write(fd, bytes, (error, written) => {
      if (error !== null) fail(error, bytes)
      else if (written < bytes.length) send(bytes.subarray(written))
      else {
        isWriting = false
        if (text.length >= enough) flush()
        else if (text !== '') flushSoon()
      }
    })
  const flush = (): void => {
    if (isWriting || text === '') return
    isWriting = true
    const bytes = Buffer.from(text)
    text = ''
    send(bytes)
  }
  const flushSoon = (): void => {
    if (isDue || isWriting) return
    isDue = true
    setTimeout(() => {
      isDue = false
      flush()
    }, flushMs).unref()
  }
  process.on('exit', () => {
    if (!isBroken) writeAll(fd, text)
  })

  return (line) => {
    if (isBroken || text.length > heldAtMost) return
    text += line
    if (text.length >= enough) flush()
    else flushSoon()
  }
}

/** As much as the reader takes. */
function writeAll(fd: number, text: string): void {
  let bytes = Buffer.from(text)
  try {
    while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes))
  } catch {
    // A full pipe at the very end: its reader is not keeping up, and nothing is left to wait for it.
  }
}

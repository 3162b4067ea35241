/** Material for the tests of certificates. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Log } from '../../src/context.ts'

/** 2026-11-22T12:00:00Z */
export const nowMs = Date.UTC(2026, 10, 22, 12)
export const dayMs = 86_400_000

/** A directory that is removed when the test ends. */
export function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sandbucket-tls-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A log that keeps what it is told. */
export function recordingLog(): { log: Log; lines: string[] } {
  const lines: string[] = []
  const write = (_fields: object, message: string): void => void lines.push(message)
  return { log: { debug: write, info: write, warn: write, error: write }, lines }
}

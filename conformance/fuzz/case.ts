/** What one client does on one connection. */

export type Step =
  | { kind: 'send'; bytes: Buffer }
  | { kind: 'wait'; ms: number }
  /** Waits until something has been received, for a short time. */
  | { kind: 'read' }
  /** Ends the client's side; what the server still sends is read. */
  | { kind: 'end' }
  /** Goes away without a word, or with a reset. */
  | { kind: 'destroy' }
  | { kind: 'reset' }

export interface Case {
  family: string
  steps: readonly Step[]
  /** By a TLS client. */
  isTls?: boolean
}

export const send = (bytes: Buffer | string): Step => ({
  kind: 'send',
  bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
})

/** The bytes of a case as text, for a report: one character a byte, what cannot be printed escaped. */
export function described({ family, steps, isTls }: Case): string {
  const lines = steps.map((step) => {
    if (step.kind !== 'send') return step.kind === 'wait' ? `wait ${step.ms} ms` : step.kind
    const text = JSON.stringify(step.bytes.toString('latin1'))
    return `send ${text.length > 4000 ? `${text.slice(0, 4000)}... (${step.bytes.length} bytes)` : text}`
  })
  return [`${family}${isTls ? ', over TLS' : ''}`, ...lines].join('\n')
}

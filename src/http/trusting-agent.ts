/** An agent for the AWS SDK that trusts one CA. */
import { Agent } from 'node:https'

export type TrustingAgent = Agent

/**
 * As the agent that the SDK makes for itself, with a CA. Options instead of an agent would not do: for bodies from 2 MiB,
 * sent with `Expect: 100-continue`, the SDK makes another agent without them (@smithy/node-http-handler, 2026-11).
 */
export function trustingAgent(ca: string): TrustingAgent {
  return new Agent({ ca, keepAlive: true, maxSockets: 50 })
}

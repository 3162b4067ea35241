/** What authorization looks at of a request in flight. `Call` fits. */
import type { Config } from '../config/config.ts'
import type { AuthInfo, Principal } from '../context.ts'
import type { WireRequest } from '../http/wire.ts'
import type { Clock } from '../lib/clock.ts'
import type { OperationInput } from '../policy/require.ts'
import type { Entry } from './journal-entry.ts'
import type { BucketRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

export interface Asked {
  readonly config: Config
  readonly store: Store
  readonly clock: Clock
  readonly requestId: string
  readonly request: WireRequest
  readonly operation: string
  readonly principal: Principal
  readonly auth: AuthInfo
  /** Members as in the model; those of the body are missing until it has been read. */
  readonly input: OperationInput
  readonly maybeBucket: BucketRecord | undefined
  /** What explanations will know of the request. */
  readonly entry: Entry
}

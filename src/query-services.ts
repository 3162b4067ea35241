/** IAM and STS, loaded with their first call: most runs never make one, and all would wait for them at the start. */
import { checkHandlers } from './check-handlers.ts'
import type { QueryHandlers } from './query-pipeline.ts'

/** Loads handlers and table once, and holds one against the other. */
export const queryServices: QueryHandlers = {
  iam: once(async () => {
    const [{ handlers }, { notImplemented }, { iamTable }] = await Promise.all([
      import('./iam/index.ts'),
      import('./iam/not-implemented.ts'),
      import('./model/iam.gen.ts'),
    ])
    checkHandlers(iamTable, handlers, notImplemented)
    return handlers
  }),
  sts: once(async () => {
    const [{ handlers }, { notImplemented }, { stsTable }] = await Promise.all([
      import('./sts/index.ts'),
      import('./sts/not-implemented.ts'),
      import('./model/sts.gen.ts'),
    ])
    checkHandlers(stsTable, handlers, notImplemented)
    return handlers
  }),
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined
  return () => {
    loaded ??= load()
    return loaded
  }
}

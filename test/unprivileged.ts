/** For tests of what a user may not do: root may everything, so the process is nobody meanwhile. */

const nobody = 65534

/**
 * Runs `work` without root's rights. What it imports on demand must be there already: nobody may be unable to read it.
 */
export async function unprivileged(work: () => Promise<void>): Promise<void> {
  const { geteuid, seteuid } = process
  const own = geteuid?.()
  if (own !== 0) return work()
  seteuid?.(nobody)
  try {
    await work()
  } finally {
    seteuid?.(own)
  }
}

/**
 * How often an operation begins anew when what it reads is replaced under it (the source of a copy, the parts of an
 * upload). Writers of a busy key follow each other without a gap, so a few attempts would not do.
 */
export const maxAttempts = 100

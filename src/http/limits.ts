/** The edge's limits. Each differs from Node's default for a reason. */
export interface HttpLimits {
  /**
   * Request line and headers together. AWS allows 8 KiB of headers, which is checked beside, with AWS's answer;
   * this only bounds memory, with room for a key of 1,024 encoded bytes and a long session token in the query.
   */
  headerBytes: number
  /** From the first byte of a request to the end of its headers. */
  headersMs: number
  /** Without a byte in either direction, in the middle of a request. There is no limit on its whole duration. */
  idleMs: number
  /**
   * Without a byte of a body that an operation is reading. AWS closes an upload that stalls after about this long. When the
   * answer has gone before the body, the rest of a small one has this time in all.
   */
  bodyIdleMs: number
  /** Without progress while a body is sent: readers that process as they go pause for long. */
  stalledDownloadMs: number
  /**
   * Without an answer to an operation that AWS answers before it is done, and then between two white spaces. Assumed: AWS
   * documents no times. Long enough for nearly every answer to keep its status and headers, and shorter than the
   * shortest read timeout of the SDKs (Java: 50 s).
   */
  silentMs: number
  spaceMs: number
  /** Between two requests: longer than the pools of clients keep a connection (Go: 90 s), so that they close first. */
  keepAliveMs: number
  /**
   * When an answer is sent before the body was read, the rest is read and thrown away up to these, since closing a
   * socket with unread input resets it, and clients that send first and read later (Python's http.client, with parts of
   * 15 MiB in s3cmd) would see the reset instead of the 403.
   */
  lingerBytes: number
  lingerMs: number
}

export const defaultLimits: HttpLimits = {
  headerBytes: 32 * 1024,
  headersMs: 60_000,
  idleMs: 120_000,
  bodyIdleMs: 20_000,
  stalledDownloadMs: 900_000,
  silentMs: 20_000,
  spaceMs: 5_000,
  keepAliveMs: 120_000,
  lingerBytes: 64 * 2 ** 20,
  lingerMs: 5_000,
}

/** Up to this many unread bytes are skipped without closing the connection. */
export const skipBytes = 2 ** 20

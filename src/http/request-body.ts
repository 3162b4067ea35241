/**
 * The body of a request as a handler sees it: decoded (no aws-chunked framing), verified (length, payload hash, chunk
 * and trailer signatures) and streamed with back-pressure. Implementations wrap each other: raw bytes, then framing,
 * then hash.
 */
export interface RequestBody {
  /** Decoded size in bytes, from Content-Length or x-amz-decoded-content-length; undefined when neither says. */
  readonly sizeBytes: number | undefined
  /**
   * Hands over every decoded chunk in order, waiting for the sink's promise, and resolves only after the last byte has
   * been received and verified. May be called once. Asks for `100 Continue` when it begins.
   * @throws AwsError IncompleteBody, XAmzContentSHA256Mismatch, SignatureDoesNotMatch, InvalidChunkSizeError, MalformedTrailerError, ...
   */
  forEach(sink: (chunk: Buffer) => void | Promise<void>): Promise<void>
  /**
   * The whole body, decoded and verified, when it has arrived already, as that of a small upload usually has: then it has
   * been read. Undefined: nothing has happened, `forEach` will read it.
   * @throws AwsError as `forEach`
   */
  atOnce?(): Buffer | undefined
  /** The names that x-amz-trailer announces, in lower case: known before the body, so that its checksum can be computed on the way. */
  readonly trailerNames?: readonly string[]
  /** Trailing headers, names in lower case; complete once `forEach` has resolved. */
  readonly trailers: ReadonlyMap<string, string>
}

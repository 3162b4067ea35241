/** A value that may be there at once: point reads of LevelDB are synchronous, those of a remote engine are not. Always `await` it. */
export type MaybePromise<T> = T | Promise<T>

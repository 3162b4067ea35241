/**
 * Names of annotations.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
 */
import { error } from '../../errors.ts'

const maxNameBytes = 512
/** Letters of any language with their marks, digits, underscores, periods, hyphens. */
const allowed = /^[\p{L}\p{M}\p{N}_.-]*$/u
const reserved = /^(aws|s3)/i

const isTooLong = (text: string) => Buffer.byteLength(text) > maxNameBytes

/** @throws AnnotationNameTooLong, InvalidAnnotationName */
export function checkAnnotationName(name: string): void {
  if (isTooLong(name)) throw error('AnnotationNameTooLong')
  if (name === '' || !allowed.test(name) || reserved.test(name)) throw error('InvalidAnnotationName')
}

/** What no name can begin with is no prefix. @throws InvalidPrefix */
export function checkAnnotationPrefix(prefix: string): void {
  if (isTooLong(prefix) || !allowed.test(prefix)) throw error('InvalidPrefix')
}

/** What a row is about, in the words of who uses the server: for rows that cannot be read. */
import { iamKinds } from './iam-account.ts'
import { iamRowOf } from './keys.ts'

/** @param bucketName of a bucket's id; undefined when it is not known */
export function nameRow(key: Buffer, bucketName: (id: string) => string | undefined): string {
  const space = key.toString('latin1', 0, 1)
  const rest = key.subarray(1)
  const inBucket = 'oux'.includes(space) || space === 'i'
  const idEnd = inBucket ? 2 + (key[1] ?? 0) : 1
  const id = inBucket ? key.toString('utf8', 2, idEnd) : ''
  const bucket = bucketName(id) ?? `(bucket ${id})`
  switch (space) {
    case 'b':
      return `the bucket ${rest}`
    case 'o':
      return nameVersion(key, idEnd, bucket)
    case 'u':
      return `an upload in progress to ${bucket}/${key.subarray(idEnd).toString().split('\0\0')[0]}`
    case 'x':
      return `an upload in progress to ${bucket}`
    case 'p':
      return `part ${key.readUInt16BE(key.length - 2)} of the upload ${rest.toString('utf8', 0, rest.length - 3)}`
    case 'm':
      return `the list of parts of an object made by the upload ${rest}`
    case 'a':
      return `the annotation ${rest.toString().split('\0')[1]}`
    case 'd':
    case 'r':
      return `the body ${rest}`
    case 'g':
      return 'a deletion in progress'
    case 'i': {
      const { kindNumber, name } = iamRowOf(key)
      return kindNumber === 0
        ? `the IAM of account ${id}`
        : `the ${iamKinds[kindNumber - 1] ?? 'entity'} ${name} of account ${id}`
    }
    case 'I':
      return `the owner of the ${rest}`
    case 'l':
      return `the last use of ${rest}`
    case 's':
      return `the secret "${rest}" of this server`
    default:
      return 'a row of an unknown kind'
  }
}

function nameVersion(key: Buffer, idEnd: number, bucket: string): string {
  if (key[idEnd] === 0) return `the newest version of ${bucket}/${key.subarray(idEnd + 1)}`
  const length = key.readUInt16BE(idEnd + 1)
  return `an older version of ${bucket}/${key.toString('utf8', idEnd + 3, idEnd + 3 + length)}`
}

/**
 * s3cmd where ACLs matter. Every cp, mv, modify and sync between buckets ends with PutObjectAcl, without a digest. In a
 * bucket of today, where ACLs are off, AWS refuses that (s3tools/s3cmd#1304), and so does this server.
 */
import assert from 'node:assert/strict'
import { fetchRaw } from '../../lib/http.ts'
import type { Check } from '../../lib/scenario.ts'
import { type S3cmd, sdkFor } from '../s3cmd.ts'

export function aclChecks(s3: S3cmd): Check[] {
  return [
    ['cp, mv and modify in a bucket without ACLs: refused for the ACL alone', () => withoutAcls(s3)],
    ['setacl --acl-public and --acl-private of an object and a bucket', () => canned(s3)],
    ['setacl --acl-grant and --acl-revoke', () => grants(s3)],
    ['put --acl-public, and cp keeps the ACL', () => kept(s3)],
  ]
}

async function withoutAcls(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucket('off')
  await s3.ok('put', await s3.file('k', 'k'), `s3://${bucket}/k`)
  const off = /400 \(AccessControlListNotSupported\): The bucket does not allow ACLs/
  await s3.refused(off, 'cp', `s3://${bucket}/k`, `s3://${bucket}/copy`)
  await s3.refused(off, 'modify', '--add-header=x-amz-meta-a:b', `s3://${bucket}/k`)
  await s3.refused(off, 'mv', `s3://${bucket}/k`, `s3://${bucket}/moved`)
  // Block Public Access is asked first.
  await s3.refused(/BlockPublicAcls/, 'setacl', '--acl-public', `s3://${bucket}/k`)
  // The way around it that s3cmd documents.
  await s3.ok('cp', '--acl-private', `s3://${bucket}/k`, `s3://${bucket}/again`)
}

async function canned(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucketWithAcls('canned')
  await s3.ok('put', await s3.file('k', 'public'), `s3://${bucket}/k`)
  const url = `${s3.target.server.url}/${bucket}`
  await s3.ok('setacl', '--acl-public', `s3://${bucket}/k`)
  assert.equal((await fetchRaw(`${url}/k`)).text, 'public')
  await s3.ok('setacl', '--acl-private', `s3://${bucket}/k`)
  assert.equal((await fetchRaw(`${url}/k`)).status, 403)
  await s3.ok('setacl', '--acl-public', `s3://${bucket}`)
  assert.equal((await fetchRaw(url)).status, 200)
  await s3.ok('setacl', '--acl-private', `s3://${bucket}`)
  assert.equal((await fetchRaw(url)).status, 403)
  await s3.ok('setacl', '--acl-public', '--recursive', `s3://${bucket}`)
  assert.equal((await fetchRaw(`${url}/k`)).text, 'public')
}

async function grants(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucketWithAcls('grants')
  await s3.ok('put', await s3.file('k', 'k'), `s3://${bucket}/k`)
  const client = sdkFor(s3.target)
  const { Owner } = await client.getBucketAcl({ Bucket: bucket })
  client.destroy()
  // The owner's canonical id is the only one that surely exists.
  const id = Owner?.ID ?? ''
  await s3.ok('setacl', `--acl-revoke=full_control:${id}`, `s3://${bucket}/k`)
  assert.doesNotMatch((await s3.ok('info', `s3://${bucket}/k`)).stdout, /FULL_CONTROL/)
  await s3.ok('setacl', `--acl-grant=read_acp:${id}`, `s3://${bucket}/k`)
  assert.match((await s3.ok('info', `s3://${bucket}/k`)).stdout, /ACL: .*: READ_ACP/)
}

async function kept(s3: S3cmd): Promise<void> {
  const bucket = await s3.bucketWithAcls('kept')
  await s3.ok('put', '--acl-public', await s3.file('k', 'everybody'), `s3://${bucket}/k`)
  await s3.ok('cp', `s3://${bucket}/k`, `s3://${bucket}/copy`)
  assert.equal((await fetchRaw(`${s3.target.server.url}/${bucket}/copy`)).text, 'everybody')
}

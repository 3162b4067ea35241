/** How whoever makes a request gives a context key the value that a policy asks for. Only for explanations. */
import type { KeyValue } from './condition-values.ts'
import { findKey } from './keys.ts'

/** What one key should be. */
export interface Wanted {
  /** As the policy writes it. */
  key: string
  /** A value that would do; undefined: the key should be absent. */
  value: KeyValue
  /** What the request has. */
  actual: KeyValue
}

/** A sentence that says what to do, and whether the caller alone can do it. */
export interface Advice {
  text: string
  /** The caller sends it with the request, or chooses how to ask. Others have to change a resource, a policy or the caller. */
  isCallers: boolean
}

type Tell = (value: string, isAbsent: boolean, tag: string) => string

const sendHeader =
  (name: string): Tell =>
  (value, isAbsent) =>
    isAbsent ? `Leave out the header ${name}.` : `Send the header ${name}: ${value}`
const sendParameter =
  (name: string): Tell =>
  (value, isAbsent) =>
    isAbsent ? `Leave out the parameter ${name}.` : `Send the parameter ${name}=${value}`
const sendMember =
  (name: string): Tell =>
  (value, isAbsent) =>
    isAbsent ? `Leave out ${name}.` : `Call with ${name} ${value}`

const mfa: Tell = (value, isAbsent) =>
  value === 'false' || isAbsent
    ? 'Ask with credentials that were made without MFA.'
    : 'Ask with temporary credentials made with MFA: aws sts get-session-token (or assume-role) --serial-number ARN_OF_THE_DEVICE --token-code CODE.'

const callers: Readonly<Record<string, Tell>> = {
  'aws:securetransport': (value) =>
    value === 'true' ? 'Use https:// (sandbucket --tls answers it on the same port).' : 'Use http://.',
  'aws:multifactorauthpresent': mfa,
  'aws:multifactorauthage': mfa,
  'aws:sourceip': (value) =>
    `Send it from such an address, for example ${value}. Behind a proxy, --trust-proxy believes X-Forwarded-For.`,
  'aws:useragent': sendHeader('User-Agent'),
  'aws:referer': sendHeader('Referer'),
  'aws:requestedregion': (value) => `Sign for the region ${value} (AWS_REGION).`,
  'aws:currenttime': (value) => `Ask at another time, for example at ${value}.`,
  'aws:epochtime': (value) => `Ask at another time, for example at ${value} seconds since 1970.`,
  'aws:tagkeys': (value, isAbsent) =>
    isAbsent ? 'Leave out the tags.' : `Call with exactly the tags that are asked for: ${value}`,
  's3:prefix': sendParameter('prefix'),
  's3:delimiter': sendParameter('delimiter'),
  's3:max-keys': sendParameter('max-keys'),
  's3:versionid': sendParameter('versionId'),
  's3:annotation-prefix': sendParameter('annotation-prefix'),
  's3:if-match': sendHeader('If-Match'),
  's3:if-none-match': sendHeader('If-None-Match'),
  's3:locationconstraint': sendMember('LocationConstraint'),
  's3:object-lock-mode': sendHeader('x-amz-object-lock-mode'),
  's3:object-lock-legal-hold': sendHeader('x-amz-object-lock-legal-hold'),
  's3:object-lock-retain-until-date': sendHeader('x-amz-object-lock-retain-until-date'),
  's3:object-lock-remaining-retention-days': (value) =>
    `Choose a retain-until date that many days ahead, for example ${value}.`,
  's3:requestobjecttagkeys': (value, isAbsent) =>
    isAbsent ? 'Leave out the tags of the object.' : `Give the object tags with these keys: ${value}`,
  's3:authtype': (value) =>
    value === 'REST-QUERY-STRING'
      ? 'Use a presigned URL.'
      : value === 'POST'
        ? 'Use a browser form (POST).'
        : 'Sign with the Authorization header, not in the URL.',
  's3:signatureversion': (value) => `Sign with ${value === 'AWS' ? 'Signature Version 2' : value}.`,
  's3:signatureage': (value) => `Use a presigned URL that is newer: at most ${value} ms old.`,
  's3:tlsversion': (value) => `Connect with TLS ${value}.`,
  's3:x-amz-content-sha256': sendHeader('x-amz-content-sha256'),
  'sts:externalid': sendMember('ExternalId'),
  'sts:rolesessionname': sendMember('RoleSessionName'),
  'sts:sourceidentity': sendMember('SourceIdentity'),
  'sts:transitivetagkeys': sendMember('TransitiveTagKeys'),
  'sts:durationseconds': sendMember('DurationSeconds'),
  'iam:policyarn': sendMember('PolicyArn'),
  'iam:permissionsboundary': sendMember('PermissionsBoundary'),
  'iam:passedtoservice': (value) => `Pass the role to ${value}.`,
  'iam:awsservicename': sendMember('AWSServiceName'),
}

/** With a tag key behind the slash. */
const callersTags: Readonly<Record<string, Tell>> = {
  's3:requestobjecttag': (value, isAbsent, tag) =>
    isAbsent ? `Leave out the tag ${tag} of the object.` : `Send the header x-amz-tagging: ${tag}=${value}`,
  'aws:requesttag': (value, isAbsent, tag) =>
    isAbsent ? `Leave out the tag ${tag}.` : `Call with the tag ${tag}=${value} (--tags Key=${tag},Value=${value}).`,
}

const others: Readonly<Record<string, Tell>> = {
  'aws:username': (value) => `Ask as the user ${value}.`,
  'aws:userid': (value) => `Ask as the caller with the id ${value}.`,
  'aws:principalarn': (value) => `Ask as ${value}.`,
  'aws:principalaccount': (value) => `Ask with a key of account ${value}.`,
  'aws:principaltype': (value) => `Ask as a caller of type ${value}.`,
  'aws:sourceidentity': (value) => `Assume the role with --source-identity ${value}.`,
  'aws:principalorgid': (value) => `Put the caller's account into the organization ${value} (option organization).`,
  'aws:resourceaccount': (value) => `Use a resource of account ${value}.`,
  's3:resourceaccount': (value) => `Use a bucket of account ${value}.`,
}

const othersTags: Readonly<Record<string, Tell>> = {
  's3:existingobjecttag': (value, isAbsent, tag) =>
    isAbsent
      ? `Let somebody who may remove the tag ${tag} from the object.`
      : `Let somebody who may give the object the tag: aws s3api put-object-tagging ... --tagging 'TagSet=[{Key=${tag},Value=${value}}]'`,
  's3:buckettag': (value, _isAbsent, tag) => `Give the bucket the tag ${tag}=${value}, and switch its ABAC on.`,
  'aws:resourcetag': (value, isAbsent, tag) =>
    isAbsent
      ? `Remove the tag ${tag} from the resource.`
      : `Give the resource the tag ${tag}=${value} (a bucket needs its ABAC switched on as well).`,
  'iam:resourcetag': (value, isAbsent, tag) =>
    isAbsent ? `Remove the tag ${tag} from it.` : `Give it the tag ${tag}=${value}.`,
  'aws:principaltag': (value, isAbsent, tag) =>
    isAbsent
      ? `Remove the tag ${tag} from the user or role.`
      : `Tag the caller with ${tag}=${value}: aws iam tag-user (or tag-role), or --tags of assume-role.`,
}

/** Keys of AWS's networks and services: nothing here ever has them. */
const neverHere =
  /^aws:(?:source(?:vpc|vpce|vpcarn|account|arn|owner|orgid|orgpaths)|vpc|calledvia|ec2|principalservicename|chatbot)/

/** What to do about one key. */
export function adviceOnKey({ key: written, value, actual }: Wanted): Advice {
  const key = written.toLowerCase()
  const isAbsent = value === undefined
  const text = typeof value === 'string' ? value : (value ?? []).join(', ')
  const slash = key.indexOf('/')
  const [name, tag] = slash === -1 ? [key, ''] : [key.slice(0, slash), written.slice(slash + 1)]
  const told = (tell: Tell | undefined, isCallers: boolean): Advice | undefined =>
    tell && { text: tell(text, isAbsent, tag), isCallers }
  const found =
    told(own(callers, key), true) ??
    told(own(callersTags, name), true) ??
    told(own(others, key), false) ??
    told(own(othersTags, name), false)
  if (found !== undefined) return found
  if (key.startsWith('s3:x-amz-')) return { text: sendHeader(key.slice(3))(text, isAbsent, tag), isCallers: true }
  const shown = slash === -1 ? (findKey(key)?.name ?? written) : written
  if (actual === undefined && neverHere.test(key)) {
    return { text: `No request here has ${shown}: it comes from AWS's own networks and services.`, isCallers: false }
  }
  return {
    text: isAbsent ? `The request must not have ${shown}.` : `The request must have ${shown} ${text}.`,
    isCallers: false,
  }
}

const own = (table: Readonly<Record<string, Tell>>, name: string): Tell | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

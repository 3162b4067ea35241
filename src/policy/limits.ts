/** Sizes of IAM's policies in characters, white space not counted, and how many there may be. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */

export const policyLimits = {
  /** All inline policies of one user together. */
  userInline: 2_048,
  groupInline: 5_120,
  roleInline: 10_240,
  /** One managed policy. */
  managed: 6_144,
  /** ACLSizePerRole. */
  trust: 2_048,
  /** The text of a session policy with the ARNs beside it. */
  session: 2_048,
  sessionArns: 10,
  sessionTags: 50,
  attachedPolicies: 10,
  versions: 5,
  tags: 50,
} as const

/** The size of a policy as IAM counts it. */
export function policySize(text: string): number {
  let size = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) size++
  }
  return size
}

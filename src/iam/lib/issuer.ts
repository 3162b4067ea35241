/** The name that an account issues tokens under. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html */

const suffix = '.tokens.sts.global.api.aws'

export const issuerOf = (issuerId: string): string => `https://${issuerId}${suffix}`

/** Whether an OIDC provider (its URL without `https://`) is an account of AWS. */
export const isAccountIssuer = (url: string): boolean => url.endsWith(suffix) && !url.includes('/')

/** The website redirect of an object. */
import { error } from '../../errors.ts'

const maxLength = 2048

/**
 * Checks x-amz-website-redirect-location.
 * @throws AwsError InvalidRedirectLocation
 */
export function checkRedirectLocation(location: string | undefined): string | undefined {
  if (location === undefined) return undefined
  if (location.length > maxLength) {
    throw invalid('The length of website redirect location cannot exceed 2,048 characters.')
  }
  if (!/^(?:\/|https?:\/\/)/.test(location)) {
    throw invalid("The website redirect location must have a prefix of 'http://' or 'https://' or '/'.")
  }
  return location
}

const invalid = (message: string) => error('InvalidRedirectLocation', {}, { message })

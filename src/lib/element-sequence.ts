/**
 * Where AWS writes the elements of two list members mixed (the versions and delete markers of ListObjectVersions), an
 * output says under this symbol in which order; the members themselves keep what SDKs see.
 */
export const elementSequence: unique symbol = Symbol('elementSequence')

/** An item of one of the mixed members. */
export interface SequencedElement<Member extends string> {
  member: Member
  value: object
}

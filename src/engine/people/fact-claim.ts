/**
 * A fact about a person (`extra_user_info`) that someone else typed. It waits for the person, and nothing uses it before:
 * what is confirmed is in `person.stored`, and in no other place.
 */
export interface FactClaim {
  readonly personId: string;
  /** The id of the question in the manifest. */
  readonly name: string;
  readonly value: string;
  /** Undefined for someone who was erased. */
  readonly typedById?: string;
  readonly at: Date;
}

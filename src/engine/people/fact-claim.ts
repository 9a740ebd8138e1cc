/**
 * A fact about a person (`extra_user_info`) that someone else typed. Nothing uses it until the person confirms it. Confirmed
 * facts are in `person.stored` only.
 */
export interface FactClaim {
  readonly personId: string;
  /** The id of the question in the manifest. */
  readonly name: string;
  readonly value: string;
  /** Undefined if that person was erased. */
  readonly typedById?: string;
  readonly at: Date;
}

import type { Part } from './parts.ts';

/** A value of `initial_data_form`: its id in the manifest, and its label for people. */
export interface UnsetValue {
  readonly id: string;
  readonly name: string;
}

/** Instructions for the user. They differ between a terminal and a page. */
export interface Words {
  readonly useSync: string;
  readonly useExecute: string;
  /** The manifest doesn't have the chosen part. */
  readonly addPart: string;
  readonly noSuchPart: (wanted: string, parts: readonly Part[]) => string;
  readonly noPerson: string;
  /** @param unset entries of `initial_data_form`, at least one */
  readonly noSecrets: (unset: readonly UnsetValue[]) => string;
  readonly noToken: string;
  /** Follows the name of a missing answer. */
  readonly noAnswer: string;
  /** The same for a fact about the person. */
  readonly noFact: string;
}

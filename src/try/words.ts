import type { Part } from './parts.ts';

/** What somebody is told to do, which depends on where they try a manifest: on a terminal or on a page. */
export interface Words {
  readonly useSync: string;
  readonly useExecute: string;
  /** The manifest lacks the part that was asked for. */
  readonly addPart: string;
  readonly noSuchPart: (wanted: string, parts: readonly Part[]) => string;
  readonly noPerson: string;
  /** @param ids of `initial_data_form`, at least one */
  readonly noSecrets: (ids: readonly string[]) => string;
  readonly noToken: string;
  /** After the name of what was not answered. */
  readonly noAnswer: string;
  /** The same for a fact about the person. */
  readonly noFact: string;
}

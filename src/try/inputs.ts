import type { JsonObject } from '../core/json.ts';
import type { Person } from '../engine/people/directory.ts';

/** One person and those who were described beside them; manager and buddy are given by id. */
export interface TryPerson {
  readonly person: Person;
  readonly others: readonly Person[];
}

/** What a manifest is tried with. */
export interface Inputs {
  readonly person?: TryPerson;
  /** Values of `initial_data_form`, by id. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The saved token answer. */
  readonly oauth?: JsonObject;
  readonly form: Readonly<Record<string, string | readonly string[]>>;
  /** Who exists already. */
  readonly people: readonly TryPerson[];
}

import type { JsonObject } from '../core/json.ts';
import type { Person } from '../engine/people/directory.ts';

/** One person and the others in the same file. Manager and buddy are given by id. */
export interface TryPerson {
  readonly person: Person;
  readonly others: readonly Person[];
}

export interface Inputs {
  readonly person?: TryPerson;
  /** Values of `initial_data_form`, by id. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The stored token answer. */
  readonly oauth?: JsonObject;
  readonly form: Readonly<Record<string, string | readonly string[]>>;
  /** The people who already exist. */
  readonly people: readonly TryPerson[];
}

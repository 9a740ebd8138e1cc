import { dayWords } from '../../core/days.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { fullName, type Person } from '../people/directory.ts';
import { hasAddress } from '../people/no-address.ts';
import { withReadableFacts } from '../people/stored-values.ts';

/**
 * The names that `{{…}}` can use. A known name without a value (`manager_email` of someone without a manager) is undefined. It
 * renders as empty, and the step has a warning.
 */
export type Variables = Readonly<Record<string, Json | undefined>>;

/** Reserved names that are no facts about the person: they come from answers, from the token and from Latchkey. */
const NOT_OF_A_PERSON = [
  'access_overview',
  'redirect_url',
  'responses',
  'oauth',
  'NEXT_PAGE_TOKEN',
  'code',
] as const;

/** Names that no id and no stored key may have. */
export const RESERVED_NAMES = [
  'email',
  'first_name',
  'last_name',
  'manager',
  'manager_email',
  'buddy',
  'buddy_email',
  'position',
  'department',
  'start',
  ...NOT_OF_A_PERSON,
] as const;
type ReservedName = (typeof RESERVED_NAMES)[number];

export const NOT_FACTS: readonly string[] = NOT_OF_A_PERSON;

export interface VariableSources {
  /** Left out in a sync or a token request. */
  readonly person?: Person;
  readonly manager?: Person;
  readonly buddy?: Person;
  /** Answers of `form`, by id. */
  readonly form?: JsonObject | Readonly<Record<string, string | readonly string[]>>;
  /** Answers of `initial_data_form`, by id. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Values that Latchkey made for this run, by id. */
  readonly generated?: Readonly<Record<string, string>>;
  /** The answers of the steps before this one. */
  readonly responses?: readonly Json[];
  /** The saved token answer. */
  readonly oauth?: JsonObject;
  /** `Asana (has access), Zoom (unknown)` */
  readonly accessOverview?: string;
  /** The address to which the app sends an admin back after connecting. */
  readonly redirectUrl?: string;
  readonly nextPageToken?: Json;
  /** From an OAuth callback. */
  readonly code?: string;
}

/**
 * Collects the variables of templates. Later sources win: stored person data, `form`, `initial_data_form`, reserved names. A
 * reserved name always wins, also without a value.
 * @throws {UnreadFacts} where the person's stored data can't be read
 */
export function buildVariables(sources: VariableSources): Variables {
  // Without a prototype every key is its own, `__proto__` and `constructor` included.
  const variables = Object.create(null) as Record<string, Json | undefined>;
  const { person, form, secrets, generated } = sources;
  Object.assign(
    variables,
    person && withReadableFacts(person).stored,
    form,
    secrets,
    generated,
    reserved(sources),
  );
  return variables;
}

function reserved(sources: VariableSources): Record<ReservedName, Json | undefined> {
  const { person, manager, buddy } = sources;
  return {
    email: person && hasAddress(person) ? person.email : undefined,
    first_name: person?.firstName,
    last_name: person?.lastName,
    manager: manager && fullName(manager),
    manager_email: addressOf(manager),
    buddy: buddy && fullName(buddy),
    buddy_email: addressOf(buddy),
    position: person?.position,
    department: person?.department,
    start: person?.startDate,
    access_overview: sources.accessOverview,
    redirect_url: sources.redirectUrl,
    responses: sources.responses ?? [],
    oauth: sources.oauth,
    NEXT_PAGE_TOKEN: sources.nextPageToken,
    code: sources.code,
  };
}

/** The same for a text that people read: the first day in words, in the language at hand. Apps get an ISO date. */
export function inWords(variables: Variables): Variables {
  const { start } = variables;
  if (typeof start !== 'string') return variables;
  return Object.assign(Object.create(null) as object, variables, { start: dayWords(start) });
}

/** When an admin tries a manifest with a person who is only named, the address is an id. */
const addressOf = (person: Person | undefined): string | undefined =>
  person?.email.includes('@') && hasAddress(person) ? person.email : undefined;

/** People, integrations and requests as the engine adds them, by Latchkey itself where a test names nobody. Each fails its test where it is refused. */
import {
  addIntegration,
  addManual,
  type NewManual,
} from '../../../src/engine/integrations/integrations.ts';
import type { Actor, Integration, Person } from '../../../src/engine/people/directory.ts';
import { addPerson, type NewPerson } from '../../../src/engine/people/people.ts';
import type { UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import type { AccessRequest, RequestContent } from '../../../src/engine/requests/access-request.ts';
import { type AccessWish, createRequest } from '../../../src/engine/requests/create-request.ts';
import { ofKind, ok } from './outcomes.ts';

const SYSTEM: Actor = { kind: 'system' };

export const inSlack = ({ id: personId }: Pick<Person, 'id'>) =>
  ({ kind: 'person', personId, via: 'slack' }) as const;

export const addedPerson = async (
  transact: UnitOfWork,
  person: NewPerson,
  actor: Actor = SYSTEM,
): Promise<Person> => ok(await transact((tx) => addPerson(tx, person, { actor }))).person;

interface WantedIntegration {
  readonly name?: string;
  /** Its text, or what becomes that. */
  readonly manifest: string | object;
  readonly secrets?: Readonly<Record<string, string>>;
}

export async function addedIntegration(
  transact: UnitOfWork,
  { name = 'Asana', manifest, secrets = {} }: WantedIntegration,
  actor: Actor = SYSTEM,
): Promise<Integration> {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  const wanted = { name, manifest: text, secrets };
  return ok(await transact((tx) => addIntegration(tx, wanted, { actor }))).integration;
}

/** Done by hand, by managers where a test says nothing else. */
export async function addedManual(
  transact: UnitOfWork,
  { name = 'Badge', assignee = { kind: 'manager' } }: Partial<NewManual> = {},
  actor: Actor = SYSTEM,
): Promise<Integration> {
  return ok(await transact((tx) => addManual(tx, { name, assignee }, { actor }))).integration;
}

interface Wish extends Omit<AccessWish, 'actor' | 'person' | 'content'> {
  readonly actor?: Actor;
  /** Left out: the requester. */
  readonly person?: Person;
  readonly content?: Partial<RequestContent>;
}

export async function requested(
  transact: UnitOfWork,
  { requester, person = requester, actor = inSlack(requester), content, ...rest }: Wish,
): Promise<AccessRequest> {
  const whole = { reason: '', form: {}, answers: [], facts: {}, ...content };
  const wish = { ...rest, actor, requester, person, content: whole };
  return ofKind('requested', await transact((tx) => createRequest(tx, wish))).request;
}

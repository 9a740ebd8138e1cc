/** Prepares a try in memory: the people, the integration and its secrets. */
import { firstToken } from '../engine/calls/token-answer.ts';
import type { Manifest } from '../engine/manifest/schema.ts';
import { type Integration, type Person, SYSTEM } from '../engine/people/directory.ts';
import type { OAuthToken } from '../engine/ports/integration-stores.ts';
import type { Clock, NewId, RandomBytes } from '../engine/ports/time-and-chance.ts';
import type { Transaction } from '../engine/ports/unit-of-work.ts';
import type { Run } from '../engine/runs/run.ts';
import { type Memory, type OpenMemory, openMemory } from '../store/memory.ts';
import type { Inputs, TryPerson } from './inputs.ts';

export interface Fixture extends Pick<Memory, 'stores' | 'transact'> {
  readonly integration: Integration;
  /** The try's person. Undefined in a sync. */
  readonly person?: Person;
  /** Everyone in it, by address in lower case, since requests get addresses as written. */
  readonly byAddress: ReadonlyMap<string, Person>;
  /** Adds work to the transaction in which the run ends. */
  readonly whenRunEnds: (work: RunEnds) => void;
}

type RunEnds = (tx: Transaction, run: Run) => Promise<void>;

interface TimeAndIds {
  readonly now: Clock;
  /** Tests count their own ids, since the integration's is in addresses. */
  readonly newId: NewId;
  readonly randomBytes?: RandomBytes;
  readonly openMemory?: OpenMemory;
}

export interface FixtureInput {
  /** The integration's name. */
  readonly name: string;
  readonly manifestText: string;
  readonly inputs: Inputs;
}

/** Does `work` with its own fixture, of which nothing stays. */
export async function withFixture<T>(
  setting: FixtureInput,
  { now, newId, randomBytes, openMemory: open = openMemory }: TimeAndIds,
  work: (fixture: Fixture) => Promise<T>,
): Promise<T> {
  let runEnds: RunEnds = async () => undefined;
  const memory = await open(now, {
    randomBytes,
    async onEvent(tx, event) {
      if (event.kind === 'run-ended') await runEnds(tx, event.run);
    },
  });
  try {
    const fixture = await fixtureOf(setting, memory, newId);
    return await work({
      ...fixture,
      whenRunEnds(wanted) {
        runEnds = wanted;
      },
    });
  } finally {
    await memory.close();
  }
}

async function fixtureOf(
  { name, manifestText, inputs }: FixtureInput,
  { stores, transact }: Memory,
  newId: NewId,
): Promise<Omit<Fixture, 'whenRunEnds'>> {
  return transact(async (tx) => {
    const [id, manifestVersionId] = [newId(), newId()];
    const integration: Integration = {
      id,
      version: 1,
      name,
      enabled: true,
      manifestVersionId,
      createdAt: tx.now,
    };
    await tx.integrations.insert(integration);
    await tx.integrations.insertVersion({
      id: manifestVersionId,
      integrationId: id,
      number: 1,
      manifest: manifestText,
      savedBy: SYSTEM,
      createdAt: tx.now,
    });
    for (const [secret, value] of Object.entries(inputs.secrets))
      await tx.secrets.put(id, secret, value);
    if (inputs.oauth) await tx.oauth.put(firstToken(id, inputs.oauth, tx.now));
    const byAddress = new Map<string, Person>();
    const person = inputs.person && (await insertPeople(inputs.person, tx, byAddress));
    for (const each of inputs.people) await insertPeople(each, tx, byAddress);
    return { stores, transact, integration, byAddress, person };
  });
}

/** When nobody has to sign in, the try gets its token itself, with the first request that needs one (`isNotYetAskedFor`). */
export async function beginConnected(
  { oauth }: Pick<Manifest, 'oauth'>,
  { stores, integration }: Fixture,
  now: Date,
): Promise<void> {
  if (!oauth?.withoutCode || !ANSWERS_ITSELF.test(oauth.authenticateUrl)) return;
  if (await stores.oauth.find(integration.id)) return;
  const answer = { access_token: NOT_YET_ASKED_FOR };
  await stores.oauth.put(firstToken(integration.id, answer, now));
}

export const isNotYetAskedFor = ({ answer }: OAuthToken): boolean =>
  answer['access_token'] === NOT_YET_ASKED_FOR;

/** Stands for the token and is never sent. Without it templates would warn about a missing token. */
const NOT_YET_ASKED_FOR = 'token-not-yet-asked-for';

/** The connection returns at once, as the guide shows it for the grant `client_credentials`. */
const ANSWERS_ITSELF = /^\s*\{\{\{?\s*redirect_url\s*\}?\}\}\s*$/;

/** A person may be in several files. The first description stays. */
async function insertPeople(
  { person, others }: TryPerson,
  tx: Transaction,
  byAddress: Map<string, Person>,
): Promise<Person> {
  async function insertOnce(one: Person): Promise<Person> {
    const address = one.email.toLowerCase();
    const known = byAddress.get(address);
    if (known) return known;
    // A person who is only a reference may have no address, but addresses must be unique.
    await tx.people.insert({ ...one, email: one.email || one.id });
    if (address !== '') byAddress.set(address, one);
    return one;
  }

  const ids = new Map<string, string>();
  // Templates never use other people's managers.
  for (const { managerId: _, buddyId: __, ...other } of others)
    ids.set(other.id, (await insertOnce(other)).id);
  const { managerId = '', buddyId = '' } = person;
  return insertOnce({ ...person, managerId: ids.get(managerId), buddyId: ids.get(buddyId) });
}

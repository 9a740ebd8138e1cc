/** Sets the stage for a try: the people, the integration and its secrets, in memory. */

import { firstToken } from '../engine/calls/token-answer.ts';
import type { Manifest } from '../engine/manifest/schema.ts';
import type { Integration, Person } from '../engine/people/directory.ts';
import { createMemory, type Memory } from '../store/memory/stores.ts';
import type { Inputs, Told } from './inputs.ts';
import type { World } from './world.ts';

export interface Stage extends Memory {
  readonly integration: Integration;
  /** The person that it is about; none in a sync. */
  readonly person?: Person;
}

export async function setStage(
  name: string,
  manifestText: string,
  inputs: Inputs,
  { now, newId }: Pick<World, 'now' | 'newId'>,
): Promise<Stage> {
  const memory = createMemory(now);
  const { stores } = memory;
  const id = newId();
  const versionId = newId();
  const integration: Integration = {
    id,
    version: 1,
    name,
    enabled: true,
    manifestVersionId: versionId,
    createdAt: now(),
  };
  await stores.integrations.insert(integration);
  await stores.integrations.insertVersion({
    id: versionId,
    integrationId: integration.id,
    number: 1,
    manifest: manifestText,
    createdAt: now(),
  });
  for (const [secret, value] of Object.entries(inputs.secrets))
    await stores.secrets.put(id, secret, value);
  if (inputs.oauth) await stores.oauth.put(firstToken(integration.id, inputs.oauth, now()));
  const person = inputs.person && (await insertPeople(inputs.person, memory));
  for (const told of inputs.people) await insertPeople(told, memory);
  return { ...memory, integration, ...(person && { person }) };
}

/**
 * Where nobody has to sign in, the try gets its token by itself: it begins with one that has expired, which is renewed
 * before the first request.
 */
export async function beginConnected(
  { oauth }: Pick<Manifest, 'oauth'>,
  { stores, integration }: Stage,
  now: Date,
): Promise<void> {
  if (!oauth?.refresh || !oauth.withoutCode || !ANSWERS_ITSELF.test(oauth.authenticateUrl)) return;
  if (await stores.oauth.find(integration.id)) return;
  const expired = {
    access_token: NOT_YET_ASKED_FOR,
    expires_at: new Date(now.getTime() - 1).toISOString(),
  };
  await stores.oauth.put(firstToken(integration.id, expired, now));
}

/** Stands where the token will be, and is never sent: without it templates would warn that there is none. */
const NOT_YET_ASKED_FOR = 'token-not-yet-asked-for';

/** The connection comes straight back, as the guide has it for the grant `client_credentials`. */
const ANSWERS_ITSELF = /^\s*\{\{\{?\s*redirect_url\s*\}?\}\}\s*$/;

/** Somebody may be in several files: whoever was described first stays. */
async function insertPeople({ person, others }: Told, { stores }: Memory): Promise<Person> {
  const ids = new Map<string, string>();
  for (const other of others) {
    const known = await stores.people.findByEmail(other.email);
    ids.set(other.id, known?.id ?? other.id);
    if (!known) await stores.people.insert(other);
  }
  const known = await stores.people.findByEmail(person.email);
  if (known) return known;
  const { managerId, buddyId, ...rest } = person;
  const placed: Person = {
    ...rest,
    ...(managerId !== undefined && { managerId: ids.get(managerId) ?? managerId }),
    ...(buddyId !== undefined && { buddyId: ids.get(buddyId) ?? buddyId }),
  };
  await stores.people.insert(placed);
  return placed;
}

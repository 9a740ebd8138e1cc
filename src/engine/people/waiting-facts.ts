/** Facts that a grant needs and that the person has not confirmed yet. The grant waits for them. */
import { isJsonObject, parseJson } from '../../core/json.ts';
import { manifestIn } from '../integrations/manifest-of.ts';
import { variablesOf } from '../manifest/variables.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Integration, Person } from './directory.ts';
import { factLabels } from './fact-questions.ts';

export interface WaitingFacts {
  /** Their ids in manifests; not empty. */
  readonly names: readonly string[];
  /** As people read them. */
  readonly labels: readonly string[];
  /** True: the person confirms them in chat. False: an admin does. */
  readonly inChat: boolean;
}

/** Undefined if the integration needs none of the waiting facts. */
export async function waitingFacts(
  stores: Pick<Stores, 'integrations' | 'factClaims' | 'people' | 'identities'>,
  personId: string,
  integrationId: string,
): Promise<WaitingFacts | undefined> {
  const claims = await stores.factClaims.namesOf([personId]);
  if (claims.length === 0) return undefined;
  const integration = await stores.integrations.find(integrationId);
  const used = integration ? await factNamesOf(stores, integration) : new Set();
  const names = claims.map(({ name }) => name).filter((name) => used.has(name));
  const person = names.length === 0 ? undefined : await stores.people.find(personId);
  if (!person) return undefined;
  const labelOf = await factLabels(stores);
  return { names, labels: names.map(labelOf), inChat: await isAskedInChat(stores, person) };
}

/** Whether the person can answer: they are active, and linked in chat. */
export const isAskedInChat = async (
  stores: Pick<Stores, 'identities'>,
  { id, active }: Person,
): Promise<boolean> => active && (await stores.identities.ofPerson(id)).length > 0;

/** Facts that its manifest asks for, and those that it only names: another integration may ask for them. */
async function factNamesOf(
  stores: Pick<Stores, 'integrations'>,
  { manifestVersionId }: Integration,
): Promise<ReadonlySet<string>> {
  const version = await stores.integrations.findVersion(manifestVersionId);
  const manifest = manifestIn(version);
  const json = version && parseJson(version.manifest);
  if (!manifest || !isJsonObject(json)) return new Set();
  const { extraUserInfo, form, initialDataForm } = manifest;
  const own = new Set([...form, ...initialDataForm].map(({ id }) => id));
  const named = variablesOf(json).flatMap(({ name }) => [name, name.split('.')[0] ?? name]);
  return new Set([
    ...extraUserInfo.map(({ id }) => id),
    ...named.filter((name) => !own.has(name)), // Answers in a form and values of the integration take precedence.
  ]);
}

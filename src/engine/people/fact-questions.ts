/** Questions that integrations ask about people (`extra_user_info`), the labels of facts, and which of them a grant waits for. */
import { isJsonObject, parseJson } from '../../core/json.ts';
import { sayReadyMade } from '../../core/translate.ts';
import { manifestIn, manifestOf, manifestsOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import { variablesOf } from '../manifest/variables.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Integration, Person } from './directory.ts';

export type FactQuestion = Manifest['extraUserInfo'][number];

/** Each fact once. If several integrations ask for it, the first by name gives the question. */
export async function factQuestions(
  stores: Pick<Stores, 'integrations'>,
): Promise<readonly FactQuestion[]> {
  const questions = new Map<string, FactQuestion>();
  const all = await stores.integrations.list();
  const manifests = await manifestsOf(stores, all);
  for (const question of all.flatMap(({ id }) => manifests.get(id)?.extraUserInfo ?? []))
    if (!questions.has(question.id)) questions.set(question.id, question);
  return [...questions.values()];
}

/** Empty for a manual integration, and for a manifest that can't be read. */
export const factsAskedBy = async (
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<readonly FactQuestion[]> => (await manifestOf(stores, integration))?.extraUserInfo ?? [];

/** Places where a value is only sent along, like a shirt size: it identifies no account and no recipient. */
const ONLY_TOLD =
  /^(execute\[\d+\]\.data|post_execute_notification(\[\d+\])?\.(subject|message))(?![^.[])/;

/**
 * Whether several people may have the same value: every template that names the fact only sends it along (`ONLY_TOLD`). In an
 * address, a check or a revoke it names an account, which belongs to one person. So does a fact that no template names.
 */
export async function mayBeShared(
  stores: Pick<Stores, 'integrations'>,
  name: string,
): Promise<boolean> {
  const places: string[] = [];
  const all = await stores.integrations.list();
  const ids = all.flatMap(({ manifestVersionId }) => manifestVersionId ?? []);
  for (const version of await stores.integrations.findVersions(ids)) {
    const json = parseJson(version.manifest);
    if (!isJsonObject(json)) continue;
    const used = variablesOf(json).filter((each) =>
      [each.name, each.name.split('.')[0]].includes(name),
    );
    places.push(...used.map(({ place }) => place));
  }
  return places.length > 0 && places.every((place) => ONLY_TOLD.test(place));
}

/** `GitHub username`; the id, if no integration asks for the fact any more. */
export async function factLabels(
  stores: Pick<Stores, 'integrations'>,
): Promise<(name: string) => string> {
  const labels = new Map((await factQuestions(stores)).map(({ id, name }) => [id, name]));
  return (name) => sayReadyMade(labels.get(name) ?? name);
}

export const factLabel = async (
  stores: Pick<Stores, 'integrations'>,
  name: string,
): Promise<string> => (await factLabels(stores))(name);

/** Facts that a grant needs and that the person has not confirmed yet. */
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

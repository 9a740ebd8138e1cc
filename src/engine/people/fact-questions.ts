/** Questions that integrations ask about people (`extra_user_info`), and the labels of facts. */
import { isJsonObject, parseJson } from '../../core/json.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import { variablesOf } from '../manifest/variables.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Integration } from './directory.ts';

export type FactQuestion = Manifest['extraUserInfo'][number];

/** Each fact once. If several integrations ask for it, the first by name gives the question. */
export async function factQuestions(
  stores: Pick<Stores, 'integrations'>,
): Promise<readonly FactQuestion[]> {
  const questions = new Map<string, FactQuestion>();
  for (const integration of await stores.integrations.list())
    for (const question of await factsAskedBy(stores, integration))
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
  for (const { manifestVersionId } of await stores.integrations.list()) {
    const version = await stores.integrations.findVersion(manifestVersionId);
    const json = version && parseJson(version.manifest);
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
  return (name) => labels.get(name) ?? name;
}

export const factLabel = async (
  stores: Pick<Stores, 'integrations'>,
  name: string,
): Promise<string> => (await factLabels(stores))(name);

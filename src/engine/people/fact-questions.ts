/** What integrations ask about people (`extra_user_info`), and how a fact is called. */
import { isJsonObject, parseJson } from '../../core/json.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Manifest } from '../manifest/schema.ts';
import { variablesOf } from '../manifest/variables.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { Integration } from './directory.ts';

export type FactQuestion = Manifest['extraUserInfo'][number];

/** Each fact once, as the first integration by name asks for it. */
export async function factQuestions(
  stores: Pick<Stores, 'integrations'>,
): Promise<readonly FactQuestion[]> {
  const questions = new Map<string, FactQuestion>();
  for (const integration of await stores.integrations.list())
    for (const question of await factsAskedBy(stores, integration))
      if (!questions.has(question.id)) questions.set(question.id, question);
  return [...questions.values()];
}

/** Of one that is done by hand, and of one whose manifest can't be read, there are none. */
export const factsAskedBy = async (
  stores: Pick<Stores, 'integrations'>,
  integration: Integration,
): Promise<readonly FactQuestion[]> => (await manifestOf(stores, integration))?.extraUserInfo ?? [];

/** A value that is only told to a service, like a size: it finds no account, and says to nobody where to write. */
const ONLY_TOLD =
  /^(execute\[\d+\]\.data|post_execute_notification(\[\d+\])?\.(subject|message))(?![^.[])/;

/**
 * Whether several people may have the same: every template that names the fact only tells it. A name in an address, a check
 * or a revoke is an account, which is one person's; so is one that nothing says anything of.
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

/** `GitHub username`; a fact that no integration asks for any more goes by its id. */
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

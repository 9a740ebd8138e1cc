/** What integrations ask about people (`extra_user_info`), and how a fact is called. */
import type { Integration } from '../directory.ts';
import { manifestOf } from '../integration-state.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { Stores } from '../ports/unit-of-work.ts';

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

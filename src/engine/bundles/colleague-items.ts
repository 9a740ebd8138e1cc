/** What a colleague has, as items that someone else may get: with the same answers, and without facts about the colleague. */
import { accessOf } from '../access/access-overview.ts';
import { heldAnswers } from '../access/held-answers.ts';
import type { Hold } from '../access/hold.ts';
import { answersByName } from '../integrations/form.ts';
import { manifestOf } from '../integrations/manifest-of.ts';
import type { Integration, Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import type { BundleItem } from './bundle.ts';

/** More integrations than a company has. */
const ALL = { offset: 0, limit: 10_000 };

/** In order of name; only what is known to be there and isn't being removed. */
export async function itemsOfColleague(
  stores: Stores,
  colleague: Person,
): Promise<readonly BundleItem[]> {
  const { rows } = await accessOf(stores, colleague, ALL);
  const has = rows.filter(
    ({ access, removal, integration }) =>
      access?.state === 'has' && !removal && integration.enabled,
  );
  return Promise.all(
    has.map(({ integration, holds }) => itemOf(stores, colleague, { integration, holds })),
  );
}

async function itemOf(
  stores: Stores,
  { id: personId }: Person,
  { integration, holds }: { readonly integration: Integration; readonly holds: readonly Hold[] },
): Promise<BundleItem> {
  const { form, formAnswers = [] } = await heldAnswers(stores, { personId, integration }, holds);
  const fields = (await manifestOf(stores, integration))?.form ?? [];
  const answers = answersByName(fields, form).map(
    (answer) => formAnswers.find(({ label }) => label === answer.label) ?? answer,
  );
  return { integrationId: integration.id, form, answers };
}

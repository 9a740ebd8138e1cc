/** Bundles in words. */
import { hoursWords } from '../../../core/hours.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { Hold } from '../../../engine/access/hold.ts';
import type { WhatIsRequested } from '../../../engine/bundles/bundle-request.ts';
import type { BundleWithItems } from '../../../engine/bundles/offered-bundles.ts';
import { answerLine } from '../../../engine/integrations/form.ts';
import { nameOrDeleted } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Answer } from '../../../engine/runs/run.ts';
import { someNames } from '../some-names.ts';

/** Rows on a card: a row with its menu is over a kilobyte, and a Slack message takes ten, the longest reason included. */
export const ROWS = 5;

/** How many apps a list names. */
const NAMED = 5;

export const countApps = (count: number): string =>
  plural(count, { one: t`1 app`, other: t`${sayNumber(count)} apps` });

export const lengthWords = (hours: number | undefined): string =>
  hours === undefined ? t`no end date` : hoursWords(hours);

export const answersWords = (answers: readonly Answer[]): readonly string[] =>
  answers.map(answerLine);

/** `3 apps: Fernboard, Lodestone and Zoom` */
export function appsWords({ items, apps }: Pick<BundleWithItems, 'items' | 'apps'>): string {
  const names = items.flatMap(({ integrationId }) => apps.get(integrationId)?.name ?? []);
  return names.length === 0
    ? countApps(items.length)
    : `${countApps(items.length)}: ${someNames(names, NAMED)}`;
}

/** What is requested, by name: `Engineering basics`, `Same as Bo Ray`. */
export const whatWords = async (of: WhatIsRequested, stores: Stores): Promise<string> =>
  (await whatNames([of], stores))(of);

/** The same of many, which are read together. */
export async function whatNames(
  all: readonly WhatIsRequested[],
  stores: Pick<Stores, 'bundles' | 'people'>,
): Promise<(of: WhatIsRequested) => string> {
  const bundleIds = all.flatMap((of) => (of.kind === 'bundle' ? [of.bundleId] : []));
  const personIds = all.flatMap((of) => (of.kind === 'same-as' ? (of.personId ?? []) : []));
  const [bundles, people] = await Promise.all([
    bundleIds.length === 0 ? [] : stores.bundles.findMany([...new Set(bundleIds)]),
    personIds.length === 0 ? [] : stores.people.findMany([...new Set(personIds)]),
  ]);
  return (of) => {
    if (of.kind === 'bundle')
      return bundles.find(({ id }) => id === of.bundleId)?.name ?? t`a deleted bundle`;
    const person = people.find(({ id }) => id === of.personId);
    return t`Same as ${nameOrDeleted(person)}`;
  };
}

/** The names of the bundles that these holds came with. */
export async function bundleNames(
  holds: readonly Hold[],
  { bundles }: Pick<Stores, 'bundles'>,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(holds.flatMap(({ bundleId }) => bundleId ?? []));
  const found = ids.size === 0 ? [] : await bundles.findMany([...ids]);
  return new Map(found.map(({ id, name }) => [id, name]));
}

/** Which bundles someone is offered: those of which something can be requested for them. */
import { hasWords } from '../../core/fold.ts';
import type { Integration, Person } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { whyNotRequest } from '../requests/requestable.ts';
import { type Bundle, type BundleItem, searchTextOf } from './bundle.ts';

export interface BundleWithItems {
  readonly bundle: Bundle;
  readonly items: readonly BundleItem[];
  /** Those of its items, by id, and maybe others. */
  readonly apps: ReadonlyMap<string, Integration>;
}

export interface ReadBundle extends BundleWithItems {
  readonly isOffered: boolean;
}

/** More than a company has: what is read of them to look for words, or to offer them. */
const ALL = { offset: 0, limit: 500 };

/** Those that have these words in their name, description or tags; without words all. In order of name. */
export async function matchingBundles(
  words: string,
  { bundles }: Pick<Stores, 'bundles'>,
): Promise<readonly Bundle[]> {
  const { items } = await bundles.list('', ALL);
  return items.filter((bundle) => hasWords(searchTextOf(bundle), words));
}

/** In their order. */
export async function withItems(
  bundles: readonly Bundle[],
  stores: Pick<Stores, 'bundles' | 'integrations'>,
): Promise<readonly BundleWithItems[]> {
  if (bundles.length === 0) return [];
  const found = await stores.bundles.findVersions(bundles.map(({ versionId }) => versionId));
  const versions = new Map(found.map(({ id, items }) => [id, items]));
  const ids = new Set(found.flatMap(({ items }) => items.map((item) => item.integrationId)));
  const integrations = await stores.integrations.findMany([...ids]);
  const apps = new Map(integrations.map((each) => [each.id, each]));
  return bundles.map((bundle) => ({ bundle, items: versions.get(bundle.versionId) ?? [], apps }));
}

/** In their order, with whether this person may request something of each. */
export async function readBundles(
  bundles: readonly Bundle[],
  person: Person,
  stores: Pick<Stores, 'bundles' | 'integrations'>,
): Promise<readonly ReadBundle[]> {
  const all = await withItems(bundles, stores);
  return all.map((each) => ({
    ...each,
    isOffered: each.items.some(({ integrationId }) => {
      const integration = each.apps.get(integrationId);
      return integration && whyNotRequest(person, integration) === undefined;
    }),
  }));
}

/** Those of them of which this person may request something, in their order. */
export const offeredOf = async (
  bundles: readonly Bundle[],
  person: Person,
  stores: Pick<Stores, 'bundles' | 'integrations'>,
): Promise<readonly ReadBundle[]> =>
  (await readBundles(bundles, person, stores)).filter(({ isOffered }) => isOffered);

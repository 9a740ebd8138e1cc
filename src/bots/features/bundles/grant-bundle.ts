/** Bundle…: a manager or an admin grants a bundle to someone, from their card or from `grant`. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import type { BundleItem } from '../../../engine/bundles/bundle.ts';
import { withItems } from '../../../engine/bundles/offered-bundles.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type OrRefused } from '../../view/action.ts';
import { type Block, type Card, note, rich, strong, withButtons } from '../../view/card.ts';
import { factsIn } from '../access/grant-form.ts';
import { listRow } from '../list-card.ts';
import { readPage } from '../paging.ts';
import { type SearchedPicker, searchedPicker, searchedShown } from '../search-picker.ts';
import { wordButton } from '../word-button.ts';
import { bundleNow } from './bundle-ref.ts';
import { appsWords } from './bundle-words.ts';
import { beginAs, mayGrantTo, reasonField } from './grant-items.ts';
import { isOutdated, nothingToDo, planForm } from './plan-words.ts';

const pickPayload = searchedShown.extend({ personId: z.string() });
type BundlePick = z.infer<typeof pickPayload>;

const picker: SearchedPicker<BundlePick> = searchedPicker('bundle.pick', pickPayload, {
  admit: ({ personId }, turn) => mayGrantTo(personId, turn),
  card: (shown, { person, ...turn }) => pickerCard(person, shown, turn),
});
export const pickBundle = picker.open;
export const searchBundleToGrant = picker.search;

async function pickerCard(
  person: Person,
  shown: BundlePick,
  { stores, actor }: Turn,
): Promise<Card> {
  const { page, text = '' } = shown;
  const found = await readPage(page, (at) => stores.bundles.list(text, at));
  if (found.total === 0 && text === '')
    return withButtons(
      note(t`There are no bundles yet`, t`A Latchkey admin can create one.`),
      ...(isAdmin(actor) ? [wordButton(t`Bundles`, 'bundles')] : []),
    );
  const rows = (await withItems(found.items, stores)).map((each): readonly Block[] => {
    const { id: bundleId, versionId, name } = each.bundle;
    const does = grantBundle.with({ personId: person.id, bundleId, versionId });
    return listRow(name, appsWords(each), { label: t`Grant…`, about: t`Grant: ${name}`, does });
  });
  return {
    title: t`Which bundle for ${fullName(person)}?`,
    blocks: [
      ...rows.flat(),
      ...picker.foot(
        found,
        shown,
        plural(found.total, { one: t`1 bundle`, other: t`${sayNumber(found.total)} bundles` }),
      ),
    ],
  };
}

export const grantBundle = formAction({
  id: 'bundle.grant',
  payload: z.object({ personId: z.string(), bundleId: z.string(), versionId: z.string() }),
  admit: lookUp,
  title: () => t`Grant a bundle`,
  submitLabel: () => t`Grant`,

  async fields(_payload, { person, by, name, items, ...turn }) {
    const planned = await planForm({ person, by, as: 'grant' }, items, turn);
    if (!planned.isUseful)
      return { refused: nothingToDo(t`There is nothing to grant in ${name}`, planned) };
    return {
      title: t`Grant ${name}`,
      intro: [
        rich`${strong(fullName(person))} (${person.email}) gets ${strong(name)}.`,
        ...planned.lines,
      ],
      fields: { ...planned.facts, ...reasonField(planned) },
    };
  },

  async submit(values, { bundleId, versionId }, { person, by, items, ...turn }) {
    const of = { kind: 'bundle', bundleId, versionId } as const;
    return beginAs({ person, by, as: 'grant', of, items, facts: factsIn(values), values }, turn);
  },
});

async function lookUp(
  {
    personId,
    bundleId,
    versionId,
  }: { readonly personId: string; readonly bundleId: string; readonly versionId: string },
  turn: Turn,
): Promise<
  OrRefused<{
    readonly person: Person;
    readonly by: Person;
    readonly name: string;
    readonly items: readonly BundleItem[];
  }>
> {
  const { person, by, refused } = await mayGrantTo(personId, turn);
  if (refused) return { refused };
  const { bundle, items, refused: gone } = await bundleNow(bundleId, turn);
  if (gone) return { refused: gone };
  return bundle.versionId === versionId
    ? { person, by, name: bundle.name, items }
    : { refused: isOutdated(t`Nothing was granted`) };
}

/** `bundles`: all of them, listed by page or searched by name, description and tags. */
import { z } from 'zod';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { type BundleWithItems, withItems } from '../../../engine/bundles/offered-bundles.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { buttonAction, type Reply } from '../../view/action.ts';
import type { Block } from '../../view/card.ts';
import { adminsTo, readersTo } from '../admins.ts';
import { listRow, openButton, type SearchableList, searchableList } from '../list-card.ts';
import { showBundle } from './bundle-ref.ts';
import { appsWords } from './bundle-words.ts';
import { makeBundle } from './edit-bundle.ts';

const whatIsWanted = () => t`see bundles`;

export const openBundlesPage = buttonAction({
  id: 'bundles.page-link',
  payload: z.object({}),
  admit: adminsTo(() => t`change bundles`),

  handle: async (_payload, turn): Promise<Reply> =>
    sendLink(
      { purpose: 'bundles', subject: 'bundles' },
      {
        title: t`Bundles in the browser`,
        paragraphs: [t`On this page you create bundles, and change their apps, answers and order.`],
      },
      turn,
    ),
});

const list: SearchableList = searchableList({
  id: 'bundles.page',
  admit: readersTo(whatIsWanted),

  async read({ text }, at, { stores }) {
    const { items, total } = await stores.bundles.list(text, at);
    return { items: await withItems(items, stores), total };
  },

  title: () => t`Bundles`,
  empty: ({ shown: { text } }) =>
    text === ''
      ? t`No bundles yet. A bundle is a set of apps that people request as one, such as what everyone in a team needs.`
      : t`No bundle matches "${text}".`,
  counted: ({ total }) =>
    plural(total, { one: t`1 bundle`, other: t`${sayNumber(total)} bundles` }),
  row,
  before: ({ total }) => [
    {
      label: t`New bundle…`,
      tone: total === 0 ? 'primary' : undefined,
      does: makeBundle.with({}),
    },
    { label: t`Edit in the browser…`, does: openBundlesPage.with({}) },
  ],
  one: { store: ({ stores }: Turn) => stores.bundles, show: ({ id }) => showBundle(id) },
  search: {
    id: 'bundles.search',
    title: () => t`Search bundles`,
    label: () => t`Part of the name, description or a tag`,
  },
});
export const { turnPage: turnBundlesPage, search: searchBundles, open: openBundles } = list;

export const openBundle = buttonAction({
  id: 'bundles.open',
  payload: z.object({ bundleId: z.string() }),
  admit: readersTo(whatIsWanted),

  handle: async ({ bundleId }): Promise<Reply> => showBundle(bundleId),
});

function row(listed: BundleWithItems): Block[] {
  const { id: bundleId, name } = listed.bundle;
  return listRow(name, appsWords(listed), openButton(name, openBundle.with({ bundleId })));
}

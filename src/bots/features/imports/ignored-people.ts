/** People whom no import adds, because an admin chose so: listed, searched, and taken off the list. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { stopIgnoring } from '../../../engine/imports/start-sync.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, replaceWith } from '../../view/action.ts';
import { showDate } from '../../view/dates.ts';
import { adminsTo, readersTo } from '../admins.ts';
import {
  listRow,
  type SearchableList,
  searchableList,
  searchedFor,
  searchShown,
} from '../list-card.ts';
import { countPeople } from '../people/person-words.ts';

const wanted = () => t`see who imports ignore`;

const list: SearchableList = searchableList({
  id: 'ignored.page',
  admit: readersTo(wanted),

  async read({ text }, at, { stores }) {
    const { ignored: items, total } = await stores.ignoredEmails.list(text, at);
    return { items, total };
  },

  title: () => t`People that imports ignore`,
  empty: ({ shown: { text } }) =>
    t`${searchedFor(t`No one`, text)}. To add someone here, choose "Ignore for good" in an import's preview.`,
  counted: ({ total }) => countPeople(total),
  explained: () => t`Imports skip these people. You can still add them by hand.`,
  row: ({ email, at: since }, { shown }, turn) =>
    listRow(email, t`since ${showDate(since, turn)}`, {
      label: t`Import again`,
      about: t`Import again: ${email}`,
      does: takeOffIgnored.with({ shown, email }),
    }),
  search: {
    id: 'ignored.search',
    title: () => t`Search ignored people`,
    label: () => t`Part of the email address`,
    leftEmpty: () => t`Leave blank for everyone.`,
  },
});
export const { turnPage: turnIgnoredPage, search: searchIgnored } = list;

export const openIgnored = buttonAction({
  id: 'ignored.open',
  payload: searchShown,
  right: 'see the set-up',
  handle: (shown, turn: Turn) => list.reply(shown, turn),
});

export const takeOffIgnored = buttonAction({
  id: 'ignored.take-off',
  payload: z.object({ shown: searchShown, email: z.string() }),
  admit: adminsTo(() => t`change who imports ignore`),
  refusesInPlace: true,

  async handle({ shown, email }, turn) {
    await turn.transact((tx) => stopIgnoring(tx, email, actorOf(turn)));
    return replaceWith(await list.card(shown, turn));
  },
});

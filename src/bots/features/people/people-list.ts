/** `people`: the directory by name. Managers see their reports; admins, auditors and the helpdesk see everyone. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { sayAddress } from '../../../engine/people/no-address.ts';
import { exactFirst, peopleCalled } from '../../../engine/people/people-called.ts';
import { may, maySeeSetUp } from '../../../engine/people/permission.ts';
import { reportsCalled } from '../../../engine/people/seen-people.ts';
import type { Page } from '../../../engine/ports/store.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type Reply, sayToPerson } from '../../view/action.ts';
import { type Block, type Button, buttonRow, type Card } from '../../view/card.ts';
import { importPeople } from '../imports/import-people.ts';
import {
  type ListCard,
  listCard,
  listRow,
  MAX_SEARCH,
  openButton,
  searchedFor,
  searchField,
  searchProblem,
} from '../list-card.ts';
import { pageShown, type Rows, rowsAt } from '../paging.ts';
import { noteToAsk } from '../whom-to-ask.ts';
import { hirePerson } from './hire-person.ts';
import { openJoins } from './join-list.ts';
import { openPerson } from './open-person.ts';
import { showPerson } from './person-ref.ts';
import { countPeople, personDetails } from './person-words.ts';

const payload = pageShown.extend({
  text: z.string().max(MAX_SEARCH),
  /** Includes people who have left; for those who see everyone. */
  left: z.boolean(),
});
type PeopleListPayload = z.infer<typeof payload>;

const list: ListCard<PeopleListPayload> = listCard({
  id: 'people.page',
  payload,
  refuse: async (turn) =>
    may(turn.actor, 'see') || (await turn.stores.people.hasReports(turn.actor.id))
      ? undefined
      : await notYourList(turn),
  narrow: async (wanted, { actor }) => ({ ...wanted, left: wanted.left && may(actor, 'see') }),
  read: search,
  title: ({ seesAll }) => (seesAll ? t`People` : t`People who report to you`),
  empty: ({ shown: { text } }) =>
    t`No one matches "${text}". Try another part of the name or address.`,
  counted: ({ total, shown }) => narrowed(countPeople(total), shown),
  row: (person) =>
    listRow(
      fullName(person),
      personDetails(person),
      openButton(sayAddress(person), openPerson.with({ personId: person.id })),
    ),
  before: ({ shown }) => [{ label: t`Search…`, does: searchPeople.with(shown) }],
  after: buttonsAfter,
  below: waiting,
});
export const turnPeoplePage = list.turnPage;

export const searchPeople = formAction({
  id: 'people.search',
  payload,
  title: () => t`Search people`,
  submitLabel: () => t`Search`,

  async fields({ text, left }, { actor }: Turn) {
    const hint = t`Part of it is enough. Leave blank for everyone.`;
    const asked = { label: t`Name or email address`, hint, optional: true } as const;
    return {
      fields: {
        text: searchField(text, asked),
        // Managers find active people alone.
        ...(may(actor, 'see') && {
          who: {
            kind: 'choice' as const,
            label: t`Who`,
            options: [here(), leftToo()],
            initial: left ? 'left' : 'here',
          },
        }),
      },
    };
  },

  async submit({ text = '', who }, _shown, turn) {
    const problem = searchProblem(text);
    if (problem !== undefined) return { kind: 'invalid', errors: { text: problem } };
    return openPeople(text, turn, who === 'left');
  },
});

const here = () => ({ value: 'here', label: t`Active people` }) as const;
const leftToo = () => ({ value: 'left', label: t`Include leavers` }) as const;

/** The card of the only match, or a list. @param left includes people who have left */
export async function openPeople(typed: string, turn: Turn, left = false): Promise<Reply> {
  const text = typed.slice(0, MAX_SEARCH);
  const only = text === '' ? undefined : await theOneCalled(text, turn);
  if (only) return showPerson(only.id);
  return sayToPerson(await list.card({ text, left, page: 0 }, turn));
}

/** The person whose whole name was typed, or the only match. */
async function theOneCalled(text: string, turn: Turn): Promise<Person | undefined> {
  const found = may(turn.actor, 'see')
    ? await peopleCalled(turn.stores.people, text, exactFirst)
    : exactFirst(await reportsCalled(turn.stores, turn.actor, text), text);
  return found.total === 1 ? found.people[0] : undefined;
}

interface PeoplePage extends Rows<Person> {
  readonly seesAll: boolean;
}

async function search(
  { text, left }: PeopleListPayload,
  at: Page,
  turn: Turn,
): Promise<PeoplePage> {
  if (!may(turn.actor, 'see'))
    return {
      ...rowsAt((await reportsCalled(turn.stores, turn.actor, text)).people, at),
      seesAll: false,
    };
  const who = left ? 'everybody' : 'active';
  const { people: items, total } = await turn.stores.people.search(text, at, who);
  return { items, total, seesAll: true };
}

function narrowed(counted: string, { text, left }: PeopleListPayload): string {
  const found = searchedFor(counted, text);
  return left ? t`${found}, including leavers` : found;
}

function buttonsAfter({
  seesAll,
  shown,
}: PeoplePage & { readonly shown: PeopleListPayload }): Button[] {
  if (!seesAll) return [];
  const { text, left } = shown;
  return [
    { label: t`Hire…`, does: hirePerson.with({}) },
    { label: t`Add a colleague…`, does: hirePerson.with({ worksHere: true }) },
    {
      label: left ? t`Only active people` : t`Include leavers`,
      does: list.turnPage.with({ text, left: !left, page: 0 }),
    },
    { label: t`Import a file…`, does: importPeople.with({}) },
  ];
}

/** People who joined and wait to be added. */
async function waiting(_page: PeoplePage, { stores, actor }: Turn): Promise<Block[]> {
  if (!maySeeSetUp(actor)) return [];
  const { total } = await stores.joins.open({ offset: 0, limit: 1 });
  if (total === 0) return [];
  const label = t`Joined, not here: ${countPeople(total)}`;
  return buttonRow([{ label, does: openJoins.with({}) }]);
}

const notYourList = async (turn: Turn): Promise<Card> =>
  noteToAsk(
    t`No one reports to you`,
    t`Latchkey admins, auditors and the helpdesk see everyone, and managers see their reports. If someone should report to you, an admin can set you as their manager.`,
    turn,
  );

/** `people`: who is in the directory, by name; admins see everybody, managers those who report to them. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { say } from '../../../core/say.ts';
import type { Person } from '../../../engine/people/directory.ts';
import { exactFirst, peopleCalled } from '../../../engine/people/people-called.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Block, type Button, type Card, note } from '../../view/card.ts';
import { importPeople } from '../imports/import-people.ts';
import { pageButtons, pageWords } from '../paging.ts';
import { hirePerson } from './hire-person.ts';
import { openJoins } from './join-list.ts';
import { openPerson } from './open-person.ts';
import { showPerson } from './person-ref.ts';
import { countPeople, personLine } from './person-words.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;
/** Of a search; longer than any name. */
const LONGEST_SEARCH = 100;

const payload = z.object({
  text: z.string().max(LONGEST_SEARCH),
  /** People who have left, too: for admins. */
  left: z.boolean(),
  page: z.number().int().nonnegative(),
});
type Shown = z.infer<typeof payload>;

export const turnPeoplePage = buttonAction({
  id: 'people.page',
  payload,
  handle: async (shown, turn: Turn) => ({ kind: 'replace', card: await listCard(shown, turn) }),
});

export const searchPeople = formAction({
  id: 'people.search',
  payload,
  title: () => say`Search people`,
  submitLabel: () => say`Search`,

  async fields({ text, left }, { actor }: Turn) {
    return {
      fields: {
        text: {
          kind: 'text',
          label: say`Name or email address`,
          hint: say`A part of it is enough. Left empty: everybody.`,
          optional: true,
          ...(text !== '' && { initial: text }),
        },
        who: {
          kind: 'choice',
          label: say`Who`,
          options: isAdmin(actor) ? [here(), leftToo()] : [here()],
          initial: left ? 'left' : 'here',
        },
      },
    };
  },

  async submit({ text = '', who }, _shown, turn) {
    if (text.length > LONGEST_SEARCH)
      return { kind: 'invalid', errors: { text: say`At most ${LONGEST_SEARCH} characters.` } };
    return openPeople(text, turn, who === 'left');
  },
});

const here = () => ({ value: 'here', label: say`Who is here` }) as const;
const leftToo = () => ({ value: 'left', label: say`Also who has left` }) as const;

/** Their card where only one is meant, else a list. @param left people who have left, too */
export async function openPeople(text: string, turn: Turn, left = false): Promise<Reply> {
  const shown = { text: text.slice(0, LONGEST_SEARCH), left, page: 0 };
  const only = text === '' ? undefined : await theOneCalled(shown, turn);
  if (only) return showPerson(only.id);
  return { kind: 'say', to: 'person', card: await listCard(shown, turn) };
}

/** Their whole name was typed, or nobody else is called like that. */
async function theOneCalled(shown: Shown, turn: Turn): Promise<Person | undefined> {
  const { admin, people, total } = await search(shown, turn);
  const found = admin
    ? await peopleCalled(turn.stores.people, shown.text)
    : exactFirst({ people, total }, shown.text);
  return found.total === 1 ? found.people[0] : undefined;
}

async function search(wanted: Shown, turn: Turn) {
  // A payload can be older than a change of role.
  const actor = await turn.stores.people.find(turn.actor.id);
  const admin = actor !== undefined && isAdmin(actor);
  const shown = { ...wanted, left: wanted.left && admin };
  const found = admin ? await amongAll(shown, turn) : await amongReports(shown, turn);
  return { ...found, admin, shown };
}

async function listCard(wanted: Shown, turn: Turn): Promise<Card> {
  const { admin, shown, ...found } = await search(wanted, turn);
  if (!admin && found.reports === 0) return notYourList();
  // People went meanwhile, and the page with them.
  if (found.people.length === 0 && shown.page > 0) return listCard({ ...shown, page: 0 }, turn);
  const pages = Math.max(1, Math.ceil(found.total / PAGE));
  return {
    title: admin ? say`People` : say`People who report to you`,
    blocks: [
      { kind: 'text', muted: true, text: [describe(shown, found.total, pages)] },
      ...found.people.flatMap(renderRow),
      { kind: 'buttons', buttons: buttonsOf(shown, pages, admin) },
      ...(admin ? await waiting(turn) : []),
    ],
  };
}

interface Found {
  readonly people: readonly Person[];
  readonly total: number;
  /** How many there were to search in, for whoever is no admin. */
  readonly reports: number;
}

async function amongAll({ text, left, page }: Shown, { stores }: Turn): Promise<Found> {
  const where = { offset: page * PAGE, limit: PAGE };
  const found = await stores.people.search(text, where, left ? 'everybody' : 'active');
  return { ...found, reports: 0 };
}

async function amongReports({ text, page }: Shown, { stores, actor }: Turn): Promise<Found> {
  const reports = await stores.people.reportsOf(actor.id);
  const matching = reports.filter(({ firstName, lastName, email }) =>
    hasWords(`${firstName} ${lastName} ${email}`, text),
  );
  return {
    people: matching.slice(page * PAGE, (page + 1) * PAGE),
    total: matching.length,
    reports: reports.length,
  };
}

function describe({ text, left, page }: Shown, total: number, pages: number): string {
  const narrowed = text === '' ? '' : say` for "${text}"`;
  const who = left ? say`, with those who have left` : '';
  return total === 0
    ? say`Nobody${narrowed}${who}. A part of the name or of the address is enough.`
    : `${countPeople(total)}${narrowed}${who}${pageWords({ page, pages })}`;
}

const renderRow = (person: Person): Block[] => {
  const text = personLine(person);
  return [
    { kind: 'text', text },
    {
      kind: 'buttons',
      buttons: [
        {
          label: say`Open`,
          about: say`Open: ${person.email}`,
          does: openPerson.with({ personId: person.id }),
        },
      ],
    },
  ];
};

function buttonsOf(shown: Shown, pages: number, admin: boolean): Button[] {
  const { text, left, page } = shown;
  return [
    { label: say`Search…`, does: searchPeople.with(shown) },
    ...pageButtons({ page, pages }, (to) => turnPeoplePage.with({ ...shown, page: to })),
    ...(admin
      ? [
          {
            label: left ? say`Only who is here` : say`Also who has left`,
            does: turnPeoplePage.with({ text, left: !left, page: 0 }),
          },
          { label: say`Hire…`, does: hirePerson.with({}) },
          { label: say`Import a file…`, does: importPeople.with({}) },
        ]
      : []),
  ];
}

/** Who joined and waits to be added. */
async function waiting({ stores }: Turn): Promise<Block[]> {
  const { total } = await stores.joins.open({ offset: 0, limit: 0 });
  if (total === 0) return [];
  const label = say`Who joined and isn't here: ${countPeople(total)}`;
  return [{ kind: 'buttons', buttons: [{ label, does: openJoins.with({}) }] }];
}

const notYourList = () =>
  note(
    say`Nobody reports to you`,
    say`Latchkey admins see everybody, and managers see those who report to them. If somebody should report to you, ask an admin to set you as their manager.`,
  );

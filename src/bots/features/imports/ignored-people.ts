/** People whom no import adds, since an admin said so: looked through, searched, and taken off the list again. */
import { z } from 'zod';
import { say } from '../../../core/say.ts';
import { stopIgnoring } from '../../../engine/imports/start-sync.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import type { Block, Card } from '../../view/card.ts';
import { showDate } from '../../view/dates.ts';
import { asAdmin, refuse } from '../admins.ts';
import { pageButtons, pageWords } from '../paging.ts';
import { countPeople } from '../people/person-words.ts';

/** A row is two blocks, and a Slack message has fifty. */
const PAGE = 8;
/** Of a search; longer than most addresses. */
const LONGEST_SEARCH = 100;
const wanted = () => say`see whom imports ignore`;

const shownPayload = z.object({
  text: z.string().max(LONGEST_SEARCH),
  page: z.number().int().nonnegative(),
});
type Shown = z.infer<typeof shownPayload>;

export const openIgnored = buttonAction({
  id: 'ignored.open',
  payload: shownPayload,

  async handle(shown, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(wanted, turn);
    return refused
      ? refuse(refused)
      : { kind: 'say', to: 'person', card: await listCard(shown, turn) };
  },
});

export const turnIgnoredPage = buttonAction({
  id: 'ignored.page',
  payload: shownPayload,

  async handle(shown, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(wanted, turn);
    return { kind: 'replace', card: refused ?? (await listCard(shown, turn)) };
  },
});

export const searchIgnored = formAction({
  id: 'ignored.search',
  payload: shownPayload,
  title: () => say`Search ignored people`,
  submitLabel: () => say`Search`,

  async fields({ text }, turn: Turn) {
    const { refused } = await asAdmin(wanted, turn);
    if (refused) return { refused };
    return {
      fields: {
        text: {
          kind: 'text',
          label: say`A part of the email address`,
          hint: say`Left empty: everybody.`,
          optional: true,
          ...(text !== '' && { initial: text }),
        },
      },
    };
  },

  async submit({ text = '' }, _shown, turn) {
    const { refused } = await asAdmin(wanted, turn);
    if (refused) return refuse(refused);
    if (text.length > LONGEST_SEARCH)
      return { kind: 'invalid', errors: { text: say`At most ${LONGEST_SEARCH} characters.` } };
    return { kind: 'say', to: 'person', card: await listCard({ text, page: 0 }, turn) };
  },
});

export const takeOffIgnored = buttonAction({
  id: 'ignored.take-off',
  payload: z.object({ shown: shownPayload, email: z.string() }),

  async handle({ shown, email }, turn: Turn): Promise<Reply> {
    const { refused } = await asAdmin(() => say`change whom imports ignore`, turn);
    if (refused) return { kind: 'replace', card: refused };
    await turn.transact((tx) => stopIgnoring(tx, email, actorOf(turn)));
    return { kind: 'replace', card: await listCard(shown, turn) };
  },
});

async function listCard(shown: Shown, turn: Turn): Promise<Card> {
  const { text, page } = shown;
  const at = { offset: page * PAGE, limit: PAGE };
  const { ignored, total } = await turn.stores.ignoredEmails.list(text, at);
  if (ignored.length === 0 && page > 0) return listCard({ text, page: 0 }, turn);
  const pages = Math.max(1, Math.ceil(total / PAGE));
  const found = text === '' ? '' : say` for "${text}"`;
  const buttons = [
    ...(total > PAGE || text !== ''
      ? [{ label: say`Search…`, does: searchIgnored.with(shown) }]
      : []),
    ...pageButtons({ page, pages }, (to) => turnIgnoredPage.with({ text, page: to })),
  ];
  return {
    title: say`Whom imports ignore`,
    blocks: [
      {
        kind: 'text',
        muted: true,
        text: [
          total === 0
            ? say`Nobody${found}. Where an import shows whom it would add, "Ignore for good" puts somebody here.`
            : say`${countPeople(total)}${found}${pageWords({ page, pages })}. No import adds them; by hand they can still be added.`,
        ],
      },
      ...ignored.flatMap(({ email, at: since }): Block[] => [
        {
          kind: 'text',
          text: [{ kind: 'strong', text: email }, say` · since ${showDate(since, turn)}`],
        },
        {
          kind: 'buttons',
          buttons: [
            {
              label: say`Import again`,
              about: say`Import again: ${email}`,
              does: takeOffIgnored.with({ shown, email }),
            },
          ],
        },
      ]),
      ...(buttons.length > 0 ? [{ kind: 'buttons' as const, buttons }] : []),
    ],
  };
}

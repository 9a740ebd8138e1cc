/** The ready-made integrations: looked through by page or by words, and added. */
import { z } from 'zod';
import { isSameName } from '../../../core/fold.ts';
import { say, sayNumber } from '../../../core/say.ts';
import { type ReadyMade, searchCatalogue } from '../../../engine/integrations/catalogue.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Block, type Button, type Card, note, type Text } from '../../view/card.ts';
import { asAdmin, refuse } from '../admins.ts';
import { onPage, pageButtons, pageWords } from '../paging.ts';
import {
  addFromFile,
  addFromForm,
  addOnPage,
  emojiField,
  nameField,
  whatIsWanted,
} from './add-integration.ts';

/** A row is two blocks, and a Slack message has fifty; with its description, six fill a screen. */
const PAGE = 6;

const shownPayload = z.object({
  page: z.number().int().nonnegative(),
  /** What was searched for. */
  typed: z.string().max(100).optional(),
});
type Shown = z.infer<typeof shownPayload>;

const kinds = (): Record<ReadyMade['kind'], string> => ({
  access: say`gives access`,
  import: say`imports people`,
  update: say`keeps facts about people`,
  texts: say`sends texts`,
});

export const turnCataloguePage = buttonAction({
  id: 'catalogue.page',
  payload: shownPayload,

  async handle(shown, turn: Turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    return { kind: 'replace', card: refused ?? catalogueCard(shown, turn) };
  },
});

/** As its own message: what it was opened from stays. */
export const openCatalogue = buttonAction({
  id: 'catalogue.open',
  payload: z.object({}),

  async handle(_payload, turn: Turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    return refused ? refuse(refused) : sayCatalogue({ page: 0 }, turn);
  },
});

export const searchReadyMade = formAction({
  id: 'catalogue.search',
  payload: z.object({}),
  title: () => say`Search the ready-made`,
  submitLabel: () => say`Search`,

  async fields(_payload, turn: Turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    if (refused) return { refused };
    return { fields: { typed: { kind: 'text', label: say`Words`, hint: 'google group' } } };
  },

  async submit({ typed }, _payload, turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    return refused ? refuse(refused) : sayCatalogue({ page: 0, typed: typed.slice(0, 100) }, turn);
  },
});

const onePayload = z.object({ id: z.string() });

export const readNotes = buttonAction({
  id: 'catalogue.notes',
  payload: onePayload,

  async handle({ id }, turn: Turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    if (refused) return refuse(refused);
    const one = find(id, turn);
    return { kind: 'say', to: 'person', card: one ? notesCard(one) : isGone() };
  },
});

export const addReadyMade = formAction({
  id: 'catalogue.add',
  payload: onePayload,
  title: () => say`Add an integration`,
  submitLabel: () => say`Add`,

  async fields({ id }, turn: Turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    if (refused) return { refused };
    const one = find(id, turn);
    if (!one) return { refused: isGone() };
    return {
      intro: [[one.description], ...needs(one)],
      fields: { name: nameField(await freeName(one.name, turn)), icon: emojiField() },
    };
  },

  async submit({ name, icon }, { id }, turn) {
    const { refused } = await asAdmin(whatIsWanted, turn);
    if (refused) return refuse(refused);
    const one = find(id, turn);
    return one ? addFromForm({ name, icon, manifest: one.manifest }, turn) : refuse(isGone());
  },
});

export const sayCatalogue = (shown: Shown, turn: Turn): Reply => ({
  kind: 'say',
  to: 'person',
  card: catalogueCard(shown, turn),
});

const find = (id: string, { catalogue }: Turn): ReadyMade | undefined =>
  catalogue.find((one) => one.id === id);

/** One and the same ready-made one may be added often: a group of Google each. */
async function freeName(name: string, { stores }: Turn): Promise<string> {
  const all = await stores.integrations.list();
  let free = name;
  for (let n = 2; all.some((other) => isSameName(other.name, free)); n++) free = `${name} ${n}`;
  return free;
}

function catalogueCard(wanted: Shown, { catalogue }: Turn): Card {
  const { typed } = wanted;
  const found = typed === undefined ? catalogue : searchCatalogue(catalogue, typed);
  const shown = onPage(found, wanted.page, PAGE);
  const total =
    typed === undefined ? sayNumber(found.length) : say`${sayNumber(found.length)} for "${typed}"`;
  const buttons: Button[] = [
    { label: say`Search…`, does: searchReadyMade.with({}) },
    ...(typed === undefined
      ? []
      : [{ label: say`Show all`, does: turnCataloguePage.with({ page: 0 }) }]),
    ...(found.length === 0
      ? [
          { label: say`Upload a manifest…`, does: addFromFile.with({}) },
          { label: say`Write one…`, does: addOnPage.with({}) },
        ]
      : []),
    ...pageButtons(shown, (page) => turnCataloguePage.with({ ...wanted, page })),
  ];
  return {
    title: say`Ready-made integrations`,
    blocks: [
      {
        kind: 'text',
        muted: true,
        text: [
          found.length === 0
            ? say`None for "${typed ?? ''}". Try other words, or write a manifest of your own.`
            : `${total}${pageWords(shown)}`,
        ],
      },
      ...shown.items.flatMap(row),
      { kind: 'buttons', buttons },
    ],
  };
}

const row = (one: ReadyMade): Block[] => [
  {
    kind: 'text',
    text: [{ kind: 'strong', text: one.name }, ` · ${kinds()[one.kind]}. ${one.description}`],
  },
  {
    kind: 'buttons',
    buttons: [
      { label: say`Add ${one.name}…`, does: addReadyMade.with({ id: one.id }) },
      {
        label: say`What it needs`,
        about: say`What it needs: ${one.name}`,
        does: readNotes.with({ id: one.id }),
      },
    ],
  },
];

const needs = ({ notes }: ReadyMade): readonly Text[] =>
  notes.permissions.map((text) => [{ kind: 'strong', text: say`Needs: ` }, text]);

const notesCard = (one: ReadyMade): Card => ({
  title: say`What ${one.name} needs`,
  blocks: [
    { kind: 'text', text: [one.description] },
    ...needs(one).map((text) => ({ kind: 'text' as const, text })),
    ...(one.notes.values.length === 0
      ? []
      : [
          {
            kind: 'facts' as const,
            facts: one.notes.values.map(
              ({ what, where }) => [what, [where]] satisfies [string, Text],
            ),
          },
        ]),
    ...one.notes.limits.map((text) => ({
      kind: 'text' as const,
      muted: true,
      text: [say`Good to know: ${text}`],
    })),
    {
      kind: 'buttons',
      buttons: [
        { label: say`Add ${one.name}…`, tone: 'primary', does: addReadyMade.with({ id: one.id }) },
      ],
    },
  ],
});

const isGone = () =>
  note(
    say`This ready-made integration is gone`,
    say`It came with another version of Latchkey. Look at the list again.`,
  );

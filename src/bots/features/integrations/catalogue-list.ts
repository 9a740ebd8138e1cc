/** The ready-made integrations: listed by page, searched and added. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { isSameName } from '../../../core/fold.ts';
import { plural, sayNumber, sayReadyMade, sentences, t } from '../../../core/translate.ts';
import { type ReadyMade, searchCatalogue } from '../../../engine/integrations/catalogue.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, sayToPerson } from '../../view/action.ts';
import {
  buttonRow,
  type Card,
  type Fact,
  factList,
  muted,
  note,
  paragraph,
  strong,
  type Text,
} from '../../view/card.ts';
import { adminsTo, refuse } from '../admins.ts';
import { listRow, MAX_SEARCH, type SearchableList, searchableList } from '../list-card.ts';
import { rowsAt } from '../paging.ts';
import {
  addFromFile,
  addFromForm,
  addOnPage,
  emojiField,
  nameField,
  whatIsWanted,
} from './add-integration.ts';

/** Each row has a description, so fewer rows fit a card than in other lists. */
const ROWS = 6;

const kinds = (): Record<ReadyMade['kind'], string> => ({
  access: t`Grants access.`,
  import: t`Imports people.`,
  update: t`Updates facts about people.`,
  texts: t`Sends texts.`,
});

const list: SearchableList = searchableList({
  id: 'catalogue.page',
  size: ROWS,
  admit: adminsTo(whatIsWanted),
  async read({ text }, at, turn) {
    const catalogue = await turn.catalogue();
    return rowsAt(text === '' ? catalogue : searchCatalogue(catalogue, text), at);
  },
  title: () => t`Ready-made integrations`,
  empty: ({ shown: { text } }) =>
    t`Nothing matches "${text}". Try other words, or write your own manifest.`,
  counted: ({ total }) =>
    plural(total, { one: t`1 integration`, other: t`${sayNumber(total)} integrations` }),
  row: (one) =>
    listRow(one.name, sentences(kinds()[one.kind], sayReadyMade(one.description)), {
      label: t`View`,
      does: readNotes.with({ id: one.id }),
    }),
  after: ({ total }) =>
    total === 0
      ? [
          { label: t`Upload a manifest…`, does: addFromFile.with({}) },
          { label: t`Write one…`, does: addOnPage.with({}) },
        ]
      : [],
  search: {
    id: 'catalogue.search',
    title: () => t`Search ready-made integrations`,
    label: () => t`Search words`,
    example: 'google group',
  },
});
export const { turnPage: turnCataloguePage, search: searchReadyMade } = list;

/** A new message, so that the card with the button stays. */
export const openCatalogue = buttonAction({
  id: 'catalogue.open',
  payload: z.object({}),
  right: 'set up',
  handle: (_payload, turn: Turn) => sayCatalogue('', turn),
});

export const sayCatalogue = (text: string, turn: Turn): Promise<Reply> =>
  list.reply({ page: 0, text: text.slice(0, MAX_SEARCH) }, turn);

const onePayload = z.object({ id: z.string() });

export const readNotes = buttonAction({
  id: 'catalogue.notes',
  payload: onePayload,
  admit: adminsTo(whatIsWanted),

  async handle({ id }, turn) {
    const one = await find(id, turn);
    return sayToPerson(one ? notesCard(one) : isGone());
  },
});

export const addReadyMade = formAction({
  id: 'catalogue.add',
  payload: onePayload,
  admit: adminsTo(whatIsWanted),
  title: () => t`Add an integration`,
  submitLabel: () => t`Add`,

  async fields({ id }, turn) {
    const one = await find(id, turn);
    if (!one) return { refused: isGone() };
    return {
      intro: [sayReadyMade(one.description), ...needs(one)],
      fields: { name: nameField(await freeName(one.name, turn)), icon: emojiField() },
    };
  },

  async submit({ name, icon }, { id }, turn) {
    const one = await find(id, turn);
    return one ? addFromForm({ name, icon, manifest: one.manifest }, turn) : refuse(isGone());
  },
});

const find = async (id: string, { catalogue }: Turn): Promise<ReadyMade | undefined> =>
  (await catalogue()).find((one) => one.id === id);

/** A ready-made integration may be added several times, such as one for each Google group. */
async function freeName(name: string, { stores }: Turn): Promise<string> {
  const all = await stores.integrations.list();
  let free = name;
  for (let n = 2; all.some((other) => isSameName(other.name, free)); n++) free = `${name} ${n}`;
  return free;
}

const needs = ({ notes }: ReadyMade): readonly Text[] =>
  notes.permissions.map((text) => [strong(t`Needs:`), ' ', sayReadyMade(text)]);

const notesCard = (one: ReadyMade): Card => ({
  title: t`What ${one.name} needs`,
  blocks: compact([
    paragraph(sayReadyMade(one.description)),
    ...needs(one).map(paragraph),
    one.notes.values.length !== 0 &&
      factList(
        one.notes.values.map(
          ({ what, where }) => [sayReadyMade(what), sayReadyMade(where)] satisfies Fact,
        ),
      ),
    one.notes.limits.length > 0 && paragraph([strong(t`Good to know`)]),
    ...one.notes.limits.map((text) => muted(sayReadyMade(text))),
    ...buttonRow([
      { label: t`Add ${one.name}…`, tone: 'primary', does: addReadyMade.with({ id: one.id }) },
    ]),
  ]),
});

const isGone = () =>
  note(
    t`This ready-made integration no longer exists`,
    t`It came with another version of Latchkey. Open the list again.`,
  );

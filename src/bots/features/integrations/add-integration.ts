/** `integration add`: from the ready-made ones, from a file, or on the web page. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { readEmoji } from '../../../engine/integrations/emoji.ts';
import { addIntegration, judgeName } from '../../../engine/integrations/integrations.ts';
import { keepDraft } from '../../../engine/links/drafts.ts';
import { checkFor } from '../../../engine/manifest/workspace-check.ts';
import type { Draft } from '../../../engine/ports/integration-stores.ts';
import type { Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import {
  buttonAction,
  formAction,
  type Reply,
  replaceWith,
  sayToPerson,
  showCard,
} from '../../view/action.ts';
import { buttonRow, type Card, note, paragraph, withButtons } from '../../view/card.ts';
import { adminsTo } from '../admins.ts';
import { change } from '../change.ts';
import { pagedLines, pageShown } from '../paging.ts';
import { integrationCardRef } from './integration-ref.ts';
import { errorWords, keptUntil, manifestField, ownDraft } from './manifest-drafts.ts';
import { openPage } from './open-page.ts';
import { problemCount, problemLines, problemsOf } from './problem-list.ts';

export const whatIsWanted = () => t`add an integration`;

/** An emoji of several parts has about thirty characters. The limit exists because it travels in a button. */
const LONGEST_ICON = 64;

/** The name and icon fields of every form that adds an integration. */
export const nameField = (initial?: string) =>
  ({
    kind: 'text',
    label: t`Name`,
    hint: t`The name people know, like Asana.`,
    initial,
  }) as const;
export const emojiField = (initial?: string) =>
  ({
    kind: 'text',
    label: t`Emoji`,
    hint: t`One that people recognise it by: 🧭`,
    optional: true,
    initial,
  }) as const;

const noPayload = z.object({});

export const addFromFile = formAction({
  id: 'integration.add-file',
  payload: noPayload,
  admit: adminsTo(whatIsWanted),
  title: () => t`Add an integration`,
  submitLabel: () => t`Add`,

  fields: async () => ({
    fields: { name: nameField(), icon: emojiField(), manifest: manifestField(t`Manifest`) },
  }),

  submit: async ({ name, icon, manifest }, _payload, turn) =>
    addFromForm({ name, icon, manifest }, turn),
});

/** Begins a manifest in the browser. A draft needs a name, so the form asks for it first. */
export const addOnPage = formAction({
  id: 'integration.add-page',
  payload: noPayload,
  admit: adminsTo(whatIsWanted),
  title: () => t`Add an integration`,
  submitLabel: () => t`Continue`,

  fields: async () => ({
    intro: [t`You write the manifest in your browser, with completion, a preview and test runs.`],
    fields: { name: nameField() },
  }),

  async submit({ name: typed }, _payload, turn) {
    const name = typed.trim();
    const taken = await turn.stores.integrations.findByName(name);
    if (taken) return { kind: 'invalid', errors: { name: nameIsTaken(taken.name) } };
    const [problem] = await turn.transact((tx) => judgeName(tx, name));
    if (problem) return { kind: 'invalid', errors: { name: t`The name ${problem.message}.` } };
    const draft = await keep({ name, text: '' }, turn); // The editor begins with its example.
    return sendLink(
      { purpose: 'manifest', subject: draft.id },
      {
        title: t`Write the manifest of ${draft.name}`,
        paragraphs: [t`The integration is added when you save it there.`],
      },
      turn,
    );
  },
});

const draftPayload = z.object({ draftId: z.string() });
/** Also carries the emoji that was typed, since a draft doesn't store it. */
const iconPayload = draftPayload.extend({ icon: z.string().max(LONGEST_ICON).optional() });

/** Adds a stored draft, under another name or with another file. */
export const finishDraft = formAction({
  id: 'integration.add-draft',
  payload: iconPayload,
  admit: ownDraft(whatIsWanted),
  title: () => t`Add an integration`,
  submitLabel: () => t`Add`,

  fields: async ({ icon }, { draft }) => ({
    fields: {
      name: nameField(draft.name),
      icon: emojiField(icon),
      manifest: manifestField(t`Manifest`, {
        hint: t`Leave blank to use what you sent before.`,
        optional: true,
      }),
    },
  }),

  submit: async ({ name, icon, manifest }, _payload, { draft, ...turn }) =>
    addFromForm({ name, icon, manifest: manifest ?? draft.text, draft }, turn),
});

export const discardDraft = buttonAction({
  id: 'integration.discard-draft',
  payload: draftPayload,
  admit: ownDraft(whatIsWanted),
  refusesInPlace: true,

  async handle(_payload, { draft, ...turn }) {
    await turn.transact((tx) => tx.drafts.delete(draft.id));
    return replaceWith(note(t`Discarded`, t`"${draft.name}" wasn't added.`));
  },
});

export const turnDraftPage = buttonAction({
  id: 'integration.draft-page',
  payload: iconPayload.extend(pageShown.shape),
  admit: ownDraft(whatIsWanted),
  refusesInPlace: true,

  handle: async ({ page, icon }, { draft, ...turn }) =>
    replaceWith(await draftCard(draft, { icon, page }, turn)),
});

interface NewIntegration {
  readonly name: string;
  /** The icon as it was typed. */
  readonly icon?: string;
  readonly manifest: string;
  /** The draft that stores it until now. */
  readonly draft?: Draft;
}

type Added =
  | Reply
  | {
      readonly kind: 'invalid';
      readonly errors: { readonly name?: string; readonly icon?: string };
    };

/** Adds it and shows its card. The form shows an error in the name or emoji. A manifest with errors is stored as a draft. */
export async function addFromForm(wanted: NewIntegration, turn: Turn): Promise<Added> {
  const icon = wanted.icon === undefined ? undefined : readEmoji(wanted.icon);
  if (icon && !icon.ok) return { kind: 'invalid', errors: { icon: icon.why } };
  const { name, manifest, draft } = wanted;
  const keepWithErrors = async (): Promise<Reply> => {
    const kept = await keep({ name, text: manifest, draft }, turn);
    return sayToPerson(await draftCard(kept, { icon: icon?.emoji, page: 0 }, turn));
  };
  if (!(await checkFor(turn.stores, manifest, { name })).ok) return keepWithErrors();
  const integration = { name, manifest, secrets: {}, icon: icon?.emoji };
  // Two admins may choose the same name at once.
  const added = await change(turn, async (tx, by) => {
    const outcome = await addIntegration(tx, integration, by);
    if (outcome.ok && draft) await tx.drafts.delete(draft.id);
    return outcome;
  });
  if (added.ok) return showCard(integrationCardRef(added.integration.id));
  // Another admin has stored a name that this manifest would store, too.
  if (added.errors.some(({ place }) => place !== 'name')) return keepWithErrors();
  const why = added.errors.map(({ message }) => message).join('; ');
  return { kind: 'invalid', errors: { name: t`The name ${why}.` } };
}

/** Adds a manifest from a message. There is no form for errors, so the draft's card shows an error in the name. */
export async function addFromMessage(
  { name, manifest }: { readonly name: string; readonly manifest: string },
  turn: Turn,
): Promise<Reply> {
  const added = await addFromForm({ name, manifest }, turn);
  if (added.kind !== 'invalid') return added;
  const draft = await keep({ name, text: manifest }, turn);
  return sayToPerson(
    withButtons(
      note(t`"${name}" isn't added yet`, [
        `${added.errors.name ?? ''} `,
        t`Choose another one; your file is kept until ${keptUntil(draft, turn)}.`,
      ]),
      {
        label: t`Choose another name…`,
        tone: 'primary',
        does: finishDraft.with({ draftId: draft.id }),
      },
      { label: t`Discard`, does: discardDraft.with({ draftId: draft.id }) },
    ),
  );
}

const keep = (
  { name, text, draft }: { readonly name: string; readonly text: string; readonly draft?: Draft },
  turn: Turn,
): Promise<Draft> => {
  const id = draft && { id: draft.id }; // Keeps the id, so that its page in the browser still works.
  const kept = { ...id, personId: turn.actor.id, kind: 'manifest', name, text } as const;
  return turn.transact((tx) => keepDraft(tx, kept));
};

/**
 * All problems of the draft, and buttons for the next steps.
 * @param icon the emoji that was typed for it
 */
async function draftCard(
  draft: Draft,
  { icon, page }: { readonly icon: string | undefined; readonly page: number },
  turn: Turn,
): Promise<Card> {
  const target = { draftId: draft.id, icon };
  const found = problemsOf(await checkFor(turn.stores, draft.text, { name: draft.name }));
  const { errors } = found;
  const kept = t`What you sent is kept until ${keptUntil(draft, turn)}.`;
  return {
    title: t`"${draft.name}" isn't added yet`,
    blocks: [
      paragraph(`${draftWords(errors.length)} ${kept}`),
      ...pagedLines(problemLines(found), {
        total: problemCount(found),
        page,
        to: (to) => turnDraftPage.with({ ...target, page: to }),
      }),
      ...buttonRow([
        {
          label: t`Open in the editor`,
          tone: 'primary',
          does: openPage.with({ purpose: 'manifest', subject: draft.id }),
        },
        {
          label: errors.length > 0 ? t`Send the file again…` : t`Add…`,
          does: finishDraft.with(target),
        },
        { label: t`Discard`, does: discardDraft.with({ draftId: draft.id }) },
      ]),
    ],
  };
}

const draftWords = (errors: number): string =>
  errors === 0
    ? t`The manifest has no more errors. You can add the integration now.`
    : errorWords(errors);

const nameIsTaken = (name: string): string =>
  t`There's already an integration called ${name}. Choose another name.`;

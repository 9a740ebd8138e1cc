/** Upload a manifest…: shows its changes first, then saves or discards it. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { sentences, t } from '../../../core/translate.ts';
import { saveManifest } from '../../../engine/integrations/change-integration.ts';
import { keepDraft } from '../../../engine/links/drafts.ts';
import { checkFor } from '../../../engine/manifest/workspace-check.ts';
import type { Integration } from '../../../engine/people/directory.ts';
import type { Draft } from '../../../engine/ports/integration-stores.ts';
import type { Turn } from '../../live/context.ts';
import {
  buttonAction,
  formAction,
  type OrRefused,
  replaceWith,
  sayToPerson,
} from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  note,
  paragraph,
  rich,
  strong,
  type Text,
} from '../../view/card.ts';
import { foundForAdmins } from '../admins.ts';
import { change } from '../change.ts';
import { pagedLines, pageShown } from '../paging.ts';
import { integrationCardRef } from './integration-ref.ts';
import { integrationNow, targetOf, targetPayload } from './integration-target.ts';
import { whoSaved } from './integration-words.ts';
import { manifestChanges } from './manifest-changes.ts';
import { errorWords, keptUntil, manifestField, ownDraft, ownDraftNow } from './manifest-drafts.ts';
import { openPage } from './open-page.ts';
import { problemCount, problemLines, problemsOf } from './problem-list.ts';

const wanted = () => t`change integrations`;

export const editIntegration = formAction({
  id: 'integration.edit',
  payload: targetPayload,
  admit: targetOf(wanted),
  title: () => t`Upload a manifest`,
  submitLabel: () => t`Preview`,

  fields: async (_payload, { integration }) => ({
    intro: [rich`You see what it changes in ${strong(integration.name)} before anything is saved.`],
    fields: { manifest: manifestField(t`Manifest`) },
  }),

  async submit({ manifest }, _payload, { integration, ...turn }) {
    const kept = {
      personId: turn.actor.id,
      kind: 'manifest',
      integrationId: integration.id,
      name: integration.name,
      text: manifest,
    } as const;
    const draft = await turn.transact((tx) => keepDraft(tx, kept));
    return sayToPerson(await editCard(draft, turn, { integration }));
  },
});

const draftPayload = z.object({ draftId: z.string() });

const ownEdit = foundForAdmins(wanted, ownEditNow);

export const turnEditPage = buttonAction({
  id: 'integration.edit-page',
  payload: draftPayload.extend(pageShown.shape),
  admit: ownEdit,
  refusesInPlace: true,

  handle: async ({ page }, { draft, integration, ...turn }) =>
    replaceWith(await editCard(draft, turn, { integration, page })),
});

export const saveEdit = buttonAction({
  id: 'integration.edit-save',
  /** `base`: the version that the card compared it with; null for none. */
  payload: draftPayload.extend({ base: z.string().nullable() }),
  admit: ownEdit,
  refusesInPlace: true,

  async handle({ base }, { draft, integration, ...turn }) {
    if ((integration.manifestVersionId ?? null) !== base)
      return replaceWith(await savedSince(draft, integration, turn));

    const saved = await change(turn, async (tx, by) => {
      const outcome = await saveManifest(tx, integration, { ...by, text: draft.text });
      if (outcome.ok) await tx.drafts.delete(draft.id);
      return outcome;
    });
    if (saved.ok) return replaceWith(integrationCardRef(integration.id));
    const current = (await turn.stores.integrations.find(integration.id)) ?? integration;
    const why = problemLines({ errors: saved.errors, warnings: [] });
    return replaceWith(await editCard(draft, turn, { integration: current, first: why }));
  },
});

export const discardEdit = buttonAction({
  id: 'integration.edit-discard',
  payload: draftPayload,
  admit: ownDraft(wanted),
  refusesInPlace: true,

  async handle(_payload, { draft, ...turn }) {
    await turn.transact((tx) => tx.drafts.delete(draft.id));
    return replaceWith(note(t`Discarded`, t`${draft.name} stays as it is.`));
  },
});

async function ownEditNow(
  payload: z.infer<typeof draftPayload>,
  turn: Turn,
): Promise<OrRefused<{ readonly draft: Draft; readonly integration: Integration }>> {
  const { draft, refused } = await ownDraftNow(payload, turn);
  if (refused) return { refused };
  const target = await integrationNow({ integrationId: draft.integrationId ?? '' }, turn);
  if (target.refused) return { refused: target.refused };
  return { draft, integration: target.integration };
}

async function savedSince(draft: Draft, integration: Integration, turn: Turn): Promise<Card> {
  const version = await turn.stores.integrations.findVersion(integration.manifestVersionId);
  const who = version ? await whoSaved(turn.stores, version) : t`Someone`;
  const saved = t`${who} has already saved version ${version?.number ?? '?'}, so yours wasn't saved.`;
  const first = [strong(saved), ' ', t`This is what yours would change now.`];
  return editCard(draft, turn, { integration, first: [first] });
}

/** @param first text that comes before all else */
async function editCard(
  draft: Draft,
  turn: Turn,
  {
    integration,
    page = 0,
    first = [],
  }: {
    readonly integration: Integration;
    readonly page?: number;
    readonly first?: readonly Text[];
  },
): Promise<Card> {
  const found = problemsOf(await checkFor(turn.stores, draft.text, integration));
  const to = (target: number) => turnEditPage.with({ draftId: draft.id, page: target });
  const said = first.map(paragraph);
  const kept = t`What you sent is kept until ${keptUntil(draft, turn)}.`;
  if (found.errors.length > 0)
    return {
      title: t`${integration.name} can't be saved like this`,
      blocks: [
        ...said,
        paragraph(
          sentences(
            errorWords(found.errors.length),
            t`${integration.name} stays as it is until you save.`,
            kept,
          ),
        ),
        ...pagedLines(problemLines(found), { total: problemCount(found), page, to }),
        ...buttonRow(ways(draft, integration, undefined)),
      ],
    };

  const version = await turn.stores.integrations.findVersion(integration.manifestVersionId);
  const names = await turn.stores.secrets.names(integration.id);
  const { lines, total, secrets } = manifestChanges(version?.manifest, draft.text, names);
  const warnings = problemLines(found);
  return {
    title: t`What changes in ${integration.name}`,
    blocks: [
      ...said,
      paragraph(
        lines.length === 0
          ? t`No real changes: only white space or the order of keys.`
          : sentences(t`Nothing is saved yet.`, kept),
      ),
      ...secrets.map((text): Block => paragraph(`⚠ ${text}`)),
      ...pagedLines([...lines, ...warnings], {
        total: warnings.length === 0 ? total : t`${total} and ${problemCount(found)}`,
        page,
        to,
      }),
      ...buttonRow(ways(draft, integration, version?.id ?? null)),
    ],
  };
}

/** @param base the version it was compared with; undefined where it can't be saved */
function ways(draft: Draft, { id }: Integration, base: string | null | undefined): Button[] {
  const { id: draftId } = draft;
  return compact([
    base !== undefined && {
      label: t`Save`,
      tone: 'primary',
      does: saveEdit.with({ draftId, base }),
    },
    {
      label: t`Open in the editor`,
      tone: base === undefined ? 'primary' : undefined,
      does: openPage.with({ purpose: 'manifest', subject: draftId }),
    },
    { label: t`Send the file again…`, does: editIntegration.with({ integrationId: id }) },
    { label: t`Discard`, does: discardEdit.with({ draftId }) },
  ]);
}

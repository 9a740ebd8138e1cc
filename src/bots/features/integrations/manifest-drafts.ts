/** Manifests that an admin has sent but not saved yet, and the reply where a draft has expired. */
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { DRAFT_LIFE_MS, findDraft } from '../../../engine/links/drafts.ts';
import { MAX_MANIFEST_CHARACTERS } from '../../../engine/manifest/parse.ts';
import type { Draft } from '../../../engine/ports/integration-stores.ts';
import type { Turn } from '../../live/context.ts';
import type { OrRefused } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import type { Field } from '../../view/form.ts';
import { foundForAdmins } from '../admins.ts';

/** The limit in characters also serves as the limit in bytes, since few characters need more than one. */
export const MANIFEST_BYTES = MAX_MANIFEST_CHARACTERS;

export const manifestField = (label: string, more: { hint?: string; optional?: true } = {}) =>
  ({
    kind: 'file',
    label,
    endings: ['json'],
    maxBytes: MANIFEST_BYTES,
    ...more,
  }) satisfies Field;

/** The actor's own draft, if they are still an admin and it hasn't expired. */
export const ownDraft = (what: () => string) => foundForAdmins(what, ownDraftNow);

export async function ownDraftNow(
  { draftId }: { readonly draftId: string },
  turn: Turn,
): Promise<OrRefused<{ readonly draft: Draft }>> {
  const wanted = { draftId, personId: turn.actor.id, kind: 'manifest' } as const;
  const draft = await findDraft(turn.stores, wanted, turn.now());
  return draft ? { draft } : { refused: draftIsOver() };
}

const draftIsOver = () =>
  note(
    t`This is no longer open`,
    t`It was already saved or discarded, or it's more than a day old. Upload the manifest again.`,
  );

export const errorWords = (errors: number): string =>
  plural(errors, {
    one: t`The manifest has 1 error. Fix it in the editor, or send the file again.`,
    other: t`The manifest has ${sayNumber(errors)} errors. Fix them in the editor, or send the file again.`,
  });

/** `24 Nov 2026, 14:05` */
export const keptUntil = ({ createdAt }: Draft, turn: Turn): string =>
  showTime(new Date(createdAt.getTime() + DRAFT_LIFE_MS), turn);

/** Assembles the web's manifest editor: its pages, the preview by the bot's renderers, and tries. */
import type { Router } from 'express';
import { integrationCardRef } from '../bots/features/integrations/integration-ref.ts';
import { pageResult } from '../bots/features/integrations/page-result.ts';
import { compact } from '../core/compact.ts';
import { t } from '../core/translate.ts';
import { saveManifest } from '../engine/integrations/change-integration.ts';
import { stateOf } from '../engine/integrations/integration-state.ts';
import { addIntegration } from '../engine/integrations/integrations.ts';
import { nextStep } from '../engine/integrations/next-step.ts';
import { showResult } from '../engine/links/page-result.ts';
import { checkFor, checkHere } from '../engine/manifest/workspace-check.ts';
import { notifyAtOnce } from '../engine/messages/notify-person.ts';
import type { Actor, Integration } from '../engine/people/directory.ts';
import type { Transaction } from '../engine/ports/unit-of-work.ts';
import { type EditorFoundation, mayGoOn, openTries } from '../try/manifest-tries.ts';
import { type Assets, loadAssets } from '../web/editor/assets.ts';
import type { EditorDeps, Saved } from '../web/editor/editor-deps.ts';
import { editorPages } from '../web/editor/router.ts';
import type { EditorSession } from '../web/editor/session.ts';
import { previewManifest } from './manifest-preview.ts';

interface Wiring {
  readonly session: EditorDeps['session'];
  readonly refusesStranger: EditorDeps['refusesStranger'];
  readonly onError: (error: unknown, where: string) => void;
  /** The build's script and stylesheet. Default: beside the code that reads them. */
  readonly assets?: Assets;
}

/** @returns the routes below `/editor/` and `/assets/` */
export function openEditor(
  foundation: EditorFoundation,
  { onError, assets = loadAssets(), ...browsers }: Wiring,
): Router {
  const { stores, now, randomBytes, config } = foundation;
  return editorPages({
    stores,
    ...browsers,
    check: (text, owner) => (owner ? checkFor(stores, text, owner) : checkHere(stores, text)),
    preview: previewManifest,
    save: (wanted) => save(wanted, foundation),
    add: (wanted) => add(wanted, foundation),
    close: (closed) => close(closed, foundation),
    tries: openTries(foundation, onError),
    assets,
    base: new URL(config.publicUrl).pathname.replace(/\/$/, ''),
    now,
    randomBytes,
  });
}

/** The person who uses the page. */
const actorOf = ({ personId }: EditorSession): Actor => ({ kind: 'person', personId, via: 'web' });

async function save(
  { session, integration, text }: Parameters<EditorDeps['save']>[0],
  { transact, stores, ...deps }: EditorFoundation,
): Promise<Saved> {
  const saved = await transact(async (tx) => {
    if (!(await mayGoOn(session, { stores: tx }))) return over;
    const done = await saveManifest(tx, integration, { ...deps, text, actor: actorOf(session) });
    if (!done.ok) return done;
    // Deletes the unsaved text. A session about a draft (from a file) keeps the saved text in that draft, and what follows
    // starts from this version.
    await tx.drafts.delete(session.id);
    const draft = await tx.drafts.find(session.subject);
    if (draft) await tx.drafts.put({ ...draft, text, createdAt: tx.now });
    await showSaved(tx, session, integration);
    return done;
  });
  if ('kind' in saved) return saved;
  if (!saved.ok) return { kind: 'invalid', errors: saved.errors, warnings: saved.warnings };
  const { dropped } = saved;
  return {
    kind: 'saved',
    number: saved.version.number,
    warnings: saved.warnings,
    next: compact([
      dropped.length > 0 &&
        t`The saved values for ${dropped.join(', ')} were deleted, because the manifest no longer uses them.`,
      await nextOf(saved.integration, stores),
    ]),
  };
}

async function add(
  { session, name, text }: Parameters<EditorDeps['add']>[0],
  { transact, stores }: EditorFoundation,
): Promise<Saved> {
  const added = await transact(async (tx) => {
    if (!(await mayGoOn(session, { stores: tx }))) return over;
    const draft = await tx.drafts.find(session.subject);
    // First, so that of two presses at once the second waits here and adds nothing.
    if (!draft || !(await tx.drafts.delete(draft.id))) return { kind: 'gone' } as const;
    const done = await addIntegration(
      tx,
      { name, manifest: text, secrets: {} },
      { actor: actorOf(session) },
    );
    if (!done.ok) {
      await tx.drafts.put(draft);
      return done;
    }
    await tx.webSessions.delete(session.id);
    await showSaved(tx, session, done.integration);
    // The page names buttons of this card.
    await notifyAtOnce(tx, session.personId, { card: integrationCardRef(done.integration.id) });
    return done;
  });
  if ('kind' in added) return added;
  if (!added.ok) return { kind: 'invalid', errors: added.errors, warnings: added.warnings };
  const next = [await nextOf(added.integration, stores)];
  return { kind: 'saved', number: 1, warnings: added.warnings, next };
}

const showSaved = (tx: Transaction, session: EditorSession, { id }: Integration): Promise<void> =>
  showResult(tx, session.id, pageResult.with({ done: 'manifest', integrationId: id }));

const over = { kind: 'over' } as const;

const close = ({ id }: EditorSession, { transact }: EditorFoundation): Promise<void> =>
  transact(async (tx) => {
    await tx.drafts.delete(id);
    await tx.webSessions.delete(id);
  });

const nextOf = async (
  integration: Integration,
  stores: EditorFoundation['stores'],
): Promise<string> => nextStep(integration.name, await stateOf(stores, integration));

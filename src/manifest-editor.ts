/** Puts the manifest editor of the web together: its pages, the preview by the bot's renderers, and tries. */
import type { Router } from 'express';
import type { Actor } from './engine/directory.ts';
import { addIntegration } from './engine/integrations.ts';
import { checkManifest } from './engine/manifest/lint.ts';
import type { Foundation } from './foundation.ts';
import { previewManifest } from './manifest-preview.ts';
import { openTries } from './manifest-tries.ts';
import { type Assets, loadAssets } from './web/editor/assets.ts';
import type { EditorParts, EditorSession, Saved } from './web/editor/parts.ts';
import { editorPages } from './web/editor/router.ts';

interface Wiring {
  readonly session: EditorParts['session'];
  /** Saves a new version, for a person who may. */
  readonly save: EditorParts['save'];
  readonly onError: (error: unknown, where: string) => void;
  /** Where the build put the script and the stylesheet; beside the code that reads them where it is left out. */
  readonly assets?: Assets;
}

/** @returns what is under `/editor/` and `/assets/` */
export function openEditor(
  foundation: Foundation,
  { session, save, onError, assets = loadAssets() }: Wiring,
): Router {
  const { stores, randomBytes } = foundation;
  return editorPages({
    stores,
    session,
    check: async (text) => checkManifest(text),
    preview: previewManifest,
    save,
    add: (wanted) => add(wanted, foundation),
    tries: openTries(foundation, onError),
    assets,
    randomBytes,
  });
}

/** Whoever writes on a page. */
const actorOf = ({ personId }: EditorSession): Actor => ({ kind: 'person', personId, via: 'web' });

async function add(
  { session, name, text }: Parameters<EditorParts['add']>[0],
  { transact, now, newId }: Foundation,
): Promise<Saved> {
  return transact(async (tx) => {
    const added = await addIntegration(
      tx,
      { name, manifest: text, secrets: {} },
      { now, newId, actor: actorOf(session) },
    );
    if (!added.ok) return { kind: 'invalid', ...added };
    await tx.drafts.delete(session.subject);
    const { missing, warnings } = added;
    const open = `In chat, write "integrations" to Latchkey and open ${name}`;
    return {
      kind: 'saved',
      number: 1,
      warnings,
      next: [
        missing.length > 0
          ? `${open}: its card asks for what only you know (${missing.join(', ')}).`
          : `${open}: its card says what is left to do.`,
      ],
    };
  });
}

/** Saves a setting of the workspace. */
import { t } from '../../../core/translate.ts';
import { saveSettings as save } from '../../../engine/settings/save-settings.ts';
import type { WorkspaceChange } from '../../../engine/settings/workspace-settings.ts';
import type { Turn } from '../../live/context.ts';
import { type Card, note } from '../../view/card.ts';
import { change } from '../change.ts';

/** In one transaction, so that admins can change different settings at the same time. @returns the card that says why not */
export async function saveSettings(wanted: WorkspaceChange, turn: Turn): Promise<Card | undefined> {
  const saved = await change(turn, (tx, by) => save(tx, wanted, by));
  return saved.ok ? undefined : note(t`Nothing changed`, saved.why);
}

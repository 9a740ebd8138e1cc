/** Saves a setting of the workspace. */
import { saveSettings as save } from '../../../engine/settings/save-settings.ts';
import type { changeWorkspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import { actorOf, type Turn } from '../../live/context.ts';

/** In one transaction, so that admins can change different settings at the same time. */
export const saveSettings = (
  change: Parameters<typeof changeWorkspaceSettings>[1],
  turn: Turn,
): Promise<void> => turn.transact((tx) => save(tx, change, { actor: actorOf(turn) }));

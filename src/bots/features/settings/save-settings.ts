/** Saves a setting of the workspace and records it in the audit log. */
import { t } from '../../../core/translate.ts';
import { inWorkspaceLocale } from '../../../engine/people/locales.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { WorkspaceSettings } from '../../../engine/settings/settings.ts';
import {
  changeWorkspaceSettings,
  workspaceSettings,
} from '../../../engine/settings/workspace-settings.ts';
import { actorOf, type Turn } from '../../live/context.ts';

/** The audit log gets each changed setting with its new value. */
export async function saveSettings(
  change: Parameters<typeof changeWorkspaceSettings>[1],
  turn: Turn,
): Promise<void> {
  const save = async (tx: Transaction): Promise<void> => {
    const before = await workspaceSettings(tx);
    const after = await changeWorkspaceSettings(tx, change);
    const changed = (Object.keys(change) as (keyof WorkspaceSettings)[]).filter(
      (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
    );
    if (changed.length === 0) return;
    await tx.audit('settings.changed', {
      actor: actorOf(turn),
      detail: await inWorkspaceLocale(tx, async () =>
        Object.fromEntries(changed.map((key) => [key, valueOf(after[key])])),
      ),
    });
  };
  await turn.transact(save); // Inside the transaction, so that admins can change different settings at the same time.
}

function valueOf(value: WorkspaceSettings[keyof WorkspaceSettings]): string | number | boolean {
  if (value === undefined) return t`not set`;
  if (Array.isArray(value)) return value.join(', ') || t`none`;
  if (typeof value !== 'object') return value;
  return 'name' in value ? value.name : t`${value.from} to ${value.until}`;
}

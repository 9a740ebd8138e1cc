/** Reads and changes the workspace's settings. */
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { queueReplan } from '../sequences/queue-replan.ts';
import { invalidate, settingsTopic, setUpTopic } from '../work/topics.ts';
import { readWorkspaceSettings, WORKSPACE, type WorkspaceSettings, workspace } from './settings.ts';

export async function workspaceSettings(
  stores: Pick<Stores, 'settings'>,
): Promise<WorkspaceSettings> {
  return readWorkspaceSettings((await stores.settings.find(WORKSPACE))?.value);
}

/** The days off, as a text to compare. */
const restOf = ({ weekend, holidays }: WorkspaceSettings): string =>
  JSON.stringify([weekend, holidays]);

/** Changes some of them. Undefined resets a setting to its default. @throws {StaleWrite} when another transaction changed them first */
export async function changeWorkspaceSettings(
  tx: Transaction,
  change: { readonly [K in keyof WorkspaceSettings]?: WorkspaceSettings[K] },
): Promise<WorkspaceSettings> {
  const found = await tx.settings.find(WORKSPACE);
  const before = readWorkspaceSettings(found?.value);
  const next = workspace.parse({ ...before, ...change });
  await tx.settings.save(WORKSPACE, found?.version ?? 0, JSON.stringify(next));
  // Sequences count in working days.
  if (restOf(next) !== restOf(before)) await queueReplan(tx.queue, {});
  await invalidate(tx, settingsTopic, setUpTopic);
  return next;
}

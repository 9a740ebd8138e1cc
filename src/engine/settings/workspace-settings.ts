/** Reads and changes the workspace's settings. */
import { t } from '../../core/translate.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { queueReplan } from '../sequences/queue-replan.ts';
import { type ChangeResult, done, failed } from '../work/change-result.ts';
import { invalidate, settingsTopic, setUpTopic } from '../work/topics.ts';
import {
  readWorkspaceSettings,
  storedWorkspaceSettings,
  WORKSPACE,
  type WorkspaceSettings,
  workspace,
} from './settings.ts';

export async function workspaceSettings(
  stores: Pick<Stores, 'settings'>,
): Promise<WorkspaceSettings> {
  return readWorkspaceSettings((await stores.settings.find(WORKSPACE))?.value);
}

/** Whether what is stored can't be read. Then `workspaceSettings` has what counts meanwhile. */
export const areUnread = async (stores: Pick<Stores, 'settings'>): Promise<boolean> =>
  storedWorkspaceSettings((await stores.settings.find(WORKSPACE))?.value) === 'unread';

/** Undefined resets a setting to its default. One that is left out stays. */
export type WorkspaceChange = {
  readonly [K in keyof WorkspaceSettings]?: WorkspaceSettings[K] | undefined;
};

/** Why the change can't be saved; undefined where it can. Settings that can't be read are set again all at once. */
export const whyUnread = async (
  stores: Pick<Stores, 'settings'>,
  change: WorkspaceChange,
): Promise<string | undefined> =>
  whyNotSaved((await stores.settings.find(WORKSPACE))?.value, change);

function whyNotSaved(kept: string | undefined, change: WorkspaceChange): string | undefined {
  if (storedWorkspaceSettings(kept) !== 'unread' || setsAll(change)) return undefined;
  return t`The settings of Latchkey can't be read, so nothing changed. An admin has to write "settings", press "Edit…" there, and choose them again.`;
}

/** The place of notices is chosen in a channel, and not with the others. */
const setsAll = (change: WorkspaceChange): boolean =>
  Object.keys(workspace.shape).every((key) => key === 'notices' || Object.hasOwn(change, key));

/** The days off, as a text to compare. */
const restOf = ({ weekend, holidays }: WorkspaceSettings): string =>
  JSON.stringify([weekend, holidays]);

export interface ChangedSettings {
  /** What counted before, also where what was stored can't be read. */
  readonly before: WorkspaceSettings;
  readonly wereUnread: boolean;
  readonly after: WorkspaceSettings;
}

/**
 * What can't be read stays as it is until a change sets all settings.
 * @throws {StaleWrite} when another transaction changed them first
 */
export async function changeWorkspaceSettings(
  tx: Transaction,
  change: WorkspaceChange,
): Promise<ChangeResult<ChangedSettings>> {
  const found = await tx.settings.find(WORKSPACE);
  const why = whyNotSaved(found?.value, change);
  if (why !== undefined) return failed(why);
  const stored = storedWorkspaceSettings(found?.value);
  const wereUnread = stored === 'unread';
  const after = workspace.parse({ ...(!wereUnread && stored), ...change });
  await tx.settings.save(WORKSPACE, found?.version ?? 0, JSON.stringify(after));
  // Sequences count in working days.
  if (wereUnread || restOf(after) !== restOf(stored)) await queueReplan(tx.queue, {});
  await invalidate(tx, settingsTopic, setUpTopic);
  return done({ before: readWorkspaceSettings(found?.value), wereUnread, after });
}

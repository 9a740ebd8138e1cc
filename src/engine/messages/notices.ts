/**
 * Notices: what admins are told without having asked, in the place that they chose for it. Words: an integration may have a
 * *place* of its own; else the workspace's counts; else notices go to each admin.
 */
import type { LiveCardRef } from '../../core/message.ts';
import { t } from '../../core/translate.ts';
import { type ChangedBy, changeSettings } from '../integrations/change-integration.ts';
import { inWorkspaceLocale } from '../people/locales.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import type { NoticePlace } from '../settings/settings.ts';
import { changeWorkspaceSettings, workspaceSettings } from '../settings/workspace-settings.ts';
import { invalidate, settingsTopic } from '../work/topics.ts';

/** Stands for that place where a message names its channel: in Teams channels have no names that lead to them. */
export const NOTICES_CHANNEL = 'notices';

export interface ChosenPlace {
  readonly place: NoticePlace;
  /** Whose own it is; undefined for the workspace's. */
  readonly integrationId?: string;
}

/** Where notices of this integration (of everything, where it is left out) go; undefined for: to each admin. */
export async function noticePlaceOf(
  stores: Stores,
  integrationId?: string,
): Promise<ChosenPlace | undefined> {
  const own =
    integrationId === undefined ? undefined : await stores.integrations.find(integrationId);
  if (own?.settings?.notices) return { place: own.settings.notices, integrationId: own.id };
  const { notices } = await workspaceSettings(stores);
  return notices && { place: notices };
}

/**
 * Posts it, in the transaction of what it tells of.
 * @param card as an admin sees it
 * @param follows 'followed': it changes with its subject; else it is rendered once
 */
export async function postNotice(
  tx: Transaction,
  card: LiveCardRef,
  integrationId?: string,
  follows?: 'followed',
): Promise<void> {
  const payload = {
    card,
    ...(integrationId !== undefined && { integrationId }),
    ...(follows && { isFollowed: true }),
  };
  await tx.queue.push('notice.post', payload, { lane: 'chat' });
}

/** To each admin, directly. */
export async function tellAdmins(tx: Transaction, card: LiveCardRef): Promise<void> {
  for (const { id: personId } of await tx.people.admins())
    await tx.queue.push('message.post', { personId, card }, { lane: 'chat' });
}

/** @param place undefined: none of its own any more @throws {StaleWrite} where somebody else changed the settings meanwhile */
export async function chooseNoticePlace(
  tx: Transaction,
  place: NoticePlace | undefined,
  integrationId: string | undefined,
  deps: ChangedBy,
): Promise<void> {
  if (integrationId === undefined) {
    await changeWorkspaceSettings(tx, { notices: place });
    const name = place?.name ?? (await inWorkspaceLocale(tx, async () => t`none`));
    await tx.audit('settings.notices', { actor: deps.actor, detail: { place: name } });
    return invalidate(tx, settingsTopic);
  }
  const integration = await tx.integrations.find(integrationId);
  if (!integration) return;
  await changeSettings(tx, integration, { notices: place }, deps);
}

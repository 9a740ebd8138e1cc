/**
 * Notices: messages that Latchkey sends to admins on its own. They go to the *place* of the integration, else to the place of
 * the workspace, else to each admin.
 */
import type { LiveCardRef } from '../../core/message.ts';
import { inLocale, t } from '../../core/translate.ts';
import { changeSettings } from '../integrations/change-integration.ts';
import type { ChangedBy } from '../people/directory.ts';
import type { Stores, Transaction } from '../ports/unit-of-work.ts';
import { type NoticePlace, settingsOf } from '../settings/settings.ts';
import { changeWorkspaceSettings, workspaceSettings } from '../settings/workspace-settings.ts';
import { type ChangeResult, done } from '../work/change-result.ts';
import { notifyAtOnce } from './notify-person.ts';

export interface ChosenPlace {
  readonly place: NoticePlace;
  /** The integration with a place of its own. Undefined for the workspace's place. */
  readonly integrationId?: string;
}

/** The place for notices of this integration, or of the workspace when it is left out. Undefined: each admin gets them. */
export async function noticePlaceOf(
  stores: Stores,
  integrationId?: string,
): Promise<ChosenPlace | undefined> {
  const own =
    integrationId === undefined ? undefined : await stores.integrations.find(integrationId);
  const place = settingsOf(own).notices;
  if (own && place) return { place, integrationId: own.id };
  const { notices } = await workspaceSettings(stores);
  return notices && { place: notices };
}

/**
 * Queues a notice, in the transaction of the change that it is about.
 * @param card as an admin sees it
 * @param follows 'followed': the card is live; else it is rendered once
 */
export async function postNotice(
  tx: Transaction,
  card: LiveCardRef,
  {
    integrationId,
    follows,
  }: { readonly integrationId?: string; readonly follows?: 'followed' } = {},
): Promise<void> {
  const payload = { card, integrationId, isFollowed: follows ? true : undefined };
  await tx.queue.push('notice.post', payload, { lane: 'chat' });
}

/** To each admin, in their direct conversation. */
export async function tellAdmins(tx: Transaction, card: LiveCardRef): Promise<void> {
  for (const { id: personId } of await tx.people.admins())
    await notifyAtOnce(tx, personId, { card });
}

/** @param place undefined removes it @throws {StaleWrite} when someone else changed the settings at the same time */
export async function chooseNoticePlace(
  tx: Transaction,
  {
    place,
    integrationId,
    ...deps
  }: ChangedBy & {
    readonly place?: NoticePlace;
    readonly integrationId?: string;
  },
): Promise<ChangeResult<void>> {
  if (integrationId === undefined) {
    const changed = await changeWorkspaceSettings(tx, { notices: place });
    if (!changed.ok) return changed;
    const { before, after } = changed.value;
    const none = await inLocale(after.dateLanguage, async () => t`none`);
    const detail = { place: place?.name ?? none, placeBefore: before.notices?.name ?? none };
    await tx.audit('settings.notices', { actor: deps.actor, detail });
    return done(undefined);
  }
  const integration = await tx.integrations.find(integrationId);
  if (!integration) return done(undefined);
  const changed = await changeSettings(tx, integration, { ...deps, change: { notices: place } });
  return changed.ok ? done(undefined) : changed;
}

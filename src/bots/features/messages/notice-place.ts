/** Where notices go: an admin chooses the conversation by a command in it, for the workspace or for one integration. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { changeSettings, whyUnread } from '../../../engine/integrations/change-integration.ts';
import type { NoticePlace } from '../../../engine/settings/settings.ts';
import { whyUnread as whySettingsUnread } from '../../../engine/settings/workspace-settings.ts';
import { readerOf, type Turn } from '../../live/context.ts';
import { platformNames } from '../../live/platform-names.ts';
import { buttonAction, type Reply, sayHere } from '../../view/action.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { type CommandText, plainText } from '../../view/command.ts';
import { PlatformError } from '../../view/platform.ts';
import { asAdmin, asReader, refuse } from '../admins.ts';
import { change, unlessFailed } from '../change.ts';
import { saveSettings } from '../settings/save-settings.ts';
import { openSettings } from '../settings/workspace-settings.ts';
import { wordButton } from '../word-button.ts';
import { noticesComeHere } from './notices.ts';

const wanted = () => t`choose where notices go`;

export const noticesHere = buttonAction({
  id: 'settings.notices-here',
  payload: z.object({}),
  right: 'set up',
  handle: async (_payload, turn: Turn) => placeNotices([], turn),
});

export const settingsToMe = buttonAction({
  id: 'settings.open',
  payload: z.object({}),
  right: 'see the set-up',
  handle: async (_payload, turn: Turn) => openSettings(turn),
});

/** `settings`: the card. In a shared conversation, first asks whether to post notices there. */
export async function settingsFrom(turn: Turn): Promise<Reply> {
  const { refused } = await asReader(() => t`see the settings`, turn);
  if (refused) return refuse(refused);
  if (!(await sharedPlace(turn))) return openSettings(turn);
  return sayHere(
    withButtons(
      note(
        t`Settings of Latchkey`,
        t`I show the settings in our direct conversation. Notices can come here.`,
      ),
      { label: t`Post notices here`, does: noticesHere.with({}) },
      { label: t`Open the settings`, does: settingsToMe.with({}) },
    ),
  );
}

/** `notices [integration]`: notices come here from now on, if the first one can be posted. */
export async function placeNotices(args: CommandText, turn: Turn): Promise<Reply> {
  const { refused } = await asAdmin(wanted, turn);
  if (refused) return refuse(refused);
  const place = await sharedPlace(turn);
  const name = plainText(args);
  const typed = name === '' ? 'notices' : `notices ${name}`;
  if (!place) return refuse(notHere(typed));
  if (name === '') {
    const why = await whySettingsUnread(turn.stores, { notices: place });
    if (why !== undefined) return refuse(note(t`Nothing changed`, why));
    const closed = await postFirst({ typed }, turn);
    if (closed) return refuse(closed);
    const unsaved = await saveSettings({ notices: place }, turn);
    return unsaved ? refuse(unsaved) : NOTHING;
  }
  const named = await turn.stores.integrations.findByName(name);
  if (!named)
    return refuse(
      withButtons(
        note(
          t`No integration is called "${name}"`,
          t`Type its name as on its card, or leave the name out to set the place for all others.`,
        ),
        wordButton(t`Integrations`, 'integrations'),
      ),
    );
  const notices = { notices: place };
  const why = await whyUnread(turn.stores, named, notices);
  if (why !== undefined) return refuse(note(t`Nothing changed`, why));
  const closed = await postFirst({ typed, integrationId: named.id }, turn);
  if (closed) return refuse(closed);
  const changed = await change(turn, (tx, by) =>
    changeSettings(tx, named, { change: notices, ...by }),
  );
  return unlessFailed(changed, t`Nothing changed`, NOTHING);
}

/** The first notice tells everyone there, so no reply is needed. */
const NOTHING: Reply = { kind: 'nothing' };

/** Posts the first notice. @returns why it can't be posted, and what to write again; then the channel doesn't change */
async function postFirst(
  { typed, integrationId }: { readonly typed: string; readonly integrationId?: string },
  turn: Turn,
): Promise<Card | undefined> {
  const of = integrationId === undefined ? {} : { integrationId };
  const { payload } = noticesComeHere.with({ ...of, byId: turn.actor.id, id: turn.newId() });
  try {
    await turn.postHere?.(await noticesComeHere.render(payload, readerOf(turn)));
    return undefined;
  } catch (error) {
    if (!(error instanceof PlatformError) || (error.code !== 'gone' && error.code !== 'refused'))
      throw error;
    return note(
      t`I can't post here yet`,
      turn.via === 'slack'
        ? t`Notices keep going where they went before. Write /invite @Latchkey here, then "@Latchkey ${typed}" again.`
        : t`Notices keep going where they went before. Add Latchkey to this conversation, then write "@Latchkey ${typed}" again.`,
    );
  }
}

/** The current conversation if others read it; undefined in the actor's direct conversation. */
async function sharedPlace({ here, stores, actor, via }: Turn): Promise<NoticePlace | undefined> {
  if (!here) return undefined;
  const own = await stores.conversations.on(actor.id, via);
  if (own?.address.key === here.address.key) return undefined;
  return {
    address: here.address,
    name: here.name ?? t`a conversation in ${platformNames[via]}`,
  };
}

const notHere = (typed: string) =>
  note(
    t`Write "@Latchkey ${typed}" in the channel for notices`,
    t`Notices are about imports and things that need an admin, so they go to a channel or a group, not to one person. Until one is set, every admin gets them.`,
  );

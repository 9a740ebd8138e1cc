/** `settings`: the settings of the whole workspace, as a live card and a form. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { SETTINGS_ID } from '../../../engine/configuration/managed.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { areUnread, workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import { settingsTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, showCard } from '../../view/action.ts';
import { buttonRow, factList, muted, paragraph } from '../../view/card.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { liveCard } from '../../view/live-card.ts';
import { adminsTo, asReader, refuse } from '../admins.ts';
import { changedFrom } from '../change.ts';
import { managedByFiles } from '../managed-by-files.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { saveSettings } from './save-settings.ts';
import { readSettings, settingsFields } from './settings-fields.ts';
import { settingsFacts } from './settings-words.ts';

const wanted = () => t`change settings`;
const payload = z.object({
  /** From the environment, so it isn't in the database. */
  timeZone: z.string(),
  adminEmails: z.array(z.string()),
});

export const settingsCard = liveCard({
  id: 'settings',
  payload,
  topic: () => settingsTopic,

  async render(installed, context: Reader) {
    if (!maySeeSetUp(context.reader))
      return onlyReadersCan(t`You can no longer see the settings`, context);
    const settings = await workspaceSettings(context.stores);
    return {
      title: t`Settings of Latchkey`,
      blocks: [
        ...((await areUnread(context.stores)) ? [paragraph(unreadWords())] : []),
        factList(await settingsFacts(settings, installed, context)),
        ...(await managedByFiles(context.stores, 'settings', SETTINGS_ID)),
        muted(
          t`Each integration's own settings are on its card. Change TIME_ZONE and ADMIN_EMAILS where Latchkey is started.`,
        ),
        ...buttonRow([
          { label: t`Edit…`, tone: 'primary', does: editSettings.with({}) },
          wordButton(t`Integrations`, 'integrations'),
          settings.notices && { label: t`Notices back to admins`, does: noNoticePlace.with({}) },
        ]),
      ],
    };
  },
});

const unreadWords = () =>
  t`⚠ The settings can't be read, and what is here counts for now. Press "Edit…", choose them again, and save.`;

export async function openSettings(turn: Turn): Promise<Reply> {
  const { refused } = await asReader(() => t`see the settings`, turn);
  return refused ? refuse(refused) : settingsOf(turn);
}

export const showSettings = buttonAction({
  id: 'settings.show',
  payload: z.object({}),
  right: 'see the set-up',
  handle: (_payload, turn: Turn) => openSettings(turn),
});

const settingsOf = ({ installation: { timeZone, adminEmails } }: Turn): Reply =>
  showCard(settingsCard.with({ timeZone, adminEmails: [...adminEmails] }));

export const editSettings = formAction({
  id: 'settings.edit',
  payload: z.object({}),
  admit: adminsTo(wanted),
  title: () => t`Settings`,
  submitLabel: () => t`Save`,

  fields: async (_payload, turn) => ({ fields: await settingsFields(turn) }),

  async submit(sent, _payload, { shown, ...turn }) {
    const before = await workspaceSettings(turn.stores);
    const values = asOfNow(sent, shown, await settingsFields(turn));
    const read = readSettings(values, turn);
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    const change = (await areUnread(turn.stores)) ? read.change : changedFrom(before, read.change);
    const refused = await saveSettings(change, turn);
    return refused ? refuse(refused) : settingsOf(turn);
  },
});

export const noNoticePlace = buttonAction({
  id: 'settings.no-notices',
  payload: z.object({}),
  admit: adminsTo(wanted),

  async handle(_payload, turn): Promise<Reply> {
    const refused = await saveSettings({ notices: undefined }, turn);
    return refused ? refuse(refused) : settingsOf(turn);
  },
});

/**
 * The card of a request that a program or a workflow filled in: who did, what is in it, and a button that opens the form. The card
 * isn't live, so it shows what was written also after a day, when the form no longer opens with it.
 */
import { compact } from '../../../core/compact.ts';
import { lengthWords } from '../../../core/hours.ts';
import { inLocale, sayReadyMade, t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { localeOf } from '../../../engine/people/locales.ts';
import type { Database } from '../../../engine/ports/unit-of-work.ts';
import type { PreparedRequest, PresentRequest } from '../../../engine/requests/prepared.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import type { MessageSender } from '../../live/message-sender.ts';
import {
  buttonRow,
  type Card,
  type Fact,
  factList,
  muted,
  paragraph,
  rich,
  strong,
} from '../../view/card.ts';
import { PlatformError } from '../../view/platform.ts';
import { isTooLong, keepPrepared } from './prepared-draft.ts';
import { askForAccess } from './request-access.ts';

export const presentWith =
  (sender: Pick<MessageSender, 'send'>, { stores, transact }: Database): PresentRequest =>
  async (prepared) => {
    const { owner } = prepared;
    if (isTooLong(prepared)) return 'too-long';
    const theirs = localeOf(owner, await workspaceSettings(stores));
    const draftId = await transact((tx) => keepPrepared(tx, prepared));
    let isSent = false;
    try {
      isSent = await inLocale(theirs, () => sender.send(owner.id, preparedCard(prepared, draftId)));
      return isSent ? 'sent' : 'absent';
    } catch (error) {
      if (error instanceof PlatformError) return 'unreachable';
      throw error;
    } finally {
      if (!isSent) await transact((tx) => tx.drafts.delete(draftId));
    }
  };

/** @param draftId of what was written */
export function preparedCard(prepared: PreparedRequest, draftId: string): Card {
  const { by, integration, owner, person, hours, reason, answers } = prepared;
  const facts: readonly (Fact | undefined)[] = [
    person.id === owner.id ? undefined : [t`For`, `${fullName(person)} · ${person.email}`],
    hours === undefined ? undefined : [t`How long`, lengthWords(hours)],
    reason === undefined ? undefined : [t`Reason`, reason],
    ...answers.map(({ label, value }): Fact => [sayReadyMade(label), value]),
  ];
  const shown = facts.filter((fact) => fact !== undefined);
  const opens = askForAccess.with({
    integrationId: integration.id,
    personId: person.id === owner.id ? undefined : person.id,
    wished: hours === undefined ? undefined : { hours },
    draftId,
  });
  return {
    title: t`A request for ${integration.name} is prepared`,
    blocks: compact([
      paragraph(
        by.kind === 'token'
          ? rich`By the token ${strong(by.name)}. Nothing is requested yet: open the form, check what it says, and send it.`
          : t`By a workflow in Slack. Nothing is requested yet: open the form, check what it says, and send it.`,
      ),
      shown.length > 0 && factList(shown),
      muted(
        by.kind === 'token'
          ? t`A program prepared this. If you didn't expect it, don't send it, and revoke the token.`
          : t`If you didn't expect it, don't send it.`,
      ),
      ...buttonRow([{ label: t`Open the form…`, tone: 'primary', does: opens }]),
    ]),
  };
}

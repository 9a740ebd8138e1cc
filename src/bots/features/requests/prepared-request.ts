/**
 * The card of a request that a program or a workflow filled in: who did, what is in it, and a button that opens the form. The card
 * carries what was written, so nothing of it is stored, and it isn't live.
 */
import { compact } from '../../../core/compact.ts';
import { hoursWords } from '../../../core/hours.ts';
import { inLocale, t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { localeOf } from '../../../engine/people/locales.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { PreparedRequest, PresentRequest } from '../../../engine/requests/prepared.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import type { MessageSender } from '../../live/live-messages.ts';
import { type Card, muted, paragraph, rich, strong, type Text } from '../../view/card.ts';
import { PlatformError } from '../../view/platform.ts';
import { askForAccess } from './request-access.ts';

/** Slack's buttons carry 2,000 characters, and its forms 3,000, in which this is quoted once more. */
const MAX_CARRIED = 2000;

export const presentWith =
  (sender: Pick<MessageSender, 'send'>, stores: Stores): PresentRequest =>
  async (prepared) => {
    const { owner } = prepared;
    if (isTooLong(prepared)) return 'too-long';
    const theirs = localeOf(owner, await workspaceSettings(stores));
    try {
      const sent = await inLocale(theirs, () => sender.send(owner.id, preparedCard(prepared)));
      return sent ? 'sent' : 'absent';
    } catch (error) {
      if (error instanceof PlatformError) return 'unreachable';
      throw error;
    }
  };

/** Whether a button carries it. */
export const isTooLong = (prepared: PreparedRequest): boolean =>
  JSON.stringify(opening(prepared).payload).length > MAX_CARRIED;

const opening = ({ integration, owner, person, hours, reason, form }: PreparedRequest) =>
  askForAccess.with({
    integrationId: integration.id,
    personId: person.id === owner.id ? undefined : person.id,
    wished: hours === undefined ? undefined : { hours },
    prepared: {
      reason,
      answers: Object.fromEntries(
        Object.entries(form).map(([id, value]) => [
          id,
          typeof value === 'string' ? value : [...value],
        ]),
      ),
    },
  });

export function preparedCard(prepared: PreparedRequest): Card {
  const { by, integration, owner, person, hours, reason, answers } = prepared;
  const facts: readonly (readonly [string, Text] | undefined)[] = [
    person.id === owner.id ? undefined : [t`For`, [`${fullName(person)} · ${person.email}`]],
    hours === undefined ? undefined : [t`How long`, [hoursWords(hours)]],
    reason === undefined ? undefined : [t`Reason`, [reason]],
    ...answers.map(({ label, value }): readonly [string, Text] => [label, [value]]),
  ];
  const shown = facts.filter((fact) => fact !== undefined);
  return {
    title: t`A request for ${integration.name} is prepared`,
    blocks: compact([
      paragraph(
        by.kind === 'token'
          ? rich`By the token ${strong(by.name)}. Nothing is requested yet: open the form, check what it says, and send it.`
          : t`By a workflow in Slack. Nothing is requested yet: open the form, check what it says, and send it.`,
      ),
      shown.length > 0 && { kind: 'facts', facts: shown },
      muted(
        by.kind === 'token'
          ? t`A program prepared this. If you didn't expect it, don't send it, and revoke the token.`
          : t`If you didn't expect it, don't send it.`,
      ),
      {
        kind: 'buttons',
        buttons: [{ label: t`Open the form…`, tone: 'primary', does: opening(prepared) }],
      },
    ]),
  };
}

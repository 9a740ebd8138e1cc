/** Sequences in words. */
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fieldLabel } from '../../../engine/imports/owned-fields.ts';
import { NOTICES_CHANNEL } from '../../../engine/messages/delivery.ts';
import { type Integration, labelOf } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { ItemEffect, Sequence, TaskAssignee } from '../../../engine/sequences/sequence.ts';

/** A title or subject as its author reads it: what is filled in for each person is named, `Order a laptop for [first name]`. */
export const withNames = (template: string): string =>
  template.replaceAll(
    /\{\{\{?\s*(\w+)\s*\}?\}\}/g,
    (_, key: string) => `[${fieldLabel(key).replaceAll('_', ' ')}]`,
  );

/** What an item does: `Grant Fernboard`. */
export async function effectWords(
  does: ItemEffect,
  stores: Pick<Stores, 'integrations'>,
): Promise<string> {
  switch (does.kind) {
    case 'grant':
      return t`Grant ${nameOf(await stores.integrations.find(does.integrationId))}`;
    case 'revoke':
      return t`Revoke ${nameOf(await stores.integrations.find(does.integrationId))}`;
    case 'message':
      return t`${channelWords()[does.channel]} to ${recipientWords(does.to)}${does.subject ? `: ${does.subject.trim()}` : ''}`;
    case 'task':
      return t`Task for ${assigneeWords(does.assignee)}: ${does.title}`;
    default:
      return unreachable(does);
  }
}

const nameOf = (integration: Integration | undefined): string =>
  integration ? labelOf(integration) : t`something that was deleted`;

const channelWords = () =>
  ({
    email: t`Email`,
    text: t`Text message`,
    direct: t`Direct message`,
    channel: t`Message`,
  }) as const;

const recipients = (): Readonly<Record<string, string>> => ({
  '{{email}}': t`the person`,
  '{{manager_email}}': t`the manager`,
  '{{buddy_email}}': t`the buddy`,
  [NOTICES_CHANNEL]: t`the channel for notices`,
});
/** The recipient of a message in words. An address stays as it is. */
export const recipientWords = (to: string): string => recipients()[to] ?? to;

function assigneeWords(assignee: TaskAssignee): string {
  return {
    manager: () => t`the manager`,
    buddy: () => t`the buddy`,
    'new-hire': () => t`the person`,
    person: () => t`a named person`,
    admins: () => t`an admin`,
  }[assignee.kind]();
}

/** The state in words: `on · for every new hire · 3 people have it now`. */
export const sequenceStanding = (
  { isOn, isForEveryHire, anchor }: Sequence,
  people: number,
): string =>
  compact([
    isOn ? t`on` : t`turned off`,
    isForEveryHire && t`for every new hire`,
    anchor === 'end-date' && t`for leavers`,
    people > 0 &&
      plural(people, {
        one: t`1 person has it now`,
        other: t`${sayNumber(people)} people have it now`,
      }),
  ]).join(' · ');

export const countItems = (count: number): string =>
  plural(count, { one: t`1 item`, other: t`${count} items` });

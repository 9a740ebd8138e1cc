/** Sequences in words. */
import { plural, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fieldLabel } from '../../../engine/imports/owned-fields.ts';
import { NOTICES_CHANNEL } from '../../../engine/messages/notices.ts';
import { type Integration, labelOf } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type {
  Anchor,
  ItemEffect,
  Sequence,
  TaskAssignee,
} from '../../../engine/sequences/sequence.ts';
import type { Timing } from '../../../engine/sequences/timing.ts';

/** The day that a sequence counts from: `the start date`. */
export const anchorWords = (): Readonly<Record<Anchor, string>> => ({
  'start-date': t`the start date`,
  'end-date': t`the last day`,
  assignment: t`the day it is assigned`,
});

/** `3 days before the start date, at 09:00` */
export function timingWords(timing: Timing, anchor: Anchor): string {
  const day = anchorWords()[anchor];
  switch (timing.kind) {
    case 'at-once':
      return t`immediately`;
    case 'before':
      return plural(timing.days, {
        one: t`1 day before ${day}, at ${timing.time}`,
        other: t`${timing.days} days before ${day}, at ${timing.time}`,
      });
    case 'on':
      return onAnchor(anchor, timing.time);
    case 'after':
      return t`on the ${ordinal(timing.workingDays)} working day after ${day}, at ${timing.time}`;
    default:
      return unreachable(timing);
  }
}

function onAnchor(anchor: Anchor, time: string): string {
  switch (anchor) {
    case 'start-date':
      return t`on the start date, at ${time}`;
    case 'end-date':
      return t`on the last day, at ${time}`;
    case 'assignment':
      return t`on the day it is assigned, at ${time}`;
    default:
      return unreachable(anchor);
  }
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
/** `1st`. English has the most endings; a language with fewer repeats some. */
function ordinal(count: number): string {
  const ending = ordinals.select(count);
  if (ending === 'one') return t`${count}st`;
  if (ending === 'two') return t`${count}nd`;
  return ending === 'few' ? t`${count}rd` : t`${count}th`;
}

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
  switch (assignee.kind) {
    case 'manager':
      return t`the manager`;
    case 'buddy':
      return t`the buddy`;
    case 'new-hire':
      return t`the person`;
    case 'person':
      return t`a named person`;
    case 'admins':
      return t`an admin`;
    default:
      return unreachable(assignee);
  }
}

/** `1 person has`, `3 people have` */
export const peopleHave = (count: number): string =>
  plural(count, { one: t`1 person has`, other: t`${count} people have` });

/** The state in words: `on · for every new hire · 3 people have it now`. */
export const sequenceStanding = (
  { isOn, isForEveryHire, anchor }: Sequence,
  people: number,
): string =>
  [
    isOn ? t`on` : t`turned off`,
    ...(isForEveryHire ? [t`for every new hire`] : []),
    ...(anchor === 'end-date' ? [t`for leavers`] : []),
    ...(people > 0 ? [t`${peopleHave(people)} it now`] : []),
  ].join(' · ');

export const countItems = (count: number): string =>
  plural(count, { one: t`1 item`, other: t`${count} items` });

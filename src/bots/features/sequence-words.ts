/** Sequences in words. */
import { unreachable } from '../../core/unreachable.ts';
import { type Integration, labelOf } from '../../engine/directory.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import type {
  Anchor,
  ItemEffect,
  Sequence,
  TaskAssignee,
} from '../../engine/sequences/sequence.ts';
import type { Timing } from '../../engine/sequences/timing.ts';

/** The day that a sequence counts from: `the start date`. */
export const anchorWords: Readonly<Record<Anchor, string>> = {
  'start-date': 'the start date',
  'end-date': 'the last day',
  assignment: 'the day it is assigned',
};

/** `3 days before the start date, at 09:00` */
export function timingWords(timing: Timing, anchor: Anchor): string {
  const day = anchorWords[anchor];
  switch (timing.kind) {
    case 'at-once':
      return 'at once';
    case 'before':
      return `${timing.days === 1 ? '1 day' : `${timing.days} days`} before ${day}, at ${timing.time}`;
    case 'on':
      return `on ${day}, at ${timing.time}`;
    case 'after':
      return `on the ${ordinal(timing.workingDays)} working day after ${day}, at ${timing.time}`;
    default:
      return unreachable(timing);
  }
}

const endings: Readonly<Record<string, string>> = { one: 'st', two: 'nd', few: 'rd', other: 'th' };
const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
/** `1st` */
const ordinal = (count: number): string => `${count}${endings[ordinals.select(count)] ?? 'th'}`;

/** What an item does: `Grant Fernboard`. */
export async function effectWords(
  does: ItemEffect,
  stores: Pick<Stores, 'integrations'>,
): Promise<string> {
  switch (does.kind) {
    case 'grant':
      return `Grant ${nameOf(await stores.integrations.find(does.integrationId))}`;
    case 'revoke':
      return `Revoke ${nameOf(await stores.integrations.find(does.integrationId))}`;
    case 'message':
      return `${channelWords[does.channel]} to ${recipientWords(does.to)}${does.subject ? `: ${does.subject}` : ''}`;
    case 'task':
      return `Task for ${assigneeWords(does.assignee)}: ${does.title}`;
    default:
      return unreachable(does);
  }
}

const nameOf = (integration: Integration | undefined): string =>
  integration ? labelOf(integration) : 'something that was deleted';

const channelWords = {
  email: 'Email',
  text: 'Text message',
  direct: 'Direct message',
  channel: 'Message',
} as const;

const recipients: Readonly<Record<string, string>> = {
  '{{email}}': 'the person',
  '{{manager_email}}': 'the manager',
  '{{buddy_email}}': 'the buddy',
};
const recipientWords = (to: string): string => recipients[to] ?? to;

function assigneeWords(assignee: TaskAssignee): string {
  switch (assignee.kind) {
    case 'manager':
      return 'the manager';
    case 'buddy':
      return 'the buddy';
    case 'new-hire':
      return 'the person';
    case 'person':
      return 'a named person';
    default:
      return unreachable(assignee);
  }
}

/** `1 person has`, `3 people have` */
export const peopleHave = (count: number): string =>
  count === 1 ? '1 person has' : `${count} people have`;

/** How it stands: `on · for every new hire · 3 people have it now`. */
export const sequenceStanding = (
  { isOn, isForEveryHire, anchor }: Sequence,
  people: number,
): string =>
  [
    isOn ? 'on' : 'turned off',
    ...(isForEveryHire ? ['for every new hire'] : []),
    ...(anchor === 'end-date' ? ['for people who leave'] : []),
    ...(people > 0 ? [`${peopleHave(people)} it now`] : []),
  ].join(' · ');

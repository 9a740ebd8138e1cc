/** Sequences in words. */
import { plural, say } from '../../../core/say.ts';
import { unreachable } from '../../../core/unreachable.ts';
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
  'start-date': say`the start date`,
  'end-date': say`the last day`,
  assignment: say`the day it is assigned`,
});

/** `3 days before the start date, at 09:00` */
export function timingWords(timing: Timing, anchor: Anchor): string {
  const day = anchorWords()[anchor];
  switch (timing.kind) {
    case 'at-once':
      return say`at once`;
    case 'before':
      return plural(timing.days, {
        one: say`1 day before ${day}, at ${timing.time}`,
        other: say`${timing.days} days before ${day}, at ${timing.time}`,
      });
    case 'on':
      return onAnchor(anchor, timing.time);
    case 'after':
      return say`on the ${ordinal(timing.workingDays)} working day after ${day}, at ${timing.time}`;
    default:
      return unreachable(timing);
  }
}

function onAnchor(anchor: Anchor, time: string): string {
  switch (anchor) {
    case 'start-date':
      return say`on the start date, at ${time}`;
    case 'end-date':
      return say`on the last day, at ${time}`;
    case 'assignment':
      return say`on the day it is assigned, at ${time}`;
    default:
      return unreachable(anchor);
  }
}

const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });
/** `1st`. English has most endings; where another language has fewer, some are the same there. */
function ordinal(count: number): string {
  const ending = ordinals.select(count);
  if (ending === 'one') return say`${count}st`;
  if (ending === 'two') return say`${count}nd`;
  return ending === 'few' ? say`${count}rd` : say`${count}th`;
}

/** What an item does: `Grant Fernboard`. */
export async function effectWords(
  does: ItemEffect,
  stores: Pick<Stores, 'integrations'>,
): Promise<string> {
  switch (does.kind) {
    case 'grant':
      return say`Grant ${nameOf(await stores.integrations.find(does.integrationId))}`;
    case 'revoke':
      return say`Revoke ${nameOf(await stores.integrations.find(does.integrationId))}`;
    case 'message':
      return say`${channelWords()[does.channel]} to ${recipientWords(does.to)}${does.subject ? `: ${does.subject.trim()}` : ''}`;
    case 'task':
      return say`Task for ${assigneeWords(does.assignee)}: ${does.title}`;
    default:
      return unreachable(does);
  }
}

const nameOf = (integration: Integration | undefined): string =>
  integration ? labelOf(integration) : say`something that was deleted`;

const channelWords = () =>
  ({
    email: say`Email`,
    text: say`Text message`,
    direct: say`Direct message`,
    channel: say`Message`,
  }) as const;

const recipients = (): Readonly<Record<string, string>> => ({
  '{{email}}': say`the person`,
  '{{manager_email}}': say`the manager`,
  '{{buddy_email}}': say`the buddy`,
  [NOTICES_CHANNEL]: say`the channel for notices`,
});
/** Who a message goes to, by what stands in its `to`: an address stays one. */
export const recipientWords = (to: string): string => recipients()[to] ?? to;

function assigneeWords(assignee: TaskAssignee): string {
  switch (assignee.kind) {
    case 'manager':
      return say`the manager`;
    case 'buddy':
      return say`the buddy`;
    case 'new-hire':
      return say`the person`;
    case 'person':
      return say`a named person`;
    case 'admins':
      return say`an admin`;
    default:
      return unreachable(assignee);
  }
}

/** `1 person has`, `3 people have` */
export const peopleHave = (count: number): string =>
  plural(count, { one: say`1 person has`, other: say`${count} people have` });

/** How it stands: `on · for every new hire · 3 people have it now`. */
export const sequenceStanding = (
  { isOn, isForEveryHire, anchor }: Sequence,
  people: number,
): string =>
  [
    isOn ? say`on` : say`turned off`,
    ...(isForEveryHire ? [say`for every new hire`] : []),
    ...(anchor === 'end-date' ? [say`for people who leave`] : []),
    ...(people > 0 ? [say`${peopleHave(people)} it now`] : []),
  ].join(' · ');

export const countItems = (count: number): string =>
  plural(count, { one: say`1 item`, other: say`${count} items` });

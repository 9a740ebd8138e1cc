/** The results of a webhook's last calls, as lines of its card. */
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Hook, HookCall } from '../../../engine/sequences/hooks/hook.ts';
import type { Reader } from '../../live/context.ts';
import type { Block } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';

export async function callLines(
  { refusals, lastRefusal }: Hook,
  calls: readonly HookCall[],
  context: Reader,
): Promise<Block[]> {
  const lines = await Promise.all(calls.map((call) => callLine(call, context)));
  const unsigned = lastRefusal ? [unsignedWords(refusals, lastRefusal, context)] : [];
  return [
    { kind: 'divider' },
    {
      kind: 'text',
      text: [
        {
          kind: 'strong',
          text: calls.length === 0 ? t`It was not called yet` : t`The last calls`,
        },
      ],
    },
    ...[...lines, ...unsigned].map((line): Block => ({ kind: 'text', muted: true, text: [line] })),
  ];
}

function unsignedWords(
  refusals: number,
  { at, why }: NonNullable<Hook['lastRefusal']>,
  context: Reader,
): string {
  const when = showTime(at, context);
  return plural(refusals, {
    one: t`1 call without a good signature, on ${when}. It was told: ${why}`,
    other: t`${sayNumber(refusals)} calls without a good signature, the last on ${when}. It was told: ${why}`,
  });
}

async function callLine({ at, eventId, why }: HookCall, context: Reader): Promise<string> {
  const { stores } = context;
  const when = showTime(at, context);
  const event = eventId === undefined ? undefined : await stores.sequenceEvents.find(eventId);
  if (!event) return t`${when} · refused. ${why ?? ''}`;
  const person = await stores.people.find(event.personId);
  const who = person ? fullName(person) : t`someone who is gone`;
  switch (event.state) {
    case 'waiting':
      return t`${when} · ${who} · accepted`;
    case 'started':
      return t`${when} · ${who} · ✓ started`;
    case 'refused':
      return t`${when} · ${who} · accepted, not started. ${event.why}`;
    default:
      return unreachable(event);
  }
}

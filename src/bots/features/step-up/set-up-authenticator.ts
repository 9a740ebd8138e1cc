/** `authenticator`: whether one's own codes count, and the link to the page that sets the app up. */
import { z } from 'zod';
import { plural, t } from '../../../core/translate.ts';
import type { Authenticator } from '../../../engine/step-up/authenticator.ts';
import { currentOf } from '../../../engine/step-up/use-code.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import type { Reader, Turn } from '../../live/context.ts';
import { sendLink } from '../../live/send-link.ts';
import { buttonAction, type Reply, showCard } from '../../view/action.ts';
import { note, withButtons } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';

export const setUpAuthenticator = buttonAction({
  id: 'authenticator.set-up',
  payload: z.object({}),

  handle: (_payload, turn: Turn): Promise<Reply> =>
    sendLink(
      { purpose: 'authenticator', subject: 'authenticator' },
      {
        title: t`Your authenticator`,
        paragraphs: [
          t`The page shows a code to scan with an authenticator app on your phone. Then an admin other than you confirms that it's yours.`,
        ],
      },
      turn,
    ),
});

/** Of its reader. */
export const authenticatorCard = liveCard({
  id: 'authenticator.own',
  payload: z.object({ personId: z.string() }),
  topic: ({ personId }) => personTopic(personId),

  async render(_payload, { stores, reader }: Reader) {
    const all = await stores.authenticators.of(reader.id);
    const current = currentOf(all);
    return withButtons(note(t`Your authenticator`, standing(current), ...waiting(all)), {
      label: current ? t`Set up another…` : t`Set up…`,
      ...(current ? {} : { tone: 'primary' as const }),
      does: setUpAuthenticator.with({}),
    });
  },
});

export const openAuthenticator = (turn: Turn): Reply =>
  showCard(authenticatorCard.with({ personId: turn.actor.id }));

function standing(current: Authenticator | undefined): string {
  if (!current)
    return t`You have none yet. Some apps ask for a code from an authenticator app before you can approve.`;
  if (current.state === 'locked')
    return t`⚠ Locked after five wrong codes. Another admin can unlock it.`;
  if (current.secrets === 'unread')
    return t`⚠ Your authenticator can't be read any more. Set up another one.`;
  const { recovery } = current.secrets;
  return plural(recovery.length, {
    one: t`✓ Confirmed: your codes work. 1 recovery code is left.`,
    other: t`✓ Confirmed: your codes work. ${recovery.length} recovery codes are left.`,
  });
}

const waiting = (all: readonly Authenticator[]): readonly string[] =>
  all.some(({ state }) => state === 'proven')
    ? [t`A new one is waiting for another admin to confirm it.`]
    : [];

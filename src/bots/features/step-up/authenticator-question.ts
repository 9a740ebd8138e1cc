/** Asks admins whose authenticator it is, or to unlock it. Then shows how that ended. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Authenticator } from '../../../engine/step-up/authenticator.ts';
import { authenticatorTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { type Card, note, withButtons } from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { confirmTheirs, declineTheirs, unlockTheirs } from './answer-authenticator.ts';

export const authenticatorQuestion = liveCard({
  id: 'authenticator.question',
  payload: z.object({ authenticatorId: z.string(), personId: z.string() }),
  topic: ({ authenticatorId }) => authenticatorTopic(authenticatorId),

  async render({ authenticatorId, personId }, { stores, reader }: Reader): Promise<Card> {
    const person = await stores.people.find(personId);
    if (!person || !isAdmin(reader) || reader.id === personId) return over();
    const found = await stores.authenticators.find(authenticatorId);
    if (!found) return over();
    switch (found.state) {
      case 'proven':
        return isTheirs(found, person);
      case 'locked':
        return unlock(found, person);
      case 'active':
        return note(
          t`✓ ${fullName(person)}'s authenticator is confirmed`,
          t`They can now approve requests for apps that ask for codes.`,
        );
      case 'new':
        return over();
      default:
        return unreachable(found.state);
    }
  },
});

const isTheirs = ({ id: authenticatorId }: Authenticator, person: Person): Card =>
  withButtons(
    note(
      t`Is it ${fullName(person)}'s authenticator?`,
      t`${fullName(person)} (${person.email}) has set up an app whose codes confirm approvals. Ask them in person or in a call for the five characters that their page showed: someone else with their chat account could have set it up.`,
    ),
    { label: t`Confirm…`, tone: 'primary', does: confirmTheirs.with({ authenticatorId }) },
    { label: t`Decline`, does: declineTheirs.with({ authenticatorId }) },
  );

const unlock = ({ id: authenticatorId }: Authenticator, person: Person): Card =>
  withButtons(
    note(
      t`⚠ ${fullName(person)}'s authenticator is locked`,
      t`Five codes in a row were wrong. Ask them in person or in a call whether they typed them. If so, unlock the authenticator; if not, someone else may have their chat account.`,
    ),
    { label: t`Unlock`, tone: 'primary', does: unlockTheirs.with({ authenticatorId }) },
  );

const over = (): Card => note(t`This question is closed`, t`You don't need to do anything.`);

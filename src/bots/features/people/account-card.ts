/** Account and data…: what an admin seldom does to a person, each with what it does. Opened from their card. */
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { ChatIdentity } from '../../../engine/ports/people-stores.ts';
import type { Authenticator } from '../../../engine/step-up/authenticator.ts';
import { personTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import { platformNames } from '../../live/platform-names.ts';
import { buttonAction, showCard } from '../../view/action.ts';
import type { Block, Button } from '../../view/card.ts';
import { showDate } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { listRow } from '../list-card.ts';
import { offboardPerson } from '../offboarding/offboard.ts';
import { exportFile } from '../settings/export-file.ts';
import {
  confirmTheirs,
  declineTheirs,
  removeTheirs,
  unlockTheirs,
} from '../step-up/answer-authenticator.ts';
import { noteToAsk } from '../whom-to-ask.ts';
import { changeRole } from './change-role.ts';
import { editFacts } from './enter-facts.ts';
import { erasePerson } from './erase-person.ts';
import { deactivatePerson, reactivatePerson } from './leave-person.ts';
import { linkChat } from './link-chat.ts';
import { gone, personForAdmin } from './person-asked.ts';
import { personPayload } from './person-ref.ts';
import { roleWords } from './person-words.ts';
import { unlinkChat } from './unlink-chat.ts';

/** A person has at most one chat user on each platform. */
const PLATFORMS = Object.keys(platformNames).length;

const wanted = () => t`see this person's account and data`;

export const accountCard = liveCard({
  id: 'person.account',
  payload: personPayload,
  topic: ({ personId }) => personTopic(personId),

  async render({ personId }, context: Reader) {
    const { stores, reader } = context;
    if (!isAdmin(reader))
      return noteToAsk(t`You can't ${wanted()}`, t`Only Latchkey admins can.`, context);
    const person = await stores.people.find(personId);
    if (!person) return gone();
    const links = await stores.identities.ofPerson(person.id);
    const authenticators = await stores.authenticators.of(person.id);
    return {
      title: t`Account and data of ${fullName(person)}`,
      blocks: [
        ...rowsOf(person, links, context),
        ...authenticatorRows(authenticators, person.id === reader.id),
      ],
    };
  },
});

export const openAccount = buttonAction({
  id: 'person.account.open',
  payload: personPayload,
  admit: personForAdmin(wanted),

  handle: async ({ personId }) => showCard(accountCard.with({ personId })),
});

function rowsOf(person: Person, links: readonly ChatIdentity[], context: Reader): Block[] {
  const about = { personId: person.id };
  return [
    listRow(t`Role`, roleWords()[person.role], { label: t`Role…`, does: changeRole.with(about) }),
    listRow(t`Facts`, t`What apps need to know about them, such as a username.`, {
      label: t`Facts…`,
      does: editFacts.with(about),
    }),
    listRow(
      t`Chat`,
      linkWords(person, links, context),
      ...(person.active && links.length < PLATFORMS
        ? [{ label: t`Link chat…`, does: linkChat.with(about) }]
        : []),
      ...(links.length > 0 ? [{ label: t`Unlink chat…`, does: unlinkChat.with(about) }] : []),
    ),
    listRow(t`Their data`, t`Everything Latchkey keeps about them, as a file.`, {
      label: t`Export data`,
      does: exportFile.with({ of: 'person', id: person.id }),
    }),
    person.active
      ? listRow(
          t`Deactivate`,
          t`For someone who has left: they can't use Latchkey any more, and their access is removed now.`,
          { label: t`Deactivate…`, does: deactivatePerson.with(about) },
          ...(person.endDate === undefined
            ? [{ label: t`Offboard…`, does: offboardPerson.with(about) }]
            : []),
        )
      : listRow(t`Reactivate`, t`For someone who is back: they can use Latchkey again.`, {
          label: t`Reactivate…`,
          does: reactivatePerson.with(about),
        }),
    listRow(t`Erase`, t`Deletes everything Latchkey keeps about them, for good.`, {
      label: t`Erase…`,
      does: erasePerson.with(about),
    }),
  ].flat();
}

/** For another admin to answer: nobody does for their own. */
function authenticatorRows(all: readonly Authenticator[], isOwn: boolean): Block[] {
  return all.flatMap((each) => {
    const about = { authenticatorId: each.id };
    const remove = { label: t`Remove…`, does: removeTheirs.with(about) };
    const others = (...buttons: readonly Button[]) => (isOwn ? [] : buttons);
    switch (each.state) {
      case 'new':
        return [];
      case 'proven':
        return listRow(
          t`Authenticator`,
          t`New. Confirm it once they have told you that it's theirs.`,
          ...others(
            { label: t`Confirm…`, does: confirmTheirs.with(about) },
            { label: t`Decline`, does: declineTheirs.with(about) },
          ),
        );
      case 'active':
        return listRow(
          t`Authenticator`,
          each.secrets === 'unread'
            ? t`It can't be read any more, so its codes don't count.`
            : t`Its codes confirm their approvals.`,
          ...others(remove),
        );
      case 'locked':
        return listRow(
          t`Authenticator`,
          t`Locked after five wrong codes.`,
          ...others({ label: t`Unlock`, does: unlockTheirs.with(about) }, remove),
        );
      default:
        return unreachable(each.state);
    }
  });
}

export function linkWords(
  { active }: Person,
  links: readonly ChatIdentity[],
  context: Reader,
): string {
  if (links.length === 0)
    return active
      ? t`not linked yet; this happens when they first write to Latchkey`
      : t`not linked; someone who has left can't use Latchkey`;
  return links
    .map(
      ({ platform, linkedAt }) =>
        t`${platformNames[platform]}, since ${showDate(linkedAt, context)}`,
    )
    .join('; ');
}

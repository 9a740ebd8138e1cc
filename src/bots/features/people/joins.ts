/** A person joined the chat workspace and isn't in the directory: asks each admin once whether to add them. */
import { z } from 'zod';
import { sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { tellAdmins } from '../../../engine/messages/notices.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Join } from '../../../engine/people/join.ts';
import { joinSubject, noteJoin } from '../../../engine/people/joins.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { readEmail } from '../../../engine/people/person-details.ts';
import { workspaceSettings } from '../../../engine/settings/workspace-settings.ts';
import type { Reader, Services } from '../../live/context.ts';
import { addressesOf, matchOf } from '../../live/identify.ts';
import { platformNames } from '../../live/platform-names.ts';
import { buttonAction, replaceWith } from '../../view/action.ts';
import { type Button, type Card, note, withButtons } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import type { ChatProfile, Inbound } from '../../view/platform.ts';
import { adminsTo } from '../admins.ts';
import { hirePerson } from './hire-person.ts';
import { ignoreOne, joinsCard } from './join-list.ts';
import { openPerson } from './open-person.ts';

const payload = z.object({ joinId: z.string() });

export const joinCard = liveCard({
  id: 'join',
  payload,
  topic: ({ joinId }) => joinSubject(joinId),

  async render({ joinId }, context: Reader) {
    const { stores, reader } = context;
    const join = await stores.joins.find(joinId);
    if (!join) return note(t`This question is closed`, t`You don't need to do anything.`);
    if (!isAdmin(reader))
      return note(
        t`This question is for admins`,
        t`You are no longer an admin. There is nothing to do.`,
      );
    return cardOf(join, context);
  },
});

export const ignoreJoin = buttonAction({
  id: 'join.ignore',
  payload,
  admit: adminsTo(() => t`choose who is added`),
  refusesInPlace: true,

  async handle({ joinId }, turn) {
    await ignoreOne(joinId, turn);
    return replaceWith(joinCard.with({ joinId }));
  },
});

/**
 * Handles a person who joined. Skips bots, guests, people of other organizations, and those without an address that
 * counts here.
 */
export function askAboutJoinsWith(
  services: Pick<Services, 'stores' | 'transact' | 'now' | 'newId'>,
): (inbound: Inbound, profile: ChatProfile) => Promise<void> {
  const { stores, transact, now, newId } = services;
  return async ({ user }, profile) => {
    const settings = await workspaceSettings(stores);
    const [address] = addressesOf(profile, settings);
    const email = address && readEmail(address.email);
    if (profile.kind !== 'member' || email === undefined) return;
    if (!settings.askAboutJoins) return;
    if (await stores.identities.find(user.platform, user.tenant, user.userId)) return;
    if ((await matchOf(profile, settings, stores))?.person.active) return;
    const join: Join = {
      ...user,
      id: newId(),
      email,
      name: profile.name,
      joinedAt: now(),
      state: 'open',
    };
    await transact(async (tx) => {
      const asks = await noteJoin(tx, join);
      if (asks === 'ask-alone') await tellAdmins(tx, joinCard.with({ joinId: join.id }));
      if (asks === 'ask-about-all') await tellAdmins(tx, joinsCard.with({ page: 0 }));
    });
  };
}

async function cardOf(join: Join, context: Reader): Promise<Card> {
  const { stores } = context;
  const person = await stores.people.findByEmail(join.email);
  const name = join.name.trim() || join.email;
  const joined = t`${name} (${join.email}) joined ${platformNames[join.platform]} on ${showTime(join.joinedAt, context)}`;
  if (person?.active)
    return withButtons(
      note(t`✓ ${fullName(person)} is in the directory`, t`${joined}, and was added.`),
      { label: t`Open`, does: openPerson.with({ personId: person.id }) },
    );
  const add: Button = {
    label: t`Add…`,
    tone: 'primary',
    does: hirePerson.with({ joinId: join.id }),
  };
  const known = person && t`Someone with this address left earlier; adding them brings them back.`;
  switch (join.state) {
    case 'open':
      return withButtons(
        note(
          t`${name} joined. Add them?`,
          sentences(
            t`${joined}. No one in the directory has that address, so Latchkey does nothing for them yet.`,
            known,
          ),
        ),
        add,
        { label: t`Not now`, does: ignoreJoin.with({ joinId: join.id }) },
      );
    case 'ignored': {
      const admin = join.decidedById ? await stores.people.find(join.decidedById) : undefined;
      return withButtons(
        note(
          t`${name} wasn't added`,
          sentences(
            `${joined}.`,
            t`${admin ? fullName(admin) : t`An admin`} chose "Not now".`,
            known,
          ),
        ),
        { ...add, label: t`Add anyway…` },
      );
    }
    default:
      return unreachable(join.state);
  }
}

/** Link chat…: an admin chooses a person's chat user where no address identifies it, and confirms it on a card. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { type Linked, linkChatUser } from '../../../engine/people/chat-links.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { givesRights } from '../../../engine/people/permission.ts';
import type { RefusedUser } from '../../../engine/ports/people-stores.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { platformNames } from '../../live/platform-names.ts';
import { buttonAction, formAction, replaceWith, sayToPerson } from '../../view/action.ts';
import { type Card, code, note, rich, strong, withButtons } from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import type { Option } from '../../view/form.ts';
import { type ChatProfile, type ChatUser, PlatformError } from '../../view/platform.ts';
import { foundForAdmins } from '../admins.ts';
import { type PersonTarget, personNow } from './person-asked.ts';
import { personPayload, personRef } from './person-ref.ts';
import { roleWords } from './person-words.ts';

const wanted = () => t`link chat users`;
/** Nobody finds theirs in a longer list; the others can write to Latchkey again. */
const MAX_LISTED = 100;
/** Ranks their direct conversation below any in which they wrote. */
const NEVER_WROTE = new Date(0);

const chatUser = z.object({
  platform: z.enum(['slack', 'teams']),
  tenant: z.string(),
  userId: z.string(),
});

const personToLink = foundForAdmins(
  { what: wanted, about: ({ personId }: PersonTarget) => ({ personId }) },
  personNowToLink,
);

export const linkChat = formAction({
  id: 'person.link',
  payload: personPayload,
  admit: personToLink,
  title: () => t`Link a chat user`,
  submitLabel: () => t`Next`,

  fields: async (_payload, { person, ...turn }) => ({
    intro: [
      rich`Which chat user is ${strong(fullName(person))} (${person.email})? Nothing is linked until you confirm it.`,
    ],
    fields: await linkFields(turn),
  }),

  async submit({ refused: listed, user: picked }, { personId }, { person, ...turn }) {
    if ((listed === undefined) === (picked === undefined))
      return {
        kind: 'invalid',
        errors: { user: t`Choose one chat user in one of the fields.` },
      };
    const chosen =
      listed === undefined
        ? { platform: turn.via, tenant: turn.tenant, userId: picked ?? '' }
        : chatUser.parse(JSON.parse(listed)); // It is one of the options that were shown.
    const field = listed === undefined ? 'user' : 'refused';
    const links = await turn.stores.identities.ofPerson(personId);
    if (links.some(({ platform }) => platform === chosen.platform))
      return { kind: 'invalid', errors: { [field]: personTaken() } };
    const candidate = await candidateOf(chosen, turn);
    if (!candidate.ok) return { kind: 'invalid', errors: { [field]: candidate.why } };
    return sayToPerson(confirmation(person, candidate));
  },
});

export const confirmChatLink = buttonAction({
  id: 'person.link-confirm',
  payload: chatUser.extend({ personId: z.string() }),
  admit: personToLink,
  refusesInPlace: true,

  async handle({ personId, ...user }, turn) {
    const candidate = await candidateOf(user, turn);
    if (!candidate.ok) return replaceWith(nothingLinked(candidate.why));
    const linked = await turn.transact(async (tx) => {
      const by = { actor: actorOf(turn), linkedBy: 'by-hand' } as const;
      const outcome = await linkChatUser(tx, { ...user, personId }, by);
      const { direct: address } = candidate;
      if (outcome.kind === 'linked' && address)
        await tx.conversations.put({ personId, address, lastWroteAt: NEVER_WROTE });
      return outcome;
    });
    const why = whyNot(linked);
    return replaceWith(why === undefined ? personRef(personId) : nothingLinked(why));
  },
});

export const cancelChatLink = buttonAction({
  id: 'person.link-cancel',
  payload: z.object({}),
  handle: async () => replaceWith(nothingLinked(t`You cancelled it.`)),
});

async function personNowToLink(target: PersonTarget, turn: Turn): ReturnType<typeof personNow> {
  const found = await personNow(target, turn);
  if (!found.person || found.person.active) return found;
  return {
    refused: note(
      t`${fullName(found.person)} has left`,
      t`Someone who has left can't be linked to a chat user. Reactivate them first.`,
    ),
  };
}

async function linkFields(turn: Turn) {
  const listed = await turn.stores.refusedUsers.newest(MAX_LISTED);
  const options = listed.map((each) => optionOf(each, turn));
  return {
    ...(options.length > 0 && {
      refused: {
        kind: 'choice',
        label: t`Wrote to Latchkey and was refused`,
        hint: t`Most recently refused first.`,
        optional: true,
        options,
      } as const,
    }),
    user: {
      kind: 'user',
      ...(turn.via === 'slack'
        ? { label: t`Slack user` }
        : {
            label: t`Teams user`,
            hint: t`If you can't choose a person here, enter the object ID from their page in Entra.`,
          }),
      ...(options.length > 0 && { optional: true }),
    },
  } as const;
}

const optionOf = (user: RefusedUser, turn: Turn): Option => {
  const { platform, tenant, userId, refusedAt } = user;
  const name = nameOf(user);
  const at = showTime(refusedAt, turn);
  return {
    value: JSON.stringify({ platform, tenant, userId }),
    label: [name, platformNames[platform], at].join(', '),
  };
};

const nameOf = ({ name, email, userId }: Pick<RefusedUser, 'name' | 'email' | 'userId'>): string =>
  `${name || userId}${email === undefined ? '' : ` (${email})`}`;

type Candidate =
  | {
      readonly ok: true;
      readonly user: ChatUser;
      /** The name that people use; undefined where the platform doesn't give it here. */
      readonly name: string | undefined;
      readonly direct?: ChatProfile['direct'];
    }
  /** A sentence for people. */
  | { readonly ok: false; readonly why: string };

/** An object id of Entra. */
const OBJECT_ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Whether the chat user may be linked to a person. Checked when it is chosen and when the link is confirmed. */
async function candidateOf(chosen: ChatUser, turn: Turn): Promise<Candidate> {
  const isObjectId = OBJECT_ID.test(chosen.userId);
  const user = isObjectId ? { ...chosen, userId: chosen.userId.toLowerCase() } : chosen;
  const { platform, tenant, userId } = user;
  const { stores } = turn;
  if (await stores.identities.find(platform, tenant, userId))
    return { ok: false, why: t`That chat user is already linked to someone.` };
  const noted = await stores.refusedUsers.find(platform, tenant, userId);
  const profile = await profileHere(user, turn);
  if (profile) return judge(profile, user);
  const isHere = platform === turn.via && tenant === turn.tenant;
  // Slack knows everyone in its workspace, Teams only those in the conversation.
  if (isHere && platform === 'slack')
    return { ok: false, why: t`Slack doesn't know that user, or no longer does.` };
  if (noted) return { ok: true, user, name: nameOf(noted) };
  return isHere && isObjectId
    ? { ok: true, user, name: undefined }
    : {
        ok: false,
        why: t`That isn't an Entra object ID, and no one with this ID has written to Latchkey.`,
      };
}

function judge(profile: ChatProfile, user: ChatUser): Candidate {
  const { kind, name, email = profile.unconfirmedEmail ?? profile.mail, direct } = profile;
  switch (kind) {
    case 'member':
    case 'guest': {
      const known = nameOf({ name, userId: user.userId, email });
      return { ok: true, user, name: known, direct };
    }
    case 'bot':
      return { ok: false, why: t`That's a bot. Only people can be linked.` };
    case 'outside':
      return {
        ok: false,
        why: t`That user belongs to another organization. Only people in your own can be linked.`,
      };
    default:
      return unreachable(kind);
  }
}

/** The platform's profile of the user; undefined on another platform, or where it gives none. */
async function profileHere(
  { platform, tenant, userId }: ChatUser,
  turn: Turn,
): Promise<ChatProfile | undefined> {
  if (platform !== turn.via || tenant !== turn.tenant) return undefined;
  try {
    return await turn.profileOf(userId);
  } catch (error) {
    // Teams fails for users outside the conversation. Slack finds those too, so an error there is a real one.
    if (error instanceof PlatformError && platform === 'teams') return undefined;
    throw error;
  }
}

function confirmation(person: Person, { user, name }: Extract<Candidate, { ok: true }>): Card {
  const { platform, userId } = user;
  const whom = strong(fullName(person));
  return withButtons(
    note(
      t`Link ${fullName(person)}?`,
      name === undefined
        ? rich`${whom} (${person.email}) will be the Teams user ${code(userId)}.`
        : rich`${whom} (${person.email}) will be the ${platformNames[platform]} user ${strong(name)}.`,
      givesRights(person)
        ? t`That user can then do what ${fullName(person)} can with the role ${roleWords()[person.role]}. Make sure that it's them.`
        : t`That user can then do what ${fullName(person)} can. Make sure that it's them.`,
    ),
    {
      label: t`Link`,
      tone: 'primary',
      does: confirmChatLink.with({ ...user, personId: person.id }),
    },
    { label: t`Cancel`, does: cancelChatLink.with({}) },
  );
}

/** A sentence for people; undefined where they are linked. */
function whyNot(linked: Linked): string | undefined {
  switch (linked.kind) {
    case 'linked':
    case 'already':
      return undefined;
    case 'user-taken':
      return t`That chat user is already linked to someone.`;
    case 'person-taken':
      return personTaken();
    case 'admin':
    case 'gone':
      return t`They have left.`;
    default:
      return unreachable(linked);
  }
}

const personTaken = () =>
  t`They are linked to another user there. If that link is wrong, press "Unlink chat…" on their card first.`;

const nothingLinked = (why: string): Card => note(t`Nothing was linked`, why);

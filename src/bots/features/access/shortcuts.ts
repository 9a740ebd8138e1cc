/** The platforms' shortcuts: look up anyone's access from anywhere, or that of a message's author. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { may, type Right } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type PressReply, type Reply, sayHere } from '../../view/action.ts';
import { code, note, rich } from '../../view/card.ts';
import { words } from '../../view/command.ts';
import { type ChatProfile, PlatformError, type Shortcut } from '../../view/platform.ts';
import { planFor } from '../offboarding/offboard.ts';
import { type AccessPurpose, findPerson, goOn, purposes } from '../people/find-person.ts';
import { openAccess } from './access-card.ts';

/** Asks for the person whom a word is about. */
export const lookUpPerson = formAction({
  id: 'shortcut.access',
  payload: z.object({ purpose: z.enum(purposes).default('access') }),
  title: () => t`Access`,
  submitLabel: () => t`Show`,

  /** A reader who may see only their own access has nothing to choose. */
  async instead({ purpose }, turn: Turn) {
    return purpose !== 'access' || (await mayForSomeone('access', turn))
      ? undefined
      : openAccess(turn.actor, turn);
  },

  fields: async ({ purpose }) => ({
    title: titles()[purpose],
    // The next step of an offboarding is another form.
    intro: purpose === 'offboard' ? [] : [t`I'll send you the card as a direct message.`],
    submitLabel: purpose === 'offboard' ? t`Next` : undefined,
    fields: {
      picked: {
        kind: 'person',
        label: whomWords()[purpose],
        optional: true,
        hint: purpose === 'access' ? t`Leave blank for your own.` : undefined,
      },
      person: {
        kind: 'text',
        label: t`Name or email address`,
        hint: t`This also finds people who aren't in chat.`,
        optional: true,
      },
    },
  }),

  async submit({ picked, person: typed = '' }, { purpose }, turn) {
    const text = words(typed);
    const isTyped = text.length > 0;
    if (!isTyped && picked === undefined)
      return purpose === 'access'
        ? openAccess(turn.actor, turn)
        : { kind: 'invalid', errors: { person: t`Choose someone, or enter a name.` } };
    const mention = { kind: 'mention', userId: picked ?? '', name: t`This person` } as const;
    const found = await findPerson(isTyped ? text : [mention], purpose, turn);
    if (found.kind === 'one')
      return purpose === 'offboard' ? planFor(found, turn) : goOn(found.person, purpose, turn);
    return found.nobody === undefined
      ? found.reply
      : { kind: 'invalid', errors: { [isTyped ? 'person' : 'picked']: found.nobody } };
  },
});

/** The question for the person whom a word is about. */
export const whomWords = (): Readonly<Record<AccessPurpose, string>> => ({
  access: t`Whose access?`,
  grant: t`Who should get access?`,
  revoke: t`Whose access should be revoked?`,
  offboard: t`Who is leaving?`,
});

const titles = (): Readonly<Record<AccessPurpose, string>> => ({
  access: t`Access…`,
  grant: t`Grant access`,
  revoke: t`Revoke access`,
  offboard: t`Offboard someone`,
});

/** Whether there is anyone else of whom they may do that. Managers may for their reports; they offboard no one. */
export async function mayForSomeone(
  purpose: AccessPurpose,
  { actor, stores }: Pick<Turn, 'actor' | 'stores'>,
): Promise<boolean> {
  const current = (await stores.people.find(actor.id)) ?? actor;
  if (may(current, RIGHTS[purpose])) return true;
  return purpose !== 'offboard' && (await stores.people.hasReports(current.id));
}

const RIGHTS = {
  access: 'see',
  grant: 'grant',
  revoke: 'revoke',
  offboard: 'set up',
} as const satisfies Readonly<Record<AccessPurpose, Right>>;

export async function useShortcut(used: Shortcut, turn: Turn): Promise<PressReply> {
  switch (used.kind) {
    case 'global':
      return lookUpPerson.press(lookUpPerson.with({ purpose: 'access' }).payload, turn);
    case 'author':
      return used.userId === undefined ? noPerson() : accessOfAuthor(used.userId, turn);
    default:
      return unreachable(used);
  }
}

async function accessOfAuthor(userId: string, turn: Turn): Promise<Reply> {
  const profile = await profileIfSeen(userId, turn);
  if (profile?.kind === 'bot') return noPerson();
  const { stores, via, tenant } = turn;
  if (!profile && !(await stores.identities.find(via, tenant, userId))) return unseen();
  const name = profile?.name || t`This message's author`;
  const found = await findPerson([{ kind: 'mention', userId, name }], 'access', turn);
  return found.kind === 'one' ? goOn(found.person, 'access', turn) : found.reply;
}

/** A Teams shortcut also works in chats without the bot, where it may not read anyone's profile. */
async function profileIfSeen(userId: string, turn: Turn): Promise<ChatProfile | undefined> {
  try {
    return await turn.profileOf(userId);
  } catch (error) {
    if (error instanceof PlatformError) return undefined;
    throw error;
  }
}

const unseen = (): Reply =>
  sayHere(
    note(
      t`I can't see who wrote this`,
      rich`Their profile is hidden from me here. Send me ${code('access')} and their name or email address instead.`,
    ),
  );

const noPerson = (): Reply =>
  sayHere(
    note(
      t`An app wrote this message`,
      t`Latchkey grants access to people only. Use the shortcut on a message from a person.`,
    ),
  );

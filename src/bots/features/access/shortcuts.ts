/** The platforms' shortcuts: look up anyone's access from anywhere, or that of a message's author. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type PressReply, type Reply } from '../../view/action.ts';
import { code, note, rich } from '../../view/card.ts';
import { words } from '../../view/command.ts';
import { type ChatProfile, PlatformError, type Shortcut } from '../../view/platform.ts';
import { planFor } from '../offboarding/offboard.ts';
import { findPerson, goOn, type Purpose, purposes } from '../people/find-person.ts';
import { openAccess } from './access-card.ts';

/** Asks for the person whom a word is about. */
export const lookUpPerson = formAction({
  id: 'shortcut.access',
  payload: z.object({ purpose: z.enum(purposes).default('access') }),
  title: () => t`Access…`,
  submitLabel: () => t`Show`,

  /** A reader who may see only their own access has nothing to choose. */
  async instead({ purpose }, turn: Turn) {
    return purpose !== 'access' || (await seesOthers(turn))
      ? undefined
      : openAccess(turn.actor, turn);
  },

  fields: async ({ purpose }) => ({
    title: titles()[purpose],
    intro: [[t`I'll send you the card as a direct message.`]],
    fields: {
      person: {
        kind: 'text',
        label: purpose === 'access' ? t`Whose access?` : t`Who is it about?`,
        hint:
          purpose === 'access'
            ? t`A name or an email address. Leave blank for your own.`
            : t`A name or an email address.`,
        optional: purpose === 'access',
      },
    },
  }),

  async submit({ person: typed = '' }, { purpose }, turn) {
    const text = words(typed);
    if (text.length === 0) return openAccess(turn.actor, turn);
    const found = await findPerson(text, purpose, turn);
    if (found.kind === 'one')
      return purpose === 'offboard'
        ? planFor(found.person, turn)
        : goOn(found.person, purpose, turn);
    return found.nobody === undefined
      ? found.reply
      : { kind: 'invalid', errors: { person: found.nobody } };
  },
});

const titles = (): Readonly<Record<Purpose, string>> => ({
  access: t`Access…`,
  grant: t`Grant access`,
  revoke: t`Revoke access`,
  offboard: t`Offboard someone`,
});

async function seesOthers({ actor, stores }: Turn): Promise<boolean> {
  const current = (await stores.people.find(actor.id)) ?? actor;
  return isAdmin(current) || (await stores.people.reportsOf(current.id)).length > 0;
}

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

const unseen = (): Reply => ({
  kind: 'say',
  to: 'here',
  card: note(
    t`I can't see who wrote this`,
    rich`Their profile is hidden from me here. Send me ${code('access')} and their name or email address instead.`,
  ),
});

const noPerson = (): Reply => ({
  kind: 'say',
  to: 'here',
  card: note(
    t`An app wrote this message`,
    t`Latchkey grants access to people only. Use the shortcut on a message from a person.`,
  ),
});

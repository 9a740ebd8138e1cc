/**
 * Someone who is chosen in a form: in the platform's own list of people, or by their email address, since that list has only
 * people of that platform. The answer is the directory's person.
 */
import { t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { chatUser } from './find-person.ts';

interface Labels {
  readonly label: string;
  /** Stands alone on platforms without a list of people. */
  readonly emailLabel: string;
  readonly hint?: string;
}

/** @param chosen who is chosen when the form opens */
export async function personFields(
  { label, emailLabel, hint }: Labels,
  chosen: Person | undefined,
  turn: Turn,
) {
  const userId = chosen && (await userIdOf(chosen, turn));
  return {
    picked: {
      kind: 'person',
      label,
      optional: true,
      ...(hint !== undefined && { hint }),
      ...(userId !== undefined && { initial: userId }),
    },
    email: {
      kind: 'text',
      label: emailLabel,
      optional: true,
      ...(hint !== undefined && { hint }),
      ...(chosen && userId === undefined && { initial: chosen.email }),
    },
  } as const;
}

async function userIdOf(
  { id }: Person,
  { stores, via, tenant }: Turn,
): Promise<string | undefined> {
  const identities = await stores.identities.ofPerson(id);
  return identities.find((each) => each.platform === via && each.tenant === tenant)?.userId;
}

export interface PersonAnswers {
  /** A chat user's id. */
  readonly picked: string | undefined;
  readonly email: string | undefined;
  /** The address is the one that the form opened with: see `leftAlone`. */
  readonly isEmailLeftAlone?: boolean;
}

/** A typed address counts first; one that was left alone counts only where no one was picked. @returns the person, or a sentence with the field that it belongs to */
export async function personAnswered(
  { picked, email = '', isEmailLeftAlone = false }: PersonAnswers,
  turn: Turn,
): Promise<
  | { readonly ok: true; readonly person: Person }
  | { readonly ok: false; readonly field: 'picked' | 'email'; readonly why: string }
> {
  const typed = email.trim();
  if (typed !== '' && !(isEmailLeftAlone && picked !== undefined)) {
    const person = await turn.stores.people.findByEmail(typed);
    return person?.active
      ? { ok: true, person }
      : {
          ok: false,
          field: 'email',
          why: t`No one in the directory has ${typed}. Check the spelling.`,
        };
  }
  if (picked === undefined)
    return { ok: false, field: 'email', why: t`Choose someone, or enter their email address.` };
  const person = await chatUser(picked, turn);
  if (!person)
    return {
      ok: false,
      field: 'picked',
      why: t`Latchkey doesn't know who that is in the directory. Enter their email address instead.`,
    };
  return person.active
    ? { ok: true, person }
    : { ok: false, field: 'picked', why: t`${fullName(person)} has left. Choose someone else.` };
}

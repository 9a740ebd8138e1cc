/**
 * People who are chosen in a form: in the platform's own list of people, or by their email address, since that list has only
 * people of that platform. The answers are the directory's people.
 */
import { sentences, t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { MAX_PICKED } from '../../view/form.ts';
import { someNames } from '../some-names.ts';
import { chatUser } from './chat-user.ts';

interface Labels {
  readonly label: string;
  /** Stands alone on platforms without a list of people. */
  readonly emailLabel: string;
  readonly hint?: string;
  /** Whether the form takes no answer without someone. */
  readonly isNeeded?: boolean;
}

/** @param chosen who is chosen when the form opens */
export async function personFields(
  { label, emailLabel, hint, isNeeded = false }: Labels,
  chosen: Person | undefined,
  turn: Turn,
) {
  const userId = chosen && (await userIdOf(chosen, turn));
  return {
    picked: {
      kind: 'person',
      label,
      optional: true,
      hint,
      initial: userId,
    },
    email: {
      kind: 'text',
      label: emailLabel,
      optional: true,
      hint,
      initial: chosen && userId === undefined ? chosen.email : undefined,
      ...(isNeeded && userId === undefined && { neededAlone: true }),
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
  /** Whether someone who has left is an answer, too. */
  readonly mayHaveLeft?: boolean;
}

/** A typed address counts first; one that was left alone counts only where no one was picked. @returns the person, or a sentence with the field that it belongs to */
export async function personAnswered(
  { picked, email = '', isEmailLeftAlone = false, mayHaveLeft = false }: PersonAnswers,
  turn: Turn,
): Promise<
  | { readonly ok: true; readonly person: Person }
  | { readonly ok: false; readonly field: 'picked' | 'email'; readonly why: string }
> {
  const typed = email.trim();
  if (typed !== '' && !(isEmailLeftAlone && picked !== undefined)) {
    const person = await turn.stores.people.findByEmail(typed);
    return person && (person.active || mayHaveLeft)
      ? { ok: true, person }
      : {
          ok: false,
          field: 'email',
          why: t`No one in the directory has ${typed}. Check the spelling.`,
        };
  }
  if (picked === undefined)
    return { ok: false, field: 'email', why: t`Choose someone, or enter their email address.` };
  const found = await pickedPerson(picked, turn, mayHaveLeft);
  return 'person' in found ? { ok: true, ...found } : { ok: false, field: 'picked', ...found };
}

/** @returns the person, or a sentence about the one who was picked */
async function pickedPerson(
  userId: string,
  turn: Turn,
  mayHaveLeft = false,
): Promise<{ readonly person: Person } | { readonly why: string }> {
  const person = await chatUser(userId, turn);
  if (!person)
    return {
      why: t`Latchkey doesn't know who that is in the directory. Enter their email address instead.`,
    };
  return person.active || mayHaveLeft
    ? { person }
    : { why: t`${fullName(person)} has left. Choose someone else.` };
}

/** Several people: those of this platform are picked, and others have their address in a text. */
export async function peopleFields(
  { label, emailLabel, hint }: Omit<Labels, 'isNeeded'>,
  chosen: readonly Person[],
  turn: Turn,
) {
  const users: string[] = [];
  const others: string[] = [];
  for (const person of chosen) {
    const userId = await userIdOf(person, turn);
    if (userId === undefined || users.length === MAX_PICKED) others.push(person.email);
    else users.push(userId);
  }
  return {
    picked: {
      kind: 'people',
      label,
      optional: true,
      hint,
      initial: users.length > 0 ? users : undefined,
    },
    emails: {
      kind: 'text',
      label: emailLabel,
      hint: sentences(hint, t`Separate addresses with commas.`),
      optional: true,
      multiline: true,
      initial: others.length > 0 ? others.join(', ') : undefined,
    },
  } as const;
}

export interface PeopleAnswers {
  /** Chat users' ids. */
  readonly picked: readonly string[] | undefined;
  readonly emails: string | undefined;
}

/** More than any list of approvers or owners. Each is looked up. */
const MAX_TYPED = 500;
/** Of the addresses that no one has, so that the sentence fits beside its field. */
const MAX_NAMED = 10;

/** @returns everyone once, or a sentence with the field that it belongs to */
export async function peopleAnswered(
  { picked = [], emails = '' }: PeopleAnswers,
  turn: Turn,
): Promise<
  | { readonly ok: true; readonly people: readonly Person[] }
  | { readonly ok: false; readonly field: 'picked' | 'emails'; readonly why: string }
> {
  const people = new Map<string, Person>();
  for (const userId of new Set(picked)) {
    const found = await pickedPerson(userId, turn);
    if ('why' in found) return { ok: false, field: 'picked', ...found };
    people.set(found.person.id, found.person);
  }
  const unknown: string[] = [];
  const addresses = emails.toLowerCase().split(/[\s,;]+/);
  const typed = new Set(addresses.filter(Boolean));
  if (typed.size > MAX_TYPED)
    return { ok: false, field: 'emails', why: t`At most ${MAX_TYPED} people.` };
  for (const address of typed) {
    const person = await turn.stores.people.findByEmail(address);
    if (person?.active) people.set(person.id, person);
    else unknown.push(address);
  }
  return unknown.length === 0
    ? { ok: true, people: [...people.values()] }
    : {
        ok: false,
        field: 'emails',
        why: t`No one here has ${someNames(unknown, MAX_NAMED)}. Check the spelling in "people".`,
      };
}

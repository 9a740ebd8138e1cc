/**
 * People who are chosen in a form: in the platform's own list of people, or by their email address, since that list has only
 * people of that platform. The answers are the directory's people.
 */
import { sentences, t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { type Fields, MAX_PICKED, type OrErrors } from '../../view/form.ts';
import { leftAlone } from '../../view/left-alone.ts';
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
      ...(chosen && userId !== undefined && { names: [fullName(chosen)] }),
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
  /** The fields as they were shown: an address that was left alone counts only where no one was picked. */
  readonly shown?: Fields;
  /** Whether someone who has left is an answer, too. */
  readonly mayHaveLeft?: boolean;
  /** What the form calls the two fields. */
  readonly names?: { readonly picked: string; readonly email: string };
}

/** A typed address counts first. */
export async function personAnswered(
  {
    picked,
    email = '',
    shown = {},
    mayHaveLeft = false,
    names = { picked: 'picked', email: 'email' },
  }: PersonAnswers,
  turn: Turn,
): Promise<OrErrors<{ readonly person: Person }>> {
  const wrong = (field: 'picked' | 'email', why: string) =>
    ({ ok: false, errors: { [names[field]]: why } }) as const;
  const typed = email.trim();
  const isLeftAlone = leftAlone({ [names.email]: email }, shown).has(names.email);
  if (typed !== '' && !(isLeftAlone && picked !== undefined)) {
    const person = await turn.stores.people.findByEmail(typed);
    return person && (person.active || mayHaveLeft)
      ? { ok: true, person }
      : wrong('email', t`No one in the directory has ${typed}. Check the spelling.`);
  }
  if (picked === undefined) return wrong('email', t`Choose someone, or enter their email address.`);
  const found = await pickedPerson(picked, turn, mayHaveLeft);
  return 'person' in found ? { ok: true, ...found } : wrong('picked', found.why);
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
  const names: string[] = [];
  const others: string[] = [];
  for (const person of chosen) {
    const userId = await userIdOf(person, turn);
    if (userId === undefined || users.length === MAX_PICKED) others.push(person.email);
    else {
      users.push(userId);
      names.push(fullName(person));
    }
  }
  return {
    picked: {
      kind: 'people',
      label,
      optional: true,
      hint,
      ...(users.length > 0 && { initial: users, names }),
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
  /** Whether no one is no answer. */
  readonly isNeeded?: boolean;
  /** What the form calls the two fields. */
  readonly names?: { readonly picked: string; readonly emails: string };
}

/** As several forms call them. */
export const PEOPLE = { picked: 'people', emails: 'peopleEmails' } as const;

/** More than any list of approvers or owners. Each is looked up. */
const MAX_TYPED = 500;
/** Of the addresses that no one has, so that the sentence fits beside its field. */
const MAX_NAMED = 10;

/** @returns everyone once */
export async function peopleAnswered(
  {
    picked = [],
    emails = '',
    isNeeded = false,
    names = { picked: 'picked', emails: 'emails' },
  }: PeopleAnswers,
  turn: Turn,
): Promise<OrErrors<{ readonly people: readonly Person[] }>> {
  const wrong = (field: 'picked' | 'emails', why: string) =>
    ({ ok: false, errors: { [names[field]]: why } }) as const;
  const people = new Map<string, Person>();
  for (const userId of new Set(picked)) {
    const found = await pickedPerson(userId, turn);
    if ('why' in found) return wrong('picked', found.why);
    people.set(found.person.id, found.person);
  }
  const unknown: string[] = [];
  const addresses = emails.toLowerCase().split(/[\s,;]+/);
  const typed = new Set(addresses.filter(Boolean));
  if (typed.size > MAX_TYPED) return wrong('emails', t`At most ${MAX_TYPED} people.`);
  for (const address of typed) {
    const person = await turn.stores.people.findByEmail(address);
    if (person?.active) people.set(person.id, person);
    else unknown.push(address);
  }
  if (unknown.length > 0)
    return wrong(
      'emails',
      t`No one here has ${someNames(unknown, MAX_NAMED)}. Check the spelling in "people".`,
    );
  return isNeeded && people.size === 0
    ? wrong('emails', t`Choose at least one person, or enter their email address.`)
    : { ok: true, people: [...people.values()] };
}

/** `[person]` in a command: a mention, an email or a name. A new hire isn't in chat yet, so names have to work. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { hasWords } from '../../../core/fold.ts';
import { sayNumber, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { sayAddress } from '../../../engine/people/no-address.ts';
import {
  isOtherAddress,
  nearest,
  type PeopleCalled,
  peopleCalled,
} from '../../../engine/people/people-called.ts';
import { may, maySee } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, type Reply, sayHere, sayToPerson } from '../../view/action.ts';
import { type Button, muted, note } from '../../view/card.ts';
import { type CommandText, plainText } from '../../view/command.ts';
import { openAccess } from '../access/access-card.ts';
import { pickIntegration } from '../access/pick-integration.ts';
import { auditRefusal } from '../admins.ts';
import { listRow } from '../list-card.ts';
import { openOffboarding } from '../offboarding/offboard.ts';
import { openAudit } from '../settings/audit-log.ts';
import { askAnAdmin, withoutRight } from '../whom-to-ask.ts';
import { chatUser } from './chat-user.ts';

export type FoundPerson =
  | { readonly kind: 'one'; readonly person: Person }
  | {
      readonly kind: 'reply';
      readonly reply: Reply;
      /** The reply as a sentence for a form, where nobody matches. Left out where the reply is a picker. */
      readonly nobody?: string;
    };

/**
 * Finds the person whom `text` names, among those the actor may see. Several matches give a picker for `purpose`; no
 * match gives a sentence with the next step. Both go to the actor's direct conversation, since a group may read this.
 */
export async function findPerson(
  text: CommandText,
  purpose: Purpose,
  turn: Turn,
): Promise<FoundPerson> {
  return may(turn.actor, 'see') ? amongAll(text, purpose, turn) : amongOwn(text, purpose, turn);
}

const isMention = (word: CommandText[number] | undefined) =>
  typeof word === 'object' && word.kind === 'mention';

async function amongAll(text: CommandText, purpose: Purpose, turn: Turn): Promise<FoundPerson> {
  const [first] = text;
  if (isMention(first)) {
    const person = await chatUser(first.userId, turn);
    return person
      ? { kind: 'one', person }
      : none(
          t`${first.name} isn't in the directory`,
          t`No one there has the address in their profile. Add them first.`,
        );
  }
  const typed = plainText(text);
  const person = typed.includes('@') && (await turn.stores.people.findByEmail(typed));
  if (person) return { kind: 'one', person };
  const found = await peopleCalled(turn.stores.people, typed);
  return (
    choose(typed, found, purpose) ??
    none(
      t`I found no one called "${typed}"`,
      t`Type part of the name or the whole email address, and nothing after it. Someone new has to be added to the directory first.`,
    )
  );
}

/**
 * A person who isn't an admin finds themselves and their reports. For all other people the answer is the same, so that it
 * doesn't reveal who is in the directory.
 */
async function amongOwn(text: CommandText, purpose: Purpose, turn: Turn): Promise<FoundPerson> {
  const { actor, stores } = turn;
  const typed = plainText(text);
  const own = [
    actor,
    ...(await stores.people.reportsOf(actor.id)),
    ...(await ownWhoLeft(turn)),
  ].filter((person) => maySee(actor, person));
  const [first] = text;
  const meant = isMention(first) ? await chatUser(first.userId, turn) : typed;
  const people = own.filter((person) =>
    typeof meant === 'string' ? isCalled(person, meant) : person.id === meant?.id,
  );
  return (
    choose(typed, nearest({ people, total: people.length }, typed), purpose) ??
    none(t`No one you can view matches "${typed}"`, await notForYou(purpose, turn))
  );
}

/** A manager follows the offboarding of a former report and sees their remaining access. */
const ownWhoLeft = async ({ actor, stores }: Turn): Promise<readonly Person[]> =>
  (await stores.people.whoNames(actor.id)).filter(
    ({ active, managerId }) => !active && managerId === actor.id,
  );

/** Like the store's search: the name or address contains every word, ignoring case and accents. */
const isCalled = (person: Person, typed: string): boolean =>
  hasWords(`${fullName(person)} ${person.email}`, typed);

/** The only match, or a picker; undefined where nobody matches. */
function choose(typed: string, found: PeopleCalled, purpose: Purpose): FoundPerson | undefined {
  const [only, ...others] = found.people;
  if (!only) return undefined;
  return others.length === 0 && !isOtherAddress(only, typed)
    ? { kind: 'one', person: only }
    : { kind: 'reply', reply: choosePerson(typed, found, purpose) };
}

const notForYou = async (purpose: Purpose, turn: Turn): Promise<string> =>
  sentences(
    whoMay()[purpose],
    await askAnAdmin(turn),
    purpose !== 'audit' && t`Or check the spelling.`,
  );

const whoMay = (): Readonly<Record<Purpose, string>> => ({
  access: t`Only someone's manager, Latchkey admins, auditors and the helpdesk can see their access.`,
  grant: t`Only someone's manager and Latchkey admins can grant them access.`,
  revoke: t`Only someone's manager and Latchkey admins can revoke their access.`,
  offboard: t`Only Latchkey admins can offboard people. Someone's manager and auditors can follow it.`,
  audit: t`Only Latchkey admins and auditors can read the audit log.`,
});

const none = (title: string, text: string): FoundPerson => ({
  kind: 'reply',
  reply: sayToPerson(note(title, text)),
  nobody: `${title}. ${text}`,
});

/** What is looked at or done about someone's access. */
export const purposes = ['access', 'grant', 'revoke', 'offboard'] as const;
export type AccessPurpose = (typeof purposes)[number];
/** What a command names someone for. */
export type Purpose = AccessPurpose | 'audit';

/** Nobody reads more than these; the card then asks for more of the name. */
const SHOWN = 8;

export const pickPerson = buttonAction({
  id: 'person.pick',
  payload: z.object({ personId: z.string(), purpose: z.enum([...purposes, 'audit']) }),

  async handle({ personId, purpose }, turn: Turn) {
    const person = await turn.stores.people.find(personId);
    if (person && maySee(turn.actor, person)) return goOn(person, purpose, turn);
    await auditRefusal(() => t`see this person's access`, turn, { personId });
    return refusal(turn);
  },
});

export const accessButton = (person: Person): Button => ({
  label: t`Access of ${fullName(person)}`,
  does: pickPerson.with({ personId: person.id, purpose: 'access' }),
});

/** Does what a command does with the person whom `text` names, or replies with a picker, or with why no one is found. */
export async function aboutPerson(text: CommandText, purpose: Purpose, turn: Turn): Promise<Reply> {
  const found = await findPerson(text, purpose, turn);
  return found.kind === 'one' ? goOn(found.person, purpose, turn) : found.reply;
}

/** Continues a command once its person is known. */
export function goOn(person: Person, purpose: Purpose, turn: Turn): Promise<Reply> {
  switch (purpose) {
    case 'access':
      return openAccess(person, turn);
    case 'grant':
    case 'revoke':
      return pickIntegration(person, purpose, turn);
    case 'offboard':
      return openOffboarding(person, turn);
    case 'audit':
      return openAudit(turn, person.id);
    default:
      return unreachable(purpose);
  }
}

/**
 * Several people match: the actor picks one, and the command continues with them.
 * @param total how many match; `people` has the first of them
 */
function choosePerson(typed: string, { people, total }: PeopleCalled, purpose: Purpose): Reply {
  const shown = people.slice(0, SHOWN);
  const more = total - shown.length;
  return sayToPerson({
    title: t`Which "${typed}" do you mean?`,
    blocks: compact([
      ...shown.flatMap((person) =>
        listRow(
          fullName(person),
          compact([sayAddress(person), person.position, !person.active && t`has left`]).join(' · '),
          {
            label: t`Choose ${fullName(person)}`,
            about: t`Choose ${fullName(person)}: ${sayAddress(person)}`, // Two people may have the same name.
            does: pickPerson.with({ personId: person.id, purpose }),
          },
        ),
      ),
      more > 0 &&
        muted(
          t`There are ${sayNumber(more)} more matches. Type more of the name, or the email address.`,
        ),
    ]),
  });
}

const refusal = async (turn: Turn): Promise<Reply> =>
  sayHere(await withoutRight(t`You can't see this person's access`, 'see', turn));

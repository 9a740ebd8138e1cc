/** Erase…: deletes everything that Latchkey stores about a person, after showing what is deleted and what is kept. */
import { t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { beginErasure, whyNotErasedYet } from '../../../engine/people/erase-person.ts';
import type { Stores, Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf } from '../../live/context.ts';
import { formAction, sayToPerson } from '../../view/action.ts';
import { note, rich, strong } from '../../view/card.ts';
import { refuse } from '../admins.ts';
import { confirmField } from '../confirm-name.ts';
import { someNames } from '../some-names.ts';
import { gone, personForAdmin } from './person-asked.ts';
import { personPayload } from './person-ref.ts';

/** Nobody reads more names than these. */
const NAMED = 10;

export const erasePerson = formAction({
  id: 'person.erase',
  payload: personPayload,
  admit: personForAdmin(() => t`erase people`),
  title: () => t`Erase a person`,
  submitLabel: () => t`Erase for good`,
  tone: 'danger',

  async fields(_payload, { person, ...turn }) {
    const why = await whyNotErasedYet(turn.stores, person, turn.installation);
    if (why !== undefined) return { refused: notErased(why) };
    return {
      intro: [
        rich`This permanently deletes all that Latchkey keeps about ${strong(fullName(person))} (${person.email}): profile, access, runs, answers, requests, tasks and import data. First, it removes their access and ends what is running for them.`,
        t`The audit log keeps what was done, but no longer for whom. So that no import adds them again, Latchkey keeps a code that can't be turned back into their address; an admin can still add them.`,
        await whatTheyHave(person, turn.stores),
        t`Emails and chat messages that were already sent stay where they are.`,
      ],
      fields: {
        email: confirmField(t`Their email address`, person.email),
      },
    };
  },

  async submit({ email }, { personId }, { person, ...turn }) {
    if (email.trim().toLowerCase() !== person.email)
      return { kind: 'invalid', errors: { email: t`Type ${person.email}, or close this form.` } };
    const { adminEmails } = turn.installation;
    const begin = async (tx: Transaction) => {
      const held = await tx.people.hold(personId);
      return held && beginErasure(tx, held, { ...turn, actor: actorOf(turn), adminEmails });
    };
    const begun = await turn.transact(begin);
    if (!begun) return refuse(gone());
    if (begun.kind === 'refused') return refuse(notErased(begun.why));
    return sayToPerson(
      note(
        t`${fullName(person)} is being erased`,
        t`They can no longer use Latchkey. Their data is deleted once everything still running for them has ended and all their access is removed. Until then, Reactivate… on their card undoes this.`,
      ),
    );
  },
});

const notErased = (why: string) => note(t`No one was erased`, why);

/** The last known access. It is removed before the person is erased. */
async function whatTheyHave({ id }: Person, stores: Stores): Promise<string> {
  const known = (await stores.access.forPerson(id)).filter(({ state }) => state !== 'none');
  const found = await stores.integrations.findMany(known.map((each) => each.integrationId));
  const names = found.flatMap(({ name, deletedAt }) => (deletedAt ? [] : [name])).toSorted();
  return names.length === 0
    ? t`As far as Latchkey knows, they have no access. Before erasing them, Latchkey checks every app that it can check.`
    : t`They have or may have ${someNames(names, NAMED)}. They are erased once all of it is gone.`;
}

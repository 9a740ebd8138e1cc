/** Sequence…: assigns a sequence to a person, from their card. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { changePerson } from '../../../engine/people/change-person.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { maySeePlans } from '../../../engine/people/permission.ts';
import type { PersonErrors } from '../../../engine/people/person-details.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { type Assigned, assignSequence as assignIt } from '../../../engine/sequences/assign.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, showCard } from '../../view/action.ts';
import { note, rich, strong, withButtons } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { refuse } from '../admins.ts';
import { personForAdmin } from '../people/person-asked.ts';
import { personFormFields } from '../people/person-form.ts';
import { withoutRight } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { missingHelpers, offeredSequences, pastField, sequenceOptions } from './sequence-fields.ts';
import { timelineRef } from './timeline-ref.ts';

const wanted = () => t`assign sequences`;
const payload = z.object({ personId: z.string() });

export const assignSequence = formAction({
  id: 'sequence.assign',
  payload,
  admit: personForAdmin(wanted),
  title: () => t`Assign a sequence`,
  submitLabel: () => t`Assign`,

  async fields(_payload, { person, ...turn }) {
    const offered = await offeredSequences(turn.stores, () => true);
    if (offered.length === 0) return { refused: nothingToAssign() };
    return {
      intro: [
        rich`The sequence runs for ${strong(fullName(person))} (${person.email}) on its own schedule. In their timeline you can run or skip each item.`,
      ],
      fields: {
        sequence: { kind: 'choice', label: t`Sequence`, options: sequenceOptions(offered) },
        past: pastField(),
        ...(await helperFields(person, turn)),
      } satisfies Fields,
    };
  },

  async submit(values, { personId }, { person, ...turn }) {
    const sequence = await turn.stores.sequences.find(values.sequence);
    if (!sequence || sequence.deletedAt) return refuse(nothingToAssign());
    const { managerEmail, buddyEmail } = values;
    const details = { ...(managerEmail && { managerEmail }), ...(buddyEmail && { buddyEmail }) };
    const errors = await missingHelpers(turn.stores, [sequence], person);
    const unanswered = Object.entries(errors).filter(([field]) => !Object.hasOwn(details, field));
    if (unanswered.length > 0) return { kind: 'invalid', errors: Object.fromEntries(unanswered) };
    const assign = async (tx: Transaction): Promise<Assigned> => {
      const now = await tx.people.hold(personId);
      if (!now) return { kind: 'refused', why: t`They are no longer in the directory.` };
      const actor = actorOf(turn);
      const assigned = await assignIt(tx, { sequence, person: now, actor, past: values.past });
      if (assigned.kind !== 'assigned') return assigned; // Then they keep the manager and buddy that they have.
      const changed = await changePerson(tx, now, { actor, details });
      if (!changed.ok) throw new NotChanged(changed.errors);
      return assigned;
    };
    const outcome = await turn.transact(assign).catch((error: unknown) => {
      if (error instanceof NotChanged) return error;
      throw error;
    });
    switch (outcome.kind) {
      case 'not-changed': {
        const { managerEmail: manager, buddyEmail: buddy } = outcome.errors;
        return {
          kind: 'invalid',
          errors: { managerEmail: manager, buddyEmail: buddy },
        };
      }
      case 'refused':
        return refuse(note(t`Nothing was assigned`, outcome.why));
      case 'has-it':
        return refuse(
          note(
            t`${fullName(person)} already has ${sequence.name}`,
            t`Part of it is still pending; their timeline shows what. You can assign it again when it is finished.`,
          ),
        );
      case 'assigned':
        return showTimeline(personId);
      default:
        return unreachable(outcome);
    }
  },
});

/** Rolls back the assignment: the manager or the buddy can't be theirs. */
class NotChanged extends Error {
  readonly kind = 'not-changed';
  readonly code = 'not-changed';
  readonly errors: PersonErrors;
  constructor(errors: PersonErrors) {
    super("The manager or the buddy that was typed can't be theirs");
    this.errors = errors;
  }
}

/** Fields for the manager and the buddy, each only if the person has no active one. */
async function helperFields(person: Person, turn: Turn) {
  const [manager, buddy] = await Promise.all([
    person.managerId ? turn.stores.people.find(person.managerId) : undefined,
    person.buddyId ? turn.stores.people.find(person.buddyId) : undefined,
  ]);
  const fields = await personFormFields(turn.stores, {}, person);
  return {
    ...(!manager?.active && { managerEmail: fields.managerEmail }),
    ...(!buddy?.active && { buddyEmail: fields.buddyEmail }),
  };
}

export const openTimeline = buttonAction({
  id: 'timeline.open',
  payload,

  async handle({ personId }, turn: Turn): Promise<Reply> {
    const person = await turn.stores.people.find(personId);
    if (!person || !maySeePlans(turn.actor, person)) return refuse(await notYours(turn));
    return showTimeline(personId);
  },
});

const showTimeline = (personId: string): Reply => showCard(timelineRef(personId));

const notYours = (turn: Turn) => withoutRight(t`You can't see this timeline`, 'see plans', turn);
const nothingToAssign = () =>
  withButtons(
    note(
      t`There is no sequence to assign`,
      t`A sequence has to be turned on and have items before it can start for someone.`,
    ),
    wordButton(t`Sequences`, 'sequences'),
  );

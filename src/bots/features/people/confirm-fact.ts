/** Yes, that's mine, and No…: the answers to a fact that someone else entered about a person. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName } from '../../../engine/people/directory.ts';
import {
  type Answered,
  confirmClaim,
  mayAnswerClaims,
  rejectClaim,
} from '../../../engine/people/fact-claims.ts';
import { factLabel } from '../../../engine/people/fact-questions.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { auditRefusal, refuse } from '../admins.ts';

/** `at`, in ms UTC, says which claim was shown: another value may have been entered since. */
const claimRef = z.object({ personId: z.string(), name: z.string(), at: z.number() });
type ClaimRef = z.infer<typeof claimRef>;

export const confirmFact = buttonAction({
  id: 'fact.confirm',
  payload: claimRef,

  async handle(ref, turn: Turn): Promise<Reply> {
    const answered = await turn.transact((tx) => confirmClaim(tx, ref, answering(turn)));
    return reply(answered, ref, turn);
  },
});

export const rejectFact = formAction({
  id: 'fact.reject',
  payload: claimRef,
  title: () => t`This is wrong`,
  submitLabel: () => t`Save`,

  async fields(ref, turn: Turn) {
    const { stores } = turn;
    const [actor, person, claim] = await Promise.all([
      stores.people.find(turn.actor.id),
      stores.people.find(ref.personId),
      stores.factClaims.find(ref.personId, ref.name),
    ]);
    if (!actor || !person || claim?.at.getTime() !== ref.at) return { refused: over() };
    if (!(await mayAnswerClaims(stores, actor, person)))
      return { refused: await notYours(ref, turn) };
    const label = await factLabel(stores, ref.name);
    return {
      title: t`Not ${claim.value}?`,
      fields: {
        value: {
          kind: 'text',
          label:
            actor.id === person.id
              ? t`What is your ${label}?`
              : t`What is ${fullName(person)}'s ${label}?`,
          hint: t`If you leave this blank, nothing is saved, and what waits for it is cancelled.`,
          optional: true,
        },
      },
    };
  },

  async submit({ value }, ref, turn) {
    const instead = value ?? '';
    const answered = await turn.transact((tx) =>
      rejectClaim(tx, { ...ref, instead }, answering(turn)),
    );
    return answered.kind === 'taken'
      ? { kind: 'invalid', errors: { value: answered.why } }
      : reply(answered, ref, turn);
  },
});

const answering = (turn: Turn) => ({ person: turn.actor, actor: actorOf(turn) });

async function reply(answered: Answered, ref: ClaimRef, turn: Turn): Promise<Reply> {
  switch (answered.kind) {
    case 'confirmed':
    case 'rejected':
      return { kind: 'nothing' }; // Every card with the fact shows it.
    case 'over':
      return refuse(over());
    case 'not-yours':
      return refuse(await notYours(ref, turn));
    case 'taken':
      return refuse(note(t`Nothing was confirmed`, answered.why));
    default:
      return unreachable(answered);
  }
}

async function notYours({ personId }: ClaimRef, turn: Turn): Promise<Card> {
  await auditRefusal(() => t`confirm a fact about someone else`, turn, { personId });
  return note(
    t`You can't confirm this`,
    t`Only they can, or a Latchkey admin for someone who isn't in chat. Nothing changed.`,
  );
}

const over = (): Card =>
  note(
    t`There is nothing left to confirm`,
    t`It was already answered, or something else was entered since. The newest card shows the current state.`,
  );

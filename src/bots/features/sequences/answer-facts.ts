/** Answer…, on a grant in a timeline: asks for facts that the integration needs and that aren't known yet. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { fullName, type Integration } from '../../../engine/people/directory.ts';
import { type KeptFacts, keepFacts } from '../../../engine/people/fact-claims.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { asksForCode, mayDecide, runItemNow } from '../../../engine/sequences/decide-item.ts';
import { missingFacts } from '../../../engine/sequences/missing-facts.ts';
import { isPending } from '../../../engine/sequences/planned-item.ts';
import { invalidate, personTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { type Card, note, rich, strong } from '../../view/card.ts';
import { factsIn, grantFields, knownOf, refuseFact } from '../access/grant-form.ts';
import { refuse, refuseOthers } from '../admins.ts';
import { CODE, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { type PlannedFor, plannedWith } from './decide-item.ts';
import { effectWords } from './sequence-words.ts';

export const answerFacts = formAction({
  id: 'timeline.answer',
  payload: z.object({ plannedId: z.string() }),
  title: () => t`Answer these questions first`,
  submitLabel: () => t`Save`,

  async fields({ plannedId }, turn: Turn) {
    const found = await asked(plannedId, turn.stores);
    const actor = await turn.stores.people.find(turn.actor.id);
    if (!found || !actor) return { refused: over() };
    const { planned, item, person } = found;
    if (!(await mayDecide(actor, found, turn.stores)))
      return { refused: await refuseOthers(() => t`answer for this item`, turn) };
    const extraUserInfo = await missingFacts(turn.stores, item, person);
    if (extraUserInfo.length === 0) return { refused: over() };
    const what = strong(await effectWords(item.does, turn.stores));
    const withCode = await runsWithCode(found, turn.stores);
    return {
      intro: [
        planned.state === 'failed'
          ? rich`${what} needs this about ${fullName(person)} and runs as soon as you save. Latchkey keeps the answers, so no one is asked again.`
          : rich`${what} needs this about ${fullName(person)} and runs when it is due. Latchkey keeps the answers, so no one is asked again.`,
      ],
      fields: {
        ...(await grantFields(
          { form: [], extraUserInfo },
          await knownOf(person, turn.stores),
          noOptions,
        )),
        ...(withCode && codeFieldOf(withCode)),
      },
    };
  },

  async submit(values, { plannedId }, turn) {
    const before = await asked(plannedId, turn.stores);
    const integration = before && (await runsWithCode(before, turn.stores));
    if (integration) {
      const typed: unknown = values[CODE];
      const refusal = await refuseWithoutCode({ integration, typed }, turn);
      if (refusal) return refusal;
    }
    const answered = await turn.transact(async (tx): Promise<Answered> => {
      const found = await asked(plannedId, tx);
      const actor = await tx.people.find(turn.actor.id);
      if (!found || !actor) return 'over';
      const { planned, person } = found;
      if (!(await mayDecide(actor, found, tx))) return 'not-yours';
      const typed = { personId: person.id, facts: factsIn(values), actor: actorOf(turn) };
      const kept = await keepFacts(tx, typed);
      if (kept.kind === 'taken') return kept;
      await invalidate(tx, personTopic(person.id));
      // Where it has failed since the code was asked for, Run now asks for one.
      if (planned.state === 'failed' && (integration || !(await runsWithCode(found, tx)))) {
        const by = { person: actor, actor: actorOf(turn) };
        await runItemNow(tx, plannedId, by);
      }
      return 'answered';
    });
    if (typeof answered === 'object') return refuseFact(answered);
    if (answered === 'answered') return { kind: 'nothing' }; // The timeline shows it.
    return refuse(
      answered === 'over' ? over() : await refuseOthers(() => t`answer for this item`, turn),
    );
  },
});

/** The app that asks for a code, where the answer runs the item at once. */
const runsWithCode = async (
  { planned, item }: PlannedFor,
  stores: Pick<Stores, 'integrations'>,
): Promise<Integration | undefined> =>
  planned.state === 'failed' ? asksForCode(item, stores) : undefined;

type Answered = 'answered' | 'over' | 'not-yours' | Extract<KeptFacts, { kind: 'taken' }>;

/** A pending item with its person; undefined if it is over. */
async function asked(plannedId: string, stores: Stores): Promise<PlannedFor | undefined> {
  const found = await plannedWith(plannedId, stores);
  return found && isPending(found.planned) ? found : undefined;
}

/** Facts are text fields, so there are no options. */
const noOptions = async () => ({ kind: 'options', options: [] }) as const;

const over = (): Card =>
  note(
    t`There is nothing left to answer`,
    t`Someone has answered it, or the item has ended. See the timeline.`,
  );

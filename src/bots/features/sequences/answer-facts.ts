/** Answer…, on a grant in a timeline: asks for facts that the integration needs and that aren't known yet. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { type KeptFacts, keepFacts } from '../../../engine/people/fact-claims.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { mayDecide, runItemNow } from '../../../engine/sequences/decide-item.ts';
import { missingFacts } from '../../../engine/sequences/missing-facts.ts';
import { isPending } from '../../../engine/sequences/planned-item.ts';
import { invalidate, personTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { type Card, note, rich, strong } from '../../view/card.ts';
import { FACT, factsIn, grantFields, knownOf } from '../access/grant-form.ts';
import { refuse, refuseOthers } from '../admins.ts';
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
    return {
      intro: [
        planned.state === 'failed'
          ? rich`${what} needs this about ${fullName(person)} and runs as soon as you save. Latchkey keeps the answers, so no one is asked again.`
          : rich`${what} needs this about ${fullName(person)} and runs when it is due. Latchkey keeps the answers, so no one is asked again.`,
      ],
      fields: await grantFields(
        { form: [], extraUserInfo },
        await knownOf(person, turn.stores),
        noOptions,
      ),
    };
  },

  async submit(values, { plannedId }, turn) {
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
      if (planned.state === 'failed') {
        const by = { person: actor, actor: actorOf(turn) };
        await runItemNow(tx, plannedId, by);
      }
      return 'answered';
    });
    if (typeof answered === 'object')
      return { kind: 'invalid', errors: { [FACT + answered.name]: answered.why } };
    if (answered === 'answered') return { kind: 'nothing' }; // The timeline shows it.
    return refuse(
      answered === 'over' ? over() : await refuseOthers(() => t`answer for this item`, turn),
    );
  },
});

type Answered = 'answered' | 'over' | 'not-yours' | Extract<KeptFacts, { kind: 'taken' }>;

/** A pending item with its person; undefined if it is over. */
async function asked(plannedId: string, stores: Stores) {
  const planned = await stores.plannedItems.find(plannedId);
  const item = planned && (await stores.sequences.findItem(planned.itemId));
  const person = planned && (await stores.people.find(planned.personId));
  return planned && item && person && isPending(planned) ? { planned, item, person } : undefined;
}

/** Facts are text fields, so there are no options. */
const noOptions = async () => ({ kind: 'options', options: [] }) as const;

const over = (): Card =>
  note(
    t`There is nothing left to answer`,
    t`Someone has answered it, or the item has ended. See the timeline.`,
  );

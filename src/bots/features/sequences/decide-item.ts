/** Run now and Skip, on an item of a sequence that is pending or couldn't begin. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import {
  type ItemDecision,
  mayDecide,
  runItemNow,
  skipItem,
} from '../../../engine/sequences/decide-item.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { note, rich, strong } from '../../view/card.ts';
import { refuse, refuseOthers } from '../admins.ts';
import { effectWords } from './sequence-words.ts';

const payload = z.object({ plannedId: z.string() });

export const runPlannedNow = buttonAction({
  id: 'timeline.run-now',
  payload,
  handle: ({ plannedId }, turn: Turn) =>
    decide(plannedId, turn, { decision: runItemNow, what: () => t`run this item` }),
});

const toSkip = () => t`skip this item`;

export const skipPlanned = formAction({
  id: 'timeline.skip',
  payload,
  title: () => t`Skip an item`,
  submitLabel: () => t`Skip it`,

  async fields({ plannedId }, turn: Turn) {
    const { stores } = turn;
    const planned = await stores.plannedItems.find(plannedId);
    const item = planned && (await stores.sequences.findItem(planned.itemId));
    const person = planned && (await stores.people.find(planned.personId));
    const actor = await stores.people.find(turn.actor.id);
    if (!planned || !item || !person || !actor) return { refused: over() };
    if (!(await mayDecide(actor, { item, person }, stores)))
      return { refused: await refuseOthers(toSkip, turn) };
    const waiting = await waitsForIt(plannedId, stores);
    return {
      intro: [
        [
          ...rich`${strong(await effectWords(item.does, stores))} won't happen for ${fullName(person)}.`,
          ...(waiting ? [` ${t`Items that wait for it go on as if it were done.`}`] : []),
        ],
      ],
      fields: {},
    };
  },

  submit: (_values, { plannedId }, turn) =>
    decide(plannedId, turn, { decision: skipItem, what: toSkip }),
});

async function waitsForIt(plannedId: string, { plannedItems, sequences }: Turn['stores']) {
  const planned = await plannedItems.find(plannedId);
  const { assignmentId = '', itemId } = planned ?? {};
  for (const other of await plannedItems.openOf({ assignmentId }))
    if ((await sequences.findItem(other.itemId))?.waitsForItemId === itemId) return true;
  return false;
}

async function decide(
  plannedId: string,
  turn: Turn,
  {
    decision,
    what,
  }: {
    readonly decision: (
      tx: Transaction,
      id: string,
      by: Parameters<typeof runItemNow>[2],
    ) => Promise<ItemDecision>;
    readonly what: () => string;
  },
): Promise<Reply> {
  const decided = await turn.transact(async (tx): Promise<ItemDecision> => {
    const person = await tx.people.find(turn.actor.id);
    if (!person) return { kind: 'not-yours' };
    return decision(tx, plannedId, { person, actor: actorOf(turn) });
  });
  if (decided.kind === 'decided') return { kind: 'nothing' }; // The timeline shows it.
  if (decided.kind === 'over') return refuse(over());
  return refuse(await refuseOthers(what, turn));
}

const over = () =>
  note(
    t`This item has already ended`,
    t`It was done, skipped or cancelled, so nothing changed now. See the timeline.`,
  );

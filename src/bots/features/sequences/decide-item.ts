/** Run now and Skip, on an item of a sequence that is pending or couldn't begin. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import {
  asksForCode,
  type ItemDecision,
  mayDecide,
  runItemNow,
  skipItem,
} from '../../../engine/sequences/decide-item.ts';
import type { PlannedItem } from '../../../engine/sequences/planned-item.ts';
import type { SequenceItem } from '../../../engine/sequences/sequence.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type OrRefused, type Reply } from '../../view/action.ts';
import { type Button, note, rich, strong } from '../../view/card.ts';
import { refuse, refuseOthers } from '../admins.ts';
import { CODE, codeCard, codeFieldOf, refuseWithoutCode } from '../step-up/code-field.ts';
import { effectWords } from './sequence-words.ts';

const payload = z.object({ plannedId: z.string() });
type Target = z.infer<typeof payload>;

const toRun = () => t`run this item`;

export const runPlannedNow = buttonAction({
  id: 'timeline.run-now',
  payload,
  admit: asking,

  handle: async ({ plannedId }, { integration, ...turn }): Promise<Reply> =>
    integration
      ? refuse(codeCard('missing', integration, runWithCodeButton(plannedId)))
      : runNow(plannedId, turn),
});

const runNow = (plannedId: string, turn: Turn): Promise<Reply> =>
  decide(plannedId, turn, { decision: runItemNow, what: toRun });

/** The same, of an app that asks for codes. */
export const runPlannedWithCode = formAction({
  id: 'timeline.run-code',
  payload,
  admit: asking,
  title: () => t`Run now`,
  submitLabel: () => t`Run now`,

  fields: async (_payload, { integration }) => ({
    fields: integration ? codeFieldOf(integration) : {},
  }),

  async submit(values, { plannedId }, { integration, ...turn }) {
    const typed: unknown = 'code' in values ? values[CODE] : undefined;
    const refusal = integration && (await refuseWithoutCode({ integration, typed }, turn));
    return refusal ?? runNow(plannedId, turn);
  },
});

export const runWithCodeButton = (plannedId: string): Button => ({
  label: t`Run now…`,
  does: runPlannedWithCode.with({ plannedId }),
});

type AppThatAsks = OrRefused<{ readonly integration: Integration | undefined }>;

/** The app that the item grants, if it asks for codes. */
async function asking(target: Target, turn: Turn): Promise<AppThatAsks> {
  const { item, refused } = await itemToDecide(target, toRun, turn);
  return refused ? { refused } : { integration: await asksForCode(item, turn.stores) };
}

export interface PlannedFor {
  readonly planned: PlannedItem;
  readonly item: SequenceItem;
  readonly person: Person;
}

/** A planned item with its person; undefined where one of them is gone. */
export async function plannedWith(
  plannedId: string,
  stores: Stores,
): Promise<PlannedFor | undefined> {
  const planned = await stores.plannedItems.find(plannedId);
  const item = planned && (await stores.sequences.findItem(planned.itemId));
  const person = planned && (await stores.people.find(planned.personId));
  return planned && item && person ? { planned, item, person } : undefined;
}

/** @param what completes "You can't …" */
async function itemToDecide(
  { plannedId }: Target,
  what: () => string,
  turn: Turn,
): Promise<OrRefused<PlannedFor>> {
  const { stores } = turn;
  const found = await plannedWith(plannedId, stores);
  const actor = await stores.people.find(turn.actor.id);
  if (!found || !actor) return { refused: over() };
  return (await mayDecide(actor, found, stores))
    ? found
    : { refused: await refuseOthers(what, turn) };
}

const toSkip = () => t`skip this item`;

export const skipPlanned = formAction({
  id: 'timeline.skip',
  payload,
  admit: (target, turn: Turn) => itemToDecide(target, toSkip, turn),
  title: () => t`Skip an item`,
  submitLabel: () => t`Skip it`,

  async fields(_payload, { planned, item, person, stores }) {
    const waiting = await waitsForIt(planned, stores);
    return {
      intro: [
        compact([
          ...rich`${strong(await effectWords(item.does, stores))} won't happen for ${fullName(person)}.`,
          waiting && ` ${t`Items that wait for it go on as if it were done.`}`,
        ]),
      ],
    };
  },

  submit: (_values, { plannedId }, turn) =>
    decide(plannedId, turn, { decision: skipItem, what: toSkip }),
});

async function waitsForIt(
  { assignmentId, itemId }: PlannedItem,
  { plannedItems, sequences }: Turn['stores'],
) {
  for (const other of await plannedItems.openOf({ assignmentId }))
    if ((await sequences.findItem(other.itemId))?.waitsForItemId === itemId) return true;
  return false;
}

async function decide(
  plannedId: string,
  turn: Turn,
  { decision, what }: { readonly decision: typeof runItemNow; readonly what: () => string },
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

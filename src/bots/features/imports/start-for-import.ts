/** "Start a sequence…" on an import that added people: choose the sequence and the people, see the effects, confirm. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { compareNames, plural, sayNumber, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import { fullName } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import {
  beginBatch,
  dropBatch,
  LOOKED_AT,
  outlookOf,
  peopleIn,
} from '../../../engine/sequences/batch.ts';
import type { Sequence } from '../../../engine/sequences/sequence.ts';
import {
  type ImportSource,
  nothingAssigned,
  type SequenceBatch,
} from '../../../engine/sequences/sequence-batch.ts';
import { batchTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, showCard } from '../../view/action.ts';
import {
  type Block,
  type Button,
  type Card,
  muted,
  note,
  paragraph,
  withButtons,
} from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { liveCard } from '../../view/live-card.ts';
import { adminsTo } from '../admins.ts';
import { countPeople } from '../people/person-words.ts';
import { offeredSequences, pastField, sequenceOptions } from '../sequences/sequence-fields.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';

const wanted = () => t`start sequences`;
/** The form lets an admin choose among at most this many people. */
const MAX_TO_CHOOSE = 500;

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('sync'), runId: z.string() }),
  z.object({ kind: z.literal('file'), importId: z.string() }),
]);

export const startForImport = formAction({
  id: 'import.start-sequence',
  payload: source,
  admit: adminsTo(wanted),
  title: () => t`Start a sequence`,
  submitLabel: () => t`Continue`,

  async fields(from, turn) {
    const offered = await offeredSequences(turn.stores, (anchor) => anchor !== 'end-date');
    if (offered.length === 0)
      return {
        refused: withButtons(
          note(
            t`There is no sequence to start`,
            t`A sequence has to be turned on and have items before it can start for someone.`,
          ),
          wordButton(t`Sequences`, 'sequences'),
        ),
      };
    const { options, total } = await newPeople(from, turn);
    if (total === 0) return { refused: nobody() };
    return {
      intro: [t`The import added ${countPeople(total)}. You see what happens before it starts.`],
      fields: {
        sequence: { kind: 'choice', label: t`Sequence`, options: sequenceOptions(offered) },
        ...(total <= MAX_TO_CHOOSE && {
          people: {
            kind: 'choices',
            label: t`For whom`,
            hint: t`Leave blank for all of them.`,
            optional: true,
            options,
          },
        }),
        past: pastField(),
      } satisfies Fields,
    };
  },

  async submit(values, from, turn): Promise<Reply> {
    const { sequence: sequenceId, past, people } = values;
    const personIds = z.array(z.string()).default([]).parse(people);
    const batch: SequenceBatch = {
      id: turn.newId(),
      version: 1,
      sequenceId,
      whom: personIds.length > 0 ? { kind: 'people', personIds } : from,
      past,
      askedBy: actorOf(turn),
      createdAt: turn.now(),
      movedAt: turn.now(),
      state: 'asked',
      next: 0,
      counts: nothingAssigned,
    };
    await turn.transact((tx) => tx.sequenceBatches.insert(batch));
    return showCard(batchCard.with({ batchId: batch.id }));
  },
});

async function newPeople(from: ImportSource, { stores }: Turn) {
  const { ids, total } = await peopleIn(stores, from, MAX_TO_CHOOSE);
  const people = total > MAX_TO_CHOOSE ? [] : await stores.people.findMany(ids);
  const options = people
    .map((person) => ({ value: person.id, label: `${fullName(person)} (${person.email})` }))
    .toSorted((a, b) => compareNames(a.label, b.label));
  return { options, total };
}

const nobody = () => note(t`There is no one to start it for`, noOneAdded());

const noOneAdded = (): string =>
  t`The import added no one, or Latchkey no longer knows who it added.`;

const batchPayload = z.object({ batchId: z.string() });

export const batchCard = liveCard({
  id: 'sequence-batch',
  payload: batchPayload,
  topic: ({ batchId }) => batchTopic(batchId),

  async render({ batchId }, context: Reader): Promise<Card> {
    if (!maySeeSetUp(context.reader))
      return onlyReadersCan(t`You can't see this any more`, context);
    const batch = await context.stores.sequenceBatches.find(batchId);
    const sequence = batch && (await context.stores.sequences.find(batch.sequenceId));
    if (!batch || !sequence)
      return note(t`This is no longer open`, t`You don't need to do anything.`);
    switch (batch.state) {
      case 'asked':
        return confirmation(batch, sequence, context);
      case 'running':
        return note(
          t`… Starting ${sequence.name}`,
          t`${countPeople(batch.next)} so far. You don't have to wait.`,
        );
      case 'done':
        return outcome(batch, sequence);
      case 'dropped':
        return note(t`${sequence.name} was started for no one`, t`Nothing changed.`);
      default:
        return unreachable(batch.state);
    }
  },
});

async function confirmation(
  batch: SequenceBatch,
  sequence: Sequence,
  context: Reader,
): Promise<Card> {
  const { whom } = batch;
  const leave = { label: t`Don't start`, does: leaveBatch.with({ batchId: batch.id }) };
  if (whom === 'unread')
    return withButtons(
      note(
        t`${sequence.name} can't be started`,
        t`For whom it was to start can't be read any more. Start it again from the import.`,
      ),
      leave,
    );
  const outlook = await outlookOf(
    context.stores,
    { sequence, whom },
    {
      now: context.now(),
      timeZone: context.scheduleZone,
    },
  );
  const { people } = outlook;
  if (people === 0)
    return withButtons(note(t`${sequence.name} can't be started`, noOneAdded()), leave);
  return withButtons(
    note(
      t`Start ${sequence.name} for ${countPeople(people)}?`,
      t`Each person gets every item at its planned time. ${pastWords(batch, outlook)}`,
    ),
    {
      label: t`Start for ${countPeople(people)}`,
      tone: 'primary',
      does: startBatch.with({ batchId: batch.id }),
    },
    leave,
  );
}

function pastWords(
  { past }: SequenceBatch,
  { late, pastItems, isPartly }: Awaited<ReturnType<typeof outlookOf>>,
): string {
  if (late === 0)
    return isPartly
      ? t`For the first ${LOOKED_AT}, every item is still to come.`
      : t`Every item is still to come.`;
  const whom = isPartly ? t`${late} of the first ${LOOKED_AT}` : t`${late} of them`;
  const items = sayNumber(pastItems);
  return past === 'hold'
    ? plural(pastItems, {
        one: t`For ${whom}, 1 item is overdue. It waits in the timeline for Run now or Skip….`,
        other: t`For ${whom}, ${items} items are overdue. They wait in the timeline for Run now or Skip….`,
      })
    : plural(pastItems, {
        one: t`For ${whom}, 1 item is overdue and happens at once.`,
        other: t`For ${whom}, ${items} items are overdue and happen at once.`,
      });
}

function outcome({ counts }: SequenceBatch, { name }: Sequence): Card {
  const { assigned, hadIt, refused } = counts;
  const reasons = counts.reasons.map(sayStored);
  return {
    title:
      assigned > 0
        ? t`✓ ${name} started for ${countPeople(assigned)}`
        : t`${name} was started for no one`,
    blocks: compact([
      hadIt > 0 && paragraph(t`${countPeople(hadIt)} already had it; it continues for them.`),
      ...(refused > 0
        ? [paragraph(t`It wasn't started for ${countPeople(refused)}. ${reasons.join(' ')}`)]
        : reasons.map((why) => paragraph(why))),
      assigned + hadIt > 0 &&
        (muted(t`Each person's timeline, on their card, shows what happens when.`) satisfies Block),
    ]),
  };
}

export const startBatch = buttonAction({
  id: 'sequence-batch.start',
  payload: batchPayload,
  admit: adminsTo(wanted),

  async handle({ batchId }, turn): Promise<Reply> {
    await turn.transact((tx) => beginBatch(tx, batchId, turn.now()));
    return { kind: 'nothing' }; // The card of the batch shows it.
  },
});

export const leaveBatch = buttonAction({
  id: 'sequence-batch.leave',
  payload: batchPayload,
  admit: adminsTo(wanted),

  async handle({ batchId }, turn): Promise<Reply> {
    await turn.transact((tx) => dropBatch(tx, batchId, turn.now()));
    return { kind: 'nothing' };
  },
});

/** The button on an import's cards. */
export const startSequence = (from: ImportSource): Button => ({
  label: t`Start a sequence…`,
  does: startForImport.with(from),
});

/** A sequence as a whole: create, rename, duplicate, turn on and off, delete. */
import { z } from 'zod';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import {
  changeSequence,
  deleteSequence as deleteIt,
  duplicateSequence as duplicateIt,
  LONGEST_NAME,
  makeSequence as makeIt,
} from '../../../engine/sequences/change-sequence.ts';
import type { Anchor, Sequence } from '../../../engine/sequences/sequence.ts';
import type { Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, sayToPerson } from '../../view/action.ts';
import { note } from '../../view/card.ts';
import type { Fields, Option } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { adminsTo, refuse } from '../admins.ts';
import { change, changedFrom, unlessFailed } from '../change.ts';
import { confirmField, unlessConfirmed } from '../confirm-name.ts';
import { sequenceFor, sequenceTarget, showSequence } from './sequence-ref.ts';

const anchors = (): readonly Option<Anchor>[] => [
  { value: 'start-date', label: t`First day (new hires)` },
  { value: 'end-date', label: t`Last day (leavers)` },
  { value: 'assignment', label: t`Day assigned (all others)` },
];
const hires = (): readonly Option<'every' | 'chosen'>[] => [
  { value: 'chosen', label: t`Only people it is assigned to` },
  { value: 'every', label: t`Also every new hire, automatically` },
];

const nameField = (initial?: string) =>
  ({
    kind: 'text',
    label: t`Name`,
    hint: t`At most ${LONGEST_NAME} characters.`,
    initial,
  }) as const;
const hiresField = (initial: 'every' | 'chosen') =>
  ({ kind: 'choice', label: t`Who gets it`, options: hires(), initial }) as const;

export const makeSequence = formAction({
  id: 'sequence.make',
  payload: z.object({}),
  admit: adminsTo(() => t`create sequences`),
  title: () => t`New sequence`,
  submitLabel: () => t`Create`,

  fields: async () => ({
    intro: [t`Next, add what it does: integrations, messages and tasks.`],
    fields: {
      name: nameField(),
      anchor: {
        kind: 'choice',
        label: t`Count days from`,
        options: anchors(),
        initial: 'start-date',
      },
      hires: hiresField('chosen'),
    } satisfies Fields,
  }),

  async submit({ name, anchor, hires: who }, _payload, turn) {
    if (anchor === 'end-date' && who === 'every')
      return {
        kind: 'invalid',
        errors: {
          hires: t`New hires have no last day yet. You can choose this sequence in "offboard" instead.`,
        },
      };
    const made = await change(turn, (tx, by) =>
      makeIt(tx, { name, anchor, isForEveryHire: who === 'every' }, by),
    );
    return made.ok ? showSequence(made.value.id) : { kind: 'invalid', errors: { name: made.why } };
  },
});

export const editSequence = formAction({
  id: 'sequence.edit',
  payload: sequenceTarget,
  admit: sequenceFor(() => t`change sequences`),
  title: () => t`Edit the sequence`,
  submitLabel: () => t`Save`,

  fields: async (_payload, { sequence }) => ({ fields: fieldsOf(sequence) }),

  async submit(sent, { sequenceId }, { sequence, shown, ...turn }) {
    const { name, hires: who } = asOfNow(sent, shown, fieldsOf(sequence));
    if (sequence.anchor === 'end-date' && who === 'every')
      return { kind: 'invalid', errors: { hires: t`This sequence is for leavers.` } };
    const wanted = changedFrom(sequence, { name, isForEveryHire: who === 'every' });
    const changed = await change(turn, (tx, by) =>
      changeSequence(tx, sequenceId, { ...by, change: wanted }),
    );
    return changed.ok
      ? showSequence(sequenceId)
      : { kind: 'invalid', errors: { name: changed.why } };
  },
});

const fieldsOf = ({ name, isForEveryHire }: Sequence) =>
  ({
    name: nameField(name),
    hires: hiresField(isForEveryHire ? 'every' : 'chosen'),
  }) as const satisfies Fields;

export const turnSequence = buttonAction({
  id: 'sequence.turn',
  payload: sequenceTarget.extend({ on: z.boolean() }),
  admit: sequenceFor(() => t`change sequences`),

  async handle({ sequenceId, on }, turn): Promise<Reply> {
    const changed = await change(turn, (tx, by) =>
      changeSequence(tx, sequenceId, { ...by, change: { isOn: on } }),
    );
    return unlessFailed(changed, t`Nothing changed`);
  },
});

export const duplicateSequence = buttonAction({
  id: 'sequence.duplicate',
  payload: sequenceTarget,
  admit: sequenceFor(() => t`create sequences`),

  async handle({ sequenceId }, turn): Promise<Reply> {
    const copy = await change(turn, (tx, by) => duplicateIt(tx, sequenceId, by));
    return copy.ok
      ? showSequence(copy.value.id)
      : refuse(note(t`Nothing was duplicated`, copy.why));
  },
});

export const deleteSequence = formAction({
  id: 'sequence.delete',
  payload: sequenceTarget,
  admit: sequenceFor(() => t`delete sequences`),
  title: () => t`Delete a sequence`,
  submitLabel: () => t`Delete`,
  tone: 'danger',

  fields: async (_payload, { sequence, ...turn }) => ({
    intro: [await lossWords(sequence, turn)],
    fields: {
      name: confirmField(t`Name of the sequence`, sequence.name),
    },
  }),

  async submit({ name }, { sequenceId }, { sequence, ...turn }) {
    const wrong = unlessConfirmed(name, sequence.name);
    if (wrong) return wrong;
    const deleted = await change(turn, (tx, by) => deleteIt(tx, sequenceId, by));
    if (!deleted.ok) return refuse(note(t`Nothing was deleted`, deleted.why));
    return sayToPerson(
      note(
        t`${sequence.name} is deleted`,
        t`Its pending items were cancelled. What it has done stays and is in people's timelines.`,
      ),
    );
  },
});

async function lossWords({ id, name }: Sequence, { stores }: Turn): Promise<string> {
  const [items, people, open] = await Promise.all([
    stores.sequences.items(id),
    stores.assignments.countCurrent(id),
    stores.plannedItems.openOf({ sequenceId: id }),
  ]);
  const lost = plural(items.length, {
    one: t`Deleting ${name} also deletes its item, with its form and text.`,
    other: t`Deleting ${name} also deletes its ${items.length} items, with their forms and texts.`,
  });
  return `${lost} ${heldWords(people, open.length)}`;
}

/** @param open how many items are pending */
function heldWords(people: number, open: number): string {
  if (people === 0) return t`No one has it now.`;
  return sentences(
    plural(people, {
      one: t`1 person has it now.`,
      other: t`${sayNumber(people)} people have it now.`,
    }),
    open === 0
      ? t`Granted access stays.`
      : plural(open, {
          one: t`1 pending item will be cancelled; granted access stays.`,
          other: t`${sayNumber(open)} pending items will be cancelled; granted access stays.`,
        }),
  );
}

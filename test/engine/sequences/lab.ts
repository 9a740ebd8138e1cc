/** Sequences over the real engine: one person's items, and ticks. */
import type { Person } from '../../../src/engine/people/directory.ts';
import { assignSequence } from '../../../src/engine/sequences/assign.ts';
import { sequenceSource } from '../../../src/engine/sequences/fire.ts';
import type { PlannedItem } from '../../../src/engine/sequences/planned-item.ts';
import type {
  ItemEffect,
  Sequence,
  SequenceItem,
  SequenceMessage,
  SequenceTask,
} from '../../../src/engine/sequences/sequence.ts';
import type { TestEngine } from '../../support/engine.ts';
import { fire } from '../../support/tick.ts';

export interface SequenceLab {
  sequence(
    items: readonly (Pick<SequenceItem, 'timing' | 'does'> & { readonly waitsFor?: number })[],
    about?: Partial<Sequence>,
  ): Promise<Sequence>;
  /** @throws where that is refused */
  assign(sequence: Sequence, person: Person, past?: 'hold' | 'fire'): Promise<void>;
  /** Moves the clock, and does what is due and what comes of it. */
  tick(ms?: number): Promise<void>;
  /** Everything that the person has, in the order of the sequence. */
  planned(person: Person): Promise<readonly PlannedItem[]>;
  states(person: Person): Promise<readonly string[]>;
}

export function sequenceLab(engine: TestEngine): SequenceLab {
  const { now, newId, stores, transact } = engine;
  async function planned(person: Person): Promise<readonly PlannedItem[]> {
    const { assignments } = await stores.assignments.ofPerson(person.id, { offset: 0, limit: 9 });
    const all = [];
    for (const { id } of assignments)
      for (const item of await stores.plannedItems.ofAssignment(id))
        all.push({ item, position: (await stores.sequences.findItem(item.itemId))?.position ?? 0 });
    return all.toSorted((a, b) => a.position - b.position).map(({ item }) => item);
  }

  return {
    planned,
    async sequence(items, about = {}) {
      const sequence: Sequence = {
        id: newId(),
        version: 1,
        name: 'First week',
        anchor: 'start-date',
        isOn: true,
        isForEveryHire: false,
        createdAt: now(),
        ...about,
      };
      await stores.sequences.insert(sequence);
      const ids = items.map(() => newId());
      for (const [position, { waitsFor, timing, does }] of items.entries())
        await stores.sequences.insertItem({
          id: ids[position] ?? '',
          version: 1,
          sequenceId: sequence.id,
          position,
          timing,
          does,
          ...(waitsFor !== undefined && { waitsForItemId: ids[waitsFor] ?? '' }),
        });
      return sequence;
    },
    async assign(sequence, person, past = 'hold') {
      const assigned = await transact((tx) =>
        assignSequence(tx, { sequence, person, actor: engine.actor, past }),
      );
      if (assigned.kind !== 'assigned') throw new Error(JSON.stringify(assigned));
    },
    async tick(ms = 0) {
      engine.clock.advance(ms);
      await fire(engine, [sequenceSource]);
      await engine.runJobs();
    },
    states: async (person) => (await planned(person)).map(({ state }) => state),
  };
}

export const aTask = (title: string, about: Partial<SequenceTask> = {}): SequenceTask => ({
  kind: 'task',
  title,
  note: '',
  assignee: { kind: 'manager' },
  dueInDays: 3,
  checklist: [],
  ...about,
});

export const aMessage = (about: Partial<SequenceMessage> = {}): SequenceMessage => ({
  kind: 'message',
  channel: 'email',
  to: '{{email}}',
  subject: 'Welcome {{first_name}}',
  text: 'We start on {{start}}. {{manager}} waits for you.',
  ...about,
});

export const aGrant = (
  integrationId: string,
  form: Extract<ItemEffect, { kind: 'grant' }>['form'] = {},
): ItemEffect => ({ kind: 'grant', integrationId, form, answers: [] });

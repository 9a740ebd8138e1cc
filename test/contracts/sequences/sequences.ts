import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import type { OpenItem, PlannedItem } from '../../../src/engine/sequences/planned-item.ts';
import type {
  ItemEffect,
  Sequence,
  SequenceAssignment,
  SequenceItem,
} from '../../../src/engine/sequences/sequence.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const after = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);
const whole = { offset: 0, limit: 100 };
const badge: ItemEffect = {
  kind: 'task',
  title: 'Order a badge',
  note: '',
  assignee: { kind: 'manager' },
  dueInDays: 2,
  checklist: ['Photo', 'Name'],
};

/** What every database must do with sequences, assignments and planned items. */
export function sequencesContract(begin: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: Stores;
  beforeEach(async () => {
    driver = await begin(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const someone = (about: Partial<Person> = {}): Promise<Person> =>
    insertPerson(stores, { role: 'new_hire', ...about });

  async function someSequence(about: Partial<Sequence> = {}): Promise<Sequence> {
    const sequence: Sequence = {
      id: newId(),
      version: 1,
      name: 'First week',
      anchor: 'start-date',
      isOn: true,
      isForEveryHire: false,
      createdAt: noon,
      ...about,
    };
    expect(await stores.sequences.insert(sequence)).toBe('inserted');
    return sequence;
  }

  async function someItem(
    sequenceId: string,
    about: Partial<SequenceItem> = {},
  ): Promise<SequenceItem> {
    const item: SequenceItem = {
      id: newId(),
      version: 1,
      sequenceId,
      position: 0,
      timing: { kind: 'before', days: 3, time: '09:00' },
      does: badge,
      ...about,
    };
    await stores.sequences.insertItem(item);
    return item;
  }

  async function someAssignment(sequenceId: string, personId: string): Promise<SequenceAssignment> {
    const assignment: SequenceAssignment = {
      id: newId(),
      version: 1,
      sequenceId,
      personId,
      assignedBy: { kind: 'person', personId: 'ada', via: 'teams' },
      assignedAt: noon,
    };
    expect(await stores.assignments.insert(assignment)).toBe('inserted');
    return assignment;
  }

  async function somePlanned(about: Partial<PlannedItem> & { position?: number } = {}) {
    const { position = 0, ...rest } = about;
    const person = rest.personId ?? (await someone()).id;
    const sequence = await someSequence({ name: newId() });
    const item = await someItem(sequence.id, { position });
    const assignment = await someAssignment(sequence.id, person);
    const planned = {
      id: newId(),
      version: 1,
      assignmentId: assignment.id,
      itemId: item.id,
      state: 'planned',
      ...rest,
      personId: person,
    } as PlannedItem;
    await stores.plannedItems.insertMany([planned]);
    return { planned, item, assignment, sequence };
  }

  describe('sequences', () => {
    test('are kept as they are', async () => {
      const sequence = await someSequence({
        anchor: 'end-date',
        isOn: false,
        isForEveryHire: true,
      });
      expect(await stores.sequences.find(sequence.id)).toEqual(sequence);
    });

    test('have names of their own, in any case, until they are deleted', async () => {
      const sequence = await someSequence({ name: 'First Wéek' });
      const other = { ...sequence, id: newId(), name: 'first week' };
      expect(await stores.sequences.insert(other)).toBe('taken');
      expect(await stores.sequences.findByName(' FIRST week')).toEqual(sequence);
      await stores.sequences.save({ ...sequence, deletedAt: noon });
      expect(await stores.sequences.findByName('first week')).toBeUndefined();
      expect(await stores.sequences.insert(other)).toBe('inserted');
    });

    test('are listed by name and searched by words, page by page', async () => {
      for (const name of ['Sales week', 'Engineers', 'Äpfel week']) await someSequence({ name });
      await someSequence({ name: 'Gone week', deletedAt: noon });
      const names = async (text: string, page = whole) => {
        const { items: sequences, total } = await stores.sequences.list(text, page);
        return [total, ...sequences.map(({ name }) => name)];
      };
      expect(await names('')).toEqual([3, 'Äpfel week', 'Engineers', 'Sales week']);
      expect(await names('WEEK apf')).toEqual([1, 'Äpfel week']);
      expect(await names('week', { offset: 1, limit: 1 })).toEqual([2, 'Sales week']);
      expect(await names('%')).toEqual([0]);
    });

    test('for every hire are those that are marked, on and not deleted', async () => {
      const wanted = await someSequence({ name: 'A', isForEveryHire: true });
      await someSequence({ name: 'B', isForEveryHire: true, isOn: false });
      await someSequence({ name: 'C', isForEveryHire: true, deletedAt: noon });
      await someSequence({ name: 'D' });
      expect(await stores.sequences.forEveryHire()).toEqual([wanted]);
    });

    test('are changed only by someone who read them last', async () => {
      const sequence = await someSequence();
      const renamed = await stores.sequences.save({ ...sequence, name: 'Second week' });
      expect(await stores.sequences.find(sequence.id)).toEqual(renamed);
      await expect(stores.sequences.save(sequence)).rejects.toThrow(StaleWrite);
    });
  });

  describe('items', () => {
    test('keep everything, whatever they do', async () => {
      const { id } = await someSequence();
      const { id: integrationId } = await insertIntegration(stores);
      const task = await someItem(id, { position: 1 });
      const grant = await someItem(id, {
        position: 2,
        timing: { kind: 'after', workingDays: 2, time: '17:30' },
        waitsForItemId: task.id,
        does: {
          kind: 'grant',
          integrationId,
          form: { team: 'design', roles: ['a', 'b'] },
          answers: [{ label: 'Team', value: 'Design' }],
        },
      });
      const revoke = await someItem(id, { position: 3, does: { kind: 'revoke', integrationId } });
      const message = await someItem(id, {
        position: 4,
        timing: { kind: 'at-once' },
        does: {
          kind: 'message',
          channel: 'direct',
          to: '{{email}}',
          subject: '',
          text: 'Hi "you"',
        },
      });
      expect(await stores.sequences.items(id)).toEqual([task, grant, revoke, message]);
      expect(await stores.sequences.itemsAt(integrationId)).toEqual([grant, revoke]);
    });

    test('that are tasks of a named person are found by the person, also removed ones', async () => {
      const [{ id }, person] = [await someSequence(), await someone()];
      const order = {
        kind: 'task',
        title: 'Order',
        note: '',
        dueInDays: 1,
        checklist: [],
      } as const;
      const assigned = (personId: string): SequenceItem['does'] => ({
        ...order,
        assignee: { kind: 'person', personId },
      });
      const item = await someItem(id, { does: assigned(person.id) });
      const old = await someItem(id, { does: assigned(person.id), removedAt: noon });
      await someItem(id, { does: assigned(newId()) });
      const free = await someItem(id, { does: { ...order, assignee: { kind: 'admins' } } });
      const found = await stores.sequences.tasksOf(person.id);
      expect(found.map((each) => each.id)).toEqual([item.id, old.id].toSorted());
      expect(await stores.sequences.findItem(free.id)).toEqual(free);
    });

    test('that are removed are found by their id alone', async () => {
      const { id } = await someSequence();
      const item = await someItem(id);
      const removed = await stores.sequences.saveItem({ ...item, removedAt: noon });
      expect(await stores.sequences.items(id)).toEqual([]);
      expect(await stores.sequences.findItem(item.id)).toEqual(removed);
      await expect(stores.sequences.saveItem(item)).rejects.toThrow(StaleWrite);
    });
  });

  describe('assignments', () => {
    test('of a sequence are one for each person, until it has ended', async () => {
      const [sequence, person] = [await someSequence(), await someone()];
      const assignment = await someAssignment(sequence.id, person.id);
      expect(await stores.assignments.find(assignment.id)).toEqual(assignment);
      expect(await stores.assignments.findMany([assignment.id, newId()])).toEqual([assignment]);
      expect(await stores.assignments.insert({ ...assignment, id: newId() })).toBe('taken');
      expect(await stores.assignments.countCurrent(sequence.id)).toBe(1);
      await stores.assignments.save({ ...assignment, endedAt: noon });
      expect(await stores.assignments.countCurrent(sequence.id)).toBe(0);
      const again = { ...assignment, id: newId(), assignedAt: after(1) };
      expect(await stores.assignments.insert(again)).toBe('inserted');
      const { assignments, total } = await stores.assignments.ofPerson(person.id, whole);
      expect([total, ...assignments.map(({ id }) => id)]).toEqual([2, again.id, assignment.id]);
    });
  });

  describe('planned items', () => {
    test('keep how they ended', async () => {
      const states = [
        { state: 'planned', dueAt: noon },
        { state: 'planned' },
        { state: 'past', dueAt: noon },
        { state: 'waiting', dueAt: noon },
        { state: 'fired', dueAt: noon, endedAt: after(1), runId: 'r', byId: 'ada', why: 'So' },
        { state: 'fired', dueAt: noon, endedAt: after(1), taskId: 't' },
        { state: 'fired', dueAt: noon, endedAt: after(1), deliveryId: 'd' },
        { state: 'failed', dueAt: noon, endedAt: after(1), why: 'No manager' },
        { state: 'skipped', dueAt: noon, endedAt: after(1), byId: 'ada' },
        { state: 'cancelled', endedAt: after(1), why: 'They have left.' },
      ] as const;
      for (const state of states) {
        const { planned, assignment } = await somePlanned(state);
        expect(await stores.plannedItems.find(planned.id)).toEqual(planned);
        expect(await stores.plannedItems.ofAssignment(assignment.id)).toEqual([planned]);
      }
    });

    test('are moved together, by someone who read all of them last', async () => {
      const [early, known, unknown] = [
        await somePlanned({ dueAt: noon }),
        await somePlanned({ dueAt: noon }),
        await somePlanned({ dueAt: noon }),
      ].map(({ planned }) => planned as OpenItem);
      if (!early || !known || !unknown) throw new Error();
      const saved = await stores.plannedItems.saveMoved([
        { ...early, state: 'past', dueAt: after(-5) },
        { ...known, dueAt: after(5) },
        { ...unknown, dueAt: undefined },
      ]);
      expect(saved.map(({ version }) => version)).toEqual([2, 2, 2]);
      for (const item of saved) expect(await stores.plannedItems.find(item.id)).toEqual(item);
      const late = stores.plannedItems.saveMoved([saved[0] ?? early, known]);
      await expect(late).rejects.toThrow(StaleWrite);
    });

    test('of an item are one for each assignment', async () => {
      const { planned } = await somePlanned();
      await expect(stores.plannedItems.insertMany([{ ...planned, id: newId() }])).rejects.toThrow(
        /unique/i,
      );
    });

    test('are changed only by someone who read them last', async () => {
      const { planned } = await somePlanned({ dueAt: noon });
      const saved = await stores.plannedItems.save({ ...planned, dueAt: after(5) });
      expect(await stores.plannedItems.find(planned.id)).toEqual(saved);
      await expect(stores.plannedItems.save(planned)).rejects.toThrow(StaleWrite);
    });

    test('that are due come first by time and then by their place in the sequence', async () => {
      const late = await somePlanned({ dueAt: after(-10), position: 5 });
      const second = await somePlanned({ dueAt: noon, position: 2 });
      const first = await somePlanned({ dueAt: noon, position: 1 });
      await somePlanned({ dueAt: after(1) });
      await somePlanned({});
      await somePlanned({ state: 'past', dueAt: after(-10) });
      const due = await stores.plannedItems.due(noon);
      expect(due.map((each) => each?.id)).toEqual(
        [late, first, second].map(({ planned: { id } }) => id),
      );
    });

    test('that have yet to happen are found by person, assignment, sequence and item', async () => {
      const mine = await somePlanned({ dueAt: after(2) });
      const sooner = await somePlanned({ personId: mine.planned.personId, dueAt: after(1) });
      const unknown = await somePlanned({ personId: mine.planned.personId });
      await somePlanned({ personId: mine.planned.personId, state: 'skipped', endedAt: noon });
      const ids = async (filter: Parameters<typeof stores.plannedItems.openOf>[0]) =>
        (await stores.plannedItems.openOf(filter)).map(({ id }) => id);
      expect(await ids({ personId: mine.planned.personId })).toEqual(
        [sooner, mine, unknown].map(({ planned: { id } }) => id),
      );
      const both = { personIds: [mine.planned.personId, newId()] };
      expect(await ids(both)).toEqual(await ids({ personId: mine.planned.personId }));
      expect(await ids({ assignmentId: mine.assignment.id })).toEqual([mine.planned.id]);
      expect(await ids({ sequenceId: sooner.sequence.id })).toEqual([sooner.planned.id]);
      expect(await ids({ itemIds: [unknown.item.id] })).toEqual([unknown.planned.id]);
      expect(await ids({ itemIds: [] })).toEqual([]);
    });

    test('are found by the run or the task that they started', async () => {
      const ended = { state: 'fired', endedAt: noon } as const;
      const run = await somePlanned({ ...ended, runId: 'r1' });
      const task = await somePlanned({ ...ended, taskId: 't1' });
      const startedBy = (what: Parameters<typeof stores.plannedItems.startedBy>[0]) =>
        stores.plannedItems.startedBy(what);
      expect((await startedBy({ runId: 'r1' }))?.id).toBe(run.planned.id);
      expect((await startedBy({ taskId: 't1' }))?.id).toBe(task.planned.id);
      expect(await startedBy({ taskId: 'r1' })).toBeUndefined();
    });

    test('tell of whom something has yet to happen, in steps', async () => {
      const people = [await someone(), await someone(), await someone()];
      for (const { id } of people) {
        await somePlanned({ personId: id });
        await somePlanned({ personId: id });
      }
      await somePlanned({ state: 'skipped', endedAt: noon });
      const ids = people.map(({ id }) => id).toSorted();
      expect(await stores.plannedItems.peopleWithOpen('', 2)).toEqual(ids.slice(0, 2));
      expect(await stores.plannedItems.peopleWithOpen(ids[1] ?? '', 2)).toEqual(ids.slice(2));
    });

    test('that need someone are found, unless the person has left', async () => {
      await somePlanned({ state: 'past', dueAt: noon });
      const failed = { state: 'failed', endedAt: noon, why: 'No manager' } as const;
      await somePlanned(failed);
      await somePlanned(failed);
      await somePlanned({ ...failed, personId: (await someone({ active: false })).id });
      const { items, total } = await stores.plannedItems.stuck({ offset: 0, limit: 2 });
      expect([total, ...items.map(({ state }) => state)]).toEqual([3, 'past', 'failed']);
    });

    test('send messages without a run', async () => {
      const { planned } = await somePlanned({ dueAt: noon });
      const delivery = {
        id: newId(),
        version: 1,
        plannedItemId: planned.id,
        position: 0,
        createdAt: noon,
        attempts: 0,
        outgoing: {
          notification: { type: 'chat', to: 'ann@example.com', message: 'Hi' },
          secret: false,
          shownTo: 'ann@example.com',
        },
        body: 'kept',
        state: 'waiting',
        dueAt: noon,
      } as const;
      await stores.deliveries.insert(delivery);
      expect(await stores.deliveries.find(delivery.id)).toEqual(delivery);
    });
  });
}

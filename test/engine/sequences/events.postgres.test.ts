/** What starts sequences, over several processes: each with its own connections to one PostgreSQL. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import type { SequenceEvent } from '../../../src/engine/sequences/events/event.ts';
import { recordEvents } from '../../../src/engine/sequences/events/record-event.ts';
import {
  type StartingByEvent,
  startByEvent,
} from '../../../src/engine/sequences/events/start-by-event.ts';
import { sequenceSource } from '../../../src/engine/sequences/fire.ts';
import { createStores } from '../../../src/store/stores.ts';
import { unitOfWork } from '../../../src/store/work/unit-of-work.ts';
import { addedPerson } from '../../support/given/added.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';
import { fire } from '../../support/tick.ts';
import { aTask } from './lab.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const SEQUENCE = newId();
const PROCESSES = 4;

type Process = StartingByEvent & { readonly stores: Stores };

let database: TestPostgres;
let processes: readonly Process[];
let ann: Person;

beforeEach(async () => {
  database = await temporaryPostgres(now);
  processes = Array.from({ length: PROCESSES }, () => {
    const db = database.connect();
    return {
      stores: createStores(db, database.vault),
      transact: unitOfWork(db, database.vault, { now }),
    };
  });
  const { stores, transact } = database;
  ann = await addedPerson(transact, { email: 'ann@example.com' });
  await stores.sequences.insert({
    id: SEQUENCE,
    version: 1,
    name: 'Welcome',
    anchor: 'assignment',
    isOn: true,
    isForEveryHire: false,
    createdAt: now(),
  });
  await stores.sequences.insertItem({
    id: newId(),
    version: 1,
    sequenceId: SEQUENCE,
    position: 0,
    timing: { kind: 'at-once' },
    does: aTask('Say hello', { assignee: { kind: 'person', personId: ann.id } }),
  });
});
afterEach(() => database.cleanup());

const happens = (): Promise<readonly SequenceEvent[]> =>
  database.transact((tx) =>
    recordEvents(tx, {
      sequenceId: SEQUENCE,
      cause: { kind: 'person-created' },
      personIds: [ann.id],
    }),
  );
const events = () => database.stores.sequenceEvents.ofSequence(SEQUENCE, { offset: 0, limit: 99 });
const rowsIn = (table: string) => database.db(table).pluck('id');

test('an event whose job is done by every process at once starts its sequence once', async () => {
  const [event] = await happens();
  const jobs = processes.flatMap((deps) => [deps, deps, deps]);
  await Promise.all(jobs.map((deps) => startByEvent(event?.id ?? '', deps)));
  expect(await events()).toMatchObject([{ state: 'started', version: 2 }]);
  expect(await rowsIn('sequence_assignments')).toHaveLength(1);
  expect(await rowsIn('planned_items')).toHaveLength(1);
});

test('of events at once that start the same for the same person one does, and the others say why not', async () => {
  const all = await Promise.all(processes.map(happens));
  const ids = all.flat().map(({ id }) => id);
  await Promise.all(processes.map((deps, index) => startByEvent(ids[index] ?? '', deps)));
  const ended = await events();
  expect(ended.filter(({ state }) => state === 'started')).toHaveLength(1);
  expect(ended.filter(({ state }) => state === 'refused')).toHaveLength(PROCESSES - 1);
  expect(ended.find(({ state }) => state === 'refused')).toMatchObject({
    why: "They already have it, and it isn't finished yet.",
  });
  expect(await rowsIn('sequence_assignments')).toHaveLength(1);
});

test('an item that every process finds due at the same tick happens once', async () => {
  const [event] = await happens();
  const [first] = processes;
  if (first) await startByEvent(event?.id ?? '', first);
  const fired = await Promise.all(
    processes.map((deps) => fire({ ...deps, now }, [sequenceSource])),
  );
  expect(fired.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(await rowsIn('tasks')).toHaveLength(1);
});

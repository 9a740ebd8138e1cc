/** Sequences on PostgreSQL, where an admin changes one in the moment in which someone gets it, or in which it happens. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../../src/engine/people/directory.ts';
import type { Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { assignSequence } from '../../../src/engine/sequences/assign.ts';
import { changeItem, removeItem } from '../../../src/engine/sequences/change-items.ts';
import { deleteSequence } from '../../../src/engine/sequences/change-sequence.ts';
import { sequenceSource } from '../../../src/engine/sequences/fire.ts';
import type { Sequence } from '../../../src/engine/sequences/sequence.ts';
import { overlapping } from '../../support/database/overlapping.ts';
import { addedPerson } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { type TestPostgres, temporaryPostgres } from '../../support/peers/postgres.ts';
import { aTask } from './lab.ts';

const now = () => new Date('2026-11-24T09:00:00Z');
const actor = { kind: 'system' } as const;
const sequence: Sequence = {
  id: 's',
  version: 1,
  name: 'Welcome',
  anchor: 'assignment',
  isOn: true,
  isForEveryHire: false,
  createdAt: now(),
};

let pg: TestPostgres;
let ann: Person;
beforeEach(async () => {
  pg = await temporaryPostgres(now);
  ann = await addedPerson(pg.transact, { email: 'ann@x.io' });
  await pg.stores.sequences.insert(sequence);
  for (const [position, id] of ['first', 'second'].entries())
    await pg.stores.sequences.insertItem({
      id,
      version: 1,
      sequenceId: sequence.id,
      position,
      timing: { kind: 'at-once' },
      does: aTask(id),
    });
});
afterEach(() => pg.cleanup());

type Work = (tx: Transaction) => Promise<unknown>;
const assign: Work = (tx) => assignSequence(tx, { sequence, person: ann, actor, past: 'fire' });
const remove: Work = (tx) => removeItem(tx, 'second', { actor });
const erase: Work = (tx) => deleteSequence(tx, sequence.id, { actor });
const open = async () =>
  (await pg.stores.plannedItems.openOf({ personId: ann.id })).map(({ itemId }) => itemId);

test.each<[string, [Work, Work]]>([
  ['comes before', [assign, remove]],
  ['comes after', [remove, assign]],
])('an item that is removed when someone gets it, which %s, does not happen', async (_, works) => {
  await overlapping(pg, works, now);
  expect(await open()).toEqual(['first']);
});

test.each<[string, [Work, Work]]>([
  ['comes before', [assign, erase]],
  ['comes after', [erase, assign]],
])(
  'of a sequence that is deleted when someone gets it, which %s, nothing is planned',
  async (_, works) => {
    await overlapping(pg, works, now);
    expect(await open()).toEqual([]);
  },
);

test('of its two last items one happens while the other is removed, and it is over', async () => {
  await pg.transact(assign);
  const planned = await pg.stores.plannedItems.openOf({ personId: ann.id });
  const first = planned.find(({ itemId }) => itemId === 'first');
  if (!first?.dueAt) throw new Error('It is not planned');
  const occurrence = { subject: `${first.id}:${first.version}`, at: first.dueAt };
  const fire: Work = (tx) => sequenceSource.fire(tx, occurrence, now());
  await overlapping(pg, [fire, remove], now);
  expect(await pg.stores.assignments.countCurrent(sequence.id)).toBe(0);
});

describe('an item that is due in the moment in which it no longer has to wait', () => {
  const removeAwaited: Work = (tx) => removeItem(tx, 'first', { actor });
  const waitNoMore: Work = async (tx) => {
    const seen = present(await tx.sequences.findItem('second'));
    return changeItem(tx, seen, { timing: seen.timing, does: seen.does, actor });
  };
  const fire: Work = async (tx) => {
    const second = await secondOf(tx);
    const occurrence = { subject: `${second.id}:${second.version}`, at: now() };
    return sequenceSource.fire(tx, occurrence, now());
  };
  const secondOf = async ({ plannedItems }: Pick<Transaction, 'plannedItems'>) => {
    const planned = await plannedItems.openOf({ personId: ann.id });
    return present(planned.find(({ itemId }) => itemId === 'second'));
  };

  test.each<[string, [Work, Work]]>([
    ['before what it waits for is removed', [fire, removeAwaited]],
    ['after what it waits for is removed', [removeAwaited, fire]],
    ['before an admin says that it waits for nothing', [fire, waitNoMore]],
    ['after an admin says that it waits for nothing', [waitNoMore, fire]],
  ])('is looked at again: %s', async (_, works) => {
    const second = present(await pg.stores.sequences.findItem('second'));
    await pg.stores.sequences.saveItem({ ...second, waitsForItemId: 'first' });
    await pg.transact(assign);
    await overlapping(pg, works, now);
    expect((await secondOf(pg.stores)).state).toBe('planned');
  });
});

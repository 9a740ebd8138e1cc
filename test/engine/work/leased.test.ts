import { describe, expect, test } from 'vitest';
import type { LeasedStore } from '../../../src/engine/ports/store.ts';
import type { Stores, Transaction, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { dueOf, isHeld, isOpen, type Lease, leaseFor } from '../../../src/engine/work/lease.ts';
import {
  alone,
  freed,
  type Kind,
  newWorker,
  stillHeld,
  takeable,
  wakeOverdue,
} from '../../../src/engine/work/leased.ts';
import { isDue } from '../../support/given/is-due.ts';

type Errand = { readonly id: string } & (
  | { readonly state: 'waiting'; readonly dueAt: Date }
  | ({ readonly state: 'running' } & Lease)
  | { readonly state: 'done'; readonly finishedAt: Date }
);

const noon = new Date('2026-11-27T12:00:00Z');
const at = (seconds: number): Date => new Date(noon.getTime() + seconds * 1000);
const waiting = (dueAt: Date): Errand => ({ id: 'a', state: 'waiting', dueAt });
const running = (workerId: string, seconds = 60): Errand => ({
  id: 'a',
  state: 'running',
  ...leaseFor(workerId, noon, seconds * 1000),
});

/** At noon; what is woken is noted with the second that it is due at. */
function errands(...first: readonly Errand[]) {
  const rows = new Map(first.map((each) => [each.id, each]));
  const woken: [id: string, seconds: number][] = [];
  const sizes: number[] = [];
  const store: LeasedStore<Errand> = {
    find: async (id) => rows.get(id),
    async save(errand) {
      rows.set(errand.id, errand);
      return errand;
    },
    leasedBy: async (workerId) =>
      [...rows.values()].filter(isHeld).filter((errand) => errand.workerId === workerId),
    overdue: async (before) =>
      [...rows.values()].filter(isOpen).filter((errand) => dueOf(errand) < before),
  };
  const kind: Kind<Errand> = {
    store: () => store,
    wake: async (_tx, { id }, dueAt) =>
      void woken.push([id, (dueAt.getTime() - noon.getTime()) / 1000]),
  };
  const stores = {} as Stores; // The kind has its own.
  const tx = { now: noon } as Transaction;
  const transact: UnitOfWork = async (work) => {
    const before = woken.length;
    const result = await work(tx);
    sizes.push(woken.length - before);
    return result;
  };
  return { rows, woken, sizes, kind, stores, tx, transact };
}

describe('an item', () => {
  test.each([
    ['waits', waiting(at(1)), { isOpen: true, isHeld: false, isDue: false }],
    ['waits, and its time has come', waiting(noon), { isOpen: true, isHeld: false, isDue: true }],
    ['is held', running('w'), { isOpen: true, isHeld: true, isDue: false }],
    [
      'is held by a lease that ran out',
      running('w', 0),
      { isOpen: true, isHeld: true, isDue: true },
    ],
    [
      'has ended',
      { id: 'a', state: 'done', finishedAt: noon } satisfies Errand,
      { isOpen: false, isHeld: false, isDue: false },
    ],
  ])('that %s is known by what its row has', (_, errand, expected) => {
    const is = { isOpen: isOpen(errand), isHeld: isHeld(errand), isDue: isDue(errand, noon) };
    expect(is).toEqual(expected);
  });
});

describe('a worker may take', () => {
  test.each([
    ['what is due', waiting(noon)],
    ['what another held too long', running('other', 0)],
    ['what it holds itself, since that broke down in it', running('w')],
  ])('%s', async (_, errand) => {
    const { kind, tx, woken } = errands(errand);
    expect(await takeable(tx, { kind, item: errand }, newWorker('w'))).toEqual(errand);
    expect(woken).toEqual([]);
  });

  test.each([
    ['what is due later', waiting(at(5)), [['a', 5]]],
    ['what another holds', running('other'), [['a', 60]]],
  ])('%s not now: it is woken when it is due', async (_, errand, wakeUps) => {
    const { kind, tx, woken } = errands(errand);
    expect(await takeable(tx, { kind, item: errand }, newWorker('w'))).toBeUndefined();
    expect(woken).toEqual(wakeUps);
  });

  test('nothing that has ended, and nothing wakes it', async () => {
    const done: Errand = { id: 'a', state: 'done', finishedAt: noon };
    const { kind, tx, woken } = errands(done);
    expect(await takeable(tx, { kind, item: done }, newWorker('w'))).toBeUndefined();
    expect(woken).toEqual([]);
  });
});

describe('whether a worker still holds', () => {
  test.each([
    ['what it took', running('w'), true],
    ['what it lost by mistake, and no other has taken', running('w', 0), true],
    ['what another took', running('other'), false],
    ['what was put off', waiting(noon), false],
  ])('%s', async (_, errand, holds) => {
    const { kind, tx } = errands(errand);
    expect(await stillHeld(tx, { kind, id: 'a' }, newWorker('w'))).toEqual(
      holds ? errand : undefined,
    );
  });
});

describe('within one process', () => {
  test('a second wake-up works on nothing, and comes again in a second', async () => {
    const { kind, transact, woken } = errands(running('w', 0));
    const deps = { ...newWorker('w'), transact };
    let worked = 0;
    await alone({ kind, id: 'a' }, deps, async () => {
      worked += 1;
      await alone({ kind, id: 'a' }, deps, async () => void (worked += 1));
    });
    expect(worked).toBe(1);
    expect(woken).toEqual([['a', 1]]);
  });

  test('what threw can be worked on again', async () => {
    const { kind, transact } = errands(running('w'));
    const deps = { ...newWorker('w'), transact };
    await expect(
      alone({ kind, id: 'a' }, deps, () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no');
    expect(await alone({ kind, id: 'a' }, deps, async () => 'worked')).toBe('worked');
  });
});

test('what a dead worker held is free, and is woken; what others hold stays', async () => {
  const { kind, stores, tx, rows, woken } = errands(running('dead'), {
    ...running('alive'),
    id: 'b',
  });
  const free = await freed(kind, 'dead', stores);
  await free(tx);
  expect(rows.get('a')).toEqual({ ...running('dead'), leasedUntil: noon });
  expect(rows.get('b')).toEqual({ ...running('alive'), id: 'b' });
  expect(woken).toEqual([['a', 0]]);
});

test('what is overdue is woken, ten in a transaction', async () => {
  const late = Array.from({ length: 12 }, (_, n): Errand => ({ ...waiting(at(-90)), id: `${n}` }));
  const { kind, sizes, woken, ...deps } = errands(...late, waiting(at(-30)));
  await wakeOverdue(kind, at(-60), deps);
  expect(woken).toHaveLength(12);
  expect(sizes).toEqual([10, 2]);
});

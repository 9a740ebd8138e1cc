import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Transition, TransitionItem } from '../../../src/engine/transitions/transition.ts';
import { firstOf } from '../../support/given/outcomes.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const after = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);

/** What every database must do for transitions. `open` gives an empty, migrated one. */
export function transitionsContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  let personId: string;
  beforeEach(async () => {
    driver = await open(() => noon);
    stores = driver.stores;
    personId = (await insertPerson(stores)).id;
    for (const id of ['i1', 'i2']) await insertIntegration(stores, { id });
  });
  afterEach(() => driver.cleanup());

  const aTransition = (about: Partial<Transition> = {}): Transition => ({
    id: newId(),
    version: 1,
    personId,
    kind: 'mover',
    state: 'open',
    fields: [
      { field: 'department', from: 'Sales', to: 'Support' },
      { field: 'stored:office', to: 'Berlin' },
    ],
    heldBefore: ['i1'],
    formerManagerIds: ['bo'],
    notifiedIds: ['bo', 'ada'],
    beganAt: noon,
    followedAt: noon,
    ...about,
  });

  test('a transition is read as it was saved, and a person has one that is noted or open', async () => {
    const transition = aTransition();
    expect(await stores.transitions.insert(transition)).toBe('inserted');
    expect(await stores.transitions.find(transition.id)).toEqual(transition);
    expect(await stores.transitions.insert(aTransition({ state: 'noted' }))).toBe('taken');
    const done = { ...transition, state: 'done', endedAt: after(5) } as const;
    await stores.transitions.save(done);
    expect(await stores.transitions.find(transition.id)).toEqual({ ...done, version: 2 });
    expect(await stores.transitions.insert(aTransition({ state: 'noted' }))).toBe('inserted');
    await expect(stores.transitions.save(transition)).rejects.toThrow(StaleWrite);
  });

  test('the current ones of some people, and the open ones that were followed longest ago', async () => {
    const opened = aTransition();
    await stores.transitions.insert(opened);
    const other = await insertPerson(stores);
    const noted = aTransition({ personId: other.id, state: 'noted', followedAt: after(-90) });
    await stores.transitions.insert(noted);
    const ids = [personId, other.id, 'nobody'];
    const found = await stores.transitions.currentOf(ids);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set([opened.id, noted.id]));
    const due = async (before: Date) =>
      (await stores.transitions.notFollowedSince(before)).map((each) => each?.id);
    expect(await due(noon)).toEqual([]);
    expect(await due(after(1))).toEqual([opened.id]);
  });

  test('items are inserted and overwritten, with a reason that nobody reads in the table', async () => {
    const { id: transitionId } = aTransition();
    await stores.transitions.insert(aTransition({ id: transitionId }));
    const gained: TransitionItem = { transitionId, integrationId: 'i2', part: 'gains' };
    const lost: TransitionItem = {
      transitionId,
      integrationId: 'i1',
      part: 'loses',
      removalId: 'r1',
      kept: { holdId: 'h1', byId: 'bo', reason: 'Hands over the pipeline' },
    };
    await stores.transitions.putItem(gained);
    await stores.transitions.putItem({ ...lost, kept: undefined });
    await stores.transitions.putItem(lost);
    await stores.transitions.putItem({ ...gained, settledAt: noon });
    expect(await stores.transitions.items(transitionId)).toEqual([
      lost,
      { ...gained, settledAt: noon },
    ]);
    const rows = JSON.stringify(await driver.db('transition_items').select());
    expect(rows).not.toContain('pipeline');
    await stores.transitions.delete(transitionId);
    expect(await stores.transitions.items(transitionId)).toEqual([]);
  });

  test('a reason that can not be read stays as it is, until there is another', async () => {
    const { id: transitionId } = aTransition();
    await stores.transitions.insert(aTransition({ id: transitionId }));
    const kept = { holdId: 'h1', byId: 'bo', reason: 'Hands over the pipeline' };
    await stores.transitions.putItem({ transitionId, integrationId: 'i1', part: 'loses', kept });
    const items = driver.db<{ kept_reason: string; part: string }>('transition_items');
    await items.clone().update({ kept_reason: 'damaged' });
    const read = firstOf(await stores.transitions.items(transitionId));
    await stores.transitions.putItem({ ...read, part: 'keeps' });
    expect(await items.clone().first()).toMatchObject({ kept_reason: 'damaged', part: 'keeps' });
    const again = { ...kept, reason: 'Until Christmas' };
    await stores.transitions.putItem({ ...read, kept: again });
    expect((await stores.transitions.items(transitionId))[0]?.kept).toEqual(again);
  });
}

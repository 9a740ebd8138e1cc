import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Occasion, SequenceEvent } from '../../../src/engine/sequences/events/event.ts';
import type { Hook, HookCall } from '../../../src/engine/sequences/hooks/hook.ts';
import { insertPerson } from '../a-person.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const after = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);

/** What every database must do for what starts sequences. `open` gives an empty, migrated one. */
export function eventsContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  let personId: string;
  beforeEach(async () => {
    driver = await open(() => noon);
    stores = driver.stores;
    personId = (await insertPerson(stores)).id;
    for (const id of ['s1', 's2'])
      await stores.sequences.insert({
        id,
        version: 1,
        name: id,
        anchor: 'start-date',
        isOn: true,
        isForEveryHire: false,
        createdAt: noon,
      });
  });
  afterEach(() => driver.cleanup());

  test('occasions are found by what they are about, and replace those before', async () => {
    const created: Occasion = { kind: 'person-created' };
    const granted: Occasion = { kind: 'access-granted', integrationId: 'i1' };
    const failed: Occasion = { kind: 'run-failed', integrationId: 'i1' };
    await stores.sequenceStarts.put('s2', [granted, created]);
    await stores.sequenceStarts.put('s1', [granted, failed]);
    expect(await stores.sequenceStarts.startingOn(granted)).toEqual(['s1', 's2']);
    expect(await stores.sequenceStarts.startingOn(created)).toEqual(['s2']);
    expect(await stores.sequenceStarts.startingOn({ ...granted, integrationId: 'i2' })).toEqual([]);
    expect(await stores.sequenceStarts.of('s1')).toEqual([granted, failed]);
    await stores.sequenceStarts.put('s1', []);
    expect(await stores.sequenceStarts.of('s1')).toEqual([]);
  });

  test('a change starts those that wait for such a field, and for its value if they name one', async () => {
    const any: Occasion = { kind: 'field-changed', field: 'department', to: '' };
    const support: Occasion = { ...any, to: 'Équipe Support' };
    const boss: Occasion = { kind: 'field-changed', field: 'manager', to: 'bo@x.io' };
    const created: Occasion = { kind: 'person-created' };
    await stores.sequenceStarts.put('s1', [created, any, boss]);
    await stores.sequenceStarts.put('s2', [support]);
    const startingOnChange = (field: 'department' | 'position' | 'manager', to: string) =>
      stores.sequenceStarts.startingOnChange(field, [to]);
    expect(await startingOnChange('department', 'Sales')).toEqual(['s1']);
    expect(await startingOnChange('department', 'equipe SUPPORT')).toEqual(['s1', 's2']);
    expect(await startingOnChange('manager', 'cleo@x.io')).toEqual([]);
    expect(await startingOnChange('manager', 'bo@x.io')).toEqual(['s1']);
    expect(await startingOnChange('position', 'Sales')).toEqual([]);
    expect(await stores.sequenceStarts.of('s1')).toEqual([created, any, boss]);
    await stores.sequenceStarts.put('s1', []);
    expect(await stores.sequenceStarts.of('s1')).toEqual([]);
  });

  describe('events', () => {
    const waiting = (minutes = 0): SequenceEvent => ({
      id: newId(),
      version: 1,
      sequenceId: 's1',
      personId,
      cause: { kind: 'hook', hookId: 'h1' },
      at: after(minutes),
      state: 'waiting',
    });

    test('are read as they were written, the newest first', async () => {
      const all = Array.from({ length: 120 }, (_, minutes) => waiting(minutes));
      await stores.sequenceEvents.insertMany(all);
      const page = await stores.sequenceEvents.ofSequence('s1', { offset: 1, limit: 2 });
      expect(page).toEqual([all[118], all[117]]);
      expect(await stores.sequenceEvents.ofSequence('s2', { offset: 0, limit: 2 })).toEqual([]);
    });

    test('that wait for too long are found, the oldest first, and none that has ended', async () => {
      const [later, ended, first, young] = [waiting(2), waiting(1), waiting(0), waiting(5)];
      await stores.sequenceEvents.insertMany([later, ended, first, young]);
      await stores.sequenceEvents.save({ ...ended, state: 'refused', endedAt: noon, why: 'No.' });
      expect(await stores.sequenceEvents.overdue(after(5))).toEqual([first, later]);
    });

    test('end in two ways, and an assignment knows its own', async () => {
      const [first, second] = [waiting(), waiting()];
      await stores.sequenceEvents.insertMany([first, second]);
      const started = await stores.sequenceEvents.save({
        ...first,
        state: 'started',
        endedAt: noon,
        assignmentId: 'a1',
      });
      await stores.sequenceEvents.save({ ...second, state: 'refused', endedAt: noon, why: 'No.' });
      expect(await stores.sequenceEvents.behind('a1')).toEqual(started);
      expect(await stores.sequenceEvents.behind('a2')).toBeUndefined();
      expect(await stores.sequenceEvents.find(second.id)).toMatchObject({ version: 2, why: 'No.' });
      await expect(stores.sequenceEvents.save(first)).rejects.toThrow(StaleWrite);
    });
  });

  describe('hooks', () => {
    const hook = (about: Partial<Hook> = {}): Hook => ({
      id: newId(),
      version: 1,
      sequenceId: 's1',
      name: 'HR',
      emailPath: 'email',
      isOn: true,
      createdAt: noon,
      createdBy: { kind: 'person', personId, via: 'slack' },
      secret: 'a secret',
      isRevealed: false,
      refusals: 0,
      ...about,
    });
    const whole: Partial<Hook> = {
      before: { secret: 'older', until: after(5) },
      lastRefusal: { at: after(1), why: 'Unsigned.' },
      refusals: 3,
      isOn: false,
      isRevealed: true,
    };

    test('are read as they were written, the oldest first, without deleted ones', async () => {
      const [plain, full] = [hook(), hook({ ...whole, createdAt: after(1) })];
      const deleted = hook({ deletedAt: after(2) });
      for (const each of [full, deleted, plain]) await stores.hooks.insert(each);
      expect(await stores.hooks.ofSequence('s1')).toEqual([plain, full]);
      expect(await stores.hooks.find(deleted.id)).toEqual(deleted);
      expect(await stores.hooks.find(newId())).toBeUndefined();
    });

    test('one that can’t be read hides no other one', async () => {
      const [good, damaged] = [hook(), hook()];
      for (const each of [good, damaged]) await stores.hooks.insert(each);
      await driver.db('hooks').where({ id: damaged.id }).update({ secrets: 'damaged' });
      expect(await stores.hooks.ofSequence('s1')).toEqual([good]);
    });

    test('a save on an old version is refused, and what is left out of it is gone', async () => {
      const before = hook(whole);
      await stores.hooks.insert(before);
      const { before: _, lastRefusal: __, ...rest } = before;
      const saved = await stores.hooks.save(rest);
      expect(await stores.hooks.find(before.id)).toEqual({ ...rest, version: 2 });
      expect(saved.version).toBe(2);
      await expect(stores.hooks.save(rest)).rejects.toThrow(StaleWrite);
    });

    test('know their calls: the newest twenty stay, and all that are young', async () => {
      const made = hook();
      await stores.hooks.insert(made);
      const hookId = made.id;
      const calls = Array.from(
        { length: 30 },
        (_, minutes): HookCall => ({
          id: newId(),
          hookId,
          at: after(minutes),
          fingerprint: `f${minutes}`,
          ...(minutes % 2 === 0 ? { eventId: newId() } : { why: 'No.' }),
        }),
      );
      for (const call of calls) await stores.hookCalls.insert(call);
      expect(await stores.hookCalls.newest(hookId)).toEqual(calls.slice(10).toReversed());
      expect(await stores.hookCalls.timeOf(hookId, 29)).toEqual(noon);
      expect(await stores.hookCalls.timeOf(hookId, 30)).toBeUndefined();
      await stores.hookCalls.trim(hookId, after(5));
      expect(await stores.hookCalls.findByFingerprint(hookId, 'f4')).toBeUndefined();
      expect(await stores.hookCalls.findByFingerprint(hookId, 'f5')).toEqual(calls[5]);
    });
  });
}

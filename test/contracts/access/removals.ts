import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Account } from '../../../src/engine/access/account.ts';
import type { Hold } from '../../../src/engine/access/hold.ts';
import type { OpenRemoval, Removal } from '../../../src/engine/access/removals/removal.ts';
import { warningAt } from '../../../src/engine/access/warning-time.ts';
import type { Actor } from '../../../src/engine/people/directory.ts';
import type { RemovalFilter } from '../../../src/engine/ports/removal-stores.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores } from '../../../src/engine/ports/unit-of-work.ts';
import { accessSince } from '../../support/has-access.ts';
import { insertPerson } from '../a-person.ts';
import { insertIntegration } from '../an-integration.ts';
import type { StoresDriver } from '../stores.ts';

const noon = new Date('2026-11-24T12:00:00.000Z');
const hoursAfter = (hours: number) => new Date(noon.getTime() + hours * 60 * 60_000);
const one = hoursAfter(1);
const two = hoursAfter(2);
const ada: Actor = { kind: 'operator', user: 'ada' };

/** What every database must do with why access is there, the accounts behind it, and what ends it. */
export function removalsContract(begin: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: Stores;
  beforeEach(async () => {
    driver = await begin(() => noon);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const someIntegration = async (): Promise<string> => (await insertIntegration(stores)).id;
  const someone = async (): Promise<string> => (await insertPerson(stores)).id;

  const whose = async (about: { readonly personId?: string; readonly integrationId?: string }) => ({
    personId: about.personId ?? (await someone()),
    integrationId: about.integrationId ?? (await someIntegration()),
  });

  async function someHold(about: Partial<Hold> = {}): Promise<Hold> {
    const hold: Hold = {
      id: newId(),
      version: 1,
      source: 'by-hand',
      givenBy: ada,
      startedAt: noon,
      ...about,
      ...(await whose(about)),
    };
    await stores.holds.insert(hold);
    return hold;
  }

  async function someAccount(about: Partial<Account> = {}): Promise<Account> {
    const account: Account = {
      id: newId(),
      version: 1,
      facts: { email: 'ann@example.com' },
      form: {},
      ...about,
      ...(await whose(about)),
    };
    await stores.accounts.insert(account);
    return account;
  }

  async function newRemoval(about: Partial<OpenRemoval> = {}): Promise<OpenRemoval> {
    return {
      id: newId(),
      version: 1,
      causes: [{ kind: 'revoked', by: ada, at: noon }],
      beganAt: noon,
      tries: 0,
      state: 'waiting',
      dueAt: noon,
      ...about,
      ...(await whose(about)),
    };
  }

  async function someRemoval(about: Partial<OpenRemoval> = {}): Promise<OpenRemoval> {
    const removal = await newRemoval(about);
    expect(await stores.removals.insert(removal)).toBe('inserted');
    return removal;
  }

  const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
  const gone = (removal: OpenRemoval): Removal => {
    const { dueAt: _, ...facts } = removal;
    return { ...facts, state: 'gone', endedAt: one, proof: { kind: 'asked', at: one } };
  };

  describe('holds', () => {
    test('a hold comes back as it was', async () => {
      const runId = newId();
      const hold = await someHold({ source: 'request', endsAt: two, warnedAt: one, runId });
      expect(await stores.holds.find(hold.id)).toEqual(hold);
      const ended = { ...hold, ended: { at: two, why: 'expired' } } as const;
      expect(await stores.holds.save(ended)).toEqual({ ...ended, version: 2 });
      expect(await stores.holds.find(hold.id)).toEqual({ ...ended, version: 2 });
    });

    test('a save on an old version is refused', async () => {
      const hold = await someHold();
      await stores.holds.save(hold);
      await expect(stores.holds.save(hold)).rejects.toThrow(StaleWrite);
    });

    test('several get one end together, or none where one of them has changed since', async () => {
      const [first, second] = [await someHold(), await someHold({ endsAt: one })];
      await stores.holds.setEnd([first, second], two);
      for (const hold of [first, second])
        expect(await stores.holds.find(hold.id)).toEqual({ ...hold, version: 2, endsAt: two });
      const third = await someHold();
      const refused = driver.transact((tx) => tx.holds.setEnd([third, first], one));
      await expect(refused).rejects.toThrow(StaleWrite);
      expect(await stores.holds.find(third.id)).toEqual(third);
    });

    test('several are open for one access, the oldest first, and all of them are found, the newest first', async () => {
      const first = await someHold({ startedAt: one });
      const { personId, integrationId } = first;
      const second = await someHold({ personId, integrationId, startedAt: two });
      const over = { at: two, why: 'revoked' } as const;
      const ended = await someHold({ personId, integrationId, ended: over });
      await someHold({ personId });
      expect(await stores.holds.openAt(personId, integrationId)).toEqual([first, second]);
      expect(idsOf(await stores.holds.openOf(personId))).toHaveLength(3);
      const all = idsOf(await stores.holds.of(personId, integrationId));
      expect(all.toSorted()).toEqual(idsOf([first, second, ended]).toSorted());
      expect(all).toEqual(all.toSorted().toReversed());
    });

    test('of one access, those that were open at a time are found, the newest first', async () => {
      const whole = await someHold({ startedAt: noon });
      const { personId, integrationId } = whole;
      const theirs = { personId, integrationId };
      const early = await someHold({ ...theirs, ended: { at: one, why: 'expired' } });
      const late = await someHold({ ...theirs, startedAt: two });
      await someHold({ personId });
      const openThen = async (at: Date) =>
        idsOf(await stores.holds.openThen(personId, integrationId, at));
      expect(await openThen(one)).toEqual([early.id, whole.id]);
      expect(await openThen(two)).toEqual([late.id, whole.id]);
      expect(await openThen(hoursAfter(-1))).toEqual([]);
    });

    test('of one access, those that ended since a time are found, but no grants that never were', async () => {
      const first = await someHold({ ended: { at: one, why: 'expired' } });
      const { personId, integrationId } = first;
      const theirs = { personId, integrationId };
      const second = await someHold({ ...theirs, ended: { at: two, why: 'revoked' } });
      await someHold({ ...theirs, ended: { at: two, why: 'not-granted' } });
      await someHold(theirs);
      await someHold({ personId, ended: { at: two, why: 'revoked' } });
      const endedSince = async (at: Date) =>
        idsOf(await stores.holds.endedSince(personId, integrationId, at));
      expect(await endedSince(one)).toEqual([second.id, first.id]);
      expect(await endedSince(two)).toEqual([second.id]);
    });

    test('open ones that end soon are found, the soonest first, apart from whom was reminded', async () => {
      const late = await someHold({ endsAt: two });
      const soon = await someHold({ endsAt: one, warnedAt: noon });
      await someHold();
      await someHold({ endsAt: one, ended: { at: noon, why: 'revoked' } });
      expect(idsOf(await stores.holds.ending(hoursAfter(3)))).toEqual([soon.id, late.id]);
      expect(idsOf(await stores.holds.ending(one))).toEqual([soon.id]);
    });

    test('a reminder is due when a tenth of the time is left, within 15 minutes and 3 days', async () => {
      const ends = hoursAfter(1000);
      const startedAt = (hoursBefore: number) => new Date(ends.getTime() - hoursBefore * 3_600_000);
      const lengths = [0.9, 1, 4, 24, 100 * 24];
      const holds: Hold[] = [];
      for (const length of lengths)
        holds.push(await someHold({ startedAt: startedAt(length), endsAt: ends }));
      await someHold({ startedAt: startedAt(4), endsAt: ends, warnedAt: noon });
      await someHold({ startedAt: noon });
      for (const { id, startedAt: from } of holds) {
        const at = warningAt(from, ends);
        const dueAt = async (ms: number) =>
          idsOf(await stores.holds.toWarn(new Date(ms))).includes(id);
        expect(await dueAt((at ?? ends).getTime())).toBe(at !== undefined);
        expect(at ? await dueAt(at.getTime() - 1) : false).toBe(false);
      }
    });

    test('people who hold something there are listed once, behind a person', async () => {
      const integrationId = await someIntegration();
      const people = [await someone(), await someone()].toSorted();
      const [first = '', second = ''] = people;
      for (const personId of [second, first, first]) await someHold({ personId, integrationId });
      const ended = { at: noon, why: 'revoked' } as const;
      await someHold({ integrationId, ended });
      expect(await stores.holds.peopleAt(integrationId)).toEqual(people);
      expect(await stores.holds.peopleAt(integrationId, first)).toEqual([second]);
      expect(await stores.holds.peopleAt(integrationId, second)).toEqual([]);
    });
  });

  describe('accounts', () => {
    test('an account comes back as it was, with its facts, its answers and what the app said', async () => {
      const account = await someAccount({
        facts: { email: 'ann@example.com', teams: ['a', 'b'], level: 3 },
        form: { team: 'design', roles: ['a', 'b'] },
        runId: newId(),
        writtenAt: noon,
        revokedAt: one,
        answer: { state: 'none', reason: 'No such member', checkedAt: two, byStatus: true },
        goneAt: two,
      });
      expect(await stores.accounts.find(account.id)).toEqual(account);
    });

    test('a save on an old version is refused', async () => {
      const account = await someAccount();
      const answer = { state: 'has', reason: 'Is a member', checkedAt: one } as const;
      const saved = await stores.accounts.save({ ...account, answer });
      expect(saved).toEqual({ ...account, answer, version: 2 });
      expect(await stores.accounts.find(account.id)).toEqual(saved);
      await expect(stores.accounts.save(account)).rejects.toThrow(StaleWrite);
    });

    test('those that are not proven gone are apart from those that are, the last gone first', async () => {
      const open = await someAccount({ writtenAt: noon });
      const { personId, integrationId } = open;
      const before = await someAccount({ personId, integrationId, goneAt: one });
      const last = await someAccount({ personId, integrationId, goneAt: two });
      await someAccount({ goneAt: one });
      expect(await stores.accounts.openAt(personId, integrationId)).toEqual([open]);
      expect(idsOf(await stores.accounts.goneAt(personId, integrationId))).toEqual([
        last.id,
        before.id,
      ]);
    });

    test('one that is only looked for is nobody’s access', async () => {
      const looked = await someAccount();
      const { personId, integrationId } = looked;
      expect(await stores.accounts.openAt(personId, integrationId)).toEqual([looked]);
      expect(await stores.accounts.openOf(personId)).toEqual([looked]);
      expect(await stores.accounts.peopleAt(integrationId)).toEqual([]);
      const written = await someAccount({ personId, integrationId, writtenAt: noon });
      expect(await stores.accounts.openOf(personId)).toEqual([looked, written]);
      expect(await stores.accounts.peopleAt(integrationId)).toEqual([personId]);
      expect(await stores.accounts.peopleAt(integrationId, personId)).toEqual([]);
    });

    test('are found by either key, of each person, unless they are proven gone', async () => {
      const integrationId = await someIntegration();
      const mine = await someAccount({ integrationId, checkedAs: 'a', revokedAs: 'b' });
      const other = await someAccount({ integrationId, checkedAs: 'b' });
      await someAccount({ integrationId, checkedAs: 'a', goneAt: noon });
      await someAccount({ checkedAs: 'a' });
      const found = async (...keys: string[]) =>
        idsOf(await stores.accounts.withKeys(integrationId, keys)).toSorted();
      expect(await found('a')).toEqual([mine.id]);
      expect(await found('b', 'c')).toEqual([mine.id, other.id].toSorted());
      expect(await found('c')).toEqual([]);
    });

    test('of older versions have no keys yet', async () => {
      const [old] = [await someAccount(), await someAccount({ checkedAs: '' })];
      expect(await stores.accounts.withoutKeys(10)).toEqual([old]);
    });
  });

  describe('removals', () => {
    test('one comes back as it was in each state', async () => {
      const all = {
        causes: [
          { kind: 'revoked', by: ada, at: noon },
          { kind: 'review', id: newId(), by: { kind: 'system' }, at: one },
        ],
        tries: 2,
        retryAt: two,
        runId: newId(),
        taskId: newId(),
        why: 'The last try failed.',
        note: 'Ask Bo',
        dueDate: '2026-12-01',
        pausedUntil: two,
        notifiedAt: one,
      } as const;
      const removal = await someRemoval(all);
      expect(await stores.removals.find(removal.id)).toEqual(removal);
      let saved: Removal = removal;
      for (const state of ['revoking', 'checking', 'by-hand', 'stuck'] as const) {
        const next = { ...removal, state, version: saved.version };
        saved = await stores.removals.save(next);
        expect(saved).toEqual({ ...next, version: next.version + 1 });
        expect(await stores.removals.find(removal.id)).toEqual(saved);
      }
      const proof = { kind: 'confirmed', at: one, byId: newId() } as const;
      const ended = { ...removal, state: 'gone', endedAt: one, proof, dueAt: two } as const;
      saved = await stores.removals.save({ ...ended, version: saved.version });
      expect(await stores.removals.find(removal.id)).toEqual(saved);
      expect(await stores.removals.findMany([removal.id, newId()])).toEqual([saved]);
    });

    test('what reviews revoked is counted for all of them in one statement', async () => {
      const [reviewer, other] = [await someone(), await someone()];
      const reviewIds = [newId(), newId(), newId()];
      for (const id of reviewIds)
        await stores.reviews.insert({
          id,
          version: 1,
          name: 'Autumn',
          startedById: reviewer,
          state: 'open',
          createdAt: noon,
          dueDate: '2026-12-10',
          reviewers: 'managers',
          reviewerIds: [],
          undecided: 'keep',
        });
      const item = async (reviewId: string, reviewerId: string, removal?: Removal) => ({
        reviewId,
        reviewerId,
        personId: removal?.personId ?? (await someone()),
        integrationId: removal?.integrationId ?? (await someIntegration()),
        state: removal ? ('revoked' as const) : ('open' as const),
        ...(removal && { removalId: removal.id }),
      });
      const [first = '', second = ''] = reviewIds;
      await stores.reviews.insertItems([
        { ...(await item(first, reviewer, await someRemoval())), decidedById: reviewer },
        await item(first, other, await stores.removals.save(gone(await someRemoval()))),
        await item(second, other, await someRemoval({ state: 'stuck' })),
        await item(second, reviewer),
      ]);
      let statements = 0;
      driver.db.on('query', () => {
        statements += 1;
      });
      expect(await stores.reviews.revoked(reviewIds)).toEqual(
        new Map([
          [first, { revoked: 2, undecided: 1, open: 1, stuck: 0, byHand: 0, gone: 1, done: 0 }],
          [second, { revoked: 1, undecided: 1, open: 1, stuck: 1, byHand: 0, gone: 0, done: 0 }],
        ]),
      );
      expect(statements).toBe(1);
      expect(await stores.reviews.revoked(reviewIds, reviewer)).toEqual(
        new Map([
          [first, { revoked: 1, undecided: 0, open: 1, stuck: 0, byHand: 0, gone: 0, done: 0 }],
        ]),
      );
    });

    test('one that nobody wants any more comes back as that', async () => {
      const { dueAt: _, ...facts } = await someRemoval();
      const withdrawal = { by: { kind: 'system' }, for: 'kept' } as const;
      const withdrawn: Removal = { ...facts, state: 'withdrawn', endedAt: one, withdrawal };
      const saved = await stores.removals.save(withdrawn);
      expect(await stores.removals.find(facts.id)).toEqual(saved);
    });

    test('a save on an old version is refused', async () => {
      const removal = await someRemoval();
      await stores.removals.save({ ...removal, state: 'revoking' });
      await expect(stores.removals.save(removal)).rejects.toThrow(StaleWrite);
    });

    test('one is open for a person at an integration, and another when it has ended', async () => {
      const removal = await someRemoval();
      const { personId, integrationId } = removal;
      const second = await newRemoval({ personId, integrationId, beganAt: two });
      expect(await stores.removals.insert(second)).toBe('taken');
      expect(await stores.removals.open(personId, integrationId)).toEqual(removal);
      await stores.removals.save(gone(removal));
      expect(await stores.removals.open(personId, integrationId)).toBeUndefined();
      expect(await stores.removals.insert(second)).toBe('inserted');
      expect(await stores.removals.latest(personId, integrationId)).toEqual(second);
      const elsewhere = await someRemoval({ personId });
      await someRemoval(); // Someone else's.
      const latest = await stores.removals.latestOf(personId);
      expect(idsOf(latest).toSorted()).toEqual([second.id, elsewhere.id].toSorted());
    });

    test('two that begin at once are one', async () => {
      const whom = await whose({});
      const [a, b] = [await newRemoval(whom), await newRemoval(whom)];
      const insert = (removal: OpenRemoval) => driver.transact((tx) => tx.removals.insert(removal));
      expect((await Promise.all([insert(a), insert(b)])).toSorted()).toEqual(['inserted', 'taken']);
    });

    test('open ones of a person and of an integration are found, those behind an id', async () => {
      const [first, second] = [await someRemoval(), await someRemoval()];
      const { personId, integrationId } = first;
      const other = await someRemoval({ personId });
      const there = await someRemoval({ integrationId });
      await stores.removals.save(gone(second));
      expect(idsOf(await stores.removals.openOf(personId))).toEqual(
        idsOf([first, other]).toSorted(),
      );
      expect(await stores.removals.openOf(second.personId)).toEqual([]);
      const [before, behind] = idsOf([first, there]).toSorted();
      expect(idsOf(await stores.removals.openAt(integrationId))).toEqual([before, behind]);
      expect(idsOf(await stores.removals.openAt(integrationId, before))).toEqual([behind]);
    });

    test('those that are due are found, the longest due first, gone ones too that are asked once more', async () => {
      const later = await someRemoval({ dueAt: one });
      const first = await someRemoval({ dueAt: noon });
      await someRemoval({ dueAt: hoursAfter(5) });
      const ended = await someRemoval({ dueAt: noon });
      await stores.removals.save(gone(ended));
      const asked = await someRemoval({ dueAt: noon });
      const recheck = { ...gone(asked), state: 'gone', dueAt: hoursAfter(1.5) } as Removal;
      const saved = await stores.removals.save(recheck);
      expect(await stores.removals.dueBefore(two)).toEqual([
        { id: first.id, version: 1 },
        { id: later.id, version: 1 },
        { id: asked.id, version: saved.version },
      ]);
      expect(await stores.removals.dueBefore(noon)).toEqual([]);
    });

    test('open ones that are due after a time are found', async () => {
      const later = await someRemoval({ dueAt: hoursAfter(5) });
      await someRemoval({ dueAt: two });
      const ended = await someRemoval({ dueAt: hoursAfter(5) });
      await stores.removals.save(gone(ended));
      expect(await stores.removals.openDueAfter(two)).toEqual([{ id: later.id, version: 1 }]);
    });

    test('stuck ones are listed, those whose notification is oldest first', async () => {
      const lately = await someRemoval({ state: 'stuck', notifiedAt: two });
      const longAgo = await someRemoval({ state: 'stuck', notifiedAt: one });
      await someRemoval({ state: 'by-hand' });
      const page = await stores.removals.stuck({ offset: 0, limit: 1 });
      expect([idsOf(page.removals), page.total]).toEqual([[longAgo.id], 2]);
      const rest = await stores.removals.stuck({ offset: 1, limit: 1 });
      expect(idsOf(rest.removals)).toEqual([lately.id]);
      expect(await stores.removals.stuck({ offset: 0, limit: 0 })).toEqual({
        removals: [],
        total: 2,
      });
    });

    test('they are listed by person, integration and state, the newest first', async () => {
      const older = await someRemoval({ state: 'stuck' });
      const newer = await someRemoval({ personId: older.personId, state: 'by-hand' });
      const ended = await someRemoval({ integrationId: older.integrationId });
      await stores.removals.save(gone(ended));
      const ids = async (filter: RemovalFilter, offset = 0) => {
        const { removals, total } = await stores.removals.list(filter, { offset, limit: 2 });
        return [idsOf(removals), total];
      };
      expect(await ids({})).toEqual([[ended.id, newer.id], 3]);
      expect(await ids({}, 2)).toEqual([[older.id], 3]);
      expect(await ids({ personId: older.personId })).toEqual([[newer.id, older.id], 2]);
      expect(await ids({ integrationId: older.integrationId, state: 'open' })).toEqual([
        [older.id],
        1,
      ]);
      expect(await ids({ state: 'gone' })).toEqual([[ended.id], 1]);
    });

    test('a file of them has each once, also where some end or begin while it is read', async () => {
      const open: RemovalFilter = { state: 'open' };
      const [oldest, older, newer, newest] = [
        await someRemoval({ state: 'stuck' }),
        await someRemoval({ state: 'by-hand' }),
        await someRemoval(),
        await someRemoval(),
      ];
      const first = await stores.removals.before(undefined, 2, open);
      expect(idsOf(first)).toEqual([newest.id, newer.id]);
      await stores.removals.save(gone(newest));
      await someRemoval();
      const rest = await stores.removals.before(newer.id, 2, open);
      expect(idsOf(rest)).toEqual([older.id, oldest.id]);
      expect(await stores.removals.before(oldest.id, 2, open)).toEqual([]);
    });

    test('what is being removed from some people is read at once', async () => {
      const { personId, integrationId } = await someRemoval({ state: 'stuck' });
      const ended = await someRemoval();
      await stores.removals.save(gone(ended));
      await someRemoval();
      const found = await stores.removals.openOfPeople([personId, ended.personId]);
      expect(found).toEqual([{ personId, integrationId }]);
    });

    test('they are counted by person, integration and state', async () => {
      const stuck = await someRemoval({ state: 'stuck' });
      const { personId, integrationId } = stuck;
      await someRemoval({ personId, state: 'by-hand' });
      const ended = await someRemoval({ integrationId });
      await stores.removals.save(gone(ended));
      expect(await stores.removals.count({})).toBe(3);
      expect(await stores.removals.count({ state: 'open' })).toBe(2);
      expect(await stores.removals.count({ personId, state: 'open' })).toBe(2);
      expect(await stores.removals.count({ integrationId })).toBe(2);
      expect(await stores.removals.count({ integrationId, state: 'open' })).toBe(1);
      expect(await stores.removals.count({ state: 'by-hand' })).toBe(1);
      expect(await stores.removals.count({ state: 'gone' })).toBe(1);
      const none = { waiting: 0, revoking: 0, checking: 0 };
      expect(await stores.removals.countOpen()).toEqual({ ...none, 'by-hand': 1, stuck: 1 });
    });
  });

  describe('health', () => {
    test('an app’s last good answer is written once an hour at most', async () => {
      const integrationId = await someIntegration();
      expect(await stores.health.okAt(integrationId)).toBeUndefined();
      await stores.health.markOk(integrationId, noon, noon);
      await stores.health.markOk(integrationId, hoursAfter(0.9), hoursAfter(0.9));
      expect(await stores.health.okAt(integrationId)).toEqual(noon);
      await stores.health.markOk(integrationId, one, one);
      expect(await stores.health.okAt(integrationId)).toEqual(one);
      // That one came from a clock that was ahead.
      await stores.health.markOk(integrationId, noon, noon);
      expect(await stores.health.okAt(integrationId)).toEqual(noon);
    });

    test('a late answer to a request from before it was forgotten does not count', async () => {
      const integrationId = await someIntegration();
      await stores.health.forget(integrationId, hoursAfter(0.5));
      await stores.health.markOk(integrationId, one, noon);
      expect(await stores.health.okAt(integrationId)).toBeUndefined();
      await stores.health.markOk(integrationId, one, hoursAfter(0.6));
      expect(await stores.health.okAt(integrationId)).toEqual(one);
    });

    test('it is forgotten when what answered has changed', async () => {
      const integrationId = await someIntegration();
      const other = await someIntegration();
      await stores.health.markOk(integrationId, noon, noon);
      await stores.health.markOk(other, noon, noon);
      await stores.health.forget(integrationId, noon);
      expect(await stores.health.okAt(integrationId)).toBeUndefined();
      expect(await stores.health.okAt(other)).toEqual(noon);
    });
  });

  test('what is known of access at an integration is forgotten some rows at a time', async () => {
    const [integrationId, other] = [await someIntegration(), await someIntegration()];
    const access = accessSince(noon, {});
    const people = 3;
    for (let each = 0; each < people; each += 1) {
      const personId = await someone();
      await stores.access.put({ ...access, personId, integrationId });
      await stores.access.put({ ...access, personId, integrationId: other });
    }
    expect(await stores.access.deleteSomeAt(integrationId)).toBe(people);
    expect(await stores.access.deleteSomeAt(integrationId)).toBe(0);
    expect((await stores.access.countAt(other)).has).toBe(people);
  });
}

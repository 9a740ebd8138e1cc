/** What every implementation of the stores of syncs has to do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { judgeRows } from '../../../src/engine/imports/judge-rows.ts';
import {
  cancelSync,
  failSync,
  finishSync,
  leaseSync,
  noCounts,
  offerSync,
  type RowState,
  type SyncIn,
  type SyncRow,
  type SyncRun,
  waitForPage,
} from '../../../src/engine/imports/sync-run.ts';
import { parseManifest } from '../../../src/engine/manifest/parse.ts';
import type { Actor } from '../../../src/engine/people/directory.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../../src/engine/ports/unit-of-work.ts';
import { aSyncRun } from '../../support/a-sync-run.ts';
import { insertIntegration } from '../an-integration.ts';

export interface SyncStores {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  cleanup(): Promise<void>;
}

const now = new Date('2026-11-24T09:00:00.000Z');
const after = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
const ada: Actor = { kind: 'person', personId: 'ada', via: 'slack' };

export function syncContract(open: (now: Clock) => Promise<SyncStores>): void {
  let at: SyncStores;
  let stores: Stores;
  let integrationId: string;
  beforeEach(async () => {
    at = await open(() => now);
    ({ stores } = at);
    integrationId = await anIntegration();
  });
  afterEach(() => at.cleanup());

  const anIntegration = async (): Promise<string> => (await insertIntegration(stores)).id;
  const aRun = (facts: Partial<SyncIn<'queued'>> = {}): SyncIn<'queued'> =>
    aSyncRun({ integrationId, manifestVersionId: 'v', createdAt: now, ...facts });

  async function inserted(facts: Partial<SyncIn<'queued'>> = {}): Promise<SyncIn<'queued'>> {
    const run = aRun(facts);
    expect(await stores.syncRuns.insert(run)).toBe('inserted');
    return run;
  }

  const ended = async (facts: Partial<SyncIn<'queued'>> = {}) =>
    stores.syncRuns.save(finishSync(leaseSync(await inserted(facts), 'w', now), now));

  test('rows whose texts are cut within an emoji, or have a NUL, are stored like others', async () => {
    const { id: runId } = await inserted();
    const structure = { email: 'mail', first_name: 'first', last_name: 'last', start: 'start' };
    const manifest = { action: 'create', execute: [{ url: 'https://hr.example.com' }] };
    const parsed = parseManifest(JSON.stringify({ ...manifest, data_structure: structure }));
    if (!parsed.ok || parsed.manifest.kind !== 'sync') throw new Error('The manifest is wrong');
    const long = `${'x'.repeat(99)}🙂${'x'.repeat(99)}`;
    const rows = [
      { mail: long, first: 'A', last: 'A', start: '' },
      { mail: 'bo@x.io', first: 'Bo\0', last: 'B', start: long.slice(40) },
      { mail: 'cy\u0007@x.io', first: 'C', last: 'C', start: '' },
    ];
    const about = { runId, integrationId, firstSeq: 0, rows, counts: noCounts };
    const others = { owns: new Set<string>(), today: '2026-11-24', timeZone: 'UTC' };
    const judged = await judgeRows(stores, parsed.manifest, { ...about, ...others });
    await stores.syncRows.insertMany(judged.rows);
    const stored = await stores.syncRows.list(runId, {}, { offset: 0, limit: 9 });
    expect(stored.rows.map(({ email, state }) => [email, state])).toEqual([
      [undefined, 'invalid'],
      ['bo@x.io', 'new'],
      [undefined, 'invalid'],
    ]);
    expect(stored.rows[1]?.firstName).toBe('Bo');
  });

  describe('sync runs', () => {
    test('a run is found in each state as it was stored', async () => {
      const full = {
        scheduledFor: now,
        pages: 2,
        counts: {
          ...noCounts,
          rows: 7,
          fresh: 3,
          skipped: { invalid: 1, existing: 3 },
          replaced: { department: 2, BADGE: 1 },
          exchanged: 3,
          cleared: 1,
          moved: 2,
          ends: 1,
          pastEnds: 1,
          unended: 2,
        },
        owns: ['department', 'BADGE'],
        connecting: { set: 1, refused: 2, without: 3 },
        reading: 'cut-off',
        warnings: ['Only the first page was read'],
        tries: 1,
        askedSince: after(-1),
        importedUpTo: 4,
        unconnected: 1,
        approvedBy: ada,
        failures: 2,
        noticeRunId: newId(),
      } as const;
      let run: SyncRun = await inserted(full);
      expect(await stores.syncRuns.find(run.id)).toEqual(run);
      const leased = leaseSync(run, 'w', now);
      const error = { code: 'http-status', message: 'It said no', step: 1 } as const;
      for (const next of [
        leased,
        waitForPage(leased, after(1), 'It is busy'),
        offerSync(leased, now, { fresh: 200, people: 50, why: ['growth', 'ends'] }),
        offerSync(leased, now),
        failSync(leased, error, now),
        cancelSync(leased, ada, now),
        finishSync(leased, now),
      ] satisfies SyncRun[]) {
        run = await stores.syncRuns.save({ ...next, version: run.version });
        expect(await stores.syncRuns.find(run.id)).toEqual(run);
      }
      expect(await stores.syncRuns.find(newId())).toBeUndefined();
    });

    test('of an integration one is at work at most; what waits for an admin is not', async () => {
      const run = await inserted();
      expect(await stores.syncRuns.insert(aRun())).toBe('taken');
      expect(await stores.syncRuns.atWork(integrationId)).toEqual(run);
      await stores.syncRuns.save(offerSync(leaseSync(run, 'w', now), now));
      expect(await stores.syncRuns.atWork(integrationId)).toBeUndefined();
      await inserted();
      await inserted({ integrationId: await anIntegration() });
    });

    test('a run that has changed since it was read is not overwritten', async () => {
      const run = await inserted();
      await stores.syncRuns.save(leaseSync(run, 'one', now));
      await expect(stores.syncRuns.save(leaseSync(run, 'other', now))).rejects.toMatchObject({
        code: 'stale-write',
      });
    });

    test('where the next page is stays until it is set again', async () => {
      const run = await inserted();
      expect(await stores.syncRuns.cursor(run.id)).toBeUndefined();
      const second = await stores.syncRuns.save(run, 'page two');
      const third = await stores.syncRuns.save(second);
      expect(await stores.syncRuns.cursor(run.id)).toBe('page two');
      await stores.syncRuns.save(third, null);
      expect(await stores.syncRuns.cursor(run.id)).toBeUndefined();
    });

    test('where the next import begins is kept beside the run, the last one said', async () => {
      const run = await inserted();
      expect(await stores.syncRuns.mark(run.id)).toBeUndefined();
      await stores.syncRuns.setMark(run.id, 'one');
      await stores.syncRuns.setMark(run.id, 'two');
      expect(await stores.syncRuns.mark(run.id)).toBe('two');
      await stores.syncRuns.save(run, null);
      expect(await stores.syncRuns.mark(run.id)).toBe('two');
    });

    test('runs are listed by what is asked for, the newest first', async () => {
      const complete = { reading: 'complete' } as const;
      const first = await ended({ createdAt: after(1), ...complete });
      const second = await ended({ createdAt: after(2), scheduledFor: now, action: 'update' });
      const third = await ended({ createdAt: after(3), noticeRunId: first.id });
      await inserted({ integrationId: await anIntegration(), createdAt: after(4) });
      const ids = async (filter: Parameters<typeof stores.syncRuns.list>[0]) =>
        (await stores.syncRuns.list(filter, { offset: 0, limit: 10 })).runs.map(({ id }) => id);
      expect(await ids({ integrationId })).toEqual([third.id, second.id, first.id]);
      expect(await ids({ states: ['done'], isComplete: true })).toEqual([first.id]);
      expect(await ids({ isScheduled: true })).toEqual([second.id]);
      expect(await ids({ action: 'update' })).toEqual([second.id]);
      expect(await ids({ noticeRunId: first.id })).toEqual([third.id]);
      expect(await ids({ integrationId, states: ['queued'] })).toEqual([]);
      const page = await stores.syncRuns.list({ integrationId }, { offset: 1, limit: 1 });
      expect([page.total, page.runs.map(({ id }) => id)]).toEqual([3, [second.id]]);
    });

    test('who holds it, and what is overdue, is found', async () => {
      const run = await inserted();
      const other = await inserted({ integrationId: await anIntegration(), dueAt: after(5) });
      const leased = await stores.syncRuns.save(leaseSync(run, 'w', now));
      expect(await stores.syncRuns.leasedBy('w')).toEqual([leased]);
      expect(await stores.syncRuns.leasedBy('x')).toEqual([]);
      const overdue = async (minutes: number) =>
        (await stores.syncRuns.overdue(after(minutes))).map(({ id }) => id);
      expect(await overdue(1)).toEqual([]);
      expect(await overdue(4)).toEqual([run.id]);
      expect(await overdue(6)).toEqual([run.id, other.id]);
      await stores.syncRuns.save(finishSync(leased, now));
      expect(await overdue(6)).toEqual([other.id]);
    });

    test('a page that was read is known again, by its run alone', async () => {
      const [run, other] = [
        await inserted(),
        await ended({ integrationId: await anIntegration() }),
      ];
      await stores.syncRuns.addPage(run.id, 'a');
      await stores.syncRuns.addPage(run.id, 'a');
      expect(await stores.syncRuns.hasPage(run.id, 'a')).toBe(true);
      expect(await stores.syncRuns.hasPage(run.id, 'b')).toBe(false);
      expect(await stores.syncRuns.hasPage(other.id, 'a')).toBe(false);
    });

    test('ended runs are thinned once', async () => {
      const [first, second] = [await ended(), await ended()];
      await inserted();
      expect(await stores.syncRuns.unthinned(integrationId, [second.id])).toEqual([first.id]);
      await stores.syncRuns.thinned(first.id);
      expect(await stores.syncRuns.unthinned(integrationId, [second.id])).toEqual([]);
    });
  });

  describe('rows', () => {
    let runId: string;
    beforeEach(async () => {
      runId = (await ended()).id;
    });
    const row = (seq: number, name: string, state: RowState, more: Partial<SyncRow> = {}) => ({
      runId,
      seq,
      email: `${name.toLowerCase()}@example.com`,
      firstName: name,
      lastName: 'Lee',
      state,
      chosen: state === 'new',
      ...more,
    });
    const list = async (filter: Parameters<typeof stores.syncRows.list>[1] = {}, run = runId) =>
      (await stores.syncRows.list(run, filter, { offset: 0, limit: 50 })).rows;
    const seqs = async (filter: Parameters<typeof stores.syncRows.list>[1] = {}, run = runId) =>
      (await list(filter, run)).map(({ seq }) => seq);

    test('rows are listed in their order, by state, choice and words', async () => {
      const { email: _, ...nameless } = row(2, 'No one', 'invalid', { note: 'No address' });
      const rows: SyncRow[] = [
        row(0, 'Ann', 'new', {
          details: { department: 'Ops', startDate: '2026-12-01', managerEmail: 'bo@example.com' },
        }),
        row(1, 'Bo', 'existing'),
        nameless,
        row(3, 'Cy_', 'new', { chosen: false }),
      ];
      await stores.syncRows.insertMany(rows);
      expect(await list()).toEqual(rows);
      expect(await seqs({ states: ['new', 'invalid'] })).toEqual([0, 2, 3]);
      expect(await seqs({ isChosen: true })).toEqual([0]);
      expect(await seqs({ search: 'LEE bo@' })).toEqual([1]);
      expect(await seqs({ search: 'y_' })).toEqual([3]);
      expect(await seqs({ search: '%' })).toEqual([]);
      const page = await stores.syncRows.list(runId, { states: ['new'] }, { offset: 1, limit: 1 });
      expect([page.total, page.rows]).toEqual([2, [rows[3]]]);
    });

    test('rows are found in any case, with or without accents, whichever database looks', async () => {
      await stores.syncRows.insertMany([
        row(0, 'Ann', 'new', { firstName: 'ÉMILE', lastName: 'Öz' }),
        row(1, 'Emile', 'new'),
      ]);
      for (const search of ['émile', 'ÉMILE', 'emile', 'e\u0301mile'])
        expect(await seqs({ search })).toEqual([0, 1]);
      expect(await seqs({ search: 'oz ANN@' })).toEqual([0]);
      await stores.syncRows.chooseBetween(runId, { from: 0, below: 9, search: 'öz' }, false);
      expect(await seqs({ isChosen: true })).toEqual([1]);
    });

    test('whatever a row says is kept as it is', async () => {
      const odd = `O'Neil "\\" {{x}} ?? $1 \n\t 😀 Ünï`;
      const kept = row(0, 'Ann', 'new', {
        firstName: odd,
        details: { position: odd, managerEmail: 'bo@example.com' },
        note: odd,
      });
      const { email: _, ...nameless } = row(1, '', 'invalid', { lastName: '' });
      await stores.syncRows.insertMany([kept, nameless]);
      await stores.syncRows.insertMany([]);
      expect(await list()).toEqual([kept, nameless]);
      expect(await stores.syncRows.find(runId, 1)).toEqual(nameless);
      expect(await stores.syncRows.find(runId, 2)).toBeUndefined();
    });

    test('rows of people who were here are found by their address or their employee ID', async () => {
      await stores.syncRows.insertMany([
        row(0, 'Ann', 'existing'),
        row(1, 'Bo', 'new'),
        row(2, 'Cy', 'fill'),
        row(3, 'Ann', 'duplicate'),
        row(4, 'Di', 'existing', { details: { employeeId: '5' } }),
      ]);
      const emails = ['ann@example.com', 'bo@example.com', 'cy@example.com'];
      const found = await stores.syncRows.ofPeople(runId, { emails, employeeIds: [] });
      expect(found.map(({ seq }) => seq)).toEqual([0, 2]);
      const byId = await stores.syncRows.ofPeople(runId, { emails: [], employeeIds: ['5'] });
      expect(byId.map(({ seq }) => seq)).toEqual([4]);
      expect(await stores.syncRows.ofPeople(runId, { emails: [], employeeIds: [] })).toEqual([]);
    });

    test('addresses of a run are known, and chosen rows come in order', async () => {
      await stores.syncRows.insertMany([
        row(0, 'Ann', 'new'),
        row(1, 'Bo', 'new'),
        row(2, 'Cy', 'existing'),
      ]);
      const known = await stores.syncRows.known(runId, ['ann@example.com', 'who@example.com']);
      expect([...known]).toEqual(['ann@example.com']);
      const chosen = async (from: number, below: number, limit: number) => {
        const which = { from, below, states: ['new', 'left'] as const };
        const found = await stores.syncRows.chosenBetween(runId, which, limit);
        return found.map(({ seq }) => seq);
      };
      expect(await chosen(0, 3, 10)).toEqual([0, 1]);
      expect(await chosen(1, 3, 10)).toEqual([1]);
      expect(await chosen(0, 1, 10)).toEqual([0]);
      expect(await chosen(0, 3, 1)).toEqual([0]);
    });

    test('new ones and those who left can be chosen or not', async () => {
      await stores.syncRows.insertMany([
        row(0, 'Ann', 'new'),
        row(1, 'Bo', 'left'),
        row(2, 'Cy', 'existing'),
        row(3, 'Di', 'new'),
        row(4, 'Diana', 'new'),
      ]);
      await stores.syncRows.chooseBetween(runId, { from: 0, below: 4, search: '' }, false);
      expect(await seqs({ isChosen: true })).toEqual([4]);
      const leftOut = { states: ['new'], isChosen: false } as const;
      expect(await stores.syncRows.count(runId, leftOut)).toBe(2);
      await stores.syncRows.chooseBetween(runId, { from: 0, below: 9, search: 'dia' }, false);
      expect(await seqs({ isChosen: true })).toEqual([]);
      await stores.syncRows.choose(runId, ['bo@example.com', 'cy@example.com'], true);
      expect(await seqs({ isChosen: true })).toEqual([1]);
    });

    test('a new row becomes another, and is not chosen then; every other stays what it is', async () => {
      await stores.syncRows.insertMany([row(0, 'Ann', 'new'), row(1, 'Ann', 'duplicate')]);
      const emails = ['ann@example.com'];
      expect(await stores.syncRows.setState(runId, emails, 'ignored')).toBe(1);
      expect(await stores.syncRows.setState(runId, emails, 'ignored')).toBe(0);
      expect((await list()).map(({ state, chosen }) => [state, chosen])).toEqual([
        ['ignored', false],
        ['duplicate', false],
      ]);
    });

    test('rows that share an employee ID are found, and left out for a reason', async () => {
      const as = (employeeId: string) => ({ details: { employeeId } });
      await stores.syncRows.insertMany([
        row(0, 'Ann', 'new', as('1')),
        row(1, 'Bo', 'fill', as('1')),
        row(2, 'Cy', 'new', as('2')),
        row(3, 'Di', 'new', as('3')),
        row(4, 'Ed', 'duplicate', as('3')),
        row(5, 'Fi', 'new'),
        row(6, 'Gil', 'new'),
      ]);
      expect(await stores.syncRows.sharedEmployeeIds(runId, 9)).toEqual(['1']);
      const shared = await stores.syncRows.withEmployeeIds(runId, ['1', '3']);
      expect(shared.map(({ seq }) => seq)).toEqual([0, 1, 3]);
      const why = { state: 'invalid', note: 'Why' } as const;
      const left = await stores.syncRows.leaveOutId(runId, '1', why);
      expect(Object.fromEntries(left)).toEqual({ fill: 1, new: 1 });
      expect(await stores.syncRows.sharedEmployeeIds(runId, 9)).toEqual([]);
      expect(await stores.syncRows.find(runId, 1)).toMatchObject({ ...why, chosen: false });
      expect(await stores.syncRows.newAmong(runId, ['ann@example.com', 'cy@example.com'])).toEqual(
        new Set(['cy@example.com']),
      );
      const span = { from: 2, below: 7, state: 'new' } as const;
      const between = await stores.syncRows.between(runId, span, 3);
      expect(between.map(({ seq }) => seq)).toEqual([2, 3, 5]);
    });

    test('what a row says of a person is kept with every digit', async () => {
      const details = {
        endDate: '2026-12-31',
        managerEmail: '',
        timeZone: 'Europe/Vienna',
        employeeId: '007',
        stored: { BADGE: 12345678901234567890n, DESK: null },
      };
      await stores.syncRows.insertMany([row(0, 'Ann', 'new', { details })]);
      expect((await stores.syncRows.find(runId, 0))?.details).toEqual(details);
    });

    test('who was there before, is here and is there no more is found, page by page', async () => {
      const before = (await ended()).id;
      const names = ['Ann', 'Bo', 'Cy', 'Di', 'Ed'] as const;
      await stores.syncRows.insertMany(
        names.map((name, seq) => ({
          ...row(seq, name, name === 'Di' ? 'missing' : name === 'Ed' ? 'ignored' : 'existing'),
          runId: before,
        })),
      );
      for (const name of names)
        await stores.people.insert({
          id: newId(),
          version: 1,
          email: `${name.toLowerCase()}@example.com`,
          firstName: name,
          lastName: '',
          role: 'other',
          active: name !== 'Cy',
          stored: {},
        });
      await stores.syncRows.insertMany([row(0, 'Bo', 'existing')]);
      const gone = async (afterEmail: string, limit = 10) =>
        (await stores.syncRows.goneSince({ before, runId, afterEmail, limit })).map(
          ({ firstName }) => firstName,
        );
      expect(await gone('')).toEqual(['Ann', 'Di']);
      expect(await gone('', 1)).toEqual(['Ann']);
      expect(await gone('ann@example.com')).toEqual(['Di']);
    });

    test('rows are deleted little by little', async () => {
      await stores.syncRows.insertMany(
        ['A', 'B', 'C', 'D'].map((name, seq) => row(seq, name, seq === 1 ? 'new' : 'existing')),
      );
      expect(await stores.syncRows.deleteFrom(runId, 3, 10)).toBe(1);
      expect(await stores.syncRows.thin(runId, 1)).toBe(1);
      expect(await stores.syncRows.thin(runId, 10)).toBe(1);
      expect(await seqs()).toEqual([1]);
      expect(await stores.syncRows.deleteFrom(runId, 0, 10)).toBe(1);
    });
  });

  test('ignored addresses are kept once, found, listed and dropped', async () => {
    const { ignoredEmails } = stores;
    await ignoredEmails.addMany([
      { email: 'ann@x.io', by: ada, at: now },
      { email: 'bo_b@x.io', by: ada, at: after(1) },
    ]);
    await ignoredEmails.addMany([{ email: 'ann@x.io', by: { kind: 'system' }, at: after(2) }]);
    expect([...(await ignoredEmails.among(['ann@x.io', 'who@x.io']))]).toEqual([
      ['ann@x.io', 'ignored'],
    ]);
    const list = async (search: string) =>
      (await ignoredEmails.list(search, { offset: 0, limit: 10 })).ignored;
    expect(await list('')).toEqual([
      { email: 'bo_b@x.io', by: ada, at: after(1) },
      { email: 'ann@x.io', by: ada, at: now },
    ]);
    expect((await list('O_B')).map(({ email }) => email)).toEqual(['bo_b@x.io']);
    expect(await list('%')).toEqual([]);
    await ignoredEmails.delete('ann@x.io');
    expect(await ignoredEmails.among(['ann@x.io'])).toEqual(new Map());
  });
}

import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/core/ids.ts';
import type {
  Access,
  AuditEntry,
  ManifestIntegration,
  Person,
} from '../../src/engine/people/directory.ts';
import type {
  FormSession,
  LiveMessage,
  OpenInteraction,
} from '../../src/engine/ports/chat-stores.ts';
import { StaleWrite } from '../../src/engine/ports/store.ts';
import type { Clock } from '../../src/engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../src/engine/ports/unit-of-work.ts';
import type { Run, RunError, RunIn, Step } from '../../src/engine/runs/run.ts';
import { accessSince } from '../support/has-access.ts';
import { aPerson } from './a-person.ts';

export interface StoresDriver {
  readonly db: Knex;
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  cleanup(): Promise<void>;
}

const noon = new Date('2026-11-24T12:00:00.000Z');
const minutesAfter = (minutes: number, since = noon) =>
  new Date(since.getTime() + minutes * 60_000);

/** What every database must do. `open` gives an empty, migrated one that reads the time from `now`. */
export function storesContract(open: (now: Clock) => Promise<StoresDriver>): void {
  let driver: StoresDriver;
  let stores: Stores;
  let now = noon;

  beforeEach(async () => {
    now = noon;
    driver = await open(() => now);
    stores = driver.stores;
  });
  afterEach(() => driver.cleanup());

  const someone = async (about: Partial<Person> = {}): Promise<Person> => {
    const person = aPerson(about);
    await stores.people.insert(person);
    return person;
  };

  const someIntegration = async (
    about: Partial<ManifestIntegration> = {},
  ): Promise<ManifestIntegration> => {
    const integration = anIntegration(about);
    await stores.integrations.insert(integration);
    await stores.integrations.insertVersion({
      id: integration.manifestVersionId,
      integrationId: integration.id,
      number: 1,
      manifest: '{}',
      savedBy: { kind: 'system' } as const,
      createdAt: noon,
    });
    return integration;
  };

  describe('people', () => {
    test("someone is found by their phone number, however it is written, if it is nobody else's", async () => {
      const person = await someone({ phone: '+32 (470) 12.34.56' });
      await someone({ phone: '+32 470 12 34 57' });
      await someone();
      expect(await stores.people.findByPhone('+32470123456')).toEqual(person);
      expect(await stores.people.findByPhone('0032 470 12 34 56')).toEqual(person);
      expect(await stores.people.findByPhone('470123456')).toBeUndefined();
      expect(await stores.people.findByPhone('')).toBeUndefined();
      expect(await stores.people.findByPhone('#general')).toBeUndefined();

      await someone({ phone: '0032470123456', active: false });
      const inactive = await someone({ phone: '+32470123456', active: false });
      expect(await stores.people.findByPhone('+32470123456')).toEqual(person);
      await stores.people.save({ ...inactive, active: true });
      expect(await stores.people.findByPhone('+32470123456')).toBeUndefined();
    });

    test('admins and direct reports are found, active ones only, by name', async () => {
      const boss = await someone({ role: 'admin', firstName: 'Bo' });
      await someone({ role: 'admin', active: false });
      const zoe = await someone({ managerId: boss.id, firstName: 'Zoe' });
      const ann = await someone({ managerId: boss.id, firstName: 'Ann' });
      await someone({ managerId: boss.id, active: false });
      expect(await stores.people.admins()).toEqual([boss]);
      expect(await stores.people.reportsOf(boss.id)).toEqual([ann, zoe]);
      const second = await stores.people.reports(boss.id, { offset: 1, limit: 1 });
      expect(second).toEqual({ people: [zoe], total: 2 });
      expect(await stores.people.hasReports(boss.id)).toBe(true);
      expect(await stores.people.hasReports(zoe.id)).toBe(false);
    });

    test('everyone whose manager or buddy someone is is found, also who has left', async () => {
      const boss = await someone();
      const both = await someone({ managerId: boss.id, buddyId: boss.id });
      const gone = await someone({ managerId: boss.id, active: false });
      const friend = await someone({ buddyId: boss.id });
      await someone({ managerId: both.id });
      const ids = (await stores.people.whoNames(boss.id)).map(({ id }) => id);
      expect(ids).toEqual([both.id, gone.id, friend.id].toSorted());
    });

    test('a person is read as it was written, with the digits of a big integer', async () => {
      const manager = await someone();
      const person = await someone({
        phone: '+3212345',
        position: 'Engineer',
        department: 'R&D',
        managerId: manager.id,
        buddyId: manager.id,
        startDate: '2026-12-01',
        endDate: '2027-12-01',
        timeZone: 'Europe/Brussels',
        role: 'new_hire',
        stored: { id: 12345678901234567890n, nested: { list: [1, null, true, 'é'] } },
      });

      expect(await stores.people.find(person.id)).toEqual(person);
      expect(await stores.people.find(manager.id)).toEqual(manager);
      expect(await stores.people.find(newId())).toBeUndefined();
    });

    test('many people are found in the order asked for, without those who are not there', async () => {
      const ann = await someone();
      const bob = await someone();
      expect(await stores.people.findMany([bob.id, newId(), ann.id])).toEqual([bob, ann]);
      expect(await stores.people.timeZoneOf(ann.id)).toBe(ann.timeZone);
      expect(await stores.people.timeZoneOf(newId())).toBeUndefined();
    });

    test('an email is found in any case', async () => {
      const person = await someone({ email: 'ann@example.com' });
      expect(await stores.people.findByEmail(' Ann@Example.COM ')).toEqual(person);
    });

    test('a search finds active people who have every word, in any case and accent, by name', async () => {
      const zoe = await someone({ firstName: 'Zoë', lastName: 'Ångström', email: 'z@x.io' });
      const anna = await someone({ firstName: 'anna', lastName: 'Zoeller', email: 'a@x.io' });
      await someone({ firstName: 'Zoe', lastName: 'Gone', email: 'gone@x.io', active: false });
      await someone({ firstName: 'Bob', lastName: 'Byte', email: 'b@x.io' });

      const found = await stores.people.search('  ZOE x.io ', { offset: 0, limit: 10 });
      expect(found).toEqual({ people: [anna, zoe], total: 2 });
      const second = await stores.people.search('zoe', { offset: 1, limit: 1 });
      expect(second).toEqual({ people: [zoe], total: 2 });
      expect((await stores.people.search('angstrom zoë', { offset: 0, limit: 9 })).total).toBe(1);
      expect((await stores.people.search('', { offset: 0, limit: 1 })).total).toBe(3);
    });

    test('what stands for anything in a pattern stands for itself in a search', async () => {
      const person = await someone({ firstName: String.raw`50%_\a`, lastName: 'Off' });
      await someone({ firstName: '50xyza', lastName: 'Off' });
      for (const text of ['50%', '%_', String.raw`\a`]) {
        const { people } = await stores.people.search(text, { offset: 0, limit: 9 });
        expect(people).toEqual([person]);
      }
    });

    test('a save on an old version is refused', async () => {
      const person = await someone();
      const saved = await stores.people.save({ ...person, position: 'Lead' });
      expect(saved).toEqual({ ...person, position: 'Lead', version: person.version + 1 });
      expect(await stores.people.find(person.id)).toEqual(saved);
      await expect(stores.people.save({ ...person, position: 'Boss' })).rejects.toThrow(StaleWrite);
      expect(await stores.people.find(person.id)).toEqual(saved);
    });

    test('a property that is left out of a save is gone', async () => {
      const { phone: _, ...person } = await someone({ phone: '+321' });
      expect(await stores.people.find((await stores.people.save(person)).id)).not.toHaveProperty(
        'phone',
      );
    });
  });

  describe('chat identities', () => {
    test('a chat user stays linked to the first person', async () => {
      const [ann, bob] = [await someone(), await someone()];
      const link = { platform: 'slack', tenant: 'T1', userId: 'U1', linkedAt: noon } as const;
      await stores.identities.insert({ ...link, personId: ann.id });
      await stores.identities.insert({ ...link, personId: bob.id });

      expect(await stores.identities.find('slack', 'T1', 'U1')).toEqual({
        ...link,
        personId: ann.id,
      });
      expect(await stores.identities.find('slack', 'T2', 'U1')).toBeUndefined();
      expect(await stores.identities.find('teams', 'T1', 'U1')).toBeUndefined();
    });
  });

  describe('integrations', () => {
    test('integrations are found by id and by name in any case, and listed by name', async () => {
      const zoom = await someIntegration({ name: 'zoom' });
      const asana = await someIntegration({ name: 'Asana', enabled: false });
      expect(await stores.integrations.find(zoom.id)).toEqual(zoom);
      expect(await stores.integrations.findByName('ASANA')).toEqual(asana);
      expect(await stores.integrations.findByName('Slack')).toBeUndefined();
      expect(await stores.integrations.list()).toEqual([asana, zoom]);
    });

    test('integrations are found by many names, and by the letter that they begin with', async () => {
      const zoe = await someIntegration({ name: 'Zoë' });
      const zoom = await someIntegration({ name: 'zoom' });
      const percent = await someIntegration({ name: '%' });
      await someIntegration({ name: 'Asana' });
      const gone = await someIntegration({ name: 'Zulu' });
      await stores.integrations.save({ ...gone, deletedAt: noon });
      const found = await stores.integrations.findByNames(['ZOOM', 'zoe', 'Zulu', 'Slack', 'zoom']);
      expect(found.map(({ name }) => name).toSorted()).toEqual(['Zoë', 'zoom']);
      expect(await stores.integrations.findByNames([])).toEqual([]);
      const starting = async (letter: string) => [
        ...(await stores.integrations.namesStartingWith(letter)),
      ];
      expect(await starting('Z')).toEqual([
        ['zoe', zoe.id],
        ['zoom', zoom.id],
      ]);
      expect(await starting('%')).toEqual([['%', percent.id]]);
      expect(await starting('_')).toEqual([]);
    });

    test('two integrations whose names differ only in case are refused', async () => {
      await someIntegration({ name: 'Zoom' });
      await expect(stores.integrations.insert(anIntegration({ name: 'zoom' }))).rejects.toThrow(
        /unique/i,
      );
    });

    test('a save on an old version is refused', async () => {
      const integration = await someIntegration();
      const saved = await stores.integrations.save({ ...integration, enabled: false });
      expect(saved).toEqual({ ...integration, enabled: false, version: integration.version + 1 });
      await expect(stores.integrations.save(integration)).rejects.toThrow(StaleWrite);
    });

    test('every manifest version is kept, and may be written before its integration', async () => {
      const integration = anIntegration();
      const version = {
        id: integration.manifestVersionId,
        integrationId: integration.id,
        number: 1,
        manifest: '{ "name": "é" }',
        savedBy: { kind: 'system' } as const,
        createdAt: noon,
      };
      await driver.transact(async (tx) => {
        await tx.integrations.insertVersion(version);
        await tx.integrations.insert(integration);
      });
      expect(await stores.integrations.findVersion(version.id)).toEqual(version);
      expect(await stores.integrations.findVersion(newId())).toBeUndefined();
      expect(await stores.integrations.findVersions([newId(), version.id])).toEqual([version]);
      expect(await stores.integrations.findMany([newId(), integration.id])).toEqual([
        await stores.integrations.find(integration.id),
      ]);
    });
  });

  describe('secrets', () => {
    test('secrets are opened by name, and replaced', async () => {
      const integration = await someIntegration();
      await stores.secrets.put(integration.id, 'TOKEN', 'first');
      await stores.secrets.put(integration.id, 'TOKEN', 'second');
      await stores.secrets.put(integration.id, 'oauth', '{"a":1}');
      expect(await stores.secrets.all(integration.id)).toEqual({
        TOKEN: 'second',
        oauth: '{"a":1}',
      });
      expect(await stores.secrets.all((await someIntegration()).id)).toEqual({});
    });
  });

  describe('runs', () => {
    const inputs = { form: { team: 'a', groups: ['b', 'c'] }, generated: { password: 'pw' } };
    const started = async (about: Partial<RunIn<'queued'>> = {}): Promise<RunIn<'queued'>> => {
      const person = about.personId ?? (await someone()).id;
      const integration = await someIntegration();
      const run = aRun({
        personId: person,
        integrationId: integration.id,
        manifestVersionId: integration.manifestVersionId,
        ...about,
      });
      expect(await stores.runs.insert(run, inputs)).toBe('inserted');
      return run;
    };

    test('a run is read as it was written in every state', async () => {
      const { state: _, dueAt: __, ...facts } = await started();
      const error = { code: 'http-status', message: 'It answered 500.', step: 2 } as const;
      const noStep = { code: 'not-matched', message: 'It was not ready.' } as const;
      const operator = { kind: 'operator', user: 'root' } as const;
      let version = facts.version;
      const states: readonly Run[] = [
        { ...facts, state: 'running', workerId: 'w1', leasedUntil: minutesAfter(2) },
        { ...facts, state: 'waiting', dueAt: minutesAfter(3), why: "It isn't ready." },
        { ...facts, state: 'retrying', dueAt: minutesAfter(60), error },
        { ...facts, state: 'deferred' },
        { ...facts, state: 'succeeded', finishedAt: minutesAfter(4) },
        { ...facts, state: 'succeeded', finishedAt: minutesAfter(4), foundGone: true },
        { ...facts, state: 'failed', finishedAt: minutesAfter(4), error },
        { ...facts, state: 'blocked', finishedAt: minutesAfter(4), error: noStep },
        { ...facts, state: 'cancelled', finishedAt: minutesAfter(4), cancelledBy: operator },
        {
          ...facts,
          state: 'cancelled',
          finishedAt: minutesAfter(4),
          cancelledBy: { kind: 'system' },
          why: 'Asana is turned off.',
        },
        { ...facts, state: 'queued', dueAt: minutesAfter(5), stoppedBy: { kind: 'system' } },
      ];
      for (const state of states) {
        const saved = await stores.runs.save({ ...state, version });
        version += 1;
        expect(saved).toEqual({ ...state, version });
        expect(await stores.runs.find(facts.id)).toEqual(saved);
      }
    });

    test('a save on an old version is refused', async () => {
      const run = await started();
      await stores.runs.save(run);
      await expect(stores.runs.save(run)).rejects.toThrow(StaleWrite);
    });

    test('what a run was started with is opened', async () => {
      const run = await started();
      expect(await stores.runs.inputs(run.id)).toEqual(inputs);
      await expect(stores.runs.inputs(newId())).rejects.toMatchObject({ code: 'run-not-found' });
    });

    test('a run that a worker may take is found with its inputs, and no other one', async () => {
      const run = await started();
      expect(await stores.runs.findActive(run.id)).toEqual({ run, inputs });
      const ended = await stores.runs.save(succeeded(run, noon));
      expect(await stores.runs.findActive(ended.id)).toBeUndefined();
      expect(await stores.runs.findActive(newId())).toBeUndefined();
    });

    test('newer inputs take the place of what that run was started with, sealed as those were', async () => {
      const [run, other] = [await started(), await started()];
      const newer = { ...inputs, hours: 4, generated: { password: 'pw', pin: '1234' } };
      await stores.runs.putInputs(run.id, newer);
      expect(await stores.runs.inputs(run.id)).toEqual(newer);
      expect(await stores.runs.inputs(other.id)).toEqual(inputs);
      expect(await stores.runs.find(run.id)).toEqual(run);
      const row: unknown = await driver.db('runs').where({ id: run.id }).first();
      expect(JSON.stringify(row)).not.toMatch(/1234|password/);
    });

    test('a run that has ended for good forgets its generated values and keeps its form', async () => {
      const run = await started();
      const running = { state: 'running', workerId: 'w1', leasedUntil: minutesAfter(2) } as const;
      const { dueAt: _, ...facts } = run;
      const held = await stores.runs.save({ ...facts, ...running });
      expect(await stores.runs.inputs(run.id)).toEqual(inputs);
      await stores.runs.save(succeeded({ ...run, version: held.version }, noon));
      expect(await stores.runs.inputs(run.id)).toEqual({ form: inputs.form, generated: {} });
    });

    test('a second unfinished run of a person at an integration is refused until the first has ended', async () => {
      const first = await started();
      const second = { ...first, id: newId() };
      expect(await stores.runs.insert(second, inputs)).toBe('taken');
      expect(await stores.runs.find(second.id)).toBeUndefined();
      expect(await stores.runs.unfinished(first.personId, first.integrationId)).toEqual(first);

      await stores.runs.save(succeeded(first, noon));
      expect(await stores.runs.unfinished(first.personId, first.integrationId)).toBeUndefined();
      expect(await stores.runs.insert(second, inputs)).toBe('inserted');
    });

    test('several runs wait behind the active one, the oldest first, and are neither it nor overdue', async () => {
      const { state: _, dueAt, ...facts } = await started();
      const active: Run = { ...facts, state: 'queued', dueAt };
      const { personId, integrationId } = facts;
      const deferred = async (minutes: number) => {
        const createdAt = minutesAfter(minutes);
        const run = { ...facts, id: newId(), createdAt, state: 'deferred' } as const;
        expect(await stores.runs.insert(run, inputs)).toBe('inserted');
        return run;
      };
      const second = await deferred(2);
      const first = await deferred(1);
      expect(await stores.runs.deferredOf(personId, integrationId)).toEqual([first, second]);
      expect(await stores.runs.unfinished(personId, integrationId)).toEqual(active);
      expect(await stores.runs.unfinishedOf(personId)).toEqual([active, first, second]);
      expect(await stores.runs.unfinishedAt(integrationId)).toEqual([active, first, second]);
      expect(await stores.runs.overdue(minutesAfter(60))).toEqual([active]);

      const finishedAt = minutesAfter(3);
      await stores.runs.save({
        ...second,
        state: 'cancelled',
        finishedAt,
        cancelledBy: { kind: 'system' },
      });
      await stores.runs.save(succeeded({ ...active, dueAt }, finishedAt));
      expect(await stores.runs.unfinished(personId, integrationId)).toBeUndefined();
      const queued = await stores.runs.save({ ...first, state: 'queued', dueAt });
      expect(await stores.runs.unfinished(personId, integrationId)).toEqual(queued);
      expect(await stores.runs.insert({ ...active, id: newId() }, inputs)).toBe('taken');
      expect(await stores.runs.deferredOf(personId, integrationId)).toEqual([]);
    });

    test('a refused run leaves its transaction usable', async () => {
      const first = await started();
      const outcome = await driver.transact(async (tx) => {
        const taken = await tx.runs.insert({ ...first, id: newId() }, inputs);
        await tx.auditLog.add(anEntry({ what: 'refused' }));
        return taken;
      });
      expect(outcome).toBe('taken');
      expect(await stores.auditLog.list({ offset: 0, limit: 9 })).toMatchObject([
        { what: 'refused' },
      ]);
    });

    test("a person's unfinished runs are listed, oldest first", async () => {
      const later = await started({ createdAt: minutesAfter(1) });
      const earlier = await started({ personId: later.personId });
      const ended = await started({ personId: later.personId });
      await stores.runs.save(succeeded(ended, noon));
      await started();
      expect(await stores.runs.unfinishedOf(later.personId)).toEqual([earlier, later]);
    });

    test('the last run that succeeded is known per integration', async () => {
      const run = await started();
      const first = await stores.runs.save(succeeded(run, minutesAfter(1)));
      const second = { ...run, id: newId(), kind: 'revoke' } as const;
      await stores.runs.insert(second, inputs);
      const last = await stores.runs.save(succeeded(second, minutesAfter(2)));
      const third = { ...run, id: newId() };
      await stores.runs.insert(third, inputs);
      const error = { code: 'no-answer', message: 'No answer.' } as const;
      const { dueAt: _, ...facts } = third;
      await stores.runs.save({ ...facts, state: 'failed', finishedAt: minutesAfter(3), error });
      const elsewhere = await started({ personId: run.personId });
      const other = await stores.runs.save(succeeded(elsewhere, noon));

      const found = await stores.runs.lastSucceeded(run.personId);
      expect(found).toHaveLength(2);
      expect(found).toEqual(expect.arrayContaining([last, other]));
      expect(found).not.toContainEqual(first);
    });

    test('the runs that a worker holds are found', async () => {
      const { dueAt: _, ...facts } = await started();
      const lease = { state: 'running', workerId: 'w1', leasedUntil: minutesAfter(2) } as const;
      const running = await stores.runs.save({ ...facts, ...lease });
      await started();
      expect(await stores.runs.leasedBy('w1')).toEqual([running]);
      expect(await stores.runs.leasedBy('w2')).toEqual([]);
    });

    test('runs whose time has passed are found, the longest due first, and ended ones are not', async () => {
      const queued = await started({ dueAt: minutesAfter(1) });
      const { dueAt: _, ...facts } = await started();
      const lease = { state: 'running', workerId: 'w1', leasedUntil: noon } as const;
      const lost = await stores.runs.save({ ...facts, ...lease });
      await stores.runs.save(succeeded(await started(), noon));
      expect(await stores.runs.overdue(minutesAfter(2))).toEqual([lost, queued]);
      expect(await stores.runs.overdue(noon)).toEqual([]);
    });

    test('runs are listed the newest first, by whom they concern, by integration and by outcome', async () => {
      const mine = await started({ createdAt: minutesAfter(1) });
      const byMe = await started({
        createdAt: minutesAfter(2),
        startedBy: { kind: 'person', personId: mine.personId, via: 'slack' },
      });
      const other = await stores.runs.save(
        succeeded(await started({ createdAt: minutesAfter(3) }), minutesAfter(4)),
      );
      const list = async (filter: Parameters<typeof stores.runs.list>[0], limit = 10) => {
        const { runs, total } = await stores.runs.list(filter, { offset: 0, limit });
        return [total, ...runs.map(({ id }) => id)];
      };
      const concerning = { about: [mine.personId], startedBy: mine.personId };
      expect(await list({ concerning })).toEqual([2, byMe.id, mine.id]);
      expect(await list({ concerning: { about: [mine.personId] } })).toEqual([1, mine.id]);
      expect(await list({ outcome: 'succeeded' })).toEqual([1, other.id]);
      expect(await list({ outcome: 'under-way' }, 1)).toEqual([2, byMe.id]);
      expect(await list({ integrationId: mine.integrationId, outcome: 'cancelled' })).toEqual([0]);
    });

    test('runs whose outcome is unknown are listed and counted apart from those that failed', async () => {
      const failing = async (
        minute: number,
        code: RunError['code'],
        state: 'failed' | 'retrying',
      ) => {
        const { dueAt, ...facts } = await started({ createdAt: minutesAfter(minute) });
        const error = { code, message: 'No.', step: 0 };
        return stores.runs.save(
          state === 'failed'
            ? { ...facts, state, finishedAt: minutesAfter(9), error }
            : { ...facts, state, dueAt, error },
        );
      };
      const failed = await failing(1, 'http-status', 'failed');
      const unknown = await failing(2, 'unknown-outcome', 'failed');
      const waiting = await failing(3, 'unknown-outcome', 'retrying');
      const list = async (filter: Parameters<typeof stores.runs.list>[0], limit: number) => {
        const { runs, total } = await stores.runs.list(filter, { offset: 0, limit });
        return [total, ...runs.map(({ id }) => id)];
      };
      expect(await list({ outcome: 'unknown' }, 9)).toEqual([2, waiting.id, unknown.id]);
      expect(await list({ outcome: 'unknown' }, 1)).toEqual([2, waiting.id]);
      expect(await list({ outcome: 'failed' }, 9)).toEqual([1, failed.id]);
      const { integrationId } = unknown;
      expect(await list({ outcome: 'unknown', integrationId }, 9)).toEqual([1, unknown.id]);
    });

    test('steps are kept per attempt in order, and overwritten', async () => {
      const run = await started();
      const second = aStep(run.id, { index: 1, method: 'GET' });
      const done = aStep(run.id, {
        state: 'done',
        tries: 2,
        finishedAt: minutesAfter(1),
        status: 201,
        responseText: '{"ok":true}',
        warnings: ["x isn't known"],
        idempotencyKey: 'key',
      });
      await stores.runs.putSteps([second]);
      await stores.runs.putSteps([aStep(run.id, { interruptions: 2 })]);
      expect((await stores.runs.steps(run.id, 1))[0]?.interruptions).toBe(2);
      await stores.runs.putSteps([done, aStep(run.id, { attempt: 2, state: 'waiting' })]);
      expect(await stores.runs.steps(run.id, 1)).toEqual([done, second]);
      expect(await stores.runs.steps(run.id, 2)).toHaveLength(1);
    });

    test('responses are kept per attempt in order, with the digits of a big integer', async () => {
      const run = await started();
      const big = { id: 12345678901234567890n, list: [{ a: null }] };
      await stores.runs.putResponse({ runId: run.id, attempt: 1, index: 1 }, {});
      await stores.runs.putResponse({ runId: run.id, attempt: 1, index: 0 }, big);
      await stores.runs.putResponse({ runId: run.id, attempt: 2, index: 0 }, 'text');
      expect(await stores.runs.responses(run.id, 1)).toEqual([big, {}]);
      expect(await stores.runs.responses(run.id, 2)).toEqual(['text']);
      expect(await stores.runs.responses(run.id, 3)).toEqual([]);
    });

    test('a response that is stored again replaces the one before', async () => {
      const run = await started();
      await stores.runs.putResponse({ runId: run.id, attempt: 1, index: 0 }, 1);
      await stores.runs.putResponse({ runId: run.id, attempt: 1, index: 0 }, 2);
      expect(await stores.runs.responses(run.id, 1)).toEqual([2]);
    });
  });

  describe('access', () => {
    test('what is known is kept per person and integration, and replaced', async () => {
      const [person, zoom, asana] = [
        await someone(),
        await someIntegration(),
        await someIntegration(),
      ];
      const access: Access = accessSince(noon, {
        personId: person.id,
        integrationId: zoom.id,
        reason: 'Found.',
      });
      const changed = { ...access, state: 'unknown', checkedAt: minutesAfter(1) } as const;
      const other = { ...access, integrationId: asana.id, state: 'none' } as const;
      await stores.access.put(access);
      await stores.access.put(changed);
      await stores.access.put(other);
      expect(await stores.access.find(person.id, zoom.id)).toEqual(changed);
      expect(await stores.access.forPerson(person.id)).toEqual([changed, other]);
      expect(await stores.access.find(newId(), zoom.id)).toBeUndefined();
    });
  });

  test('what a chat client says of a language is kept beside the person, whose version stays', async () => {
    const person = await someone();
    await stores.people.noteChatLocale(person.id, 'de-AT');
    expect(await stores.people.find(person.id)).toEqual({ ...person, chatLocale: 'de-AT' });
    await stores.people.noteChatLocale(newId(), 'de-AT'); // Nobody: nothing happens.
  });

  describe('messages', () => {
    test('messages are found by id, address and topic (newest first), replaced and deleted', async () => {
      const reader = await someone();
      const first = aMessage(reader.id, { address: { platform: 'slack', key: 'C1/1' } });
      const second = aMessage(reader.id, { postedAt: minutesAfter(1) });
      await stores.messages.put(first);
      await stores.messages.put(second);
      const shown = { ...first, shown: 'other', forEverybody: true as const };
      await stores.messages.put(shown);

      expect(await stores.messages.find(first.id)).toEqual(shown);
      expect(await stores.messages.findByAddress(first.address)).toEqual(shown);
      expect(
        await stores.messages.findByAddress({ platform: 'teams', key: 'C1/1' }),
      ).toBeUndefined();
      const at = (serviceUrl: string) =>
        ({
          platform: 'teams',
          key: JSON.stringify({ serviceUrl, channel: 'm', message: '1' }),
        }) as const;
      const moved = aMessage(reader.id, { address: at('https://a.example') });
      await stores.messages.put({ ...moved, card: { ...moved.card, topic: 'run:2' } });
      expect(await stores.messages.findByAddress(at('https://b.example'))).toMatchObject({
        id: moved.id,
      });

      expect(await stores.messages.byTopics(['run:1'])).toEqual([second, shown]);
      await stores.messages.delete(first.id);
      expect(await stores.messages.byTopics(['run:1'])).toEqual([second]);
    });

    test('those about an access follow its rows; the newest first', async () => {
      const { id: personId } = await someone();
      const apps = [await someIntegration(), await someIntegration({ name: 'Figma' })];
      const accesses = apps.map(({ id }) => ({ personId, integrationId: id }));
      const about = () =>
        stores.messages.about([...accesses, { personId, integrationId: 'other' }]);
      const holds = accesses.map((whose) => ({ id: newId(), version: 1, ...whose }));
      for (const hold of holds)
        await stores.holds.insert({
          ...hold,
          source: 'by-hand',
          startedAt: noon,
          givenBy: { kind: 'system' },
        });
      const follow = async (topic: string, postedAt: Date) => {
        const message = aMessage(personId, { postedAt });
        await stores.messages.put({ ...message, card: { ...message.card, topic } });
        return message.id;
      };
      await follow('hold:other', noon);
      const posted: string[] = [];
      for (const [minute, { id }] of [...holds, ...holds].entries())
        posted.unshift(await follow(`hold:${id}`, minutesAfter(minute)));
      expect(await about()).toEqual(posted);
    });
  });

  describe('conversations', () => {
    test('the latest is where the person last wrote', async () => {
      const { id: personId } = await someone();
      const slack = { platform: 'slack', key: 'D1' } as const;
      const teams = { platform: 'teams', key: '{}' } as const;
      expect(await stores.conversations.latest(personId)).toBeUndefined();
      await stores.conversations.put({ personId, address: slack, lastWroteAt: noon });
      await stores.conversations.put({ personId, address: teams, lastWroteAt: minutesAfter(1) });
      expect((await stores.conversations.latest(personId))?.address).toEqual(teams);
      const again = {
        personId,
        address: { platform: 'slack', key: 'D2' },
        lastWroteAt: minutesAfter(2),
      } as const;
      await stores.conversations.put(again);
      expect(await stores.conversations.latest(personId)).toEqual(again);
    });
  });

  describe('form sessions', () => {
    let made: FormSession;

    beforeEach(async () => {
      const { id: personId } = await someone();
      made = { id: newId(), form: '{"fields":[]}', personId, createdAt: noon };
      await stores.formSessions.insert(made);
    });

    test('a form is answered by the first caller only', async () => {
      expect(await stores.formSessions.find(made.id, now)).toEqual(made);
      const uses = Array.from({ length: 5 }, () => stores.formSessions.use(made.id, now));
      expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1);
      expect(await stores.formSessions.find(made.id, now)).toBeUndefined();
    });

    test('a form whose answer was refused can be answered again', async () => {
      await stores.formSessions.use(made.id, now);
      expect(await stores.formSessions.isUsed(made.id, made.personId)).toBe(true);
      expect(await stores.formSessions.isUsed(made.id, 'someone else')).toBe(false);
      await stores.formSessions.reopen(made.id);
      expect(await stores.formSessions.find(made.id, now)).toEqual(made);
      expect(await stores.formSessions.use(made.id, now)).toBe(true);
    });

    test('a form that is older than an hour is neither found nor answered', async () => {
      now = minutesAfter(60);
      expect(await stores.formSessions.find(made.id, now)).toEqual(made);
      now = minutesAfter(61);
      expect(await stores.formSessions.find(made.id, now)).toBeUndefined();
      expect(await stores.formSessions.use(made.id, now)).toBe(false);
    });
  });

  describe('options', () => {
    test('options are kept until they expire, and replaced or deleted before', async () => {
      const options = { kind: 'options', options: [{ value: '1', label: 'One' }] } as const;
      const problem = { kind: 'problem', message: 'It answered 500.' } as const;
      await stores.options.put('a', problem, { at: noon, expiresAt: minutesAfter(1) });
      await stores.options.put('a', options, { at: noon, expiresAt: minutesAfter(5) });
      await stores.options.put('b', problem, { at: noon, expiresAt: minutesAfter(5) });
      expect(await stores.options.find('a', minutesAfter(4))).toEqual(options);
      expect(await stores.options.find('b', minutesAfter(4))).toEqual(problem);
      expect(await stores.options.find('a', minutesAfter(5))).toBeUndefined();
      await stores.options.delete('b');
      expect(await stores.options.find('b', noon)).toBeUndefined();
    });

    test('options that a clock put which was an hour ahead are not taken', async () => {
      const options = { kind: 'options', options: [{ value: '1', label: 'One' }] } as const;
      await stores.options.put('a', options, { at: noon, expiresAt: minutesAfter(65) });
      expect(await stores.options.find('a', minutesAfter(60))).toEqual(options);
      expect(await stores.options.find('a', noon)).toBeUndefined();
    });
  });

  describe('inbox', () => {
    const interaction = (key: string, more: Partial<OpenInteraction> = {}): OpenInteraction => ({
      key,
      content: '{"text":"help"}',
      state: 'waiting',
      acceptedAt: noon,
      ...more,
    });
    const mine = { processId: 'p1', until: minutesAfter(1) };
    const theirs = { processId: 'p2', until: minutesAfter(10) };

    test('an event is accepted once', async () => {
      expect(await stores.inbox.accept('e1', noon)).toBe(true);
      expect(await stores.inbox.accept('e1', minutesAfter(60 * 24))).toBe(false);
      expect(await stores.inbox.accept('e2', noon)).toBe(true);
    });

    test('of many the new ones are inserted, each once', async () => {
      await stores.inbox.accept('e1', noon);
      await stores.inbox.insert([interaction('e2')], mine);
      const all = ['e1', 'e2', 'e3', 'e3'].map((key) => interaction(key));
      expect(await stores.inbox.insert(all, theirs)).toEqual(new Set(['e3']));
      expect(await stores.inbox.accept('e3', noon)).toBe(false);
    });

    test('an insert that failed is cancelled, whether it had reached the database or comes after that', async () => {
      await stores.inbox.insert([interaction('a')], mine);
      await stores.inbox.insert([interaction('b')], theirs);
      const marks = ['a', 'b', 'c'].map((key) => ({ key, acceptedAt: noon }));
      expect(await stores.inbox.cancel(marks, 'p1')).toEqual(new Set(['a', 'c']));
      const all = ['a', 'b', 'c'].map((key) => interaction(key));
      expect(await stores.inbox.insert(all, mine)).toEqual(new Set());
      expect(await stores.inbox.takeOver(theirs, minutesAfter(60))).toEqual([interaction('b')]);
    });

    test('what a process no longer renews is taken over by one other, the oldest first', async () => {
      const begun = interaction('b', { state: 'begun', acceptedAt: minutesAfter(-1) });
      await stores.inbox.insert([interaction('a'), begun], mine);
      expect(await stores.inbox.takeOver(theirs, minutesAfter(1))).toEqual([]);
      await stores.inbox.renew(['a', 'b'], { ...mine, until: minutesAfter(2) });
      expect(await stores.inbox.takeOver(theirs, minutesAfter(2))).toEqual([]);
      expect(await stores.inbox.takeOver(theirs, minutesAfter(3))).toEqual([
        begun,
        interaction('a'),
      ]);
      const third = { ...theirs, processId: 'p3' };
      expect(await stores.inbox.takeOver(third, minutesAfter(3))).toEqual([]);
    });

    test('what a process had that died while the clock was ahead is taken over, and what is renewed is not', async () => {
      const lease = (processId: string, minutes: number) => ({
        processId,
        until: minutesAfter(minutes),
      });
      await stores.inbox.insert([interaction('a')], lease('p1', 62));
      await stores.inbox.insert([interaction('b')], lease('p2', 3));
      expect(await stores.inbox.takeOver(lease('p3', 2), noon)).toEqual([interaction('a')]);
      expect(await stores.inbox.takeOver(lease('p3', 2), noon)).toEqual([]);
    });

    test('what was taken over is neither begun nor ended nor renewed by the process that had it', async () => {
      await stores.inbox.insert([interaction('a'), interaction('b')], mine);
      expect(await stores.inbox.begin(['b'], mine)).toEqual(new Set(['b']));
      await stores.inbox.takeOver(theirs, minutesAfter(3));
      expect(await stores.inbox.begin(['a'], mine)).toEqual(new Set());
      await stores.inbox.end(['a', 'b'], 'p1');
      await stores.inbox.renew(['a', 'b'], { ...mine, until: minutesAfter(60) });
      const third = { processId: 'p3', until: minutesAfter(20) };
      const taken = await stores.inbox.takeOver(third, minutesAfter(11));
      expect(taken.map(({ key, state }) => [key, state])).toEqual([
        ['a', 'waiting'],
        ['b', 'begun'],
      ]);
    });

    test('what has ended leaves its key alone', async () => {
      await stores.inbox.insert([interaction('a')], mine);
      await stores.inbox.end(['a'], 'p1');
      expect(await stores.inbox.takeOver(theirs, minutesAfter(60))).toEqual([]);
      expect(await driver.db('inbox').where({ key: 'a' }).first()).toMatchObject({
        state: 'done',
        content: null,
      });
      expect(await stores.inbox.accept('a', minutesAfter(60))).toBe(false);
    });

    test('what was sent is not readable, and is taken from no other row', async () => {
      await stores.inbox.insert([interaction('a'), interaction('b')], mine);
      const ofA = await driver
        .db<{ readonly key: string; readonly content: string }>('inbox')
        .where({ key: 'a' })
        .first();
      expect(ofA?.content).not.toContain('"help"');
      await driver.db('inbox').where({ key: 'b' }).update({ content: ofA?.content });
      const taken = await stores.inbox.takeOver(theirs, minutesAfter(3));
      expect(taken.map(({ key, content }) => [key, content])).toEqual([
        ['a', interaction('a').content],
        ['b', undefined],
      ]);
    });
  });

  describe('audit log', () => {
    test('entries are read as they were written, newest first, page by page', async () => {
      const old = anEntry();
      const full = anEntry({
        at: minutesAfter(1),
        actor: { kind: 'person', personId: 'p', via: 'teams' },
        personId: 'p',
        integrationId: 'i',
        runId: 'r',
        detail: { state: 'has', tries: 2, retried: false },
      });
      await stores.auditLog.add(old);
      await stores.auditLog.add(full);
      expect(await stores.auditLog.list({ offset: 0, limit: 9 })).toEqual([full, old]);
      expect(await stores.auditLog.list({ offset: 1, limit: 1 })).toEqual([old]);
    });
  });

  describe('workers', () => {
    test('a worker that has not beaten is silent', async () => {
      expect(await stores.workers.lastBeat()).toBeUndefined();
      await stores.workers.beat('w1', noon);
      await stores.workers.beat('w2', noon);
      await stores.workers.beat('w2', minutesAfter(1));
      expect(await stores.workers.lastBeat()).toEqual(minutesAfter(1));
      expect(await stores.workers.beatOf('w1')).toEqual(noon);
      expect(await stores.workers.beatOf('w3')).toBeUndefined();
      const all = { from: noon, to: minutesAfter(1) };
      const atOne = { from: minutesAfter(1), to: minutesAfter(1) };
      const atNoon = { from: noon, to: noon };
      expect(await stores.workers.silent(all)).toEqual([]);
      expect(await stores.workers.silent(atOne)).toEqual(['w1']);
      expect(await stores.workers.silent(atNoon)).toEqual(['w2']); // It beats in the future.
      expect(await stores.workers.living(all)).toBe(2);
      expect(await stores.workers.living(atNoon)).toBe(1);
      await stores.workers.remove('w1');
      expect(await stores.workers.silent(atOne)).toEqual([]);
    });
  });

  describe('transactions', () => {
    test('state and jobs are undone together when the work throws', async () => {
      const person = aPerson();
      const work = driver.transact(async (tx) => {
        await tx.people.insert(person);
        await tx.queue.push('run.advance', { runId: 'r' }, { lane: 'background' });
        throw new RangeError('undo');
      });
      await expect(work).rejects.toThrow(RangeError);
      expect(await stores.people.find(person.id)).toBeUndefined();
    });

    test('the result of the work is handed back', async () => {
      const person = aPerson();
      const found = await driver.transact(async (tx) => {
        await tx.people.insert(person);
        return tx.people.find(person.id);
      });
      expect(found).toEqual(person);
      expect(await stores.people.find(person.id)).toEqual(person);
    });
  });
}

function anIntegration(about: Partial<ManifestIntegration> = {}): ManifestIntegration {
  const id = newId();
  return {
    id,
    version: 1,
    name: `Integration ${id}`,
    enabled: true,
    manifestVersionId: newId(),
    createdAt: noon,
    ...about,
  };
}

function aRun(
  about: Pick<Run, 'personId' | 'integrationId' | 'manifestVersionId'> & Partial<RunIn<'queued'>>,
): RunIn<'queued'> {
  return {
    id: newId(),
    version: 1,
    kind: 'execute',
    startedBy: { kind: 'system' },
    createdAt: noon,
    attempt: 1,
    state: 'queued',
    dueAt: noon,
    ...about,
  };
}

function succeeded(run: RunIn<'queued'>, finishedAt: Date): Run {
  const { dueAt: _, ...facts } = run;
  return { ...facts, state: 'succeeded', finishedAt };
}

function aStep(runId: string, about: Partial<Step> = {}): Step {
  return {
    runId,
    attempt: 1,
    index: 0,
    method: 'POST',
    url: 'https://api.example.com/users',
    state: 'sending',
    tries: 1,
    startedAt: noon,
    warnings: [],
    ...about,
  };
}

function aMessage(readerId: string, about: Partial<LiveMessage> = {}): LiveMessage {
  const id = newId();
  return {
    id,
    card: { view: 'run', payload: '{"runId":"1"}', topic: 'run:1' },
    readerId,
    address: { platform: 'slack', key: `D1/${id}` },
    shown: 'hash',
    postedAt: noon,
    ...about,
  };
}

function anEntry(about: Partial<AuditEntry> = {}): AuditEntry {
  return { id: newId(), at: noon, actor: { kind: 'system' }, what: 'grant.started', ...about };
}

/** That lists of requests and runs have what someone may see of each, and nothing else; on both databases. */
import { array, assert, asyncProperty, constantFrom, nat, record } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import { seenBy } from '../../../src/engine/overview/seen.ts';
import type { Integration, Person } from '../../../src/engine/people/directory.ts';
import { mayAt, maySee } from '../../../src/engine/people/permission.ts';
import { maySeeRequest } from '../../../src/engine/requests/create-request.ts';
import type { Run } from '../../../src/engine/runs/run.ts';
import { insertPerson } from '../../contracts/a-person.ts';
import { bothDatabases } from '../../support/database/both-databases.ts';

const PEOPLE = 8;
const APPS = 3;
const now = new Date('2026-11-25T12:00:00.000Z');
const roles = ['other', 'other', 'other', 'manager', 'helpdesk', 'auditor', 'admin'] as const;

const who = nat(PEOPLE - 1);
const some = array(who, { maxLength: 2 });
const company = record({
  people: array(record({ manager: nat(PEOPLE), role: constantFrom(...roles) }), {
    minLength: PEOPLE,
    maxLength: PEOPLE,
  }),
  owners: array(some, { minLength: APPS, maxLength: APPS }),
  rows: array(
    record({
      person: who,
      by: who,
      app: nat(APPS - 1),
      approvers: some,
      said: some,
      delegateOf: nat(PEOPLE),
    }),
    { maxLength: 15 },
  ),
});

describe.each(bothDatabases)('on %s', (_, open) => {
  let database: Awaited<ReturnType<typeof open>>;
  beforeEach(async () => {
    database = await open(() => now);
  });
  afterEach(() => database.cleanup());

  test('a list has what its reader may see of each, once', () =>
    assert(
      asyncProperty(company, async (given) => {
        const { db, stores } = database;
        for (const table of ['verdicts', 'request_approvers', 'access_requests', 'runs'])
          await db(table).delete();
        const people: Person[] = [];
        for (const { role } of given.people) people.push(await insertPerson(stores, { role }));
        for (const [at, { manager }] of given.people.entries()) {
          const managerId = manager === at ? undefined : people[manager]?.id;
          const saved = await stores.people.save({ ...(people[at] as Person), managerId });
          people[at] = saved;
        }
        const idOf = (at: number): string => people[at]?.id ?? '';
        const apps: Integration[] = [];
        for (const owners of given.owners) {
          const id = newId();
          const ownerIds = [...new Set(owners)].map(idOf);
          const named = { id, version: 1, name: id, enabled: true, createdAt: now };
          const app: Integration = { ...named, settings: { ownerIds } };
          await stores.integrations.insert(app);
          await stores.integrations.insertVersion({
            id,
            integrationId: id,
            number: 1,
            manifest: '{}',
            savedBy: { kind: 'system' },
            createdAt: now,
          });
          apps.push(app);
        }
        const requestIds: string[] = [];
        const runs: Run[] = [];
        for (const row of given.rows) {
          const about = { personId: idOf(row.person), integrationId: apps[row.app]?.id ?? '' };
          const id = newId();
          requestIds.push(id);
          const run: Run = {
            ...about,
            id,
            version: 1,
            kind: 'execute',
            manifestVersionId: about.integrationId,
            startedBy: { kind: 'person', personId: idOf(row.by), via: 'slack' },
            createdAt: now,
            attempt: 1,
            state: 'succeeded',
            finishedAt: now,
          };
          await stores.runs.insert(run, { form: {}, generated: {} });
          runs.push(run);
          await stores.requests.insert(
            {
              ...about,
              id,
              version: 1,
              kind: 'grant',
              requestedById: idOf(row.by),
              createdAt: now,
              state: 'denied',
              decidedAt: now,
            },
            { reason: '', form: {}, answers: [], facts: {} },
          );
          await stores.requests.setApprovers(id, { all: row.approvers.map(idOf) });
          for (const said of new Set(row.said))
            await stores.requests.putVerdict({
              requestId: id,
              personId: idOf(said),
              verdict: 'approve',
              at: now,
              via: 'slack',
              forPersonId: people[row.delegateOf]?.id,
            });
        }
        for (const reader of people) {
          const filter = { seenBy: await seenBy(stores, reader) };
          const listed = await stores.requests.listAfter(undefined, 99, filter);
          const { requests, total } = await stores.requests.list(filter, { offset: 0, limit: 99 });
          const seen: string[] = [];
          for (const id of requestIds) {
            const request = await stores.requests.find(id);
            if (request && (await maySeeRequest(reader, request, stores))) seen.push(id);
          }
          expect(listed.map(({ id }) => id).toSorted()).toEqual(seen.toSorted());
          expect(requests.map(({ id }) => id)).toEqual(listed.map(({ id }) => id));
          expect(total).toBe(seen.length);
          const seenRuns = runs.filter(
            ({ personId, integrationId, startedBy }) =>
              people.some((person) => person.id === personId && maySee(reader, person)) ||
              apps.some((app) => app.id === integrationId && mayAt(reader, 'see app', app)) ||
              (startedBy.kind === 'person' && startedBy.personId === reader.id),
          );
          const listedRuns = await stores.runs.listAfter(undefined, 99, filter);
          expect(listedRuns.map(({ id }) => id).toSorted()).toEqual(
            seenRuns.map(({ id }) => id).toSorted(),
          );
        }
      }),
      { numRuns: 15 },
    ));
});

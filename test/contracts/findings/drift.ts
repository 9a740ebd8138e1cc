/** Twelve kinds of drift, each at apps that answer by a script: all found in one round, and nothing that isn't one. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/ids.ts';
import type { Hold } from '../../../src/engine/access/hold.ts';
import { beginRemoval } from '../../../src/engine/access/removals/begin-removal.ts';
import { settingsChanged } from '../../../src/engine/access/removals/expedite.ts';
import { closeAsGone } from '../../../src/engine/access/removals/removals.ts';
import type { AccountRound } from '../../../src/engine/findings/account-round.ts';
import { advanceRound, type Rounding } from '../../../src/engine/findings/advance-round.ts';
import {
  adoptFinding,
  ignoreFinding,
  makeService,
  removeFinding,
} from '../../../src/engine/findings/decide-finding.ts';
import type { Finding } from '../../../src/engine/findings/finding.ts';
import { beginRound } from '../../../src/engine/findings/hold-round.ts';
import { deleteIntegration } from '../../../src/engine/integrations/delete-integration.ts';
import { changePerson } from '../../../src/engine/people/change-person.ts';
import type { ManifestIntegration, Person } from '../../../src/engine/people/directory.ts';
import type { Clock } from '../../../src/engine/ports/time-and-chance.ts';
import { changeWorkspaceSettings } from '../../../src/engine/settings/workspace-settings.ts';
import { untilOneWaits } from '../../support/database/lock-waits.ts';
import { firstOf, present } from '../../support/given/outcomes.ts';
import { workerOn } from '../../support/given/worker.ts';
import { accessSince } from '../../support/has-access.ts';
import { startThirdParty, type ThirdParty } from '../../support/peers/third-party.ts';
import { insertPerson } from '../a-person.ts';
import type { StoresDriver } from '../stores.ts';

const DAY = 24 * 60 * 60_000;
const start = new Date('2026-11-24T02:00:00.000Z');
const system = { kind: 'system' } as const;

interface Listed {
  readonly id: string;
  readonly mail?: string;
  readonly name?: string;
  readonly seen?: string;
  readonly bot?: boolean;
}

/** @param isConcurrent whether one transaction may commit while another one is open */
export function driftContract(
  open: (now: Clock) => Promise<StoresDriver>,
  { isConcurrent = false }: { readonly isConcurrent?: boolean } = {},
): void {
  let driver: StoresDriver;
  let stores: StoresDriver['stores'];
  let party: ThirdParty;
  let now: Date;
  let app: ManifestIntegration;
  let deps: Rounding;

  beforeEach(async () => {
    now = start;
    driver = await open(() => now);
    stores = driver.stores;
    party = await startThirdParty();
    app = await integration('Fernboard', {});
    deps = worker('w1');
  });
  afterEach(async () => {
    await party.close();
    await driver.cleanup();
  });

  const worker = (workerId: string): Rounding =>
    workerOn({ stores, transact: driver.transact, now: () => now }, workerId);

  async function integration(name: string, accounts: object): Promise<ManifestIntegration> {
    const id = newId();
    const manifest = {
      exists: { method: 'GET', url: `${party.url}/users/{{email}}` },
      execute: [{ url: `${party.url}/users` }],
      revoke: [{ method: 'DELETE', url: `${party.url}/users/{{email}}` }],
      accounts: {
        execute: [{ method: 'GET', url: `${party.url}/list` }],
        data_from: 'users',
        data_structure: { id: 'id', email: 'mail', name: 'name', last_login: 'seen' },
        skip_if: [{ response_notation: 'bot', value: true }],
        next_page: `${party.url}/list?after={{NEXT_PAGE_TOKEN}}`,
        next_page_token_from: 'next',
        ...accounts,
      },
    };
    const found: ManifestIntegration = {
      id,
      version: 1,
      name,
      enabled: true,
      createdAt: start,
      manifestVersionId: newId(),
    };
    await stores.integrations.insert(found);
    await stores.integrations.insertVersion({
      id: found.manifestVersionId,
      integrationId: id,
      number: 1,
      manifest: JSON.stringify(manifest),
      savedBy: system,
      createdAt: start,
    });
    return found;
  }

  const lists = (...pages: readonly (readonly Listed[])[]) => {
    const answers = pages.map((users, index) => ({
      json: { users, next: index + 1 < pages.length ? `p${index + 1}` : null },
    }));
    party.on('GET /list', ...(answers as [(typeof answers)[number]]));
  };

  /** Has had access here for a year, as Latchkey knows. */
  async function holder(about: Partial<Person> = {}, at = app): Promise<Person> {
    const person = await insertPerson(stores, about);
    const since = new Date(start.getTime() - 365 * DAY);
    await holds(person, { since }, at);
    const whose = { personId: person.id, integrationId: at.id };
    await stores.access.put(accessSince(since, whose));
    return person;
  }

  async function holds(
    { id: personId }: Person,
    { since, ...more }: { readonly since: Date } & Partial<Pick<Hold, 'source' | 'ended'>>,
    at = app,
  ): Promise<void> {
    const whose = { personId, integrationId: at.id };
    const given = { source: 'by-hand', givenBy: system, startedAt: since, ...more } as const;
    await stores.holds.insert({ id: newId(), version: 1, ...whose, ...given });
  }

  async function wasRevoked(person: Person): Promise<void> {
    await driver.transact(async (tx) => {
      const cause = { kind: 'revoked' } as const;
      const begun = await beginRemoval(tx, { person, integration: app, cause, actor: system });
      if (begun.kind === 'nothing') throw new Error('Nothing to remove');
      const proof = { kind: 'asked', at: tx.now } as const;
      await closeAsGone(tx, begun.removal, { proof, canAsk: false, actor: system });
    });
  }

  /** Reads and compares the list, as a worker would by and by. */
  async function round(at = app): Promise<AccountRound> {
    if (!(await driver.transact((tx) => beginRound(tx, at)))) throw new Error('A round is at work');
    return advanced(at);
  }

  async function advanced(at = app): Promise<AccountRound> {
    const begun = present(await stores.accountRounds.at(at.id));
    for (let jobs = 0; jobs < 50; jobs += 1) {
      await advanceRound(begun.id, deps);
      const after = present(await stores.accountRounds.find(begun.id));
      if (after.state === 'done' || after.state === 'failed') return after;
      if (after.state === 'waiting' && after.dueAt > now) now = after.dueAt;
    }
    throw new Error('The round never ends');
  }

  const findings = async (): Promise<readonly Finding[]> =>
    (await stores.findings.list({ states: ['open', 'removing'] }, { offset: 0, limit: 100 }))
      .findings;
  /** `found ann@old.example`, sorted. */
  const shown = async (): Promise<readonly string[]> => {
    const all = await findings();
    const people = await stores.people.findMany(all.flatMap(({ personId }) => personId ?? []));
    return all
      .map(({ kind, label, personId }) => {
        const who = people.find(({ id }) => id === personId);
        return `${kind} ${label === '' ? (who?.email ?? '') : label}`;
      })
      .toSorted();
  };
  const one = async (): Promise<Finding> => firstOf(await findings());

  test('twelve kinds of drift are found in one round, and nothing else is', async () => {
    await driver.transact((tx) =>
      changeWorkspaceSettings(tx, { sameDomains: ['example.com', 'example.org'] }),
    );
    const days = (count: number) => new Date(start.getTime() - count * DAY).toISOString();
    const [granted, silent, lazy, gone] = [
      await holder({ email: 'granted@example.com' }),
      await holder({ email: 'silent@example.com' }),
      await holder({ email: 'lazy@example.com' }),
      await holder({ email: 'gone@example.com' }),
    ];
    const moved = await holder({ email: 'moved@example.com' });
    await driver.transact((tx) =>
      changePerson(tx, moved, { actor: system, details: { email: 'married@example.com' } }),
    );
    const back = await holder({ email: 'back@example.com' });
    await wasRevoked(back);
    await insertPerson(stores, { email: 'outside@example.com' });
    await insertPerson(stores, { email: 'left@example.com', active: false });
    const second = await insertPerson(stores, { email: 'second@example.com', active: false });
    await stores.formerEmails.add(second.id, 'second@startup.example', start);
    await insertPerson(stores, { email: 'alias@example.com', active: false });
    await holder({ email: 'other@example.com' });
    const leaving = await holder({ email: 'leaving@example.com' });
    await driver.transact((tx) =>
      beginRemoval(tx, {
        person: leaving,
        integration: app,
        cause: { kind: 'revoked' },
        actor: system,
      }),
    );
    now = new Date(start.getTime() + 2 * 60 * 60_000);
    await holderSince('fresh@example.com', now);

    const pages: readonly (readonly Listed[])[] = [
      [
        { id: '1', mail: granted.email, seen: days(1) },
        { id: '2', mail: silent.email.toUpperCase() },
        { id: '3', mail: lazy.email, seen: days(100) },
        { id: '4', mail: 'moved@example.com', seen: days(2) },
        { id: '5', mail: 'back@example.com' },
        { id: '6', mail: 'outside@example.com' },
        { id: '7', mail: 'left@example.com' },
        { id: '8', mail: 'second@startup.example' },
      ],
      [
        { id: '9', mail: 'alias@example.org' },
        { id: '10', mail: 'other@example.org' },
        { id: '11', mail: 'nobody@elsewhere.example' },
        { id: '12', name: 'Backup' },
        { id: '13', mail: 'helper@example.com', bot: true },
        { id: '14', mail: 'leaving@example.com' },
      ],
    ];
    lists(...pages);
    expect(await round()).toMatchObject({ state: 'done', list: 'complete', listed: 13 });
    expect(await shown()).toEqual(
      [
        'found back@example.com',
        'found outside@example.com',
        'left-behind alias@example.org',
        'left-behind left@example.com',
        'left-behind second@startup.example',
        `missing ${gone.email}`,
        'orphan Backup (12)',
        'orphan nobody@elsewhere.example',
        'unused lazy@example.com',
      ].toSorted(),
    );
    // The next night finds the same, and opens nothing twice.
    now = new Date(now.getTime() + DAY);
    lists(...pages);
    await round();
    expect(await findings()).toHaveLength(10);
    expect(await shown()).toContain('missing fresh@example.com');
  });

  async function holderSince(email: string, since: Date): Promise<void> {
    const person = await holder({ email });
    const whose = { personId: person.id, integrationId: app.id };
    await stores.access.put(accessSince(since, whose));
  }

  test('what someone got within 90 days is not unused, however old its sign-in is; what was only found is', async () => {
    const days = (count: number) => new Date(start.getTime() - count * DAY);
    const [back, found] = [
      await insertPerson(stores, { email: 'back@example.com' }),
      await insertPerson(stores, { email: 'found@example.com' }),
    ];
    await holds(back, { since: days(20) });
    await holds(found, { since: days(1), source: 'found' });
    const listed = [back, found].map(({ id, email }) => ({
      id,
      mail: email,
      seen: days(100).toISOString(),
    }));
    lists(listed);
    await round();
    expect(await shown()).toEqual(['unused found@example.com']);
    now = new Date(start.getTime() + 69 * DAY);
    await round();
    expect(await shown()).toEqual(['unused found@example.com']);
    now = new Date(start.getTime() + 71 * DAY);
    await round();
    expect(await shown()).toEqual(['unused back@example.com', 'unused found@example.com']);
  });

  test('one hold that follows another is no new access, and one after a gap is', async () => {
    const days = (count: number) => new Date(start.getTime() - count * DAY);
    const had = async (email: string, until: Date) => {
      const person = await insertPerson(stores, { email });
      await holds(person, { since: days(365), ended: { at: days(40), why: 'expired' } });
      await holds(person, { since: days(50), ended: { at: until, why: 'expired' } });
      await holds(person, { since: days(20), source: 'kept' });
    };
    await had('moved@example.com', days(20));
    await had('back@example.com', days(21));
    lists([
      { id: '1', mail: 'moved@example.com', seen: days(100).toISOString() },
      { id: '2', mail: 'back@example.com', seen: days(100).toISOString() },
    ]);
    await round();
    expect(await shown()).toEqual(['unused moved@example.com']);
  });

  test('an account that the app renamed is known by the fact in match', async () => {
    const octo = await integration('Octo', {
      data_structure: { login: 'id', email: 'mail', name: 'name' },
      match: 'login',
    });
    const ann = await holder({ email: 'ann@example.com', stored: { login: 'Ann-Lee' } }, octo);
    const bo = await holder({ email: 'bo@example.com' }, octo);
    await stores.accounts.insert({
      id: newId(),
      version: 1,
      personId: bo.id,
      integrationId: octo.id,
      facts: { login: 'bo-roe' },
      form: {},
      writtenAt: start,
    });
    lists([
      { id: 'ann-lee', mail: 'private@elsewhere.example' },
      { id: 'bo-roe', mail: ann.email },
    ]);
    await round(octo);
    expect(await shown()).toEqual([]);
  });

  test('an account that nobody granted is known by the fact in match, also of someone who has left', async () => {
    const octo = await integration('Octo', {
      data_structure: { login: 'id', name: 'name' },
      match: 'login',
    });
    await insertPerson(stores, { stored: { login: 'old-hand' }, active: false });
    const cy = await insertPerson(stores, { stored: { login: 'taken-over' } });
    await insertPerson(stores, { stored: { login: 'taken-over' }, active: false });
    lists([{ id: 'old-hand' }, { id: 'taken-over' }]);
    await round(octo);
    expect(await shown()).toEqual(['found taken-over', 'left-behind old-hand']);
    const found = (await findings()).filter(({ kind }) => kind === 'found');
    expect(found).toMatchObject([{ personId: cy.id }]);
  });

  test('an account that a wrong fact matched is no longer theirs once the fact is put right', async () => {
    const octo = await integration('Octo', {
      data_structure: { id: 'id', login: 'name' },
      match: 'login',
    });
    const ann = await insertPerson(stores, { stored: { login: 'bob-roe' } });
    lists([{ id: '1', name: 'bob-roe' }]);
    await round(octo);
    expect((await findings())[0]).toMatchObject({ kind: 'found', personId: ann.id });
    const person = present(await stores.people.find(ann.id));
    await stores.people.save({ ...person, stored: { login: 'ann-lee' } });
    await round(octo);
    const [finding] = await findings();
    expect(finding).toMatchObject({ kind: 'orphan', label: '1' });
    expect(finding?.personId).toBeUndefined();
  });

  test.each([
    ['a page without entries names a next one', [[{ id: '1', mail: 'ann@example.com' }], [], []]],
    ['an entry has nothing that names it', [[{ id: '1', mail: 'ann@example.com' }, {}]]],
    ['it has no entries at all', [[]]],
  ])('nobody is missing from a list that may lack someone: %s', async (_why, pages) => {
    await holder({ email: 'ann@example.com' });
    await holder({ email: 'gone@example.com' });
    lists(...(pages as Listed[][]));
    expect(await round()).toMatchObject({ state: 'done', list: 'cut' });
    expect(await shown()).toEqual([]);
  });

  test('a list that fails midway shows who is there, and that no one is gone', async () => {
    await holder({ email: 'ann@example.com' });
    await holder({ email: 'gone@example.com' });
    await insertPerson(stores, { email: 'outside@example.com' });
    party.on(
      'GET /list',
      { json: { users: [{ id: '1', mail: 'outside@example.com' }], next: 'p1' } },
      { status: 403, json: { error: 'no' } },
    );
    const ended = await round();
    expect(ended).toMatchObject({ state: 'done', list: 'cut', pages: 1 });
    expect(ended.why).toContain('credentials');
    expect(await shown()).toEqual(['found outside@example.com']);
  });

  test('a list whose app is connected to something else between two pages says nothing of who is missing', async () => {
    await holder({ email: 'ann@example.com' });
    await holder({ email: 'gone@example.com' });
    party.on(
      'GET /list',
      { json: { users: [{ id: '1', mail: 'ann@example.com' }], next: 'p1' } },
      { status: 503 },
      { json: { users: [{ id: '1', mail: 'bo@other.example' }], next: null } },
    );
    await driver.transact((tx) => beginRound(tx, app));
    const begun = present(await stores.accountRounds.at(app.id));
    await advanceRound(begun.id, deps);
    now = new Date(now.getTime() + 1);
    await driver.transact((tx) => settingsChanged(tx, app.id));
    const ended = await advanced();
    expect(ended).toMatchObject({ list: 'cut', pages: 2 });
    expect(ended.why).toContain('the connection changed');
    expect(await shown()).not.toContain('missing gone@example.com');
  });

  test('a page that fails for a while is requested again, and the list is complete', async () => {
    await holder({ email: 'ann@example.com' });
    party.on(
      'GET /list',
      { json: { users: [{ id: '1', mail: 'ann@example.com' }], next: 'p1' } },
      { status: 503 },
      { json: { users: [{ id: '2', mail: 'bo@example.com' }], next: null } },
    );
    expect(await round()).toMatchObject({ list: 'complete', listed: 2 });
    expect(party.sent('GET', 'after=p1')).toBe(2);
  });

  test('a list is read to its end, however many pages it has', async () => {
    const pages = Array.from({ length: 12 }, (_, n) => [{ id: `${n}`, mail: `${n}@example.com` }]);
    lists(...pages);
    expect(await round()).toMatchObject({ list: 'complete', pages: 12, listed: 12 });
  });

  test('a list at the page limit says nothing of who is missing', async () => {
    const limited = await integration('Limited', { amount_pages_to_fetch: 1 });
    await holder({ email: 'gone@example.com' }, limited);
    lists([{ id: '1', mail: 'gone2@example.com' }], [{ id: '2' }]);
    expect(await round(limited)).toMatchObject({ list: 'cut', pages: 1 });
    expect(await shown()).not.toContain('missing gone@example.com');
  });

  test('a list that is partial resolves what it no longer shows, and says nothing of who is missing', async () => {
    const partial = await integration('Partial', { partial: true });
    await holder({ email: 'invited@example.com' }, partial);
    await holder({ email: 'ann@example.com' }, partial);
    const [ann, orphan] = [{ id: '1', mail: 'ann@example.com' }, { id: 'x' }];
    lists([ann, orphan]);
    expect(await round(partial)).toMatchObject({ list: 'complete' });
    expect(await shown()).toEqual(['orphan x']);
    now = new Date(now.getTime() + DAY);
    lists([ann]);
    await round(partial);
    expect(await shown()).toEqual([]);
  });

  test.runIf(isConcurrent)(
    'an account that an admin adopts while the round judges it is not open again',
    async () => {
      const ann = await insertPerson(stores, { email: 'ann@example.com' });
      lists([{ id: 'x' }]);
      await round();
      const { id: findingId } = await one();
      let adopted: string | undefined;
      const { transact } = driver;
      deps = {
        ...deps,
        transact: (work) =>
          transact((tx) => {
            const { listedAccounts } = tx;
            const ofRound: typeof listedAccounts.ofRound = async (...wanted) => {
              const read = await listedAccounts.ofRound(...wanted);
              const { phase } = (await tx.accountRounds.at(app.id)) ?? {};
              if (phase === 'judging' && read.length > 0)
                adopted ??= await transact((other) =>
                  adoptFinding(other, { findingId, actor: system, person: ann }),
                );
              return read;
            };
            return work({ ...tx, listedAccounts: { ...listedAccounts, ofRound } });
          }),
      };
      now = new Date(now.getTime() + DAY);
      await round();
      expect(adopted).toBe('done');
      expect(await shown()).toEqual([]);
    },
  );

  test('where pages are counted, only two lists in a row show that an account is gone', async () => {
    const counted = await integration('Counted', {
      next_page: `${party.url}/list?page={{NEXT_PAGE_NUMBER}}`,
      next_page_token_from: undefined,
    });
    const owner = await holder({ email: 'ann@example.com' }, counted);
    await holder({ email: 'bo@example.com' }, counted);
    const [ann, bo] = [
      { id: '1', mail: 'ann@example.com' },
      { id: '2', mail: 'bo@example.com' },
    ];
    const night = async (...pages: readonly (readonly Listed[])[]): Promise<readonly string[]> => {
      now = new Date(now.getTime() + DAY);
      lists(...pages, []);
      expect(await round(counted)).toMatchObject({ list: 'complete' });
      return shown();
    };
    expect(await night([ann, { id: 'x' }], [bo])).toEqual(['orphan x']);
    const { id: findingId } = await one();
    await driver.transact((tx) =>
      makeService(tx, { findingId, actor: system, owner, lookAgainOn: '2027-11-01' }),
    );
    expect(await night([ann])).toEqual([]);
    expect(await night([ann, { id: 'x' }], [bo])).toEqual([]); // They had only slipped through.
    expect(await night([ann])).toEqual([]);
    expect(await night([ann])).toEqual(['missing bo@example.com']);
    expect(await stores.findings.find(findingId)).toMatchObject({ state: 'resolved' });
  });

  /** Twelve people have it, and the list of the second night has five of them. @returns the list of the first night */
  async function twelveThenFive(): Promise<readonly Listed[]> {
    const all: Listed[] = [];
    for (let index = 0; index < 12; index += 1) {
      const { email: mail } = await holder({ email: `p${index}@example.com` });
      all.push({ id: `${index}`, mail });
    }
    lists(all);
    await round();
    now = new Date(now.getTime() + DAY);
    lists(all.slice(0, 5));
    return all;
  }

  test('a list that has shrunk to less than half is not believed', async () => {
    const all = await twelveThenFive();
    expect(await round()).toMatchObject({ list: 'cut', completeCount: 12 });
    expect(await shown()).toEqual([]);
    now = new Date(now.getTime() + DAY);
    lists(all.slice(0, 11));
    expect(await round()).toMatchObject({ list: 'complete', completeCount: 11 });
    expect(await shown()).toEqual(['missing p11@example.com']);
  });

  test('a list that an admin accepts counts as complete, however short it is', async () => {
    await twelveThenFive();
    await round();
    await driver.transact((tx) => beginRound(tx, app, { acceptsAny: true }));
    expect(await advanced()).toMatchObject({ list: 'complete', completeCount: 5 });
    expect(await shown()).toHaveLength(7);
  });

  test('what an admin accepts is this one list, also where it can not be read then', async () => {
    const all = await twelveThenFive();
    await round();
    party.on('GET /list', { status: 403, json: { error: 'no' } });
    await driver.transact((tx) => beginRound(tx, app, { acceptsAny: true }));
    await advanced();
    now = new Date(now.getTime() + DAY);
    lists(all.slice(0, 5));
    expect(await round()).toMatchObject({ list: 'cut', completeCount: 12 });
    expect(await shown()).toEqual([]);
  });

  test('a list that repeats its accounts is no longer for it', async () => {
    const all = await twelveThenFive();
    const [some, others] = [all.slice(0, 2), all.slice(2, 4)];
    lists(some, others, some, others, [...some, ...others, ...some]);
    expect(await round()).toMatchObject({ list: 'cut', listed: 4, completeCount: 12 });
    expect(await shown()).toEqual([]);
  });

  test('someone who uses one of their accounts is not unused with another one', async () => {
    const ann = await holder({ email: 'ann@example.com' });
    await stores.formerEmails.add(ann.id, 'before@example.com', start);
    const days = (count: number) => new Date(start.getTime() - count * DAY).toISOString();
    const old = { id: '2', mail: 'before@example.com', seen: days(200) };
    lists([{ id: '1', mail: 'ann@example.com', seen: days(1) }, old]);
    await round();
    expect(await shown()).toEqual([]);
    lists([{ id: '1', mail: 'ann@example.com', seen: days(100) }, old]);
    await round();
    expect(await shown()).toEqual(['unused ann@example.com', 'unused before@example.com']);
  });

  test('what was granted since someone was missing, or unused, is not removed by an older card', async () => {
    const seen = new Date(start.getTime() - 100 * DAY).toISOString();
    const people = [
      await holder({ email: 'gone@example.com' }),
      await holder({ email: 'lazy@example.com' }),
    ];
    lists([{ id: '1', mail: 'lazy@example.com', seen }]);
    await round();
    const shownThen = await findings();
    expect(shownThen.map(({ kind }) => kind).toSorted()).toEqual(['missing', 'unused']);
    now = new Date(now.getTime() + DAY / 2);
    for (const { id: personId } of people)
      await stores.holds.insert({
        id: newId(),
        version: 1,
        personId,
        integrationId: app.id,
        source: 'request',
        givenBy: system,
        startedAt: now,
      });
    for (const { id: findingId, personId = '' } of shownThen) {
      const pressed = { findingId, actor: system, seenPersonId: personId };
      expect(await driver.transact((tx) => removeFinding(tx, pressed))).toBe('over');
      expect(await stores.removals.open(personId, app.id)).toBeUndefined();
    }
    expect(await shown()).toEqual([]);
  });

  test('what is missing or unused, and was not granted since, is removed', async () => {
    const seen = new Date(start.getTime() - 100 * DAY).toISOString();
    await holder({ email: 'gone@example.com' });
    await holder({ email: 'lazy@example.com' });
    lists([{ id: '1', mail: 'lazy@example.com', seen }]);
    await round();
    for (const { id: findingId, personId = '' } of await findings()) {
      const pressed = { findingId, actor: system, seenPersonId: personId };
      expect(await driver.transact((tx) => removeFinding(tx, pressed))).toBe('done');
      expect(await stores.removals.open(personId, app.id)).toBeDefined();
    }
  });

  test('an account of Latchkey that is damaged stops no round, and the list names whose it is', async () => {
    const octo = await integration('Octo', { data_structure: { id: 'id', email: 'mail' } });
    const ann = await holder({ email: 'ann@example.com' }, octo);
    const bo = await holder({ email: 'bo@example.com' }, octo);
    const row = { integration_id: octo.id, content: 'damaged', checked_as: '' };
    await driver
      .db('accounts')
      .insert({ id: 'a1', version: 1, person_id: ann.id, by_status: false, ...row });
    lists([
      { id: '1', mail: ann.email },
      { id: '2', mail: bo.email },
    ]);
    const ended = await round(octo);
    expect(ended).toMatchObject({ state: 'done', list: 'complete' });
    expect(ended.why).toContain('ann@example.com. The operator of Latchkey');
    expect(await findings()).toEqual([]);
  });

  test('someone whose facts are damaged stops no round: the others are compared, and the list names them', async () => {
    const octo = await integration('Octo', {
      data_structure: { login: 'id', email: 'mail', name: 'name' },
      match: 'login',
    });
    const ann = await holder({ email: 'ann@example.com', stored: { login: 'ann-lee' } }, octo);
    const bo = await holder({ email: 'bo@example.com', stored: { login: 'bo-roe' } }, octo);
    const out = await insertPerson(stores, { email: 'out@example.com', stored: { login: 'out' } });
    const eve = await insertPerson(stores, { email: 'eve@example.com' });
    for (const { id } of [ann, eve])
      await driver.db('people').where({ id }).update({ stored: 'no JSON' });
    lists([{ id: 'ann-lee', mail: ann.email }, { id: 'bo-roe' }, { id: 'out' }]);
    const ended = await round(octo);
    expect(ended).toMatchObject({ state: 'done', list: 'complete' });
    expect(ended.why).toContain('ann@example.com, eve@example.com. The operator of Latchkey');
    expect(await findings()).toMatchObject([{ kind: 'found', personId: out.id }]);
    expect((await stores.holds.openAt(bo.id, octo.id)).length).toBe(1);
  });

  test('a list of ten in which nobody is known is a mistake of the manifest, and opens nothing', async () => {
    await holder({ email: 'ann@example.com' });
    lists(Array.from({ length: 10 }, (_, index) => ({ id: `x${index}` })));
    expect(await round()).toMatchObject({ state: 'failed' });
    expect(await shown()).toEqual([]);
  });

  test('what a later list no longer shows is resolved; what a cut one does not show stays', async () => {
    await insertPerson(stores, { email: 'outside@example.com' });
    await holder({ email: 'ann@example.com' });
    const [ann, outside] = [
      { id: '1', mail: 'ann@example.com' },
      { id: '2', mail: 'outside@example.com' },
    ];
    lists([ann, outside]);
    await round();
    expect(await shown()).toEqual(['found outside@example.com']);
    now = new Date(now.getTime() + DAY);
    lists([ann], [], []);
    await round();
    expect(await shown()).toEqual(['found outside@example.com']);
    now = new Date(now.getTime() + DAY);
    lists([ann]);
    await round();
    expect(await shown()).toEqual([]);
  });

  test('a worker that dies midway loses nothing: another one goes on at the same page', async () => {
    await holder({ email: 'ann@example.com' });
    await insertPerson(stores, { email: 'outside@example.com' });
    lists([{ id: '1', mail: 'ann@example.com' }], [{ id: '2', mail: 'outside@example.com' }]);
    const begun = await driver.transact((tx) => beginRound(tx, app));
    let pauses = 0;
    const dying = {
      ...deps,
      pause: () => {
        pauses += 1;
        return pauses === 2 ? new Promise<void>(() => undefined) : Promise.resolve();
      },
    };
    void advanceRound(begun?.id ?? '', dying);
    await expect.poll(() => pauses).toBe(2);
    now = new Date(now.getTime() + 10 * 60_000);
    deps = worker('w2');
    for (let jobs = 0; jobs < 5; jobs += 1) await advanceRound(begun?.id ?? '', deps);
    expect(await stores.accountRounds.find(begun?.id ?? '')).toMatchObject({
      state: 'done',
      listed: 2,
      pages: 2,
    });
    expect(await shown()).toEqual(['found outside@example.com']);
  });

  test('an ignored finding stays so, and is asked again where the person leaves', async () => {
    const person = await insertPerson(stores, { email: 'outside@example.com' });
    lists([{ id: '1', mail: 'outside@example.com' }]);
    await round();
    const { id: findingId } = await one();
    await driver.transact((tx) => ignoreFinding(tx, { findingId, actor: system }));
    now = new Date(now.getTime() + DAY);
    await round();
    expect(await shown()).toEqual([]);
    await stores.people.save({ ...person, active: false });
    now = new Date(now.getTime() + DAY);
    await round();
    expect(await shown()).toEqual(['left-behind outside@example.com']);
  });

  test("what was ignored of one person is asked again where the account is another one's", async () => {
    await insertPerson(stores, { email: 'outside@example.com' });
    await insertPerson(stores, { email: 'other@example.com' });
    lists([{ id: '1', mail: 'outside@example.com' }]);
    await round();
    const { id: findingId } = await one();
    await driver.transact((tx) => ignoreFinding(tx, { findingId, actor: system }));
    now = new Date(now.getTime() + DAY);
    lists([{ id: '1', mail: 'other@example.com' }]);
    await round();
    expect(await shown()).toEqual(['found other@example.com']);
  });

  test('a round whose app is deleted meanwhile leaves nothing that no one could close', async () => {
    await insertPerson(stores, { email: 'outside@example.com' });
    lists([{ id: '1', mail: 'ann@example.com' }], [{ id: '2', mail: 'outside@example.com' }]);
    const begun = await driver.transact((tx) => beginRound(tx, app));
    const pause = async () => {
      const there = await stores.integrations.find(app.id);
      if (there && !there.deletedAt)
        await driver.transact((tx) =>
          deleteIntegration(tx, there, { access: 'keep', actor: system }),
        );
    };
    await advanceRound(begun?.id ?? '', { ...deps, pause });
    expect((await stores.integrations.find(app.id))?.deletedAt).toBeDefined();
    expect(await shown()).toEqual([]);
  });

  test('what is removed of a leaver belongs to their offboarding, which goes on until it is gone', async () => {
    const left = await insertPerson(stores, { email: 'left@example.com', active: false });
    const offboarding = { id: newId(), version: 1, personId: left.id, endDate: '2026-11-01' };
    await driver.transact((tx) =>
      tx.offboardings.insert({
        ...offboarding,
        state: 'done',
        createdAt: start,
        endedAt: start,
      }),
    );
    lists([{ id: '1', mail: 'left@example.com' }]);
    await round();
    const { id: findingId } = await one();
    await driver.transact((tx) => removeFinding(tx, { findingId, actor: system }));
    const removal = await stores.removals.open(left.id, app.id);
    expect(removal).toBeDefined();
    expect(await stores.offboardings.last(left.id)).toMatchObject({ state: 'running' });
    expect(await stores.offboardings.items(offboarding.id)).toMatchObject([
      { integrationId: app.id, removalId: removal?.id },
    ]);
  });

  test('a service account is asked again on its date, and when its owner leaves', async () => {
    const owner = await holder({ email: 'ann@example.com' });
    lists([
      { id: '1', mail: 'ann@example.com' },
      { id: 's', name: 'Backup' },
    ]);
    await round();
    const { id: findingId } = await one();
    const service = { findingId, actor: system, owner, lookAgainOn: '2026-12-24' };
    await driver.transact((tx) => makeService(tx, service));
    now = new Date('2026-12-23T02:00:00.000Z');
    await round();
    expect(await shown()).toEqual([]);
    now = new Date('2026-12-24T02:00:00.000Z');
    await round();
    expect(await shown()).toEqual(['orphan Backup (s)']);
    await driver.transact((tx) => makeService(tx, { ...service, lookAgainOn: '2027-06-01' }));
    await stores.people.save({ ...owner, active: false });
    now = new Date('2026-12-25T02:00:00.000Z');
    await round();
    expect(await shown()).toContain('orphan Backup (s)');
  });

  test('the date of a service account begins in the time zone of the installation', async () => {
    const owner = await holder({ email: 'ann@example.com' });
    lists([
      { id: '1', mail: 'ann@example.com' },
      { id: 's', name: 'Backup' },
    ]);
    await round();
    const service = {
      findingId: (await one()).id,
      actor: system,
      owner,
      lookAgainOn: '2026-12-24',
    };
    await driver.transact((tx) => makeService(tx, service));
    now = new Date('2026-12-23T17:00:00.000Z'); // Two in the morning in Tokyo.
    deps = {
      ...deps,
      transact: (work) =>
        driver.transact((tx) =>
          work(Object.defineProperty(tx, 'timeZone', { value: 'Asia/Tokyo' })),
        ),
    };
    await round();
    expect(await shown()).toEqual(['orphan Backup (s)']);
  });

  test('an adopted account is kept as found, and stays adopted', async () => {
    const ann = await insertPerson(stores, { email: 'ann@example.com' });
    lists([{ id: 'x', mail: 'private@elsewhere.example' }]);
    await round();
    const { id: findingId } = await one();
    await driver.transact((tx) => adoptFinding(tx, { findingId, actor: system, person: ann }));
    expect(await stores.holds.openAt(ann.id, app.id)).toMatchObject([{ source: 'found' }]);
    expect(await stores.accounts.openAt(ann.id, app.id)).toMatchObject([
      { facts: { email: 'private@elsewhere.example' }, wasThere: true },
    ]);
    now = new Date(now.getTime() + DAY);
    await round();
    expect(await shown()).toEqual([]);
  });

  test('Remove begins the removal of the account that is listed; a list that still shows it opens it again', async () => {
    const left = await insertPerson(stores, { email: 'left@example.com', active: false });
    await stores.formerEmails.add(left.id, 'before@example.com', start);
    lists([{ id: '1', mail: 'before@example.com' }]);
    await round();
    const { id: findingId } = await one();
    const pressed = { findingId, actor: system, seenPersonId: left.id };
    const forElse = { ...pressed, seenPersonId: newId() };
    expect(await driver.transact((tx) => removeFinding(tx, forElse))).toBe('over');
    await driver.transact((tx) => removeFinding(tx, pressed));
    const removal = present(await stores.removals.open(left.id, app.id));
    expect(removal).toMatchObject({ causes: [{ kind: 'found' }] });
    expect(await stores.accounts.openAt(left.id, app.id)).toMatchObject([
      { facts: { email: 'before@example.com' } },
    ]);
    now = new Date(now.getTime() + DAY);
    await round();
    expect(await one()).toMatchObject({ state: 'removing' });
    await driver.transact((tx) =>
      closeAsGone(tx, removal, {
        proof: { kind: 'done', at: tx.now },
        canAsk: false,
        actor: system,
      }),
    );
    now = new Date(now.getTime() + DAY);
    await round();
    expect(await one()).toMatchObject({ state: 'open', kind: 'left-behind' });
  });

  test('an orphan has nobody whose access could be removed', async () => {
    lists([{ id: '1', mail: 'nobody@elsewhere.example' }]);
    await round();
    const { id: findingId } = await one();
    const decided = await driver.transact((tx) => removeFinding(tx, { findingId, actor: system }));
    expect(decided).toBe('over');
    expect(await shown()).toEqual(['orphan nobody@elsewhere.example']);
  });

  test.runIf(isConcurrent)(
    'the last orphan that an admin ignores while the round ends leaves no task',
    async () => {
      await insertPerson(stores, { email: 'ada@example.com', role: 'admin' });
      lists([{ id: '1', mail: 'nobody@elsewhere.example' }]);
      const { transact, db } = driver;
      let ignored: Promise<string> | undefined;
      deps = {
        ...deps,
        transact: (work) =>
          transact((tx) => {
            const { findings: found } = tx;
            const list: typeof found.list = async (filter, page) => {
              const read = await found.list(filter, page);
              const [orphan] = read.findings;
              if (filter.kind === 'orphan' && orphan) {
                const findingId = orphan.id;
                ignored ??= transact((other) => ignoreFinding(other, { findingId, actor: system }));
                await Promise.race([untilOneWaits(db), ignored]);
              }
              return read;
            };
            return work({ ...tx, findings: { ...found, list } });
          }),
      };
      await round();
      expect(await ignored).toBe('done');
      const { tasks } = await stores.tasks.list({ integrationId: app.id }, { offset: 0, limit: 9 });
      expect(tasks.filter(({ state }) => state === 'open')).toEqual([]);
    },
  );

  test('a round opens one task about orphans, and the round that finds none cancels it', async () => {
    await insertPerson(stores, { email: 'ada@example.com', role: 'admin' });
    const tasks = async () =>
      (await stores.tasks.list({ integrationId: app.id }, { offset: 0, limit: 9 })).tasks;
    lists([
      { id: '1', mail: 'nobody@elsewhere.example' },
      { id: '2', mail: 'none@elsewhere.example' },
      { id: '3', mail: 'ada@example.com' },
    ]);
    await round();
    now = new Date(now.getTime() + DAY);
    await round();
    expect(await tasks()).toMatchObject([{ state: 'open', kind: 'other' }]);
    lists([{ id: '3', mail: 'ada@example.com' }]);
    now = new Date(now.getTime() + DAY);
    await round();
    expect((await tasks()).map(({ state }) => state)).toEqual(['cancelled']);
  });
}

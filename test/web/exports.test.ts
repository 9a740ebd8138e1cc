import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { planOffboarding } from '../../src/engine/offboarding/offboard.ts';
import { openExport } from '../../src/engine/work/exports.ts';
import { type TestWeb, testWeb } from '../support/browser/web.ts';
import { present } from '../support/given/outcomes.ts';

let web: TestWeb;
beforeEach(async () => {
  web = await testWeb();
});
afterEach(() => web.close());

const audit = JSON.stringify({ of: 'audit', filter: {} });

test('the audit log is taken out as a CSV file, and that is in the audit log', async () => {
  const { browser, page } = await web.opened('export', audit);
  expect(page.text).toContain('Your file is ready');
  const file = await browser.get(`${page.at}/file`);
  expect(file.headers.get('content-type')).toContain('text/csv');
  expect(file.headers.get('content-disposition')).toContain('audit-log.csv');
  const [heading, ...lines] = file.text.trim().split('\r\n');
  expect(heading).toContain('time,what,in words,who');
  expect(lines.join('\n')).toContain('person.added,added a person');
  expect(await web.audit()).toContain('export.made');
});

test('the audit log says by what its entries were chosen for a file', async () => {
  const filter = { personId: web.admin.id, what: 'person.', from: 0 };
  const { browser, page } = await web.opened('export', JSON.stringify({ of: 'audit', filter }));
  await browser.get(`${page.at}/file`);
  const { auditLog } = web.chat.services.stores;
  const [made] = await auditLog.list({ offset: 0, limit: 1 }, { what: 'export.made' });
  expect(made).toMatchObject({
    personId: web.admin.id,
    detail: { file: 'audit-log.csv', kind: 'person.', from: '1970-01-01T00:00:00.000Z' },
  });
});

test('who is no admin any more gets no file', async () => {
  const { browser, page } = await web.opened('export', audit);
  await web.role('other');
  expect((await browser.get(`${page.at}/file`)).status).toBe(403);
});

test('who may take a file no more is not said to have been an admin', async () => {
  await web.role('auditor');
  const { browser, page } = await web.opened('export', audit);
  const path = await web.link('overview', 'overview');
  const confirmed = await web.confirmed(path);
  await web.role('other');
  for (const refused of [await browser.get(page.at), await confirmed.get(path)]) {
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('You may no longer see what this page shows');
    expect(refused.text).not.toContain('no longer one');
  }
});

test('what is kept of a person is a JSON file, for themselves too, and theirs only', async () => {
  await web.role('other');
  const own = JSON.stringify({ of: 'person', id: web.admin.id });
  const { browser, page } = await web.opened('export', own);
  const file = await browser.get(`${page.at}/file`);
  expect(file.headers.get('content-type')).toContain('application/json');
  expect(JSON.parse(file.text)).toMatchObject({ people: [{ id: web.admin.id }] });
  const elses = JSON.stringify({ of: 'person', id: 'someone-else' });
  expect((await web.opened('export', elses)).page.text).not.toContain('Your file is ready');
});

test('who is erased while their file is made has none, and the audit log names none', async () => {
  const own = JSON.stringify({ of: 'person', id: web.admin.id });
  const { browser, page } = await web.opened('export', own);
  vi.spyOn(web.chat.personalData, 'collect').mockResolvedValueOnce(undefined);
  const file = await browser.get(`${page.at}/file`);
  expect(file).toMatchObject({ status: 404 });
  expect(file.headers.get('content-disposition')).toBeNull();
  expect(file.text).toContain('This no longer exists');
  expect(await web.audit()).not.toContain('export.made');
});

test("a manager takes out the report of a leaver who is their report, and of nobody else's", async () => {
  const { stores, transact } = web.chat.services;
  await web.role('other');
  const offboardings: string[] = [];
  for (const managerEmail of [web.admin.email, undefined]) {
    const email = `leaver-${offboardings.length}@example.com`;
    const leaver = await web.chat.person({ email, firstName: '=1+1', managerEmail });
    const wish = { person: leaver, endDate: '2026-12-31', actor: { kind: 'system' } } as const;
    await transact((tx) => planOffboarding(tx, wish));
    const planned = present(await stores.offboardings.current(leaver.id));
    const fernboard = await web.chat.integration(`App of ${email}`, {
      execute: [{ url: 'https://api.example.com/u' }],
    });
    await stores.offboardings.putItem({ offboardingId: planned.id, integrationId: fernboard });
    offboardings.push(planned.id);
  }
  const reportOf = (id = '') => JSON.stringify({ of: 'offboarding', id });
  const { browser, page } = await web.opened('export', reportOf(offboardings[0]));
  const file = await browser.get(`${page.at}/file`);
  expect(file.text).toContain('person,email,last day,integration,state');
  expect(file.text).toContain("'=1+1,leaver-0@example.com,2026-12-31,App of leaver-0@example.com");
  const other = await web.opened('export', reportOf(offboardings[1]));
  expect(other.page.text).not.toContain('Your file is ready');
});

test.each([
  { how: 'their address was added again', samePerson: false, role: 'other', old: false },
  { how: 'an admin said that it is them', samePerson: true, role: 'other', old: true },
  {
    how: 'their address was added again, for an admin',
    samePerson: false,
    role: 'admin',
    old: true,
  },
] as const)('what is kept of who is back has what is older where $how: $old', async (back) => {
  const { stores, transact } = web.chat.services;
  const about = { actor: { kind: 'system' }, personId: web.admin.id } as const;
  const at = web.chat.clock;
  const person = await stores.people.find(web.admin.id);
  if (person && !back.samePerson)
    await transact((tx) => tx.people.save({ ...person, addressSince: new Date(at - 1) }));
  await stores.auditLog.addMany([
    { ...about, id: 'old', at: new Date(at - 2), what: 'grant.started' },
    { ...about, id: 'new', at: new Date(at), what: 'grant.started' },
  ]);
  const own = JSON.stringify({ of: 'person', id: web.admin.id });
  await web.role(back.role);
  const { browser, page } = await web.opened('export', own);
  const data = JSON.parse((await browser.get(`${page.at}/file`)).text) as {
    readonly since?: string;
    readonly audit_log: readonly { readonly id: string }[];
  };
  const ids = data.audit_log.map(({ id }) => id);
  expect(ids).toContain('new');
  expect(ids.includes('old')).toBe(back.old);
  expect(data.since).toBe(back.old ? undefined : new Date(at - 1).toISOString());
});

test('a damaged subject leads to a page that says so', async () => {
  expect((await web.opened('export', '{"of":"passwords"}')).page.status).toBe(404);
});

test('what a spreadsheet would run is harmless in the file', async () => {
  const { stores, transact } = web.chat.services;
  const person = await stores.people.find(web.admin.id);
  if (person) await transact((tx) => tx.people.save({ ...person, firstName: '=1+1' }));
  const { browser, page } = await web.opened('export', audit);
  const file = await browser.get(`${page.at}/file`);
  expect(file.text).toContain("'=1+1");
  expect(file.text).not.toMatch(/(^|,)=1\+1/m);
});

test('who only looks at the address takes nothing out', async () => {
  const { browser, page } = await web.opened('export', audit);
  expect((await browser.head(`${page.at}/file`)).status).toBe(200);
  expect(await web.audit()).not.toContain('export.made');
});

test('a client that gives up while a long file is sent is no error', async () => {
  const { transact, newId } = web.chat.services;
  const entry = {
    at: new Date(web.chat.clock),
    actor: { kind: 'system' as const },
    what: 'x',
    detail: { long: 'x'.repeat(5000) },
  };
  for (let batch = 0; batch < 20; batch += 1)
    await transact((tx) =>
      tx.auditLog.addMany(Array.from({ length: 100 }, () => ({ ...entry, id: newId() }))),
    );
  const { browser, page } = await web.opened('export', audit);
  const cookie = [...browser.cookies.values()].map(({ pair }) => pair).join('; ');
  const stop = new AbortController();
  const file = await fetch(new URL(`${page.at}/file`, web.url), {
    headers: { cookie },
    signal: stop.signal,
  });
  await file.body?.getReader().read();
  stop.abort();
  // The server has seen that by the time it has answered these.
  for (let look = 0; look < 3; look += 1) await browser.get(page.at);
  expect(web.errors).toEqual([]);
});

test('what is noted while a file is read neither moves its rows nor comes twice', async () => {
  const { stores, transact, newId } = web.chat.services;
  const add = (count: number, what: string, at: number) =>
    transact((tx) =>
      tx.auditLog.addMany(
        Array.from({ length: count }, () => ({
          id: newId(),
          at: new Date(at),
          actor: { kind: 'system' as const },
          what,
        })),
      ),
    );
  await add(300, 'early', 1000);
  const now = new Date(web.chat.clock);
  const found = await openExport(audit, {
    stores,
    personalData: web.chat.personalData,
    now,
    taker: web.admin,
  });
  const lines: string[] = [];
  for await (const line of found?.lines ?? []) {
    lines.push(String(line));
    if (lines.length !== 2) continue;
    await add(100, 'late', now.getTime() + 10);
    await add(100, 'slow', 1001); // Its transaction began before.
  }
  expect(lines.filter((line) => line.includes(',early,'))).toHaveLength(300);
  expect(lines.filter((line) => line.includes(',late,'))).toEqual([]);
});

test('a pack of evidence is a ZIP file for admins and auditors, and nobody else', async () => {
  const evidence = JSON.stringify({ of: 'evidence', filter: {} });
  const { browser, page } = await web.opened('export', evidence);
  const file = await browser.get(`${page.at}/file`);
  expect(file.headers.get('content-type')).toContain('application/zip');
  expect(file.headers.get('content-disposition')).toContain('evidence.zip');
  expect(file.text.startsWith('PK')).toBe(true);
  await web.role('auditor');
  expect((await browser.get(`${page.at}/file`)).status).toBe(200);
  await web.role('helpdesk');
  expect((await browser.get(`${page.at}/file`)).status).toBe(403);
});

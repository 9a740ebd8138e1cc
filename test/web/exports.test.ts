import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestWeb, testWeb } from '../support/web.ts';

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

test('who is no admin any more gets no file', async () => {
  const { browser, page } = await web.opened('export', audit);
  await web.role('other');
  expect((await browser.get(`${page.at}/file`)).status).toBe(403);
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

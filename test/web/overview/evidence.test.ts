/** The pack of evidence of the overview: of what its page says, for its readers alone. */
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyPack } from '../../../src/engine/evidence/verify-pack.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { type TestWeb, testWeb, type WebBrowser } from '../../support/browser/web.ts';
import { hasAccess } from '../../support/has-access.ts';

let web: TestWeb;
let fernboard: string;
let browser: WebBrowser;
let root: string;
let ann: Person;
beforeEach(async () => {
  web = await testWeb();
  fernboard = await web.chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
  });
  ann = await web.chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  const ben = await web.chat.person({ email: 'ben@example.com', firstName: 'Ben' });
  for (const person of [ann, ben]) await hasAccess(web.chat, person, { integrationId: fernboard });
  await sealAudit({ ...web.chat.services, pause: async () => undefined });
  const opened = await web.opened('overview', 'overview');
  browser = opened.browser;
  root = opened.page.at;
});
afterEach(() => web.close());

/** Its bytes, as the browser of the link gets them. */
async function pack(query: string): Promise<Uint8Array> {
  const answer = await fetch(`${web.url}${root}/evidence.zip?${query}`, {
    headers: { cookie: [...browser.cookies.values()].map(({ pair }) => pair).join('; ') },
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
  return new Uint8Array(await answer.arrayBuffer());
}
const accessIn = (zip: Uint8Array): string =>
  Buffer.from(unzipSync(zip)['access.csv'] ?? []).toString();

test('its page says what is in the file, and leads to it with the same period, app and person', async () => {
  const { text } = await browser.get(
    `${root}/evidence?person=${ann.id}&app=${fernboard}&from=2026-11-01&until=9999-12-31`,
  );
  expect(text).toContain('Ann Lee');
  expect(text).toContain('1 Nov 2026 until 25 Nov 2026');
  expect(text.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')).toContain(
    `evidence.zip?from=2026-11-01&until=2026-11-25&app=${fernboard}&person=${ann.id}`,
  );
  expect((await browser.get(`${root}/people/${ann.id}`)).text).toContain('Evidence about them');
});

test('it is a pack that verifies, of everyone or of one person, and is noted in the audit log', async () => {
  const all = await pack('');
  expect(verifyPack(all).changes).toEqual([]);
  expect(accessIn(all)).toContain('ben@example.com');
  const ofAnn = accessIn(await pack(`person=${ann.id}`));
  expect(ofAnn).toContain('ann@example.com');
  expect(ofAnn).not.toContain('ben@example.com');
  const [last] = await web.chat.services.stores.auditLog.list(
    { offset: 0, limit: 1 },
    { what: 'export.made' },
  );
  expect(last).toMatchObject({
    personId: ann.id,
    detail: { file: 'evidence.zip', before: '2026-11-26T00:00:00.000Z' },
  });
});

test('a day before anything happened leaves everything out', async () => {
  expect(accessIn(await pack('from=2026-01-01&until=2026-01-31'))).not.toContain('@example.com');
});

test('days that were entered the wrong way round are the same period', async () => {
  const { text } = await browser.get(`${root}/evidence?from=2026-11-25&until=2026-11-01`);
  expect(text).toContain('1 Nov 2026 until 25 Nov 2026');
  expect(accessIn(await pack('from=2026-11-25&until=2026-11-01'))).toContain('ann@example.com');
});

test('of someone who is not there it is no file about everyone', async () => {
  for (const path of ['evidence', 'evidence.zip'])
    expect((await browser.get(`${root}/${path}?person=nobody`)).status).toBe(404);
});

test('who is neither admin nor auditor any more gets none', async () => {
  await web.role('helpdesk');
  expect((await browser.get(`${root}/evidence.zip`)).status).toBe(403);
});

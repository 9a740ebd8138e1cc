import { assert, asyncProperty, constantFrom, jsonValue } from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from '../../../../src/core/json.ts';
import { gatherSync } from '../../../../src/engine/calls/context.ts';
import type { Tokens } from '../../../../src/engine/calls/oauth.ts';
import type { SyncDeps } from '../../../../src/engine/imports/pages/ask-page.ts';
import {
  type PageOutcome,
  type PagesEnd,
  pageReader,
  type Rows,
  readPages,
} from '../../../../src/engine/imports/pages/read-pages.ts';
import { rowReader, rowSorter } from '../../../../src/engine/imports/sync-rows.ts';
import type { Http, HttpRequest } from '../../../../src/engine/ports/http.ts';
import { insertWithManifest } from '../../../contracts/an-integration.ts';
import { temporaryDatabase } from '../../../support/database/database.ts';
import { ok } from '../../../support/given/outcomes.ts';

const now = new Date('2026-11-24T12:00:00Z');

/** A source of at most so many pages. @param send what it answers */
async function source(pages: number, send: Http['send']): Promise<SyncDeps> {
  const { stores, cleanup } = await temporaryDatabase(() => now);
  onTestFinished(cleanup);
  await insertWithManifest(stores, {
    id: 'i',
    manifest: JSON.stringify({
      execute: [{ url: 'https://hr.example.com/users', method: 'GET' }],
      action: 'create',
      data_from: 'users',
      data_structure: { email: 'mail' },
      next_page_from: 'next',
      amount_pages_to_fetch: pages,
    }),
  });
  const gathered = ok(await gatherSync(stores, 'i'));
  const tokens: Tokens = {
    fresh: async (context) => ({ ok: true, context }),
    renewed: async () => undefined,
    exchangeCode: async () => ({ ok: false, why: 'not here' }),
  };
  return { context: gathered.context, http: { send }, tokens };
}

/** Pages that go on for ever, each with one person. */
async function endless(pages: number) {
  const sent: HttpRequest[] = [];
  const deps = await source(pages, async (request) => {
    sent.push(request);
    const text = `{"users":[{"mail":"p${sent.length}@example.com"}],"next":"/users?page=${sent.length + 1}"}`;
    return { kind: 'answer', status: 200, headers: {}, text };
  });
  return { sent, pages: readPages(deps) };
}

async function all(pages: AsyncGenerator<Rows, PagesEnd>) {
  const read: Rows[] = [];
  let next = await pages.next();
  for (; !next.done; next = await pages.next()) read.push(next.value);
  return { read, end: next.value };
}

test('a page is not asked for before the one before it was taken', async () => {
  const { sent, pages } = await endless(100);
  await pages.next();
  expect(sent).toHaveLength(1);
  await pages.next();
  expect(sent).toHaveLength(2);
});

test('what is cut off by the limit is said, with how to raise it', async () => {
  const { sent, pages } = await endless(3);
  const { read, end } = await all(pages);
  expect(sent).toHaveLength(3);
  expect(read.map(({ page }) => page)).toEqual([1, 2, 3]);
  expect(end).toEqual({
    kind: 'cut-off',
    warnings: [
      'Latchkey read only the first 3 pages, but there are more. To read them too, set amount_pages_to_fetch in the manifest to more than 3.',
    ],
  });
});

/** One page of so many rows, which says that there is another one. */
async function pageOf(rows: number, { readBefore = 0 } = {}) {
  const text = JSON.stringify({ users: Array.from({ length: rows }, () => 0), next: '/2' });
  const deps = await source(1000, async () => ({ kind: 'answer', status: 200, headers: {}, text }));
  const firstOrigin = 'https://hr.example.com';
  const next = { kind: 'url', url: `${firstOrigin}/1` } as const;
  const cursor = { page: 101, read: readBefore, responses: [], firstOrigin, since: '', next };
  return pageReader(deps, async () => false).read(cursor);
}

const whyFailed = (outcome: PageOutcome): string =>
  outcome.kind === 'failed' ? outcome.error.message : '';

test('a page of 20,000 people is read, and one of more is refused', async () => {
  expect(await pageOf(20_000)).toMatchObject({ kind: 'page', after: { kind: 'next' } });
  expect(whyFailed(await pageOf(20_001))).toContain('20,001 people');
});

test('an import takes two million people, and none with more', async () => {
  const readBefore = 1_999_999;
  expect(await pageOf(1, { readBefore })).toMatchObject({ after: { kind: 'next' } });
  expect(whyFailed(await pageOf(2, { readBefore }))).toContain('more than 2,000,000 people');
});

test.each([
  ['2026-11-24', 'Europe/Berlin', '2026-11-24'],
  ['2026-11-24T00:00:00Z', 'America/New_York', '2026-11-24'],
  ['2026-11-24T00:00:00+01:00', 'Asia/Tokyo', '2026-11-24'],
  ['2026-11-24 18:00:00', 'Pacific/Auckland', '2026-11-24'],
  ['2026-11-24T23:59:59Z', 'Europe/Berlin', '2026-11-24'],
  // The day begins there at this instant.
  ['2026-11-23T23:00:00Z', 'Europe/Berlin', '2026-11-24'],
  ['2026-07-23T22:00:00.000Z', 'Europe/Berlin', '2026-07-24'],
  ['2026-11-23T11:00:00Z', 'Pacific/Auckland', '2026-11-24'],
  ['2026-11-24T10:00:00+00:00', 'Pacific/Honolulu', '2026-11-24'],
  // There clocks go forward at midnight, so it begins at one.
  ['2026-04-23T22:00:00Z', 'Africa/Cairo', '2026-04-24'],
  // None, as for a contract without an end.
  ['9999-12-30T23:00:00Z', 'Europe/Berlin', ''],
  ['9999-12-31T23:00:00Z', 'Europe/Berlin', ''],
])('%s is, in %s, the day %s', (start, timeZone, day) => {
  const structure = { email: 'mail', start: 'start' };
  const read = rowReader({ action: 'create', dataStructure: structure }, timeZone);
  expect(read({ mail: 'ann@x.io', start })).toMatchObject({ details: { startDate: day } });
});

test.each(['0000-01-01T00:00:00Z', '9999-12-31T23:00:00-12:00', '0001-01-01T00:00:00Z'])(
  'no instant breaks a page: %s is read, or is no day',
  (start) => {
    const structure = { email: 'mail', start: 'start' };
    const manifest = { action: 'create', dataStructure: structure } as const;
    for (const timeZone of ['America/New_York', 'Pacific/Kiritimati'])
      expect(rowReader(manifest, timeZone)({ mail: 'ann@x.io', start }).kind).toBe('person');
  },
);

const nobody = { exists: async () => false, isIgnored: async () => false };

test('someone whom an admin has ignored is left out', async () => {
  const manifest = { action: 'create', dataStructure: { email: 'mail' } } as const;
  const judge = rowSorter(manifest, { ...nobody, isIgnored: async (email) => email === 'a@x.io' });
  expect(await judge({ mail: 'A@x.io' })).toEqual({
    kind: 'skip',
    reason: 'ignored',
    email: 'a@x.io',
  });
});

test('whatever a row is, it is judged alone and nothing is thrown', async () => {
  await assert(
    asyncProperty(jsonValue(), constantFrom('create', 'update'), async (row, action) => {
      const manifest = {
        action,
        dataStructure: { email: 'mail', first_name: 'a.b', last_name: '' },
      } as const;
      const judge = rowSorter(manifest, { ...nobody, exists: async () => action === 'update' });
      await judge(row as Json);
      const after = await judge({ mail: 'next@example.com', a: { b: 'N' } });
      expect(after).toMatchObject({ email: 'next@example.com', kind: action });
    }),
  );
});

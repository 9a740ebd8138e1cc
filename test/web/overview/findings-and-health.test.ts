/** The findings and the health of the overview: the same as in chat and in the doctor, without a secret or a host. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addDays, dayIn } from '../../../src/core/days.ts';
import { newId } from '../../../src/core/ids.ts';
import type { AccountRound } from '../../../src/engine/findings/account-round.ts';
import type { Finding } from '../../../src/engine/findings/finding.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { addItem, makeRule, turnOn } from '../../../src/engine/rules/change-rule.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { aSyncRun } from '../../support/a-sync-run.ts';
import { type TestWeb, testWeb, type WebBrowser } from '../../support/browser/web.ts';
import { ok } from '../../support/given/outcomes.ts';
import { hasAccess } from '../../support/has-access.ts';

let web: TestWeb;
let fernboard: string;
let lodestone: string;
let browser: WebBrowser;
let root: string;
let ann: Person;

const manifest = {
  execute: [{ url: 'https://api.example.com/u' }],
  accounts: {
    execute: [{ url: 'https://api.example.com/u', method: 'GET' }],
    data_structure: { email: 'mail' },
  },
};

beforeEach(async () => {
  web = await testWeb();
  fernboard = await web.chat.integration('Fernboard', manifest);
  lodestone = await web.chat.integration('Lodestone', manifest);
  ann = await web.chat.person({ email: 'ann@example.com', firstName: 'Ann', lastName: 'Lee' });
  const opened = await web.opened('overview', 'overview');
  browser = opened.browser;
  root = opened.page.at;
});
afterEach(() => web.close());

const stores = () => web.chat.services.stores;
const now = () => web.chat.services.now();

const page = async (path: string): Promise<string> => {
  const answer = await browser.get(`${root}${path}`);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text
    .replaceAll('<wbr>', '')
    .replaceAll('&#x2F;', '/')
    .replaceAll('&#x3D;', '=')
    .replaceAll('&#39;', "'");
};
const saved = async (path: string): Promise<readonly string[]> =>
  (await browser.get(`${root}${path}`)).text.trim().split('\r\n');

async function kept(about: Partial<Finding>): Promise<void> {
  await web.chat.services.transact((tx) =>
    tx.findings.insert({
      id: newId(),
      version: 1,
      integrationId: fernboard,
      accountId: newId(),
      kind: 'orphan',
      state: 'open',
      label: '',
      foundAt: now(),
      seenAt: now(),
      roundId: 'r',
      ...about,
    }),
  );
}

describe('findings', () => {
  beforeEach(async () => {
    await kept({ label: '=agency@elsewhere.example' });
    await kept({ label: 'ann@example.com', kind: 'found', personId: ann.id, state: 'removing' });
    await kept({
      label: 'backup-agent',
      integrationId: lodestone,
      state: 'service',
      ownerId: ann.id,
      lookAgainOn: '2027-01-01',
    });
    const foundAt = new Date(now().getTime() - 40 * 24 * 60 * 60_000);
    await kept({ label: 'old@elsewhere.example', foundAt, state: 'resolved' });
  });

  test('of an app whose list is not read any more say that they can not be checked', async () => {
    const cannot = "To decide · Latchkey doesn't read this app's list any more";
    expect(await page(`/findings?app=${fernboard}`)).not.toContain(cannot);
    const integration = await stores().integrations.find(fernboard);
    if (integration)
      await web.chat.services.transact((tx) =>
        tx.integrations.save({ ...integration, enabled: false }),
      );
    expect(await page(`/findings?app=${fernboard}`)).toContain(cannot);
    expect(await page(`/findings?app=${fernboard}&state=resolved`)).not.toContain(cannot);
  });

  test('are those that someone has to decide, with their person, kind and state', async () => {
    const text = await page('/findings');
    expect(text).toContain('2 findings');
    expect(text).toContain('agency@elsewhere.example');
    expect(text).toMatch(/people\/[^"]+">Ann Lee<\/a><\/td><td[^>]*>Found</);
    expect(text).toContain('Latchkey is removing it.');
    expect(text).not.toContain('backup-agent');
  });

  test.each([
    ['state=all', '4 findings'],
    ['state=service', 'Service account of Ann Lee'],
    ['state=all&kind=found', '1 finding<'],
    ['state=nonsense&kind=nonsense', '2 findings'],
  ])('with %s show %s', async (query, shown) => {
    expect(await page(`/findings?${query}`)).toContain(shown);
  });

  test('are filtered by app, by person and by the day, which stay in the address of the file', async () => {
    expect(await page(`/findings?state=all&app=${lodestone}`)).toContain('1 finding<');
    const ofAnn = await page(`/findings?state=all&person=${ann.id}`);
    expect(ofAnn).toContain('<p class="quiet">Ann Lee</p>');
    expect(ofAnn).toContain(`name="person" value="${ann.id}"`);
    expect(ofAnn).toContain('1 finding<');
    const since = addDays(dayIn('UTC', now()), -1);
    const recent = await page(`/findings?state=all&since=${since}`);
    expect(recent).toContain('3 findings');
    expect(recent).toContain(
      `findings.csv?state=all&amp;kind=&amp;app=&amp;person=&amp;since=${since}`,
    );
    expect(await page('/findings?state=all&since=nonsense')).toContain('4 findings');
    expect(await saved(`/findings.csv?state=all&since=${since}`)).toHaveLength(4);
  });

  test('are a file with a line each, in which nothing is a formula', async () => {
    const [heading, ...lines] = await saved('/findings.csv?state=all');
    expect(heading).toContain('app,account,person,email,kind,state,found at');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toContain("Fernboard,'=agency@elsewhere.example,,,orphan,open,");
    expect(lines[2]).toContain('Lodestone,backup-agent,,,orphan,service,');
  });

  test('say in the file who decided them last, and when', async () => {
    const by = { kind: 'person', personId: ann.id, via: 'slack' } as const;
    await kept({ label: 'decided', state: 'ignored', decided: { by, at: now() } });
    const lines = await saved('/findings.csv?state=ignored');
    expect(lines[0]).toContain('last decided by,last decided at');
    expect(lines.find((line) => line.includes(',decided,'))).toContain(
      `Ann Lee <ann@example.com>,${now().toISOString()}`,
    );
  });

  test('of a person are on their page, and counted on the first one', async () => {
    expect(await page(`/people/${ann.id}`)).toMatch(/>ann@example.com<\/td><td[^>]*>Found<\/td>/);
    expect(await page('')).toContain('findings">Findings to decide</a></td><td>1</td>');
  });
});

describe('health', () => {
  const round = (about: Partial<AccountRound>): AccountRound =>
    ({
      id: newId(),
      version: 1,
      integrationId: fernboard,
      manifestVersionId: 'v',
      startedAt: now(),
      phase: 'tidying',
      after: '',
      pages: 1,
      listed: 3,
      skipped: 0,
      unreadable: 0,
      tries: 0,
      completeCount: 0,
      state: 'done',
      finishedAt: now(),
      ...about,
    }) as AccountRound;

  test('says nothing of apps where nothing needs anyone', async () => {
    await web.chat.services.transact((tx) => tx.accountRounds.replace(round({ list: 'complete' })));
    const text = await page('/health');
    expect(text).toContain('0 apps');
    expect(text).toContain('Worker</td><td>⚠ none runs');
  });

  test('names the app whose list was cut, whose checks confirm nothing, and which lacks secrets', async () => {
    await web.chat.services.transact((tx) =>
      tx.accountRounds.replace(round({ list: 'cut', why: 'Fernboard answered 403.' })),
    );
    await hasAccess(web.chat, ann, { integrationId: lodestone, state: 'unknown' });
    await web.chat.integration('Quill', {
      initial_data_form: [{ id: 'API_KEY', name: 'API key' }],
      execute: [{ url: 'https://api.example.com', data: { key: '{{API_KEY}}' } }],
    });
    const text = await page('/health');
    expect(text).toContain('3 apps');
    expect(text).toMatch(/Fernboard: the list of .* isn't complete.*Fernboard answered 403\./);
    expect(text).toContain('1 access is not confirmed.');
    expect(text).toContain('⚠ needs secrets: API key.');
    const [heading, ...lines] = await saved('/health.csv');
    expect(heading).toContain('app,state,not confirmed,stuck,last good answer,in words');
    expect(lines.map((line) => line.split(',').slice(0, 3))).toEqual([
      ['Fernboard', 'ready', '0'],
      ['Lodestone', 'ready', '1'],
      ['Quill', 'needs-secrets', '0'],
    ]);
  });

  test('shows each of its apps as a list on a phone, where what is wrong needs the width', async () => {
    await hasAccess(web.chat, ann, { integrationId: lodestone, state: 'unknown' });
    expect(await page('/health')).toMatch(
      /<table class="stacked"(?:(?!<table)[^])*data-column="What is wrong">1 access is not confirmed/,
    );
  });

  test('says why an import failed, in the sentence of its card and without the host', async () => {
    const { manifestVersionId = '' } = (await stores().integrations.find(fernboard)) ?? {};
    const run = aSyncRun({ integrationId: fernboard, manifestVersionId, createdAt: now() });
    await stores().syncRuns.insert(run);
    await stores().syncRuns.save({
      ...run,
      state: 'failed',
      finishedAt: now(),
      error: {
        code: 'http-status',
        message: 'Fernboard answered 403.',
        detail: 'GET https://hr.example.com/people: 403',
      },
    });
    const text = await page('/health');
    expect(text).toMatch(/The import failed on .*: Fernboard answered 403\./);
    expect(text).not.toContain('hr.example.com');
  });

  test('names rules that stand still, and what they wait for', async () => {
    expect(await page('/health')).toMatch(/Rules that stand still<[^]*?>0</);
    await web.chat.services.transact(async (tx) => {
      const by = { actor: { kind: 'system' } } as const;
      const condition = { comparison: 'is', not: false, values: ['Berlin'] } as const;
      const definition = {
        matching: 'all',
        conditions: [{ field: 'stored:OFFICE', ...condition }],
        daysBefore: 0,
        overlapDays: 14,
      } as const;
      const made = ok(await makeRule(tx, { name: 'Berlin', definition }, by));
      const item = { integrationId: fernboard, form: {}, answers: [] };
      const added = await addItem(tx, made.value.id, { item, ...by });
      if (added.ok) await turnOn(tx, made.value.id, { seen: added.value.version, ...by });
    });
    expect(await page('/health')).toContain('⚠ 1. Berlin: no import brings OFFICE.');
  });

  test('names event endpoints that Latchkey turned off', async () => {
    expect(await page('/health')).toMatch(/Event endpoints that Latchkey turned off<[^]*?>0</);
    await web.chat.services.transact((tx) =>
      tx.eventEndpoints.insert({
        id: 'e1',
        version: 1,
        name: 'SIEM',
        url: 'https://siem.example.com/s3cret',
        kinds: [],
        secret: 'whsec_bmV3',
        isRevealed: true,
        readSeq: 0,
        state: 'off',
        finishedAt: now(),
        why: 'gone',
      }),
    );
    const text = await page('/health');
    expect(text).toContain('⚠ 1: SIEM. Their cards in chat say what to do.');
    expect(text).not.toContain('siem.example.com');
  });

  test('knows when the log was sealed last, and what waits', async () => {
    await sealAudit({ ...web.chat.services, pause: async () => undefined });
    expect(await page('/health')).toMatch(
      /Last sealed entry of the audit log<\/td><td>Entry \d+, sealed on/,
    );
    expect(await page('/health')).toContain(
      '⚠ none: an admin chooses in the settings where to send it',
    );
  });

  test('a worker that has been silent for long is no worker that works', async () => {
    const { transact } = web.chat.services;
    await transact((tx) => tx.workers.beat('w', now()));
    expect(await page('/health')).toContain('✓ it works');
    await transact((tx) => tx.workers.beat('w', new Date(now().getTime() - 31_000)));
    expect(await page('/health')).toContain('⚠ its last sign of life was on');
  });
});

/**
 * Who has what is proven. A review that recurs, from its form to its report. Then an auditor, from chat to the overview: a leaver who
 * still has an account, a pack of evidence, and its check on the command line.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { newId } from '../../../src/core/ids.ts';
import { blank } from '../../../src/engine/people/people.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { followLink } from '../../support/browser/follow-link.ts';
import { takePicture } from '../../support/browser/pictures.ts';
import { ANN, openTeamsClients } from '../../support/browser/teams-clients.ts';
import type { TeamsPage } from '../../support/browser/teams-page.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';

/** Long enough for whole processes, with a machine that does other things beside. */
const STORY_MS = 240_000;
/** Shorter, so that a failure says what is there. */
const ANSWER_MS = 60_000;

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let marco: TeamsPage;
let ada: TeamsPage;
let auditor: TeamsPage;
let web: Page;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-auditor-'));
  company = await testCompany({ TEAMS_LOCAL: '1' });
  const opened = await openTeamsClients(company, [personas.manager, personas.admin, ANN]);
  teams = opened;
  [marco, ada, auditor] = opened.pages;
  web = await opened.browser.newPage({ viewport: { width: 1100, height: 760 } });
  await marco.waitForText('Hello Marco');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
  await rm(folder, { recursive: true, force: true });
});

test(
  'an admin sets up a review that recurs and starts it, a manager revokes, and the report follows the removal',
  async () => {
    await company.app.foundation.transact(async (tx) => {
      const [ann, fernboard] = [
        await tx.people.findByEmail(ANN.email),
        await tx.integrations.findByName('Fernboard'),
      ];
      if (!ann || !fernboard) throw new Error('They are not there');
      await tx.access.put({
        personId: ann.id,
        integrationId: fernboard.id,
        state: 'has',
        reason: '',
        since: tx.now,
        checkedAt: tx.now,
      });
    });

    await ada.send('review');
    await ada.open('Recurring reviews', 'No recurring reviews yet.');
    await ada.open('New recurring review…', 'The other dates are counted from this one.');
    await ada.fill('Name', 'Quarterly review');
    await ada.choose('What happens to undecided access at the end', 'Latchkey admins decide it');
    await ada.choose('Integrations', 'Fernboard');
    await ada.picture('The other dates are counted from this one.', 'review-campaign-form');
    await ada.open('Save', 'Every quarter, next on');
    await ada.open('Start now…', 'The next date stays.');
    await ada.open('Start', '0 of 1 decided');
    await ada.picture('0 of 1 decided', 'review-progress');

    await marco.waitForText('Access that is undecided at the end goes to Latchkey admins.');
    await marco.picture(
      'Access that is undecided at the end goes to Latchkey admins.',
      'review-campaign-card',
    );
    await marco.open('Revoke…', 'This revokes Fernboard from Ann Lee');
    await marco.press('Revoke');

    await ada.waitForText('✗ revoked by Marco Ruiz');
    const report = ada.card('✗ revoked by Marco Ruiz');
    await expect
      .poll(() => report.innerText(), { timeout: ANSWER_MS })
      .toContain("Checking that it's gone");
    await takePicture(report, 'review-campaign-report');
  },
  STORY_MS,
);

/** Ann becomes an auditor. Cy Vance has left, and Fernboard's list of accounts still has her. */
async function leave(): Promise<void> {
  const { stores, transact } = company.app.foundation;
  const fernboard = await stores.integrations.findByName('Fernboard');
  const ann = await stores.people.findByEmail(ANN.email);
  if (!fernboard || !ann) throw new Error('The company is another one');
  await transact(async (tx) => {
    await tx.people.save({ ...ann, role: 'auditor' });
    const cy = {
      ...blank(tx.newId(), 'cy.vance@harbour.example'),
      firstName: 'Cy',
      lastName: 'Vance',
    };
    await tx.people.insertMany([{ ...cy, department: 'Sales', active: false }]);
    const about = { personId: cy.id, integrationId: fernboard.id };
    const at = new Date(tx.now.getTime() - 1000);
    await tx.access.put({ ...about, state: 'has', reason: 'Found.', since: at, checkedAt: at });
    await tx.holds.insert({
      ...about,
      id: tx.newId(),
      version: 1,
      source: 'by-hand',
      givenBy: { kind: 'system' },
      startedAt: at,
    });
    await tx.findings.insert({
      ...about,
      id: tx.newId(),
      version: 1,
      kind: 'left-behind',
      state: 'open',
      accountId: newId(),
      label: 'cy.vance@harbour.example',
      foundAt: at,
      seenAt: at,
      roundId: 'r',
    });
    await tx.audit('finding.opened', {
      ...about,
      actor: { kind: 'system' },
      detail: { kind: 'left-behind' },
    });
  });
}

test(
  'an auditor signs in by a link from chat, and finds the leaver with what is left behind',
  async () => {
    await leave();
    await auditor.send('overview');
    await followLink('You can only read there.', { page: auditor, web });
    await web.getByRole('button', { name: 'Open the page' }).click();
    await web.getByRole('link', { name: 'People', exact: true }).click();
    await web.getByLabel('Who', { exact: true }).selectOption('People who have left');
    await web.getByRole('button', { name: 'Search' }).click();
    await web.getByRole('link', { name: 'Cy Vance' }).click();
    await web.getByRole('cell', { name: 'Left behind' }).waitFor();
    await web.getByRole('link', { name: 'Findings', exact: true }).click();
    await web.getByLabel('Kind').selectOption('Left behind');
    await web.getByRole('button', { name: 'Show' }).click();
    await web.getByText('1 finding').waitFor();
    expect(await web.getByRole('link', { name: 'Cy Vance' }).count()).toBe(1);
    await takePicture(web.locator('main'), 'overview-findings');
  },
  STORY_MS,
);

test(
  'reads the same on a phone, where nothing is cut off',
  async () => {
    const desk = web.viewportSize() ?? { width: 1100, height: 760 };
    await web.setViewportSize({ width: 360, height: 760 });
    const tooWide = await web
      .locator('html, .scroll')
      .evaluateAll((all) => all.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
    expect(tooWide).toEqual([0, 0]);
    const row = web.getByRole('row').filter({ hasText: 'Cy Vance' });
    expect((await row.innerText()).split(/\s*\n\s*/)).toContain('cy.vance@harbour.example');
    await takePicture(web.locator('main'), 'overview-phone');
    await web.setViewportSize(desk);
    await web.getByRole('link', { name: 'Cy Vance' }).click();
  },
  STORY_MS,
);

test(
  'an auditor takes out the evidence about them, which verifies on the command line until someone changes a byte of it',
  async () => {
    const pause = async () => undefined;
    await sealAudit({ ...company.app.foundation, pause }); // As each sweep does, which comes within seconds.
    await web.getByRole('link', { name: 'Evidence about them' }).click();
    await web.getByText('up to entry').waitFor();
    await takePicture(web.locator('main'), 'overview-evidence');
    const [download] = await Promise.all([
      web.waitForEvent('download'),
      web.getByRole('link', { name: 'Save the pack (ZIP)' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('evidence.zip');
    const pack = join(folder, 'evidence.zip');
    await download.saveAs(pack);
    const key = `latchkey-key.1.${await company.app.foundation.stores.auditChain.publicKey()}`;
    expect(await verify(pack, '--key', key)).toEqual({
      code: 0,
      out: `The pack is as Latchkey made it.\nKey: ${key}\n`,
    });

    const files = unzipSync(await readFile(pack));
    const access = Buffer.from(files['access.jsonl'] ?? []).toString();
    expect(access).toContain('cy.vance@harbour.example');
    const changed = access.replace('"by-hand"', '"by-hane"');
    await writeFile(pack, zipSync({ ...files, 'access.jsonl': Buffer.from(changed) }));
    const { code, out } = await verify(pack, '--key', key);
    expect(code).toBe(1);
    expect(out.split('\n')[0]).toBe('access.jsonl, line 1: it was changed.');
  },
  STORY_MS,
);

/** The command that people run, in a process of its own, without a database. */
const verify = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string }>((resolve) => {
    const command = new URL('../../../dist/src/cli/latchkey.js', import.meta.url).pathname;
    const child = execFile(process.execPath, [command, 'verify', ...args], (_error, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    );
  });

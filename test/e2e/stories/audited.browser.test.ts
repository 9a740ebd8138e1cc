/**
 * An app that matters more than others: who approves it in stages, with a code, and what is taken by break-glass. Then who has what is
 * proven: a review that recurs, in which that ends, from its form to its report, and an auditor, from chat to the overview, with a leaver who still has an
 * account, a pack of evidence, and its check on the command line.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { changeSettings } from '../../../src/engine/integrations/change-integration.ts';
import { settingsOf } from '../../../src/engine/settings/settings.ts';
import { sealAudit } from '../../../src/engine/work/seal-audit.ts';
import { followLink } from '../../support/browser/follow-link.ts';
import { takePicture } from '../../support/browser/pictures.ts';
import { openTeamsClients } from '../../support/browser/teams-clients.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';
import { leaveBehind } from '../../support/company/left-behind.ts';
import { codeAt } from '../../support/given/authenticator.ts';
import { ANN } from '../../support/teams/personas.ts';
import type { TeamsChat } from '../../support/teams/teams-chat.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;
/** Shorter, so that a failure says what is there. */
const ANSWER_MS = 60_000;
/** A code counts once; the app shows the next one this much later, and Latchkey takes it before. */
const NEXT_CODE_MS = 30_000;

let company: TestCompany;
let teams: { close(): Promise<void> } | undefined;
let ann: TeamsChat;
let marco: TeamsChat;
let ada: TeamsChat;
let web: Page;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-auditor-'));
  company = await testCompany({ TEAMS_LOCAL: '1' });
  const opened = await openTeamsClients(company, [ANN, personas.manager, personas.admin]);
  teams = opened;
  [ann, marco, ada] = opened.pages;
  web = await opened.browser.newPage({ viewport: { width: 680, height: 900 } });
  await ann.waitForText('Your manager here is Marco Ruiz.');
  await marco.waitForText('Hello Marco');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
  await rm(folder, { recursive: true, force: true });
});

test(
  'an admin adds a stage, tries it with a person, and applies it',
  async () => {
    await ada.send('integrations lodestone');
    await ada.open('Who approves', 'Who approves Lodestone');
    await ada.open('Add a stage…', 'Any of these can approve.');
    await ada.choose('Who approves', 'Admins');
    await ada.open('Save', "Your changes aren't applied yet.");
    await ada.picture("Your changes aren't applied yet.", 'policy-card');

    await ada.open('Try with a person…', 'Nothing is requested, and no one is notified.');
    await ada.fill("Person's email address", ANN.email);
    await ada.open('Try', 'If Ann Lee requests Lodestone');
    await ada.picture('If Ann Lee requests Lodestone', 'policy-try');
    const tried = await ada.read('If Ann Lee requests Lodestone');
    expect(tried).toContain('Stage 1: it goes to Marco Ruiz.');
    expect(tried).toContain('Stage 2: it goes to Ada Okafor.');

    await ada.open('Apply changes…', 'Open requests keep their approvers.');
    await ada.press('Apply');
    const stages = async () => {
      const lodestone = await company.app.foundation.stores.integrations.findByName('Lodestone');
      return settingsOf(lodestone).policy?.route?.stages.length;
    };
    await expect.poll(stages, { timeout: ANSWER_MS }).toBe(2);
  },
  STORY_MS,
);

test(
  'a manager sets up codes on a page, another admin confirms them, and an approval asks for one',
  async () => {
    await askForCodes('Pigeon Post');
    await marco.send('authenticator');
    await marco.open('Set up…', 'The page shows a code to scan');
    await followLink('The page shows a code to scan', { page: marco, web });
    await web.getByRole('button', { name: 'Open the page' }).click();
    const key = (await web.locator('#key').innerText()).replaceAll(' ', '');
    await web.getByLabel('Type the code that the app shows now').fill(codeAt(key, new Date()));
    await web.getByRole('button', { name: 'Continue' }).click();
    await web.getByRole('heading', { name: 'Your app has the key' }).waitFor();
    await ada.waitForText("Is it Marco Ruiz's authenticator?");
    const said = await web.getByText('read out these five characters').innerText();
    await ada.open('Confirm…', 'Ask Marco Ruiz in person or in a call');
    await ada.fill(
      'The five characters that they read out',
      /characters: (\w{5})/.exec(said)?.[1] ?? '',
    );
    await ada.picture('The five characters that they', 'authenticator-confirm');
    await ada.open('Confirm', "Marco Ruiz's authenticator is confirmed");

    await ann.send('request pigeon');
    await ann.fill('Name on outgoing mail', 'Ann');
    await ann.choose('Size', 'Small, 1 GB');
    await ann.fill('Why do you need it?', 'To write to customers.');
    await ann.open('Request', 'You requested Pigeon Post');
    await marco.waitForText('Ann Lee requests Pigeon Post');
    await marco.open('Approve…', 'Code from your authenticator app');
    await marco.picture('Code from your authenticator app', 'approve-code');
    await marco.fill('Code from your authenticator app', '000000');
    await marco.open('Approve', 'is wrong');
    const next = new Date(Date.now() + NEXT_CODE_MS);
    await marco.fill('Code from your authenticator app', codeAt(key, next));
    await marco.press('Approve');
    await ann.waitForText('✓ Approved by Marco Ruiz');
    expect(await ann.read('✓ Approved by Marco Ruiz')).toContain('Pigeon Post');
  },
  STORY_MS,
);

test(
  'who may request an app takes it by break-glass, which admins are told at once',
  async () => {
    await ada.send('integrations fernboard');
    // Lodestone's card has this button too.
    await ada.openOn('Fernboard', 'Break-glass…', 'Anyone who may request it can then take it');
    await ada.choose('Allowed', 'Yes, except options that need approval');
    await ada.fill('For how long at most', '4 hours');
    await ada.open('Save', 'Break-glass of Fernboard is saved');

    await ann.send('request');
    await ann.waitForText('What do you need?');
    await ann.chooseInMenu('What do you need?', 'Break-glass…');
    await ann.waitForText('You get access at once');
    await ann.fill('Part of the name', 'lagoon sec');
    await ann.open('Search', 'of 240 options match');
    await ann.choose('Choose: Team', 'Lagoon Security');
    await ann.choose('Role', 'Editor');
    await ann.fill('What happened?', 'The launch page is down.');
    await ann.picture('You get access at once', 'break-glass-form');
    await ann.open('Take access now', 'has to review it.');
    await ada.waitForText('Please review it.');
    await ada.picture('Please review it.', 'break-glass-review');
    await ada.press('OK');
    await ada.waitForText('Ada Okafor reviewed it on');
    expect(company.teamTool.state.members.get(ANN.email)?.role).toBe('editor');
  },
  STORY_MS,
);

test(
  'an admin sets up a review that recurs and starts it, a manager revokes, and the report follows the removal',
  async () => {
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

    await expect
      .poll(() => ada.read('Evidence (ZIP)'), { timeout: ANSWER_MS })
      .toContain('Gone: the app reports no access');
    await ada.picture('Evidence (ZIP)', 'review-campaign-report');
  },
  STORY_MS,
);

test(
  'an auditor signs in by a link from chat, and finds the leaver with what is left behind',
  async () => {
    await web.setViewportSize({ width: 1100, height: 760 });
    await leaveBehind(company.app.foundation, ANN.email);
    await ann.send('overview');
    await followLink('You can only read there.', { page: ann, web });
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

async function askForCodes(name: string): Promise<void> {
  const { stores, transact } = company.app.foundation;
  const integration = await stores.integrations.findByName(name);
  if (!integration) throw new Error(`There is no ${name}`);
  const change = { asksForCodes: true };
  await transact((tx) => changeSettings(tx, integration, { actor: { kind: 'system' }, change }));
}

/** The command that people run, in a process of its own, without a database. */
const verify = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly out: string }>((resolve) => {
    const command = new URL('../../../dist/src/cli/latchkey.js', import.meta.url).pathname;
    const child = execFile(process.execPath, [command, 'verify', ...args], (_error, out) =>
      resolve({ code: child.exitCode ?? -1, out }),
    );
  });
